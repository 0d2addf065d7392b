import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream, ServerOptions } from "node:http2";
import { constants } from "node:http2";
import type { CertificateSubject, HttpRequest, HttpResponse, Query, ResponseSink } from "./http-request.ts";
import type { ConnectionInfo, Handle } from "./listener.ts";
import { parseQuery } from "./query.ts";
import { readStream, requestBodyBytesMax } from "./read-body.ts";

/**
 * What Node's defaults would do to client-go: after about 1000 cancelled streams a GOAWAY that ends every watch of the connection, and a refusal
 * of more than 128 headers. @see wire 6; docs/ARCHITECTURE.md "Listener"
 */
export const http2Options: ServerOptions = {
  settings: {
    maxConcurrentStreams: 250,
    initialWindowSize: 256 << 10,
    maxFrameSize: 256 << 10,
    maxHeaderListSize: (1 << 20) + 320,
    enablePush: false,
  },
  streamResetBurst: 100_000,
  streamResetRate: 10_000,
  maxHeaderListPairs: 2_000,
  maxSessionMemory: 64,
  // a body frame may be a megabyte of watch events
  maxSendHeaderBlockLength: 1 << 20,
};

/** of one connection, so that a single large upload does not wait for window updates */
const connectionWindowBytes = 25 << 20;

/** Streams that a client may open and reset on one connection per second, over a minute, before it is told to go away. */
const resetsPerSecondMax = 2_000;

/** A connection that has reset so many streams within a second has its requests looked at a few a turn, and not at all once they are reset. */
const resetsPerSecondFree = 20;
const heldPerTurn = 8;

/** Serves the streams of one HTTP/2 connection. */
export class H2Connection {
  readonly session: ServerHttp2Session;
  openStreams = 0;
  /** milliseconds, of the last stream's end */
  idleSince = Date.now();
  readonly #handle: Handle;
  readonly #info: ConnectionInfo;
  #resets = 0;
  #resetsSince = Date.now();
  #resetsOfSecond = 0;
  #second = 0;
  readonly #held: (() => void)[] = [];

  constructor(session: ServerHttp2Session, info: ConnectionInfo, handle: Handle) {
    this.session = session;
    this.#info = info;
    this.#handle = handle;
    session.setLocalWindowSize(connectionWindowBytes);
    session.on("error", () => session.destroy());
    session.on("stream", (stream, headers, flags, rawHeaders) => this.#serve(stream, headers, flags, rawHeaders));
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: readonly string[]): void {
    this.openStreams++;
    stream.on("error", ignore);
    stream.on("close", () => {
      this.openStreams--;
      this.idleSince = Date.now();
      if (stream.rstCode === constants.NGHTTP2_CANCEL) this.#countReset();
    });
    const request = new H2Request(stream, headers, rawHeaders, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0, this.#info);
    const answer = (): void => {
      if (request.closed) return; // reset before anybody had looked at it
      this.#handle(request).then(
        (response) => {
          respond(stream, response, request.method);
          if (request.bodyRefused) setTimeout(() => letGo(stream), lingerMs).unref();
        },
        () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
      );
    };
    if (this.#resetsOfSecond > resetsPerSecondFree) this.#hold(answer);
    else answer();
  }

  #hold(answer: () => void): void {
    if (this.#held.push(answer) === 1) setImmediate(() => this.#answerHeld());
  }

  #answerHeld(): void {
    for (const answer of this.#held.splice(0, heldPerTurn)) answer();
    if (this.#held.length > 0) setImmediate(() => this.#answerHeld());
  }

  #countReset(): void {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      // half of the last second's still count
      this.#resetsOfSecond = second - this.#second === 1 ? this.#resetsOfSecond >> 1 : 0;
      this.#second = second;
    }
    this.#resetsOfSecond++;
    if (++this.#resets < resetsPerSecondMax * 60) return;
    const seconds = (Date.now() - this.#resetsSince) / 1000;
    if (seconds < 60) this.session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    this.#resets = 0;
    this.#resetsSince = Date.now();
  }
}

const ignore = (): void => {};

/** A client that still sends hears the answer first; then its stream ends, whatever else it has to say. */
const lingerMs = 500;

function letGo(stream: ServerHttp2Stream): void {
  if (!stream.destroyed && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
}

class H2Request implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly protocol = "h2";
  readonly #stream: ServerHttp2Stream;
  readonly #info: ConnectionInfo;
  readonly #empty: boolean;
  bodyRefused = false;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    empty: boolean,
    info: ConnectionInfo,
  ) {
    this.#stream = stream;
    this.#info = info;
    this.#empty = empty;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.method = headers[":method"] as string;
    const target = (headers[":path"] as string | undefined) ?? "/";
    const question = target.indexOf("?");
    this.path = question < 0 ? target : target.slice(0, question);
    this.query = parseQuery(question < 0 ? "" : target.slice(question + 1));
  }

  get remoteAddress(): string {
    return this.#info.remoteAddress;
  }
  get clientCertificate(): CertificateSubject | undefined {
    return this.#info.clientCertificate;
  }
  get proxyCertificate(): CertificateSubject | undefined {
    return this.#info.proxyCertificate;
  }
  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }
  async readBody(bytesMax = requestBodyBytesMax): Promise<Uint8Array> {
    if (this.#empty) return new Uint8Array();
    try {
      return await readStream(this.#stream, this.headers["content-length"], bytesMax);
    } catch (error) {
      this.bodyRefused = true;
      throw error;
    }
  }
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.#stream.once("close", listener);
  }
}

function respond(stream: ServerHttp2Stream, response: HttpResponse, method: string): void {
  if (stream.destroyed || stream.closed) {
    if (typeof response.body === "function") response.body(new H2Sink(stream));
    return;
  }
  const { body } = response;
  const headers = response.headers as Record<string, string | string[] | number>;
  headers[":status"] = response.status;
  if (typeof body === "function") {
    stream.respond(headers);
    if (method === "HEAD") stream.end();
    else body(new H2Sink(stream));
    return;
  }
  if (body === undefined || method === "HEAD") {
    stream.respond(headers, { endStream: true });
    return;
  }
  stream.respond(headers);
  if (Array.isArray(body)) {
    const chunks = body as readonly Uint8Array[];
    stream.cork();
    for (let i = 0; i < chunks.length - 1; i++) stream.write(chunks[i]);
    stream.end(chunks[chunks.length - 1]);
  } else stream.end(body as Uint8Array | string);
}

class H2Sink implements ResponseSink {
  readonly #stream: ServerHttp2Stream;
  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }
  write(chunk: Uint8Array | string): boolean {
    return this.closed ? false : this.#stream.write(chunk);
  }
  drained(): Promise<void> {
    return untilDrained(this.#stream);
  }
  get buffered(): number {
    return this.#stream.writableLength;
  }
  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.#stream.once("close", listener);
  }
  end(): void {
    if (!this.closed) this.#stream.end();
  }
  destroy(): void {
    // `close` with a code would still end the data cleanly first, and a half list would pass for a whole one
    if (!this.#stream.destroyed) this.#stream.destroy(new Error("broken off"));
  }
}

/** Resolves when the stream takes more, or is gone. */
export function untilDrained(stream: {
  destroyed: boolean;
  writableNeedDrain: boolean;
  once(event: "drain" | "close", listener: () => void): unknown;
}): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("drain", resolve);
    stream.once("close", resolve);
  });
}
