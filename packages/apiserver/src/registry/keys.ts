import { encodeKey, keyPrefix } from "@meshplane/storage";
import type { ResourceDefinition } from "../resource-definition.ts";

/** As the identity of a definition's storage: objects of all providers, and of local CRDs. Only for reading across all logical clusters. */
export const everyIdentity = "*";

/** Where one object lies. */
export function keyOf(definition: ResourceDefinition, cluster: string, namespace: string, name: string): string {
  const { group, resource, identity } = definition.storage;
  cluster = definition.storage.cluster ?? cluster;
  return encodeKey({ group, resource, identity, cluster, namespace: definition.namespaced ? namespace : "", name });
}

/** What all objects of a collection begin with. Cluster "*" means all; namespace "" of a namespaced resource means all. */
export function prefixOf(definition: ResourceDefinition, cluster: string, namespace: string): string {
  const { group, resource, identity } = definition.storage;
  if (identity === everyIdentity) return keyPrefix(group, resource);
  cluster = definition.storage.cluster ?? cluster;
  if (cluster === "*") return keyPrefix(group, resource, identity);
  if (!definition.namespaced) return keyPrefix(group, resource, identity, cluster, "");
  return namespace === "" ? keyPrefix(group, resource, identity, cluster) : keyPrefix(group, resource, identity, cluster, namespace);
}

/** Upstream's etcd key, which some error texts print. */
export function registryKey(definition: ResourceDefinition, cluster: string, namespace: string, name: string): string {
  const { group, resource, identity } = definition.storage;
  const scope = identity === "-" ? "" : `${identity}/`;
  return `/registry/${group || "core"}/${resource}/${scope}${cluster}/${definition.namespaced ? `${namespace}/` : ""}${name}`;
}
