export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** A request for objects: `/api/v1/…`, `/apis/<group>/<version>/<resource>…`. */
export interface ResourceTarget {
  readonly kind: "resource";
  readonly verb: Verb;
  /** a logical cluster's name, or "*" */
  readonly cluster: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** after the colon of `<resource>:<identityHash>`; privileged requests only */
  readonly identity: string | undefined;
  /** "" for cluster-scoped resources and across all namespaces */
  readonly namespace: string;
  /** "" for a collection */
  readonly name: string;
  /** "" or `status`, `scale`, `token`, … */
  readonly subresource: string;
  /** below the cluster, undecoded */
  readonly path: string;
}

/** Everything else: discovery, OpenAPI, health, version. */
export interface NonResourceTarget {
  readonly kind: "nonResource";
  /** the HTTP method in lower case */
  readonly verb: string;
  /** "" for the shard level, without `/clusters/` */
  readonly cluster: string;
  readonly path: string;
}

export type Target = ResourceTarget | NonResourceTarget;

/** What most resources can do, in the order that discovery of built-in kinds prints. */
export const allVerbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
