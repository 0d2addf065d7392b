/**
 * Names and paths of logical clusters. A *name* is one opaque segment (`1tx8…`, `root`, `system:admin`), a *path* is
 * colon separated (`root:org:team`). @see spec tenancy §1
 */
export type ClusterName = string;
export type ClusterPath = string;

/** The wildcard: all logical clusters of this server. */
export const allClusters = "*";

const segment = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const nameSegment = /^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/;

/** True for one segment of at least two characters, or anything that starts with `system:`. */
export const isClusterName = (value: string): boolean => (value.startsWith("system:") ? value.length <= 253 : nameSegment.test(value));

/** True for `*`, a `system:` name, or colon separated segments. */
export function isClusterPath(value: string): boolean {
  if (value === allClusters) return true;
  if (value.length > 2048) return false;
  if (value.startsWith("system:")) return true;
  return value.split(":").every((part) => segment.test(part));
}

/** `root:org:team` → { parent: "root:org", name: "team" }; a single segment has no parent. */
export function splitClusterPath(path: ClusterPath): {
  parent: ClusterPath | undefined;
  name: string;
} {
  const colon = path.startsWith("system:") ? -1 : path.lastIndexOf(":");
  return colon < 0 ? { parent: undefined, name: path } : { parent: path.slice(0, colon), name: path.slice(colon + 1) };
}

export const joinClusterPath = (parent: ClusterPath, name: string): ClusterPath => `${parent}:${name}`;
