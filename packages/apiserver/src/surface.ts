import { registerKinds } from "./registry/registered-kinds.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

/** Which APIs a logical cluster (or a virtual workspace) has. Immutable; shared by all clusters with the same definitions. */
export interface Surface {
  /** equal keys mean equal surfaces: discovery and OpenAPI documents hang on it */
  readonly key: string;
  /** `identity` is what stood after the colon of `<resource>:<identityHash>`, for wildcard requests */
  lookup(group: string, version: string, resource: string, identity?: string): ResourceDefinition | undefined;
  /** everything served, for discovery and OpenAPI */
  readonly definitions: readonly ResourceDefinition[];
}

/** Finds the surface of a logical cluster ("*" for the wildcard). Synchronous when it is at hand. */
export type SurfaceSource = (cluster: string) => Surface | Promise<Surface>;

/** A surface of a fixed list. */
export function surfaceOf(key: string, definitions: readonly ResourceDefinition[]): Surface {
  registerKinds(definitions);
  const byPath = new Map(definitions.map((d) => [`${d.group}/${d.version}/${d.resource}`, d]));
  return {
    key,
    definitions,
    lookup: (group, version, resource) => byPath.get(`${group}/${version}/${resource}`),
  };
}
