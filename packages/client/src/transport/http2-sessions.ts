import { connect as connectHttp2, constants, type ClientHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import type { TransportAnswer, TransportRequest } from "./transport.ts";
import { messageOf, TransportError } from "./transport-error.ts";

/** Streams on one connection, however many the server allows. */
const streamsMax = 200;
/** Each stream may be full at once: a slow reader stops its own stream and no other. */
const streamWindow = 256 * 1024;
const connectionWindow = streamsMax * streamWindow;
const pingTimeoutMs = 15_000;
const settingsTimeoutMs = 10_000;
const idleMaxMs = 60_000;

interface Session {
  http2: ClientHttp2Session;
  active: number;
  /** GOAWAY, broken or idle too long: takes no more */
  leaving: boolean;
  idleSince: number;
  /** what its streams are told when it breaks */
  failure: Error | undefined;
}

export interface Http2SessionsOptions {
  authority: string;
  /** a connection that has agreed on h2 */
  dial: () => Promise<Duplex>;
  pingMs: number;
}

/**
 * HTTP/2 connections to one server: as many as its limit of streams asks for. Connections that do not answer a PING are given up with
 * all their streams, so that a half-open connection never looks like a quiet watch.
 */
export class Http2Sessions {
  readonly #options: Http2SessionsOptions;
  readonly #sessions = new Set<Session>();
  #opening: Promise<Session> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: Http2SessionsOptions) {
    this.#options = options;
  }

  async open(request: TransportRequest): Promise<TransportAnswer> {
    for (let tries = 0; ; tries++) {
      const session = await this.#session();
      try {
        return await this.#exchange(session, request);
      } catch (error) {
        // Not carried out for sure: refused, or the connection was already leaving. Or broken under a read, which may be repeated.
        const again =
          error instanceof NotSent ||
          (error instanceof TransportError && error.code === "ConnectionLost" && (request.method === "GET" || request.method === "HEAD"));
        if (!again || tries >= 2 || request.signal?.aborted) throw error instanceof NotSent ? error.error : error;
      }
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const session of this.#sessions) {
      session.failure = new TransportError("Aborted", "the client was closed");
      session.http2.destroy(undefined, constants.NGHTTP2_CANCEL);
    }
    this.#sessions.clear();
  }

  async #session(): Promise<Session> {
    for (;;) {
      if (this.#closed) throw new TransportError("Aborted", "the client was closed");
      // Reserved at once: many ask before the first of them has opened its stream.
      for (const session of this.#sessions) if (hasRoom(session)) return reserve(session);
      this.#opening ??= this.#connect().finally(() => (this.#opening = undefined));
      const session = await this.#opening;
      // Of many that waited for it, the last find it full.
      if (hasRoom(session)) return reserve(session);
    }
  }

  async #connect(): Promise<Session> {
    const socket = await this.#options.dial();
    if (this.#closed) {
      socket.destroy();
      throw new TransportError("Aborted", "the client was closed");
    }
    const http2 = connectHttp2(this.#options.authority, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: streamWindow },
      maxHeaderListPairs: 2000,
    });
    const session: Session = { http2, active: 0, leaving: false, idleSince: Date.now(), failure: undefined };
    http2.on("error", (error: Error) => {
      session.failure ??= error;
      session.leaving = true;
    });
    http2.on("goaway", () => {
      session.leaving = true;
      if (session.active === 0) http2.close();
    });
    http2.on("close", () => {
      session.leaving = true;
      this.#sessions.delete(session);
      if (this.#sessions.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    });
    // Its SETTINGS, not only the connection: before them Node believes that any number of streams is allowed.
    const patience = setTimeout(() => giveUp(session, "the server does not speak HTTP/2"), settingsTimeoutMs);
    await new Promise<void>((resolve, reject) => {
      http2.once("remoteSettings", () => resolve());
      http2.once("close", () => reject(unreachable(session.failure)));
    }).finally(() => clearTimeout(patience));
    http2.setLocalWindowSize(connectionWindow);
    http2.unref();
    this.#sessions.add(session);
    this.#timer ??= setInterval(() => this.#look(), this.#options.pingMs).unref();
    return session;
  }

  /** Whether each connection still answers; and which are needed no longer. */
  #look(): void {
    const now = Date.now();
    for (const session of this.#sessions) {
      if (session.http2.destroyed) continue;
      if (session.active === 0) {
        if (now - session.idleSince < idleMaxMs) continue;
        session.leaving = true;
        session.http2.close();
        continue;
      }
      const patience = setTimeout(
        () => giveUp(session, "the connection does not answer any more"),
        Math.min(pingTimeoutMs, this.#options.pingMs),
      );
      patience.unref();
      const sent = session.http2.ping((error) => {
        clearTimeout(patience);
        if (error && !session.http2.destroyed) giveUp(session, messageOf(error));
      });
      if (!sent) clearTimeout(patience);
    }
  }

  #release(session: Session): void {
    if (--session.active > 0) return;
    session.idleSince = Date.now();
    if (session.leaving) session.http2.close();
    else if (!session.http2.destroyed) session.http2.unref();
  }

  #exchange(session: Session, request: TransportRequest): Promise<TransportAnswer> {
    const { http2 } = session;
    const { signal } = request;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        this.#release(session);
        return reject(aborted(signal));
      }
      let stream: ReturnType<ClientHttp2Session["request"]>;
      try {
        stream = http2.request(
          { ...request.headers, ":method": request.method, ":path": request.path },
          { endStream: request.body === undefined },
        );
      } catch (error) {
        session.leaving = true;
        this.#release(session);
        return reject(new NotSent(lost(session.failure ?? error)));
      }
      let answered = false;
      let failure: Error | undefined;
      let ended = false;
      const patience = setTimeout(() => {
        failure = new TransportError("Timeout", `no answer within ${request.timeoutMs} ms`);
        stream.close(constants.NGHTTP2_CANCEL);
      }, request.timeoutMs);
      const onAbort = () => {
        failure = aborted(signal);
        stream.close(constants.NGHTTP2_CANCEL);
        stream.destroy();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      stream.on("error", (error) => (failure ??= lost(session.failure ?? error)));
      stream.on("end", () => (ended = true));
      stream.on("close", () => {
        clearTimeout(patience);
        signal?.removeEventListener("abort", onAbort);
        this.#release(session);
        if (answered) return;
        failure ??= session.failure instanceof TransportError ? session.failure : lost(session.failure);
        const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
        reject(refused ? new NotSent(failure) : failure);
      });
      stream.on("response", (headers) => {
        answered = true;
        clearTimeout(patience);
        const cutShort = (): Error | undefined => {
          if (failure) return failure;
          if (session.failure instanceof TransportError) return session.failure;
          if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || !ended) return lost(session.failure);
          return undefined;
        };
        resolve({
          status: Number(headers[":status"]),
          headers: headers as TransportAnswer["headers"],
          body: readAll(stream, cutShort),
          discard: () => {
            stream.on("data", () => {});
            stream.close(constants.NGHTTP2_CANCEL);
          },
        });
      });
      if (request.body !== undefined) stream.end(request.body);
    });
  }
}

