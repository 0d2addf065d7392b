/** Makes a logical cluster for each Workspace, follows its life, takes it along at the end. @see spec tenancy §3.3 */
import { tenancyGroup, type LogicalCluster, type Workspace } from "@meshplane/apis";
import { reconcileBySubroutines, type Change, type ControllerOptions, type ObjectKey } from "@meshplane/controller-runtime";
import { kcpIndexes } from "../../definitions/system-definitions.ts";
import { isOfRootExport, workspaceResource, type ReconcilerParts } from "../parts.ts";
import { deletion } from "./deletion.ts";
import { metadata } from "./metadata.ts";
import { mountReadiness } from "./mount.ts";
import { phase } from "./phase.ts";
import { scheduling } from "./scheduling.ts";

export function workspaceController(parts: ReconcilerParts): ControllerOptions {
  return {
    name: "workspaces",
    for: { group: tenancyGroup, resource: "workspaces" },
    filter: isOfRootExport(parts, "tenancy.kcp.io"),
    watches: [
      { resource: { group: "core.kcp.io", resource: "logicalclusters" }, keys: owningWorkspace, initial: false },
      { resource: { group: "core.kcp.io", resource: "shards" }, keys: () => unsettledWorkspaces(parts), initial: false },
    ],
    reconcile: reconcileBySubroutines<Workspace>({
      client: parts.client,
      resource: workspaceResource,
      subroutines: [metadata(), deletion(parts), mountReadiness(parts), scheduling(parts), phase(parts)],
    }),
    workers: 8,
    unsettled: [{ name: kcpIndexes.unsettled, value: "lifecycle" }],
  };
}

export function owningWorkspace(change: Change): ObjectKey[] {
  const owner = ((change.object() ?? change.previous()) as LogicalCluster | undefined)?.spec?.owner;
  return owner?.resource === "workspaces" ? [{ cluster: owner.cluster, namespace: "", name: owner.name }] : [];
}

/** those that may wait for a shard */
async function unsettledWorkspaces({ store }: ReconcilerParts): Promise<ObjectKey[]> {
  const records = await store.index(kcpIndexes.unsettled, "lifecycle", `/${tenancyGroup}/workspaces/`, { keysOnly: true });
  return records.map(({ key }) => {
    const segments = key.split("/");
    return { cluster: segments[4]!, namespace: "", name: segments[6]! };
  });
}
