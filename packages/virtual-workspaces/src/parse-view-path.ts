import { allClusters, isClusterName } from "@meshplane/apimachinery";

export interface ViewPath {
  /** the segments between the view's name and `/clusters/` */
  segments: string[];
  /** a logical cluster's NAME, or "*" */
  cluster: string;
  /** below the cluster; starts with "/" */
  path: string;
}

/**
 * `/<segment>…/clusters/<*|name>/<path>` with exactly `count` segments. Undefined for anything else: a workspace path with colons too, since
 * views know names only. @see spec virtual-workspaces §1.1
 */
export function parseViewPath(rest: string, count: number): ViewPath | undefined {
  const parts = rest.split("/");
  // parts[0] is the empty text before the first slash
  if (parts[0] !== "" || parts[count + 1] !== "clusters") return undefined;
  const segments = parts.slice(1, count + 1).map(decodeSegment);
  const cluster = decodeSegment(parts[count + 2] ?? "");
  if (segments.some((segment) => !segment)) return undefined;
  if (cluster === undefined || (cluster !== allClusters && !isClusterName(cluster))) return undefined;
  return { segments: segments as string[], cluster, path: `/${parts.slice(count + 3).join("/")}` };
}

/** undefined when it is encoded wrongly */
export function decodeSegment(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