function reserve(session: Session): Session {
  if (session.active++ === 0) session.http2.ref();
  return session;
}

const hasRoom = ({ http2, active, leaving }: Session): boolean =>
  !leaving && !http2.closed && !http2.destroyed && active < Math.min(streamsMax, http2.remoteSettings.maxConcurrentStreams ?? streamsMax);

function giveUp(session: Session, why: string): void {
  session.leaving = true;
  session.failure ??= new TransportError("ConnectionLost", why);
  session.http2.destroy(undefined, constants.NGHTTP2_CANCEL);
}

/** Surely not carried out: may be sent again, whatever it is. */
class NotSent extends Error {
  readonly error: Error;
  constructor(error: Error) {
    super(error.message);
    this.error = error;
  }
}

export const aborted = (signal: AbortSignal | undefined): TransportError =>
  new TransportError("Aborted", "the request was aborted", { cause: signal?.reason });

export const lost = (error: unknown): TransportError =>
  error instanceof TransportError
    ? error
    : new TransportError("ConnectionLost", `the connection was lost${error ? `: ${messageOf(error)}` : ""}`, {
        cause: error,
      });

export const unreachable = (error: unknown): TransportError =>
  error instanceof TransportError
    ? error
    : new TransportError("Unreachable", `the server cannot be reached${error ? `: ${messageOf(error)}` : ""}`, {
        cause: error,
      });

/** The chunks of a body. A body that ends early is an error, however quietly the stream closed. */
export async function* readAll(stream: AsyncIterable<Uint8Array>, cutShort: () => Error | undefined): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    throw cutShort() ?? lost(error);
  }
  const failure = cutShort();
  if (failure) throw failure;
}
