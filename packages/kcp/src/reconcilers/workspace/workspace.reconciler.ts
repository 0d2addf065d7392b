/** Makes a logical cluster for each Workspace, follows its life, takes it along at the end. @see spec tenancy §3.3 */
import { equalJson } from "@meshplane/apimachinery";
import { tenancyGroup, type LogicalCluster, type Workspace } from "@meshplane/apis";
import { getCondition, reconcileBySubroutines, type Change, type ControllerOptions, type ObjectKey } from "@meshplane/controller-runtime";
import { kcpIndexes } from "../../definitions/system-definitions.ts";
import { mountReadiness } from "../../mounts/mount-readiness.ts";
import { mountWatches } from "../../mounts/mount-watches.ts";
import { isOfRootExport, workspaceResource, type ReconcilerParts } from "../parts.ts";
import { deletion } from "./deletion.ts";
import { metadata } from "./metadata.ts";
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
      ...mountWatches(parts),
    ],
    reconcile: reconcileBySubroutines<Workspace>({
      client: parts.client,
      resource: workspaceResource,
      subroutines: [metadata(), deletion(parts), mountReadiness(parts), scheduling(parts), phase(parts)],
      settles: true,
    }),
    workers: 8,
    unsettled: [{ name: kcpIndexes.unsettled, value: "lifecycle" }],
  };
}

export function owningWorkspace(change: Change): ObjectKey[] {
  const now = change.object() as LogicalCluster | undefined;
  const before = change.previous() as LogicalCluster | undefined;
  // a new one was made by the Workspace's own reconcile, which goes on with it
  if (now && (!before || looksTheSame(now, before))) return [];
  const owner = (now ?? before)?.spec?.owner;
  return owner?.resource === "workspaces" ? [{ cluster: owner.cluster, namespace: "", name: owner.name }] : [];
}

/** Whether nothing has changed that a Workspace follows: most changes of a new LogicalCluster are locks and annotations. */
const looksTheSame = (a: LogicalCluster, b: LogicalCluster): boolean =>
  a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
  equalJson(a.spec.owner, b.spec.owner) &&
  a.status?.phase === b.status?.phase &&
  equalJson(a.status?.initializers, b.status?.initializers) &&
  equalJson(a.status?.terminators, b.status?.terminators) &&
  equalJson(getCondition(a, "WorkspaceContentDeleted"), getCondition(b, "WorkspaceContentDeleted"));

/** those that may wait for a shard */
async function unsettledWorkspaces({ store }: ReconcilerParts): Promise<ObjectKey[]> {
  const records = await store.index(kcpIndexes.unsettled, "lifecycle", `/${tenancyGroup}/workspaces/`, { keysOnly: true });
  return records.map(({ key }) => {
    const segments = key.split("/");
    return { cluster: segments[4]!, namespace: "", name: segments[6]! };
  });
}
