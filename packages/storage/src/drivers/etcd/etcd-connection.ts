import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { ChannelCredentials, Client, ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import type { MethodDefinition } from "@grpc/proto-loader";
import { StoreError } from "../../store.ts";
import type { EtcdProtocol, Header, WatchRequest, WatchResponse } from "./etcd-protocol.ts";
import { loadEtcdProtocol } from "./etcd-protocol.ts";
import { requireExactRevision } from "./require-exact-revision.ts";

export interface EtcdTls {
  /** files in PEM form; without `ca`, the machine's own authorities are trusted. An `http://` endpoint is spoken to in the clear all the same */
  ca?: string;
  cert?: string;
  key?: string;
}

export type WatchStream = ClientDuplexStream<WatchRequest, WatchResponse>;

type Grpc = typeof import("@grpc/grpc-js");

const retryPauseMs = 100;
/** How gRPC begins when it had no connection to send on: that is no failure, for what has not been sent has no unknown outcome. */
const neverSent = "No connection established";

const channelOptions = {
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  // etcd closes connections that ping more often than every 5 s, or that ping without any call.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.keepalive_permit_without_calls": 0,
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
};

/** One gRPC channel at a time, to the first endpoint that answers. */
export class EtcdConnection {
  readonly protocol: EtcdProtocol;
  readonly #grpc: Grpc;
  readonly #endpoints: readonly string[];
  readonly #credentials: (endpoint: string) => ChannelCredentials;
  readonly #callTimeoutMs: number;
  #chosen = 0;
  #client: Client | undefined;
  readonly #clientOf = new WeakMap<WatchStream, Client>();
  #closed = false;

  private constructor(
    grpc: Grpc,
    protocol: EtcdProtocol,
    endpoints: readonly string[],
    credentials: (endpoint: string) => ChannelCredentials,
    callTimeoutMs: number,
  ) {
    this.#callTimeoutMs = callTimeoutMs;
    this.#grpc = grpc;
    this.protocol = protocol;
    this.#endpoints = endpoints;
    this.#credentials = credentials;
  }

  static async open(endpoints: readonly string[], tls: EtcdTls | undefined, callTimeoutMs: number): Promise<EtcdConnection> {
    if (endpoints.length === 0) throw new RangeError("etcd needs an endpoint");
    const [grpc, protocol] = await Promise.all([import("@grpc/grpc-js"), loadEtcdProtocol()]);
    const read = (file: string | undefined): Promise<Buffer | null> => (file === undefined ? Promise.resolve(null) : readFile(file));
    const [ca, key, cert] = await Promise.all([read(tls?.ca), read(tls?.key), read(tls?.cert)]);
    // without a scheme, the files decide
    const credentials = (endpoint: string): ChannelCredentials =>
      endpoint.startsWith("https://") || (tls && !endpoint.startsWith("http://"))
        ? withTls(grpc, tls, [ca, key, cert], hostOf(endpoint))
        : grpc.credentials.createInsecure();
    for (const endpoint of endpoints) credentials(endpoint); // what is wrong with the files is told at once
    return new EtcdConnection(grpc, protocol, endpoints, credentials, callTimeoutMs);
  }

  /** One call. A call that changes nothing may be `repeatable`: it is tried again until its time is over. */
  async call<Response>(method: MethodDefinition<object, object>, request: object, options: { repeatable: boolean }): Promise<Response> {
    const deadline = Date.now() + this.#callTimeoutMs;
    for (;;) {
      if (this.#closed) throw closed();
      const client = this.#open();
      // one that says nothing at all must leave time for the others
      const patience = options.repeatable ? Math.max(1_000, this.#callTimeoutMs / this.#endpoints.length) : this.#callTimeoutMs;
      let response: Response;
      try {
        response = await this.#callOnce<Response>(client, method, request, Math.min(deadline, Date.now() + patience));
      } catch (error) {
        if (this.#closed) throw closed();
        const { code, details } = error as ServiceError;
        const { UNAVAILABLE, CANCELLED, DEADLINE_EXCEEDED } = this.#grpc.status;
        const gone = code === UNAVAILABLE || code === CANCELLED || (code === DEADLINE_EXCEEDED && this.#endpoints.length > 1);
        if (gone) this.#leave(client);
        const repeatable = options.repeatable || details.startsWith(neverSent);
        if (!gone || !repeatable || Date.now() + retryPauseMs > deadline) throw this.#toStoreError(error as ServiceError);
        await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
        continue;
      }
      requireExactRevision((response as { header?: Header }).header);
      return response;
    }
  }

  watch(): WatchStream {
    const { path, requestSerialize, responseDeserialize } = this.protocol.watch;
    const metadata = new this.#grpc.Metadata();
    metadata.set("hasleader", "true"); // else a member that is cut off from the others keeps the stream, and silent
    const client = this.#open();
    const stream = client.makeBidiStreamRequest(
      path,
      requestSerialize as (request: WatchRequest) => Buffer,
      responseDeserialize as (bytes: Buffer) => WatchResponse,
      metadata,
    );
    this.#clientOf.set(stream, client);
    return stream;
  }

  /** After a stream has broken: the next one may find another member. */
  lost(stream: WatchStream): void {
    const client = this.#clientOf.get(stream);
    if (client) this.#leave(client);
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  #callOnce<Response>(client: Client, method: MethodDefinition<object, object>, request: object, deadline: number): Promise<Response> {
    const metadata = new this.#grpc.Metadata();
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, response) => (error ? reject(error) : resolve(response as Response)),
      );
    });
  }

  #open(): Client {
    if (this.#client) return this.#client;
    const endpoint = this.#endpoints[this.#chosen]!;
    const named = isIP(hostOf(endpoint)) ? { "grpc.ssl_target_name_override": "localhost" } : {};
    return (this.#client = new this.#grpc.Client(addressOf(endpoint), this.#credentials(endpoint), { ...channelOptions, ...named }));
  }

  /** On to the next endpoint. Many calls find out at the same time that a member is gone: only the first of them moves. */
  #leave(client: Client): void {
    if (client !== this.#client || this.#endpoints.length === 1 || this.#closed) return;
    client.close();
    this.#client = undefined;
    this.#chosen = (this.#chosen + 1) % this.#endpoints.length;
  }

  #toStoreError(error: ServiceError): StoreError {
    const { details } = error;
    if (details.includes("required revision has been compacted")) return new StoreError("Compacted", details, { cause: error });
    if (details.includes("required revision is a future revision")) return new StoreError("FutureRevision", details, { cause: error });
    if (details.includes("request is too large")) return new StoreError("TooLarge", details, { cause: error });
    const reason = /Last error: (?:Error: )?(.*?)\.? Resolution note/s.exec(details)?.[1] ?? error.message;
    return new StoreError("Unreachable", reason, { cause: error });
  }
}

export const closed = (): StoreError => new StoreError("Closed", "the store is closed");

const addressOf = (endpoint: string): string => endpoint.replace(/^https?:\/\//, "").replace(/\/$/, "");
const hostOf = (endpoint: string): string =>
  addressOf(endpoint)
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1");

/** @throws StoreError Unreachable, when the files are no certificates or do not fit together */
function withTls(grpc: Grpc, tls: EtcdTls | undefined, [ca, key, cert]: (Buffer | null)[], host: string): ChannelCredentials {
  try {
    // gRPC would check the name that it announces, and an address is none that can be announced
    const verify = isIP(host) ? { checkServerIdentity: (_: string, peer: PeerCertificate) => checkServerIdentity(host, peer) } : {};
    return grpc.credentials.createSsl(ca, key, cert, verify);
  } catch (cause) {
    const files = [tls?.ca, tls?.cert, tls?.key].filter((file) => file !== undefined).join(", ");
    throw new StoreError("Unreachable", `${files} cannot be used for TLS: ${(cause as Error).message}`, { cause });
  }
}
