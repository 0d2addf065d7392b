import type { JsonValue, KubeList, KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "./resource-definition.ts";
import type { User } from "./user.ts";
import type { Verb } from "./target.ts";

/** A request of a part of this program: the same path as HTTP from admission on, without bytes, authentication and authorization. */
export interface InProcessRequest {
  readonly verb: Exclude<Verb, "watch">;
  readonly user: User;
  readonly cluster: string;
  /** a definition, or names that are looked up on the cluster's surface (@throws StatusError 404) */
  readonly resource: ResourceDefinition | { group: string; version: string; resource: string };
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  /** create, update: the object (it is not kept and not changed) */
  readonly object?: KubeObject;
  readonly patch?: { type: "merge" | "json" | "strategic" | "apply"; body: JsonValue };
  readonly options?: {
    dryRun?: boolean;
    fieldManager?: string;
    force?: boolean;
    /** create: the object is complete, its status is stored in the same commit and belongs to the manager of `status` */
    withStatus?: boolean;
    labelSelector?: string;
    fieldSelector?: string;
    limit?: number;
    continue?: string;
    resourceVersion?: string;
    propagationPolicy?: "Foreground" | "Background" | "Orphan";
    preconditions?: { uid?: string; resourceVersion?: string };
  };
}

/** Objects in answers may be shared: read-only for the caller, who copies before changing. */
export interface InProcessApi {
  /** get, create, update, patch, delete. @throws StatusError */
  object<T extends KubeObject = KubeObject>(request: InProcessRequest): Promise<T>;
  /** list, deletecollection. @throws StatusError */
  list<T extends KubeObject = KubeObject>(request: InProcessRequest): Promise<KubeList<T>>;
}
