/** `tenancy.kcp.io/Workspace` @see spec tenancy §3.5 */
import { equalJson, fieldInvalid } from "@meshplane/apimachinery";
import { ownerAnnotation, requiredGroupsAnnotation, tenancyGroup, type Workspace } from "@meshplane/apis";
import type { AdmissionPlugin, AdmissionRequest } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { deleteAnnotation, isOn, isPrivileged, isWrite, refuse, setAnnotation, userInfo } from "./requests.ts";

export const workspaceAdmission = (paths: PathIndex): AdmissionPlugin => ({
  name: "tenancy.kcp.io/Workspace",
  handles: (request) => isOn(request, tenancyGroup, "workspaces") && isWrite(request),

  mutate(request) {
    const workspace = request.object as Workspace;
    fillMount(workspace);
    if (request.operation !== "CREATE") return;
    const privileged = isPrivileged(request.context.user);
    if (!privileged) setAnnotation(workspace, ownerAnnotation, JSON.stringify(userInfo(request.context.user)));
    if (privileged && workspace.metadata.annotations?.[requiredGroupsAnnotation] !== undefined) return;
    const parent = paths.get(request.cluster);
    if (!parent) throw refuse(request, `logicalcluster.core.kcp.io "cluster" not found`);
    if (parent.requiredGroups === undefined) deleteAnnotation(workspace, requiredGroupsAnnotation);
    else setAnnotation(workspace, requiredGroupsAnnotation, parent.requiredGroups);
  },

  validate(request) {
    const workspace = request.object as Workspace;
    const why =
      request.operation === "CREATE"
        ? refuseCreate(workspace, request, paths)
        : refuseUpdate(workspace, request.oldObject as Workspace, isPrivileged(request.context.user));
    if (why !== undefined) throw refuse(request, why);
  },
});

/** Incomplete references are refused by name of the missing field, not by the schema. */
function fillMount({ spec }: Workspace): void {
  const mount = spec?.mount as { ref?: Partial<NonNullable<Workspace["spec"]["mount"]>["ref"]> } | undefined;
  if (mount)
    mount.ref = { ...mount.ref, apiVersion: mount.ref?.apiVersion ?? "", kind: mount.ref?.kind ?? "", name: mount.ref?.name ?? "" };
}

function refuseCreate(workspace: Workspace, request: AdmissionRequest, paths: PathIndex): string | undefined {
  const { spec, metadata } = workspace;
  const privileged = isPrivileged(request.context.user);
  if (!privileged) {
    if (spec.cluster) return "spec.Cluster can only be set by system privileged users";
    if (spec.URL) return "spec.URL can only be set by system privileged users";
    const owner = JSON.stringify(userInfo(request.context.user));
    if (metadata.annotations?.[ownerAnnotation] !== owner) return `expected user annotation ${ownerAnnotation}=${owner}`;
    const groups = paths.get(request.cluster)?.requiredGroups ?? "";
    if ((metadata.annotations?.[requiredGroupsAnnotation] ?? "") !== groups)
      return `missing required groups annotation ${requiredGroupsAnnotation}=${groups}`;
  }
  if (!spec.mount) return undefined;
  const { ref } = spec.mount;
  if (!ref.kind) return "spec.mount.kind must be set";
  if (!ref.name) return "spec.mount.name must be set";
  if (!ref.apiVersion) return "spec.mount.apiVersion must be set";
  return !privileged && spec.type ? "spec.type cannot be set for mounted workspaces" : undefined;
}

function refuseUpdate(next: Workspace, old: Workspace, privileged: boolean): string | undefined {
  if (old.spec.mount) return refuseMountUpdate(next, old, privileged);
  if (old.spec.cluster && !next.spec.cluster) return "spec.cluster cannot be unset";
  if (!privileged && old.spec.cluster !== next.spec.cluster) return "spec.cluster can only be changed by system privileged users";
  if (!privileged && old.spec.URL !== next.spec.URL) return "spec.URL can only be changed by system privileged users";
  if (!equalJson(old.spec.type, next.spec.type)) {
    const { detail } = fieldInvalid("spec.type", next.spec.type ?? null, "field is immutable");
    return `spec.type: ${detail}`;
  }
  if (old.status?.phase === "Ready" || next.status?.phase !== "Ready") return undefined;
  if (!next.spec.cluster) return "spec.cluster must be set for phase Ready";
  return next.spec.URL ? undefined : "spec.URL must be set for phase Ready";
}

function refuseMountUpdate(next: Workspace, old: Workspace, privileged: boolean): string | undefined {
  for (const field of ["kind", "name", "namespace", "apiVersion"] as const)
    if (old.spec.mount!.ref[field] !== next.spec.mount?.ref[field]) return `spec.mount.${field} is immutable`;
  return !privileged && next.spec.type ? "spec.type cannot be set for mounted workspaces" : undefined;
}
