import type { GroupVersionResource, KubeObject } from "@meshplane/apimachinery";
import type { ClusterClient, ResourceClient } from "./object-client.ts";

/** A kind, its resource and the TypeScript type of its objects, in one value. */
export interface ResourceType<T extends KubeObject = KubeObject> extends GroupVersionResource {
  readonly kind: string;
  /** never set; carries the type */
  readonly object?: T;
}

/**
 * Names a kind once, so that its type is known wherever it is used:
 * `const httpBins = resourceType<HttpBin>({ group: "…", version: "v1alpha1", resource: "httpbins", kind: "HttpBin" })`.
 */
export const resourceType = <T extends KubeObject>(names: GroupVersionResource & { kind: string }): ResourceType<T> =>
  Object.freeze({ ...names });

/** `cluster.resource(type)` with the type of its objects. */
export const typed = <T extends KubeObject>(cluster: ClusterClient, type: ResourceType<T>): ResourceClient<T> =>
  cluster.resource<T>({ group: type.group, version: type.version, resource: type.resource });
