import type { GroupVersionResource, JsonValue, KubeList, KubeObject } from "@meshplane/apimachinery";

export interface WatchEvent<T = KubeObject> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface WatchOptions extends Omit<ListOptions, "limit" | "continue"> {
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

export interface WriteOptions {
  namespace?: string;
  dryRun?: boolean;
  fieldManager?: string;
}

export interface DeleteOptions {
  namespace?: string;
  propagationPolicy?: "Foreground" | "Background" | "Orphan";
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

export interface PatchOptions extends WriteOptions {
  subresource?: string;
  /** apply only */
  force?: boolean;
}

export type PatchType = "merge" | "json" | "strategic" | "apply";

/**
 * One resource of one logical cluster, over HTTPS or in process. All methods reject with StatusError for what the server refuses,
 * TransportError when no answer came. Objects in answers are the caller's to keep but may be shared: copy before changing.
 */
export interface ResourceClient<T extends KubeObject = KubeObject> {
  get(name: string, options?: { namespace?: string; resourceVersion?: string }): Promise<T>;
  list(options?: ListOptions): Promise<KubeList<T>>;
  create(object: T, options?: WriteOptions): Promise<T>;
  update(object: T, options?: WriteOptions): Promise<T>;
  updateStatus(object: T, options?: WriteOptions): Promise<T>;
  patch(name: string, type: PatchType, body: JsonValue, options?: PatchOptions): Promise<T>;
  delete(name: string, options?: DeleteOptions): Promise<void>;
  deleteCollection(options?: ListOptions & DeleteOptions): Promise<void>;
  /** Ends when the server ends it; an ERROR event is thrown as StatusError. Resuming is the reflector's work. */
  watch(options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

/** One logical cluster ("*": all, list and watch only), or any Kubernetes API server. */
export interface ClusterClient {
  resource<T extends KubeObject = KubeObject>(resource: GroupVersionResource): ResourceClient<T>;
}

export interface MultiClusterClient {
  /** by name, path, or "*" */
  cluster(cluster: string): ClusterClient;
}
