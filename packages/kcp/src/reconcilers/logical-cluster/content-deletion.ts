import { hasReason } from "@meshplane/apimachinery";
import { logicalClusterDeletionFinalizer, type LogicalCluster } from "@meshplane/apis";
import { markFalse, markTrue, ok, type Outcome, type Subroutine } from "@meshplane/controller-runtime";
import { decodeKey } from "@meshplane/storage";
import type { ReconcilerParts } from "../parts.ts";
import { deleteStored, describeRemaining, storedOf, type StoredObject } from "./stored-content.ts";

/** Objects that are asked to go at a time: the loop has other work too. */
const batchSize = 50;

/**
 * Takes the content of a logical cluster away: first everything, then the bindings that brought APIs, then the roles, at last its own finalizer.
 * What there is comes from the store's inventory: nothing is searched. @see spec tenancy §4.7
 */
export const contentDeletion =
  (parts: ReconcilerParts): Subroutine<LogicalCluster> =>
  async (logicalCluster, { cluster }) => {
    const { metadata, status } = logicalCluster;
    if (!metadata.deletionTimestamp || status?.terminators?.length || !metadata.finalizers?.includes(logicalClusterDeletionFinalizer))
      return ok;
    const stored = (await parts.store.index("inventory", cluster)).map(storedOf);
    for (const stage of [isContent, isBinding, isRole]) {
      const remaining = stored.filter(({ key }) => stage(key));
      if (remaining.length === 0) continue;
      await deleteAll(remaining, parts);
      const left = await stillThere(cluster, stage, parts);
      if (left.length === 0) continue;
      markFalse(logicalCluster, "WorkspaceContentDeleted", "SomeResourcesRemain", "Info", describeRemaining(left));
      return again(logicalCluster, parts);
    }
    markTrue(logicalCluster, "WorkspaceContentDeleted");
    metadata.finalizers = metadata.finalizers.filter((finalizer) => finalizer !== logicalClusterDeletionFinalizer);
    return ok;
  };

const resourceOf = (key: string): string => {
  const { group, resource } = decodeKey(key);
  return `${resource}.${group}`;
};
const roles = new Set(["clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"]);
const bindings = "apibindings.apis.kcp.io";
const itself = "logicalclusters.core.kcp.io";
const isRole = (key: string): boolean => roles.has(resourceOf(key));
const isBinding = (key: string): boolean => resourceOf(key) === bindings;
const isContent = (key: string): boolean => !isRole(key) && !isBinding(key) && resourceOf(key) !== itself;

async function stillThere(cluster: string, stage: (key: string) => boolean, { store }: ReconcilerParts): Promise<StoredObject[]> {
  return (await store.index("inventory", cluster)).filter(({ key }) => stage(key)).map(storedOf);
}

/** Namespaces first: in a terminating one no controller makes anything new. */
async function deleteAll(objects: StoredObject[], parts: ReconcilerParts): Promise<void> {
  const fresh = objects.filter(({ deleting }) => !deleting);
  const ordered = [...fresh.filter(isNamespace), ...fresh.filter((one) => !isNamespace(one))];
  for (let at = 0; at < ordered.length; at += batchSize)
    await Promise.all(
      ordered.slice(at, at + batchSize).map(async (object) => {
        try {
          await deleteStored(object, parts);
        } catch (error) {
          if (!hasReason(error, "NotFound") && !hasReason(error, "Conflict")) throw error;
        }
      }),
    );
}

const isNamespace = ({ key }: StoredObject): boolean => resourceOf(key) === "namespaces.";

/** Soon at first, then more and more rarely. */
function again({ metadata }: LogicalCluster, { clock }: ReconcilerParts): Outcome {
  const age = clock() - Date.parse(metadata.deletionTimestamp!);
  return { next: true, requeueAfterMs: Math.min(5_000, Math.max(50, age / 5)) };
}
