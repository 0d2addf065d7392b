import { createServer, ServerResponse, STATUS_CODES } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { CertificateSubject, HttpRequest, HttpResponse, Query, ResponseSink } from "./http-request.ts";
import { untilDrained } from "./h2-connection.ts";
import type { ConnectionInfo, Handle } from "./listener.ts";
import { parseQuery } from "./query.ts";
import { readStream, requestBodyBytesMax } from "./read-body.ts";

/** HTTP/1.1 on sockets that the listener hands over. @see wire 6, 7 */
export function createHttp1Server(handle: Handle, infoOf: (socket: Socket) => ConnectionInfo): Server {
  const server = createServer(
    {
      maxHeaderSize: 1 << 20,
      keepAliveTimeout: 90_000,
      headersTimeout: 32_000,
      // of a request with its body, also where nobody reads it; what is answered meanwhile may take as long as it wants
      requestTimeout: 62_000,
      keepAlive: true,
      noDelay: true,
      connectionsCheckingInterval: 5_000,
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: ({ headers }) => isTunnel(headers.upgrade),
    },
    (message, answer) => {
      message.on("error", ignore);
      answer.on("error", ignore);
      const request = new H1Request(message, answer, infoOf(message.socket));
      handle(request).then(
        (response) => respond(answer, response, request),
        () => answer.destroy(),
      );
    },
  );
  // Node watches over headersTimeout from here on only; this server never listens by itself
  server.emit("listening");
  server.maxHeadersCount = 0;
  server.timeout = 0;
  server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    const answer = new ServerResponse(message);
    answer.on("error", ignore);
    answer.shouldKeepAlive = false;
    answer.assignSocket(socket as Socket);
    const request = new H1Request(message, answer, infoOf(socket as Socket));
    handle(request).then(
      (response) => {
        if (response.takeOver && !socket.destroyed) {
          answer.detachSocket(socket as Socket);
          socket.write(headText(response));
          response.takeOver(socket, head);
          return;
        }
        answer.once("finish", () => socket.end());
        respond(answer, response, request);
      },
      () => socket.destroy(),
    );
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuse(error, socket as Socket));
  return server;
}

const ignore = (): void => {};

/** what `kubectl exec`, `attach` and `port-forward` speak */
const isTunnel = (upgrade: string | undefined): boolean => /^(websocket|spdy\/3\.1)$/i.test(upgrade ?? "");

function headText({ status, headers }: HttpResponse): string {
  const lines = Object.entries(headers as OutgoingHttpHeaders).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${String(one).replace(/[\r\n]/g, " ")}\r\n`),
  );
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`;
}

/** A socket closed while the client still sends would take the answer with it. */
const lingerMs = 500;

const refused = new WeakSet<Socket>();

/** Answers, and reads on for a while without looking: Node comes here again with each piece of what follows. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (refused.has(socket)) return;
  const answering = (socket as Socket & { _httpMessage?: ServerResponse })._httpMessage;
  if (!socket.writable || error.code === "ECONNRESET" || answering?.headersSent) return void socket.destroy();
  refused.add(socket);
  const text =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  socket.end(`HTTP/1.1 ${text}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${text}`);
  setTimeout(() => socket.destroy(), lingerMs);
}

class H1Request implements HttpRequest {
  readonly path: string;
  readonly query: Query;
  readonly protocol = "h1";
  readonly #message: IncomingMessage;
  readonly #answer: ServerResponse;
  readonly #info: ConnectionInfo;
  bodyRefused = false;

  constructor(message: IncomingMessage, answer: ServerResponse, info: ConnectionInfo) {
    this.#message = message;
    this.#answer = answer;
    this.#info = info;
    let target = message.url ?? "/";
    if (!target.startsWith("/")) target = target.replace(/^[a-z]+:\/\/[^/?]*/i, "") || "/"; // a proxy's absolute form
    const question = target.indexOf("?");
    this.path = question < 0 ? target : target.slice(0, question);
    this.query = parseQuery(question < 0 ? "" : target.slice(question + 1));
  }

  get method(): string {
    return this.#message.method ?? "GET";
  }
  get headers(): IncomingMessage["headers"] {
    return this.#message.headers;
  }
  get remoteAddress(): string {
    return this.#info.remoteAddress;
  }
  get rawHeaders(): readonly string[] {
    return this.#message.rawHeaders;
  }
  get clientCertificate(): CertificateSubject | undefined {
    return this.#info.clientCertificate;
  }
  get proxyCertificate(): CertificateSubject | undefined {
    return this.#info.proxyCertificate;
  }
  get closed(): boolean {
    return this.#answer.closed || this.#answer.destroyed;
  }
  /** the whole body has come */
  get complete(): boolean {
    return this.#message.complete;
  }
  onBodyEnd(listener: () => void): void {
    this.#message.once("end", listener);
    this.#message.once("close", listener);
  }
  async readBody(bytesMax = requestBodyBytesMax): Promise<Uint8Array> {
    const { "content-length": length, "transfer-encoding": encoding } = this.#message.headers;
    // Node ends such messages by itself (optimizeEmptyRequests): nothing would ever be heard of them
    if (length === undefined && encoding === undefined) return new Uint8Array();
    try {
      return await readStream(this.#message, length, bytesMax);
    } catch (error) {
      this.bodyRefused = true;
      throw error;
    }
  }
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.#answer.once("close", listener);
  }
}

function respond(answer: ServerResponse, response: HttpResponse, request: H1Request): void {
  if (answer.destroyed) {
    if (typeof response.body === "function") response.body(new H1Sink(answer));
    return;
  }
  const { body } = response;
  const headers = response.headers as Record<string, string | string[] | number>;
  if (request.bodyRefused || response.status === 429) headers.connection = "close";
  if (typeof body === "function") {
    answer.writeHead(response.status, headers);
    if (request.method === "HEAD") return void answer.end();
    answer.flushHeaders();
    body(new H1Sink(answer));
    return;
  }
  answer.writeHead(response.status, headers);
  if (request.bodyRefused && !request.complete) return linger(answer, request, body as Uint8Array | string | undefined);
  if (Array.isArray(body)) {
    for (const chunk of body as readonly Uint8Array[]) answer.write(chunk);
    answer.end();
  } else answer.end(body as Uint8Array | string | undefined);
}

function linger(answer: ServerResponse, request: H1Request, body: Uint8Array | string | undefined): void {
  if (body !== undefined) answer.write(body);
  const end = (): void => {
    clearTimeout(timer);
    answer.end();
  };
  const timer = setTimeout(end, lingerMs);
  request.onBodyEnd(end);
}

class H1Sink implements ResponseSink {
  readonly #answer: ServerResponse;
  constructor(answer: ServerResponse) {
    this.#answer = answer;
  }
  write(chunk: Uint8Array | string): boolean {
    return this.closed ? false : this.#answer.write(chunk);
  }
  drained(): Promise<void> {
    return untilDrained(this.#answer);
  }
  get buffered(): number {
    return this.#answer.writableLength;
  }
  get closed(): boolean {
    return this.#answer.closed || this.#answer.destroyed;
  }
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.#answer.once("close", listener);
  }
  end(): void {
    if (!this.closed) this.#answer.end();
  }
  destroy(): void {
    this.#answer.destroy();
  }
}
