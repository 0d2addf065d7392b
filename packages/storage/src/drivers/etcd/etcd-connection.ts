import { readFile } from "node:fs/promises";
import type { ChannelCredentials, Client, ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import type { MethodDefinition } from "@grpc/proto-loader";
import { StoreError } from "../../store.ts";
import type { EtcdProtocol, WatchRequest, WatchResponse } from "./etcd-protocol.ts";
import { loadEtcdProtocol } from "./etcd-protocol.ts";

export interface EtcdTls {
  /** files in PEM form; without `ca`, the machine's own authorities are trusted */
  ca?: string;
  cert?: string;
  key?: string;
}

export type WatchStream = ClientDuplexStream<WatchRequest, WatchResponse>;

type Grpc = typeof import("@grpc/grpc-js");

const retryPauseMs = 100;

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
    const secure = tls !== undefined;
    const credentials = (endpoint: string): ChannelCredentials =>
      secure || endpoint.startsWith("https://") ? grpc.credentials.createSsl(ca, key, cert) : grpc.credentials.createInsecure();
    return new EtcdConnection(grpc, protocol, endpoints, credentials, callTimeoutMs);
  }

  /** One call. A call that changes nothing may be `repeatable`: it is tried again until its time is over. */
  async call<Response>(method: MethodDefinition<object, object>, request: object, options: { repeatable: boolean }): Promise<Response> {
    const deadline = Date.now() + this.#callTimeoutMs;
    for (;;) {
      if (this.#closed) throw closed();
      try {
        return await this.#callOnce<Response>(method, request, deadline);
      } catch (error) {
        if (this.#closed) throw closed();
        const { code } = error as ServiceError;
        const gone = code === this.#grpc.status.UNAVAILABLE || code === this.#grpc.status.CANCELLED;
        if (gone) this.#tryNextEndpoint();
        if (!gone || !options.repeatable || Date.now() + retryPauseMs > deadline) throw this.#toStoreError(error as ServiceError);
        await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
      }
    }
  }

  watch(): WatchStream {
    const { path, requestSerialize, responseDeserialize } = this.protocol.watch;
    const metadata = new this.#grpc.Metadata();
    return this.#open().makeBidiStreamRequest(
      path,
      requestSerialize as (request: WatchRequest) => Buffer,
      responseDeserialize as (bytes: Buffer) => WatchResponse,
      metadata,
    );
  }

  /** After a stream has broken: the next one may find another member. */
  lost(): void {
    this.#tryNextEndpoint();
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  #callOnce<Response>(method: MethodDefinition<object, object>, request: object, deadline: number): Promise<Response> {
    // Waiting for the connection is no failure: what has not been sent has no unknown outcome.
    const metadata = new this.#grpc.Metadata({ waitForReady: this.#endpoints.length === 1 });
    return new Promise((resolve, reject) => {
      this.#open().makeUnaryRequest(
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
    const address = endpoint.replace(/^https?:\/\//, "").replace(/\/$/, "");
    return (this.#client = new this.#grpc.Client(address, this.#credentials(endpoint), channelOptions));
  }

  #tryNextEndpoint(): void {
    if (this.#endpoints.length === 1 || this.#closed) return;
    this.#client?.close();
    this.#client = undefined;
    this.#chosen = (this.#chosen + 1) % this.#endpoints.length;
  }

  #toStoreError(error: ServiceError): StoreError {
    const { details } = error;
    if (details.includes("required revision has been compacted")) return new StoreError("Compacted", details, { cause: error });
    if (details.includes("required revision is a future revision")) return new StoreError("FutureRevision", details, { cause: error });
    if (details.includes("request is too large")) return new StoreError("TooLarge", details, { cause: error });
    return new StoreError("Unreachable", `etcd at ${this.#endpoints.join(", ")}: ${error.message}`, { cause: error });
  }
}

export const closed = (): StoreError => new StoreError("Closed", "the store is closed");
