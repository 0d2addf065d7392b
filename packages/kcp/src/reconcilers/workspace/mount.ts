import { parseGroupVersion, type KubeObject } from "@meshplane/apimachinery";
import type { Workspace } from "@meshplane/apis";
import { markFalse, markTrue, ok, stop, type Subroutine } from "@meshplane/controller-runtime";
import { find, type ReconcilerParts } from "../parts.ts";

/** A mounted workspace is as ready as the object that it names. Needs the feature: by default such workspaces stay as they are. @see spec tenancy §8 */
export const mountReadiness =
  ({ client, apis, mountsEnabled }: ReconcilerParts): Subroutine<Workspace> =>
  async (workspace, { cluster }) => {
    if (!workspace.spec.mount) return ok;
    if (!mountsEnabled || workspace.metadata.deletionTimestamp) return stop;
    const { ref } = workspace.spec.mount;
    const { group, version } = parseGroupVersion(ref.apiVersion) ?? { group: "", version: ref.apiVersion };
    const { surface } = await apis.of(cluster);
    const definition = surface.definitions.find((one) => one.group === group && one.version === version && one.kind === ref.kind);
    const resource = { group, version, resource: definition?.resource ?? "" };
    const object =
      definition &&
      (await find<KubeObject & { status?: { URL?: string; phase?: string } }>(client, cluster, resource, ref.name, ref.namespace));
    workspace.status ??= {};
    if (!object) {
      markFalse(workspace, "WorkspaceMountReady", "MountObjectNotFound", "Error", `${ref.kind} ${ref.name} not found`);
      workspace.status.phase = "Unavailable";
    } else if (object.status?.phase === "Ready" && object.status.URL) {
      markTrue(workspace, "WorkspaceMountReady");
      workspace.spec.URL = object.status.URL;
      workspace.status.phase = "Ready";
    } else {
      markFalse(workspace, "WorkspaceMountReady", "MountObjectNotReady", "Error", `${ref.kind} ${ref.name} is not ready`);
      workspace.status.phase = "Unavailable";
    }
    return { next: false, requeueAfterMs: 5_000 };
  };
