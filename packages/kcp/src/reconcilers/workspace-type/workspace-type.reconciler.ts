/** Tells where initializers and terminators of a type find their workspaces. @see spec tenancy §5 */
import { tenancyGroup, type WorkspaceType } from "@meshplane/apis";
import { markTrue, ok, reconcileBySubroutines, setSummary, type ControllerOptions, type Subroutine } from "@meshplane/controller-runtime";
import { isOfRootExport, listShards, withoutSlash, workspaceTypeResource, type ReconcilerParts } from "../parts.ts";

export const workspaceTypeController = (parts: ReconcilerParts): ControllerOptions => ({
  name: "workspacetypes",
  for: { group: tenancyGroup, resource: "workspacetypes" },
  filter: isOfRootExport(parts, "tenancy.kcp.io"),
  reconcile: reconcileWorkspaceType(parts),
});

export const reconcileWorkspaceType = (parts: ReconcilerParts) =>
  reconcileBySubroutines<WorkspaceType>({
    client: parts.client,
    resource: workspaceTypeResource,
    subroutines: [urls(parts)],
  });

/** Two per shard, whether or not the type has an initializer or terminator. */
const urls =
  (parts: ReconcilerParts): Subroutine<WorkspaceType> =>
  async (type, { cluster, name }) => {
    if (type.metadata.deletionTimestamp) return ok;
    const shards = await listShards(parts);
    const bases = shards.toSorted(byName).map(({ spec }) => withoutSlash(spec.virtualWorkspaceURL ?? spec.baseURL));
    type.status ??= {};
    type.status.virtualWorkspaces = bases.flatMap((base) =>
      (["initializing", "terminating"] as const).map((kind) => ({
        type: kind,
        url: `${base}/services/${kind}workspaces/${cluster}:${name}`,
      })),
    );
    markTrue(type, "VirtualWorkspaceURLsReady");
    setSummary(type);
    return ok;
  };

const byName = (a: { metadata: { name?: string } }, b: { metadata: { name?: string } }): number =>
  a.metadata.name! < b.metadata.name! ? -1 : 1;
