import { apisGroup, rootCluster } from "@meshplane/apis";
import type { Authorizer, ResourceTarget, User } from "@meshplane/apiserver";
import type { ExportIndex } from "../exports/export-index.ts";
import type { PathIndex } from "../logical-clusters/path-index.ts";

/** A question to RBAC about one object elsewhere, whoever may enter there. @see spec authz §6 */
export async function isAllowed(
  deepAuthorize: Authorizer,
  user: User,
  question: { verb: string; cluster: string; group: string; resource: string; name: string },
): Promise<boolean> {
  const target = {
    kind: "resource",
    ...question,
    version: "*",
    identity: undefined,
    namespace: "",
    subresource: "",
    path: "",
  } as unknown as ResourceTarget;
  return (await deepAuthorize({ user, target })).decision === "allow";
}

export const mayBind = (deepAuthorize: Authorizer, user: User, cluster: string, name: string): Promise<boolean> =>
  isAllowed(deepAuthorize, user, { verb: "bind", cluster, group: apisGroup, resource: "apiexports", name });

/** The cluster of an export that exists; root's are taken for granted, so that bootstrapping works. */
export function exportClusterOf(
  reference: { path?: string; name: string },
  here: string,
  paths: PathIndex,
  exports: ExportIndex,
): string | undefined {
  const { path, name } = reference;
  if (!path) return here;
  if (path === rootCluster) return rootCluster;
  const cluster = paths.clusterOf(path);
  return cluster !== undefined && exports.get(cluster, name) ? cluster : undefined;
}
