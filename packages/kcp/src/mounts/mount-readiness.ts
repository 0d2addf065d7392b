import { parseGroupVersion, type KubeObject } from "@meshplane/apimachinery";
import type { Workspace } from "@meshplane/apis";
import { markFalse, markTrue, ok, stop, type Subroutine } from "@meshplane/controller-runtime";
import { find, type ReconcilerParts } from "../reconcilers/parts.ts";

/** Whoever offers something to mount says where it is and whether it is ready; nothing else of the object counts. */
interface MountObject extends KubeObject {
  status?: { URL?: unknown; phase?: unknown };
}

/** A mounted workspace is as ready as the object that it names. Needs the feature: by default such workspaces stay as they are. @see spec tenancy §8 */
export const mountReadiness =
  (parts: ReconcilerParts): Subroutine<Workspace> =>
  async (workspace, { cluster }) => {
    if (!workspace.spec.mount) return ok;
    if (!parts.mountsEnabled || workspace.metadata.deletionTimestamp) return stop;
    const { kind, name, namespace = "" } = workspace.spec.mount.ref;
    const status = (workspace.status ??= {});
    const object = await mountObject(workspace, cluster, parts);
    if (typeof object?.status?.URL === "string") workspace.spec.URL = object.status.URL;
    if (!object) {
      unavailable("MountObjectNotFound", `${kind} ${JSON.stringify(`${namespace}/${name}`)} not found`);
    } else if (object.status?.phase === "Ready") {
      markTrue(workspace, "WorkspaceMountReady");
      status.phase = "Ready";
    } else {
      unavailable("MountObjectNotReady", `Mount is not reporting ready. See ${kind} ${JSON.stringify(name)} status for more details`);
    }
    return stop; // no logical cluster of its own: nothing to schedule or to wait for

    function unavailable(reason: string, message: string): void {
      markFalse(workspace, "WorkspaceMountReady", reason, "Error", message);
      status.phase = "Unavailable";
    }
  };

/** undefined, too, while nobody serves its kind */
async function mountObject(workspace: Workspace, cluster: string, { client, apis }: ReconcilerParts): Promise<MountObject | undefined> {
  const { apiVersion, kind, name, namespace } = workspace.spec.mount!.ref;
  const { group, version } = parseGroupVersion(apiVersion) ?? { group: "", version: apiVersion };
  const { surface } = await apis.of(cluster);
  const definition = surface.definitions.find((one) => one.group === group && one.version === version && one.kind === kind);
  return definition && find<MountObject>(client, cluster, { group, version, resource: definition.resource }, name, namespace);
}
