import type { GroupVersionResource, JsonValue, KubeList, KubeObject } from "@meshplane/apimachinery";
import type {
  DeleteOptions,
  ListOptions,
  PatchOptions,
  PatchType,
  ResourceClient,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./object-client.ts";
import type { ApiRequest, Requests } from "./requests.ts";
import { eventsOf } from "./watch-lines.ts";

const patchContentTypes: Record<PatchType, string> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  // JSON is YAML, and all servers that know apply read it.
  apply: "application/apply-patch+yaml",
};

/** One resource below one base path, by HTTP. */
export class HttpResourceClient<T extends KubeObject> implements ResourceClient<T> {
  readonly #requests: Requests;
  readonly #base: string;
  readonly #resource: GroupVersionResource;

  /** @param base path of the API server, without a slash at its end */
  constructor(requests: Requests, base: string, resource: GroupVersionResource) {
    const { group, version } = resource;
    this.#requests = requests;
    this.#base = group === "" ? `${base}/api/${version}` : `${base}/apis/${group}/${version}`;
    this.#resource = resource;
  }

  get(name: string, options: { namespace?: string; resourceVersion?: string } = {}): Promise<T> {
    return this.#send<T>({
      method: "GET",
      path: this.#path(options.namespace, name),
      query: { resourceVersion: options.resourceVersion },
    });
  }

  async list(options: ListOptions = {}): Promise<KubeList<T>> {
    const list = await this.#send<KubeList<T>>({
      method: "GET",
      path: this.#path(options.namespace),
      query: selection(options),
    });
    // Go writes an empty slice as null; items of built-in kinds come without kind and apiVersion.
    list.items ??= [];
    const kind = list.kind.endsWith("List") ? list.kind.slice(0, -4) : list.kind;
    for (const [i, item] of list.items.entries()) {
      if (item.kind === undefined) list.items[i] = { ...item, apiVersion: list.apiVersion, kind };
    }
    return list;
  }

  create(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#send<T>({
      method: "POST",
      path: this.#path(options.namespace ?? object.metadata.namespace),
      query: write(options),
      body: object,
    });
  }

  update(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#put(object, options, undefined);
  }

  updateStatus(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#put(object, options, "status");
  }

  patch(name: string, type: PatchType, body: JsonValue, options: PatchOptions = {}): Promise<T> {
    return this.#send<T>({
      method: "PATCH",
      path: this.#path(options.namespace, name, options.subresource),
      query: { ...write(options), force: options.force },
      body,
      contentType: patchContentTypes[type],
    });
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<void> {
    await this.#send({
      method: "DELETE",
      path: this.#path(options.namespace, name),
      body: deleteBody(options),
    });
  }

  async deleteCollection(options: ListOptions & DeleteOptions = {}): Promise<void> {
    await this.#send({
      method: "DELETE",
      path: this.#path(options.namespace),
      query: selection(options),
      body: deleteBody(options),
    });
  }

  /** The request goes out with the first `next()`. Leaving the loop, or the signal, ends the stream at the server too. */
  async *watch(options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    const answer = await this.#requests.stream({
      method: "GET",
      path: this.#path(options.namespace),
      query: {
        watch: true,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        resourceVersion: options.resourceVersion,
        resourceVersionMatch: options.resourceVersionMatch,
        allowWatchBookmarks: options.allowWatchBookmarks,
        sendInitialEvents: options.sendInitialEvents,
        timeoutSeconds: options.timeoutSeconds,
      },
      signal: options.signal,
    });
    try {
      yield* eventsOf<T>(answer.body);
    } finally {
      answer.discard();
    }
  }

  #put(object: T, options: WriteOptions, subresource: string | undefined): Promise<T> {
    const { name, namespace } = object.metadata;
    return this.#send<T>({
      method: "PUT",
      path: this.#path(options.namespace ?? namespace, name ?? "", subresource),
      query: write(options),
      body: object,
    });
  }

  #path(namespace: string | undefined, name?: string, subresource?: string): string {
    const parts = [this.#base];
    if (namespace) parts.push("namespaces", encodeURIComponent(namespace));
    // `<resource>:<identityHash>` is a name that upstream does not encode
    parts.push(encodeURIComponent(this.#resource.resource).replaceAll("%3A", ":"));
    if (name !== undefined) {
      // An empty or dotted segment would address something else.
      if (name === "" || name === "." || name === "..") throw new TypeError("resource name may not be empty");
      parts.push(encodeURIComponent(name));
    }
    if (subresource) parts.push(...subresource.split("/").map(encodeURIComponent));
    return parts.join("/");
  }

  async #send<R = unknown>(request: ApiRequest): Promise<R> {
    return (await this.#requests.send(request)) as unknown as R;
  }
}

const selection = (options: ListOptions): ApiRequest["query"] => ({
  labelSelector: options.labelSelector,
  fieldSelector: options.fieldSelector,
  limit: options.limit,
  continue: options.continue,
  resourceVersion: options.resourceVersion,
  resourceVersionMatch: options.resourceVersionMatch,
});

const write = (options: WriteOptions): ApiRequest["query"] => ({
  dryRun: options.dryRun ? "All" : undefined,
  fieldManager: options.fieldManager,
});

const deleteBody = (options: DeleteOptions) => ({
  kind: "DeleteOptions",
  apiVersion: "v1",
  ...(options.propagationPolicy ? { propagationPolicy: options.propagationPolicy } : {}),
  ...(options.preconditions ? { preconditions: options.preconditions } : {}),
  ...(options.dryRun ? { dryRun: ["All"] } : {}),
});
