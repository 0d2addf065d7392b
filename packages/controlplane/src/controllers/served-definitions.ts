import { parseGroupVersion } from "@meshplane/apimachinery";
import type { ResourceDefinition, Surface } from "@meshplane/apiserver";
import { decodeKey } from "@meshplane/storage";

interface Served {
  /** one definition per place in the store */
  readonly byStorage: ReadonlyMap<string, ResourceDefinition>;
  /** `group/Kind` */
  readonly byKind: ReadonlyMap<string, ResourceDefinition>;
  readonly namespaced: readonly ResourceDefinition[];
}

const served = new WeakMap<Surface, Served>();

/** A surface seen from the store: shared by all clusters that share the surface. */
export function servedBy(surface: Surface): Served {
  const known = served.get(surface);
  if (known) return known;
  const byStorage = new Map<string, ResourceDefinition>();
  const byKind = new Map<string, ResourceDefinition>();
  for (const definition of surface.definitions) {
    if (definition.computed) continue;
    const { group, resource, identity } = definition.storage;
    const place = `${group}/${resource}/${identity}`;
    if (!byStorage.has(place)) byStorage.set(place, definition);
    const kind = `${definition.group}/${definition.kind}`;
    if (!byKind.has(kind)) byKind.set(kind, definition);
  }
  const made = { byStorage, byKind, namespaced: [...byStorage.values()].filter((it) => it.namespaced) };
  served.set(surface, made);
  return made;
}

/** The definition that a stored object is served by here; undefined when its API has gone. */
export function definitionOfKey(surface: Surface, key: string): ResourceDefinition | undefined {
  const { group, resource, identity } = decodeKey(key);
  return servedBy(surface).byStorage.get(`${group}/${resource}/${identity}`);
}

/** The definition that an owner reference means; undefined when there is no such kind here. */
export function definitionOfKind(
  surface: Surface,
  { apiVersion, kind }: { apiVersion: string; kind: string },
): ResourceDefinition | undefined {
  const parsed = parseGroupVersion(apiVersion);
  return parsed && servedBy(surface).byKind.get(`${parsed.group}/${kind}`);
}

/** Where objects of a definition lie. */
export const keyIn = ({ storage, namespaced }: ResourceDefinition, cluster: string, namespace: string, name: string): string =>
  `/${storage.group || "core"}/${storage.resource}/${storage.identity}/${cluster}/${namespaced ? namespace : ""}/${name}`;
