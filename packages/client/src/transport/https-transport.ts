import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { ClientConfig, Credentials } from "../client-config.ts";
import { aborted, Http2Sessions, lost, readAll, unreachable } from "./http2-sessions.ts";
import { TransportError } from "./transport-error.ts";
import type { Transport, TransportAnswer, TransportRequest } from "./transport.ts";

const connectTimeoutMs = 30_000;
/** TCP keep-alive finds dead peers where HTTP/1.1 has no PING. */
const keepAliveMs = 15_000;

/** Over HTTP/2 where the server speaks it, else over HTTP/1.1. Adds no headers but who the caller is. */
export class HttpsTransport implements Transport {
  readonly #url: URL;
  readonly #config: ClientConfig;
  readonly #protocols: readonly string[];
  #protocol: "h2" | "http/1.1" | undefined;
  #negotiating: Promise<void> | undefined;
  /** by client certificate, which belongs to the connection */
  #ways = new Map<string, Way>();
  #closed = new AbortController();

  constructor(config: ClientConfig) {
    this.#config = config;
    this.#url = new URL(config.server);
    const secure = this.#url.protocol === "https:";
    this.#protocols = config.protocols ?? (secure ? ["h2", "http/1.1"] : ["http/1.1"]);
    if (!secure || this.#protocols.length === 1) this.#protocol = this.#protocols[0] as "h2" | "http/1.1";
  }

  async open(request: TransportRequest): Promise<TransportAnswer> {
    let answer = await this.#openOnce(request);
    if (answer.status === 401 && this.#config.credentials?.rejected()) {
      answer.discard();
      answer = await this.#openOnce(request);
    }
    return answer;
  }

  close(): void {
    this.#closed.abort(new TransportError("Aborted", "the client was closed"));
    for (const way of this.#ways.values()) {
      way.http2.close();
      way.agent.destroy();
    }
    this.#ways.clear();
  }

  async #openOnce(request: TransportRequest): Promise<TransportAnswer> {
    if (this.#closed.signal.aborted) throw this.#closed.signal.reason;
    const credentials = (await this.#config.credentials?.get()) ?? {};
    const headers = credentials.authorization ? { ...request.headers, authorization: credentials.authorization } : request.headers;
    const way = this.#way(credentials.certificate);
    if (!this.#protocol) await (this.#negotiating ??= this.#negotiate(way));
    return this.#protocol === "h2"
      ? way.http2.open({ ...request, headers })
      : openHttp1(this.#url, way, { ...request, headers }, this.#closed.signal);
  }

  /** The first connection tells what the server speaks. */
  async #negotiate(way: Way): Promise<void> {
    try {
      const socket = await way.dial();
      this.#protocol = (socket as Socket & { alpnProtocol?: unknown }).alpnProtocol === "h2" ? "h2" : "http/1.1";
      if (this.#protocol === "h2") way.spare = socket;
      else socket.destroy();
    } finally {
      this.#negotiating = undefined;
    }
  }

  #way(certificate: Credentials["certificate"]): Way {
    const key = certificate?.cert ?? "";
    let way = this.#ways.get(key);
    if (way) return way;
    const url = this.#url;
    const { ca, insecureSkipTlsVerify, tlsServerName } = this.#config;
    const secure = url.protocol === "https:";
    const tls: ConnectionOptions = {
      ...(ca ? { ca } : {}),
      ...(insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),
      ...(certificate ? { cert: certificate.cert, key: certificate.key } : {}),
      ...(tlsServerName ? { servername: tlsServerName } : {}),
    };
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(url.port || (secure ? 443 : 80));
    const dial = () => connect(host, port, secure ? { ...tls, ALPNProtocols: [...this.#protocols] } : undefined);
    const made: Way = {
      spare: undefined,
      dial,
      http2: new Http2Sessions({
        authority: url.origin,
        pingMs: this.#config.pingMs ?? 20_000,
        dial: () => {
          const { spare } = made;
          made.spare = undefined;
          return spare && !spare.destroyed ? Promise.resolve(spare) : dial();
        },
      }),
      agent: secure
        ? new HttpsAgent({ ...tls, keepAlive: true, keepAliveMsecs: keepAliveMs })
        : new HttpAgent({ keepAlive: true, keepAliveMsecs: keepAliveMs }),
    };
    way = made;
    this.#ways.set(key, way);
    return way;
  }
}

interface Way {
  dial: () => Promise<Socket>;
  /** the connection that told the protocol, until it is used */
  spare: Socket | undefined;
  http2: Http2Sessions;
  agent: HttpAgent | HttpsAgent;
}

function connect(host: string, port: number, tls: ConnectionOptions | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host, port, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
    const isName = !/^[\d.]+$|:/.test(host);
    const socket: Socket = tls ? connectTls({ ...options, ...(isName ? { servername: host } : {}), ...tls }) : connectTcp(options);
    const patience = setTimeout(() => {
      socket.destroy();
      reject(new TransportError("Unreachable", `no connection to ${host}:${port} within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    const failed = (error: Error) => {
      clearTimeout(patience);
      socket.destroy();
      reject(unreachable(error));
    };
    socket.once("error", failed);
    socket.once(tls ? "secureConnect" : "connect", () => {
      clearTimeout(patience);
      socket.off("error", failed);
      // whoever takes it listens too; a socket must never be without a listener
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

async function openHttp1(url: URL, way: Way, request: TransportRequest, closed: AbortSignal): Promise<TransportAnswer> {
  try {
    return await exchangeHttp1(url, way, request, closed);
  } catch (error) {
    // The server may close an idle connection in the very moment that we use it.
    const again = error instanceof TransportError && error.code === "ConnectionLost" && request.method === "GET";
    if (!again || request.signal?.aborted || closed.aborted) throw error;
    return exchangeHttp1(url, way, request, closed);
  }
}

function exchangeHttp1(url: URL, way: Way, request: TransportRequest, closed: AbortSignal): Promise<TransportAnswer> {
  const { signal } = request;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal));
    const secure = url.protocol === "https:";
    const outgoing = (secure ? httpsRequest : httpRequest)({
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port || (secure ? 443 : 80),
      method: request.method,
      path: request.path,
      headers: request.body === undefined ? request.headers : { ...request.headers, "content-length": Buffer.byteLength(request.body) },
      agent: way.agent,
      maxHeaderSize: 1024 * 1024,
    });
    let failure: Error | undefined;
    let connected = false;
    const patience = setTimeout(() => {
      failure = new TransportError("Timeout", `no answer within ${request.timeoutMs} ms`);
      outgoing.destroy();
    }, request.timeoutMs);
    const onAbort = () => {
      failure = closed.aborted ? (closed.reason as Error) : aborted(signal);
      outgoing.destroy();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    closed.addEventListener("abort", onAbort, { once: true });
    outgoing.on("socket", (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once("connect", () => (connected = true));
    });
    outgoing.on("error", (error) => (failure ??= connected ? lost(error) : unreachable(error)));
    outgoing.on("close", () => {
      clearTimeout(patience);
      signal?.removeEventListener("abort", onAbort);
      closed.removeEventListener("abort", onAbort);
      reject(failure ?? lost(undefined));
    });
    outgoing.on("response", (incoming: IncomingMessage) => {
      clearTimeout(patience);
      incoming.on("error", (error) => (failure ??= lost(error)));
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: readAll(incoming, () => failure ?? (incoming.complete ? undefined : lost(undefined))),
        discard: () => incoming.destroy(),
      });
    });
    outgoing.end(request.body);
  });
}
