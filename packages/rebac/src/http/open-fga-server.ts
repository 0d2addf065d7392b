import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { OpenFgaError, validationError } from "../errors.ts";
import type { OpenFga } from "../open-fga.ts";
import { ulid } from "../ulid.ts";
import { messageFromJson, messageToJson, type Plain } from "../wire/json.ts";
import { sizeOf } from "../wire/message-size.ts";
import { messages } from "../wire/messages.ts";
import { listObjectsRequest, service, storeRoutes, type Answered, type ServiceMethod } from "../wire/service.ts";
import { requireShape } from "../wire/shapes.ts";

export interface HttpOptions {
  fga: OpenFga;
  host?: string;
  /** 0 for any free one */
  port: number;
  /** pre-shared keys; without any, everybody may ask */
  keys?: readonly string[];
  tls?: { cert: string | Buffer; key: string | Buffer };
  /** an unforeseen failure; the client hears "Internal Server Error" */
  onError?: (error: unknown) => void;
}

export interface OpenFgaServer {
  readonly port: number;
  close(): Promise<void>;
}

/** as JSON; the binary form of a request may be a little over half a megabyte */
const bodyBytesMax = 8 << 20;
const requestBytesMax = 616_448;

/** OpenFGA's HTTP API over any engine. @throws Error when the port is taken */
export async function serveHttp(options: HttpOptions): Promise<OpenFgaServer> {
  const handler = new Handler(options);
  const listener = (request: IncomingMessage, response: ServerResponse): void => handler.handle(request, response);
  const server: Server = options.tls
    ? createTlsServer({ ...options.tls }, listener)
    : createServer({ keepAliveTimeout: 120_000 }, listener);
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : options.port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Compared by digest, so that the time taken says nothing about the key. */
export class PresharedKeys {
  readonly #digests: Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest);
  }

  /** @throws OpenFgaError bearer_token_missing, unauthenticated */
  require(authorization: string | undefined): void {
    if (this.#digests.length === 0) return;
    const match = /^bearer (.+)$/i.exec(authorization ?? "");
    if (!match) throw new OpenFgaError("bearer_token_missing", "missing bearer token");
    const given = digest(match[1]!);
    let found = false;
    for (const each of this.#digests) found = timingSafeEqual(each, given) || found;
    if (!found) throw new OpenFgaError("unauthenticated", "unauthenticated");
  }
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

interface Route {
  target: ServiceMethod | "streamed";
  storeId: string | undefined;
  /** the last path segment where the path has one more */
  id: string | undefined;
}

class Handler {
  readonly #fga: OpenFga;
  readonly #keys: PresharedKeys;
  readonly #onError: (error: unknown) => void;

  constructor({ fga, keys = [], onError = () => undefined }: HttpOptions) {
    this.#fga = fga;
    this.#keys = new PresharedKeys(keys);
    this.#onError = onError;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => undefined);
    const url = request.url!;
    const query = url.indexOf("?");
    const path = query < 0 ? url : url.slice(0, query);
    const headers: Record<string, string> = {};
    try {
      if (path === "/healthz") {
        if (request.method !== "GET") throw new OpenFgaError("unimplemented", "Method Not Allowed");
        reply(response, 200, '{"status":"SERVING"}', headers);
        return;
      }
      const route = routeOf(request.method!, path);
      this.#keys.require(request.headers.authorization);
      if (request.method === "GET" || request.method === "DELETE") {
        this.#serve(route, queryOf(route, query < 0 ? "" : url.slice(query + 1)), response, headers);
        return;
      }
      this.#body(request, response, headers, (body) => this.#serve(route, bodyOf(route, body), response, headers));
    } catch (error) {
      this.#refuse(response, headers, error);
    }
  }

  #body(request: IncomingMessage, response: ServerResponse, headers: Record<string, string>, then: (body: string) => void): void {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= bodyBytesMax) chunks.push(chunk);
      else {
        request.removeAllListeners("data");
        this.#refuse(response, headers, tooLarge(length));
        request.destroy();
      }
    });
    request.on("error", () => undefined);
    request.on("end", () => {
      try {
        then((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString());
      } catch (error) {
        this.#refuse(response, headers, error);
      }
    });
  }

  /** Headers name the request and the store from here on: what could not be decoded has neither. */
  #serve(route: Route, message: Plain, response: ServerResponse, headers: Record<string, string>): void {
    headers["x-request-id"] = ulid();
    if (route.storeId !== undefined) headers["openfga-store-id"] = route.storeId;
    if (route.target === "streamed") {
      void this.#stream(message, response, headers);
      return;
    }
    const method = route.target;
    requireShape(method.request, message);
    const done = ({ message: answer, modelId }: Answered): void => {
      if (modelId !== undefined) headers["openfga-authorization-model-id"] = modelId;
      if (method === service.check)
        reply(response, 200, answer.allowed === true ? '{"allowed":true,"resolution":""}' : '{"allowed":false,"resolution":""}', headers);
      else if (method.status === 204) reply(response, 204, "", headers);
      else reply(response, method.status, JSON.stringify(messageToJson(method.response, answer)), headers);
    };
    const answered = method.call(this.#fga, message);
    if (answered instanceof Promise) answered.then(done).catch((error: unknown) => this.#refuse(response, headers, error));
    else done(answered);
  }

  /** One line for each object; an error before the first has a status, a later one is the last line. */
  async #stream(message: Plain, response: ServerResponse, headers: Record<string, string>): Promise<void> {
    let started = false;
    try {
      requireShape("StreamedListObjectsRequest", message);
      for await (const object of this.#fga.streamedListObjects(listObjectsRequest(message))) {
        if (!started) response.writeHead(200, { ...headers, "content-type": "application/json" });
        started = true;
        if (!response.write(`${JSON.stringify({ result: { object } })}\n`) && !response.destroyed) {
          await new Promise<void>((resolve) => {
            response.once("drain", resolve);
            response.once("close", resolve);
          });
        }
        if (response.destroyed) return;
      }
      if (!started) response.writeHead(200, { ...headers, "content-type": "application/json" });
      response.end();
    } catch (error) {
      const known = this.#known(error);
      if (known.modelId !== undefined) headers["openfga-authorization-model-id"] = known.modelId;
      // Upstream's gateway knows gRPC's own codes only: everything of the caller's is InvalidArgument.
      const code = known.httpStatus === 400 ? 3 : known.grpcCode;
      const line = `${JSON.stringify({ error: { code, message: known.message, details: [] } })}\n`;
      if (!started) response.writeHead(known.httpStatus, { ...headers, "content-type": "application/json" });
      response.end(line);
    }
  }

  #known(error: unknown): OpenFgaError {
    if (error instanceof OpenFgaError) {
      if (error.code === "internal_error") this.#onError(error.cause ?? error);
      return error;
    }
    this.#onError(error);
    return new OpenFgaError("internal_error", "Internal Server Error");
  }

  #refuse(response: ServerResponse, headers: Record<string, string>, error: unknown): void {
    if (response.headersSent) return;
    const known = this.#known(error);
    if (known.modelId !== undefined) headers["openfga-authorization-model-id"] = known.modelId;
    reply(response, known.httpStatus, JSON.stringify({ code: known.code, message: known.message }), headers);
  }
}

