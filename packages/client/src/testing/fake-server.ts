import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { clusterAnnotation, copyJson, decodeJson, encodeJson, type JsonObject, type KubeObject } from "@meshplane/apimachinery";

export interface FakeResource {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
}

export interface FakeServerOptions {
  resources: FakeResource[];
  /** cleartext HTTP/2 (default) or HTTP/1.1 */
  protocol?: "h2" | "http/1.1";
}

/** HTTP/2 requests come through Node's compatible API, so one handler serves both. */
type Request = IncomingMessage;
type Response = ServerResponse;

type Http2Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

interface Change {
  revision: number;
  resource: string;
  cluster: string;
  namespace: string;
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: KubeObject;
}

interface Watcher {
  response: Response;
  wants: (change: Change) => boolean;
  kind: { apiVersion: string; kind: string };
}

interface Target {
  resource: FakeResource;
  cluster: string;
  namespace: string;
  name: string;
  subresource: string;
}

/**
 * An API server in memory that keeps one history for all its resources and logical clusters, and misbehaves on demand. No validation, no
 * authorization. Paths may begin with `/services/<anything>`, which is ignored.
 */
export class FakeServer {
  readonly #options: FakeServerOptions;
  readonly #objects = new Map<string, { resource: string; cluster: string; namespace: string; object: KubeObject }>();
  readonly #history: Change[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #server: ReturnType<typeof createHttp1> | ReturnType<typeof createHttp2> | undefined;
  #revision = 100;
  #oldest = 0;

  /** answers `sendInitialEvents` with 422, as servers before 1.27 do */
  refusesWatchList = false;
  /** each request waits so long for its answer */
  delayMs = 0;
  /** what to do instead of answering; undefined goes on as usual */
  intercept: ((request: Request, response: Response, url: URL) => boolean) | undefined;
  /** `GET /path?query` of each request */
  readonly requests: string[] = [];
  /** the largest number of connections at once */
  connectionsMax = 0;

  constructor(options: FakeServerOptions) {
    this.#options = options;
  }

