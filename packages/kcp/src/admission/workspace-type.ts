/** `tenancy.kcp.io/WorkspaceType` @see spec tenancy §5 */
import { rootCluster, tenancyGroup, type WorkspaceType } from "@meshplane/apis";
import type { AdmissionPlugin, AdmissionRequest, Authorizer } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { mayBind } from "./may-bind.ts";
import { isOn, isWrite, refuse } from "./requests.ts";

export const workspaceTypeAdmission = (paths: PathIndex, deepAuthorize: Authorizer): AdmissionPlugin => ({
  name: "tenancy.kcp.io/WorkspaceType",
  handles: (request) => isOn(request, tenancyGroup, "workspacetypes") && isWrite(request),

  async validate(request) {
    const { metadata, spec } = request.object as WorkspaceType;
    if (metadata.name === "root" && request.cluster !== rootCluster)
      throw refuse(request, "root workspace type can only be created in root cluster");
    if (spec?.defaultChildWorkspaceType && !spec.defaultChildWorkspaceType.path)
      throw refuse(request, ".spec.defaultChildWorkspaceType.path must be set");
    for (const limit of ["limitAllowedChildren", "limitAllowedParents"] as const) {
      const without = spec?.[limit]?.types?.findIndex(({ path }) => !path) ?? -1;
      if (without >= 0) throw refuse(request, `.spec.${limit}.types[${without}].path must be set`);
    }
    await requireBind(request, paths, deepAuthorize);
  },
});

/** The controllers bind these exports in the name of the system, so whoever asks for them must be allowed to. */
async function requireBind(request: AdmissionRequest, paths: PathIndex, deepAuthorize: Authorizer): Promise<void> {
  const known = new Set(((request.oldObject as WorkspaceType | undefined)?.spec?.defaultAPIBindings ?? []).map(idOf));
  for (const binding of (request.object as WorkspaceType).spec?.defaultAPIBindings ?? []) {
    if (known.has(idOf(binding))) continue;
    const { path, export: name } = binding;
    const cluster = !path ? request.cluster : path === rootCluster ? rootCluster : paths.clusterOf(path);
    if (cluster === undefined || !(await mayBind(deepAuthorize, request.context.user, cluster, name)))
      throw refuse(request, `unable to create or update WorkspaceType: no permission to bind to export ${path ? `${path}:` : ""}${name}`);
  }
}

const idOf = ({ path, export: name }: { path?: string; export: string }): string => `${path ?? ""}|${name}`;