function reply(response: ServerResponse, status: number, body: string, headers: Record<string, string>): void {
  headers["content-type"] = "application/json";
  if (status !== 204) headers["content-length"] = String(Buffer.byteLength(body));
  response.writeHead(status, headers);
  response.end(body);
}

/** @throws OpenFgaError undefined_endpoint, unimplemented */
function routeOf(method: string, path: string): Route {
  const parts = path.split("/");
  if (parts[0] !== "" || parts[1] !== "stores") throw notFound();
  if (parts.length === 2) {
    if (method === "POST") return { target: service.createStore, storeId: undefined, id: undefined };
    if (method === "GET") return { target: service.listStores, storeId: undefined, id: undefined };
    throw notAllowed();
  }
  const storeId = decode(parts[2]!);
  if (parts.length > 3 && (storeId === "" || parts.at(-1) === "" || parts.length > 5)) throw notFound();
  const name = parts.length === 3 ? "" : parts.length === 4 ? parts[3]! : `${parts[3]!}/*`;
  if (!Object.hasOwn(storeRoutes, name)) throw notFound();
  const byMethod = storeRoutes[name]!;
  if (!Object.hasOwn(byMethod, method)) throw notAllowed();
  return { target: byMethod[method]!, storeId, id: parts.length === 5 ? decode(parts[4]!) : undefined };
}

function decode(part: string): string {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound();
  }
}

const notFound = (): OpenFgaError => new OpenFgaError("undefined_endpoint", "Not Found");
const notAllowed = (): OpenFgaError => new OpenFgaError("unimplemented", "Method Not Allowed");
const tooLarge = (length: number): OpenFgaError =>
  new OpenFgaError("resource_exhausted", `grpc: received message larger than max (${length} vs. ${requestBytesMax})`);

const requestOf = (target: Route["target"]): ServiceMethod["request"] =>
  target === "streamed" ? "StreamedListObjectsRequest" : target.request;

function withPath(route: Route, message: Plain): Plain {
  if (route.storeId !== undefined) message.store_id = route.storeId;
  if (route.id !== undefined)
    message[requestOf(route.target) === "ReadAuthorizationModelRequest" ? "id" : "authorization_model_id"] = route.id;
  return message;
}

/** @throws OpenFgaError validation_error */
function queryOf(route: Route, query: string): Plain {
  const name = requestOf(route.target);
  const json: Plain = {};
  for (const [key, value] of new URLSearchParams(query)) {
    const field = Object.hasOwn(messages[name]!, key) ? messages[name]![key] : undefined;
    if (field !== undefined && !(field.type !== "string" && value === "")) json[key] = value;
  }
  return withPath(route, messageFromJson(name, json));
}

function isCutShort(body: string, { message }: Error): boolean {
  const at = /at position (\d+)/.exec(message)?.[1];
  return /end of (JSON|data)|Unterminated/i.test(message) || (at !== undefined && Number(at) >= body.trimEnd().length);
}

/** @throws OpenFgaError validation_error, resource_exhausted */
function bodyOf(route: Route, body: string): Plain {
  const name = requestOf(route.target);
  let json: unknown = {};
  if (body !== "") {
    try {
      json = JSON.parse(body);
    } catch (error) {
      throw validationError(isCutShort(body, error as Error) ? "malformed JSON" : `syntax error: ${(error as Error).message}`);
    }
  }
  const message = withPath(route, messageFromJson(name, json));
  // JSON is never shorter than its binary form by more than numbers' lengths: only large bodies have to be measured.
  if (body.length > requestBytesMax >> 1) {
    const bytes = sizeOf(name, message);
    if (bytes > requestBytesMax) throw tooLarge(bytes);
  }
  return message;
}