  /** @returns the URL to use as `ClientConfig.server` */
  async start(): Promise<string> {
    const listener = (request: Request, response: Response) => void this.#serve(request, response);
    const server =
      this.#options.protocol === "http/1.1"
        ? createHttp1(listener)
        : createHttp2({ settings: { maxConcurrentStreams: 100 } }, listener as unknown as Http2Listener);
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      this.connectionsMax = Math.max(this.connectionsMax, this.#sockets.size);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.on("session", (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.on("error", () => {});
      session.on("close", () => this.#sessions.delete(session));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => {
      if (this.#server) this.#server.close(() => resolve());
      else resolve();
    });
  }

  get revision(): number {
    return this.#revision;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** breaks all connections, without a word */
  cut(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#watchers.clear();
  }

  /** resets each watch stream, and leaves the connections */
  resetWatches(): void {
    for (const { response } of this.#watchers) {
      const { stream } = response as unknown as Partial<Http2ServerResponse>;
      if (stream) stream.close(2);
      else response.socket?.destroy();
    }
    this.#watchers.clear();
  }

  /** ends each watch as a server does whose time is over */
  endWatches(): void {
    for (const { response } of this.#watchers) response.end();
    this.#watchers.clear();
  }

  /** sends GOAWAY: open streams go on, new ones need a new connection */
  goAway(): void {
    for (const session of this.#sessions) session.goaway(0);
  }

  /** raw text into each watch */
  writeToWatches(text: string): void {
    for (const { response } of this.#watchers) response.write(text);
  }

  /** watches from before now get 410 */
  compact(): void {
    this.#oldest = this.#revision;
    this.#history.length = 0;
  }

  bookmark(): void {
    for (const watcher of this.#watchers) this.#sendBookmark(watcher, false);
  }

  /** Creates or replaces; fills in what the server owns. */
  put(resource: string, cluster: string, object: Partial<KubeObject> & Pick<KubeObject, "metadata">): KubeObject {
    const definition = this.#definition(resource);
    const namespace = object.metadata.namespace ?? "";
    const key = keyOf(resource, cluster, namespace, object.metadata.name ?? "");
    const old = this.#objects.get(key)?.object;
    const revision = ++this.#revision;
    const stored: KubeObject = copyJson({
      apiVersion: definition.group === "" ? definition.version : `${definition.group}/${definition.version}`,
      kind: definition.kind,
      ...object,
      metadata: {
        ...object.metadata,
        uid: old?.metadata.uid ?? `uid-${revision}`,
        resourceVersion: String(revision),
        annotations: { ...object.metadata.annotations, ...(cluster ? { [clusterAnnotation]: cluster } : {}) },
      },
    });
    this.#objects.set(key, { resource, cluster, namespace, object: stored });
    this.#record({ revision, resource, cluster, namespace, type: old ? "MODIFIED" : "ADDED", object: stored });
    return stored;
  }

  remove(resource: string, cluster: string, namespace: string, name: string): void {
    const key = keyOf(resource, cluster, namespace, name);
    const found = this.#objects.get(key);
    if (!found) return;
    this.#objects.delete(key);
    const revision = ++this.#revision;
    const object = copyJson(found.object);
    object.metadata.resourceVersion = String(revision);
    this.#record({ revision, resource, cluster, namespace, type: "DELETED", object });
  }

  object(resource: string, cluster: string, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(resource, cluster, namespace, name))?.object;
  }

  /** all of one resource as `cluster|namespace/name=resourceVersion`, sorted */
  summary(resource: string): string[] {
    return [...this.#objects.values()]
      .filter((entry) => entry.resource === resource)
      .map((entry) => `${entry.cluster}|${entry.namespace}/${entry.object.metadata.name}=${entry.object.metadata.resourceVersion}`)
      .sort();
  }

  #record(change: Change): void {
    this.#history.push(change);
    for (const watcher of this.#watchers) if (watcher.wants(change)) send(watcher.response, change.type, change.object);
  }

  #definition(resource: string): FakeResource {
    const definition = this.#options.resources.find((candidate) => candidate.resource === resource);
    if (!definition) throw new TypeError(`the fake server has no ${resource}`);
    return definition;
  }

  async #serve(request: Request, response: Response): Promise<void> {
    response.on("error", () => {});
    const url = new URL(request.url ?? "/", "http://fake");
    this.requests.push(`${request.method} ${url.pathname}${url.search}`);
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
    } catch {
      return;
    }
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (this.intercept?.(request, response, url)) return;
    const text = Buffer.concat(chunks).toString();
    try {
      this.#answer(request.method ?? "GET", url, text === "" ? undefined : decodeJson(text).value, response);
    } catch (error) {
      answer(response, 500, status(500, "InternalError", String(error)));
    }
  }

  #answer(method: string, url: URL, body: unknown, response: Response): void {
    const match = /^(?:\/services\/.*?)?(?:\/clusters\/([^/]+))?(\/apis?(?:\/.*)?)$/.exec(url.pathname);
    if (!match) return answer(response, 404, "404 page not found\n");
    const cluster = decodeURIComponent(match[1] ?? "");
    const parts = match[2]!.split("/").slice(1).map(decodeURIComponent);
    const discovered = this.#discover(parts);
    if (discovered) return answer(response, 200, discovered);
    const target = this.#target(cluster, parts);
    if (!target) return answer(response, 404, "404 page not found\n");
    if (target.name !== "") return this.#single(method, target, url, body, response);
    if (method === "POST") {
      const object = body as KubeObject;
      const { name = "" } = object.metadata;
      if (this.object(target.resource.resource, cluster, target.namespace, name)) {
        return answer(response, 409, status(409, "AlreadyExists", `${target.resource.resource} "${name}" already exists`));
      }
      const namespace = target.namespace ? { namespace: target.namespace } : {};
      return answer(
        response,
        201,
        this.put(target.resource.resource, cluster, { ...object, metadata: { ...object.metadata, ...namespace } }),
      );
    }
    if (method !== "GET") return answer(response, 405, status(405, "MethodNotAllowed", "not here"));
    if (url.searchParams.get("watch")) return this.#watch(target, url, response);
    this.#list(target, url, response);
  }

  #discover(parts: string[]): JsonObject | undefined {
    const { resources } = this.#options;
    if (parts.length === 1 && parts[0] === "api") return { kind: "APIVersions", versions: ["v1"] };
    if (parts.length === 1) {
      const groups = [...new Set(resources.map(({ group }) => group))].filter((group) => group !== "");
      return {
        kind: "APIGroupList",
        groups: groups.map((name) => {
          const versions = [...new Set(resources.filter(({ group }) => group === name).map(({ version }) => version))];
          return {
            name,
            versions: versions.map((version) => ({ version, groupVersion: `${name}/${version}` })),
            preferredVersion: { version: versions[0]!, groupVersion: `${name}/${versions[0]}` },
          };
        }),
      };
    }
    const [group, version] = parts[0] === "api" ? ["", parts[1]!] : [parts[1]!, parts[2]];
    if (parts.length !== (parts[0] === "api" ? 2 : 3) || version === undefined) return undefined;
    return {
      kind: "APIResourceList",
      groupVersion: group === "" ? version : `${group}/${version}`,
      resources: resources
        .filter((candidate) => candidate.group === group && candidate.version === version)
        .map(({ resource, kind, namespaced }) => ({ name: resource, kind, namespaced, verbs: ["get", "list", "watch"] })),
    };
  }

  #target(cluster: string, parts: string[]): Target | undefined {
    const [group, version, ...rest] = parts[0] === "api" ? ["", parts[1], ...parts.slice(2)] : parts.slice(1);
    const namespaced = rest[0] === "namespaces" && rest.length > 2;
    const [resource, name = "", subresource = ""] = namespaced ? rest.slice(2) : rest;
    const definition = this.#options.resources.find(
      (candidate) => candidate.group === group && candidate.version === version && candidate.resource === resource,
    );
    return definition && { resource: definition, cluster, namespace: namespaced ? rest[1]! : "", name, subresource };
  }

  #single(method: string, target: Target, url: URL, body: unknown, response: Response): void {
    const { resource } = target.resource;
    const { cluster, namespace, name, subresource } = target;
    const old = this.object(resource, cluster, namespace, name);
    const missing = status(404, "NotFound", `${resource} "${name}" not found`);
    if (method === "PATCH" && url.searchParams.has("fieldManager") && url.searchParams.has("force")) {
      return answer(response, old ? 200 : 201, this.put(resource, cluster, merge(old ?? {}, body) as unknown as KubeObject));
    }
    if (!old) return answer(response, 404, missing);
    switch (method) {
      case "GET":
        return answer(response, 200, old);
      case "DELETE":
        this.remove(resource, cluster, namespace, name);
        return answer(response, 200, status(200, "", ""));
      case "PATCH":
        return answer(response, 200, this.put(resource, cluster, merge(old, body) as unknown as KubeObject));
      case "PUT": {
        const next = body as KubeObject;
        const { resourceVersion } = next.metadata;
        if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) {
          const why = "the object has been modified; please apply your changes to the latest version and try again";
          const message = `Operation cannot be fulfilled on ${resource} "${name}": ${why}`;
          return answer(response, 409, status(409, "Conflict", message));
        }
        const merged = subresource === "status" ? { ...old, status: next["status"] } : { ...next, status: old["status"] };
        return answer(response, 200, this.put(resource, cluster, merged));
      }
      default:
        return answer(response, 405, status(405, "MethodNotAllowed", "not here"));
    }
  }

  #selected(target: Target, url: URL): (entry: Omit<Change, "revision" | "type">) => boolean {
    const name = /^metadata\.name=(.*)$/.exec(url.searchParams.get("fieldSelector") ?? "")?.[1];
    return (entry) =>
      entry.resource === target.resource.resource &&
      (target.cluster === "*" || entry.cluster === target.cluster) &&
      (target.namespace === "" || entry.namespace === target.namespace) &&
      (name === undefined || entry.object.metadata.name === name);
  }

  #list(target: Target, url: URL, response: Response): void {
    const wanted = this.#selected(target, url);
    const all = [...this.#objects.values()].filter(wanted).map(({ object }) => object);
    const limit = Number(url.searchParams.get("limit") ?? 0) || Infinity;
    const token = url.searchParams.get("continue");
    const [revision, start] = token ? token.split(":").map(Number) : [this.#revision, 0];
    if (revision! < this.#oldest) return answer(response, 410, status(410, "Expired", "The provided continue parameter is too old"));
    const more = start! + limit < all.length;
    answer(response, 200, {
      apiVersion: apiVersionOf(target.resource),
      kind: `${target.resource.kind}List`,
      metadata: { resourceVersion: String(revision), ...(more ? { continue: `${revision}:${start! + limit}` } : {}) },
      // as built-in kinds do it
      items: all.slice(start!, start! + limit).map(({ apiVersion: _version, kind: _kind, ...item }) => item),
    });
  }

  #watch(target: Target, url: URL, response: Response): void {
    const initial = url.searchParams.get("sendInitialEvents") === "true";
    if (initial && this.refusesWatchList) {
      return answer(response, 422, status(422, "Invalid", "sendInitialEvents is forbidden for watch"));
    }
    const wanted = this.#selected(target, url);
    const watcher: Watcher = {
      response,
      wants: wanted,
      kind: { apiVersion: apiVersionOf(target.resource), kind: target.resource.kind },
    };
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const from = Number(url.searchParams.get("resourceVersion") ?? 0);
    if (from === 0) {
      for (const entry of this.#objects.values()) if (wanted(entry)) send(response, "ADDED", entry.object);
      if (initial) this.#sendBookmark(watcher, true);
    } else if (from < this.#oldest) {
      send(response, "ERROR", status(410, "Expired", `too old resource version: ${from} (${this.#oldest})`));
      response.end();
      return;
    } else {
      for (const change of this.#history) if (change.revision > from && wanted(change)) send(response, change.type, change.object);
    }
    this.#watchers.add(watcher);
    const seconds = Number(url.searchParams.get("timeoutSeconds") ?? 0);
    const over = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
    over?.unref();
    response.on("close", () => {
      clearTimeout(over);
      this.#watchers.delete(watcher);
    });
  }

  #sendBookmark({ response, kind }: Watcher, end: boolean): void {
    const annotations = end ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
    send(response, "BOOKMARK", { ...kind, metadata: { resourceVersion: String(this.#revision), ...annotations } });
  }
}

const keyOf = (resource: string, cluster: string, namespace: string, name: string): string => `${resource}|${cluster}|${namespace}/${name}`;

const apiVersionOf = ({ group, version }: FakeResource): string => (group === "" ? version : `${group}/${version}`);

const status = (code: number, reason: string, message: string): JsonObject => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: code < 300 ? "Success" : "Failure",
  ...(message ? { message } : {}),
  ...(reason ? { reason } : {}),
  code,
});

function answer(response: Response, code: number, body: unknown): void {
  const text = typeof body === "string" ? body : `${encodeJson(body)}\n`;
  response.writeHead(code, { "content-type": typeof body === "string" ? "text/plain" : "application/json" });
  response.end(text);
}

function send(response: Response, type: string, object: unknown): void {
  response.write(`${encodeJson({ type, object })}\n`);
}

/** RFC 7386 */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === "object" && target !== null && !Array.isArray(target) ? target : {};
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(Object.hasOwn(result, key) ? result[key] : undefined, value);
  }
  return result;
}
