/**
 * `/<group|core>/<resource>/<identity>/<cluster>/<namespace>/<name>`: resource first, so that one cluster and all of them are both one prefix.
 * Only resource definitions build keys. Order is byte order of UTF-8. @see docs/ARCHITECTURE.md "Keys"
 */
export interface StorageKey {
  group: string;
  resource: string;
  /** `-` for built-in kinds, `customresources` for local CRDs, else the APIExport's identity hash */
  identity: string;
  cluster: string;
  /** "" when cluster-scoped */
  namespace: string;
  name: string;
}

export const builtInIdentity = "-";
export const customResourcesIdentity = "customresources";

export const encodeKey = (key: StorageKey): string =>
  `/${key.group || "core"}/${key.resource}/${key.identity}/${key.cluster}/${key.namespace}/${key.name}`;

/** Parses what `encodeKey` wrote. Names never hold a slash. */
export function decodeKey(key: string): StorageKey {
  const parts = key.split("/");
  const group = parts[1]!;
  return {
    group: group === "core" ? "" : group,
    resource: parts[2]!,
    identity: parts[3]!,
    cluster: parts[4]!,
    namespace: parts[5]!,
    name: parts[6]!,
  };
}

/** The prefix of all keys of a resource, narrowed as far as the fields are given, in key order. */
export function keyPrefix(group: string, resource: string, identity?: string, cluster?: string, namespace?: string): string {
  let prefix = `/${group || "core"}/${resource}/`;
  if (identity === undefined) return prefix;
  prefix += `${identity}/`;
  if (cluster === undefined) return prefix;
  prefix += `${cluster}/`;
  if (namespace === undefined) return prefix;
  return `${prefix}${namespace}/`;
}
