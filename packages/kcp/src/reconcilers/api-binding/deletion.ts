import { hasReason } from "@meshplane/apimachinery";
import { apiBindingFinalizer, logicalClusterName, type APIBinding, type BoundAPIResource, type LogicalCluster } from "@meshplane/apis";
import { markFalse, markTrue, ok, stop, type Subroutine } from "@meshplane/controller-runtime";
import { keyPrefix } from "@meshplane/storage";
import { count, deleteStored, listed, storedOf, type StoredObject } from "../logical-cluster/stored-content.ts";
import { find, logicalClusterResource, type ReconcilerParts } from "../parts.ts";
import { readLocks, writeLocks } from "./locks.ts";

/** how soon to look again while finalizers hold objects */
const recheckMs = 1_000;

/**
 * Deletes the objects of the bound resources, unless another binding of the cluster takes them over, then gives the names free.
 * @see spec apis §5.6
 */
export const deletion =
  (parts: ReconcilerParts): Subroutine<APIBinding> =>
  async (binding, { cluster }) => {
    const { metadata, status } = binding;
    if (!metadata.deletionTimestamp) return ok;
    if (!metadata.finalizers?.includes(apiBindingFinalizer)) return stop;
    await parts.apis.of(cluster); // so that it is at hand below
    const mine = (status?.boundResources ?? []).filter((resource) => !isAdopted(resource, binding, cluster, parts));
    await Promise.all((await objectsOf(mine, cluster, parts)).filter(({ deleting }) => !deleting).map(remove));
    const left = await objectsOf(mine, cluster, parts);
    if (left.length > 0) {
      describe(binding, left);
      return { next: false, requeueAfterMs: recheckMs };
    }
    markTrue(binding, "BindingResourceDeleteSuccess");
    await releaseLocks(metadata.name!, cluster, parts);
    for (const { group, resource } of mine) parts.endWatches(cluster, { group, resource });
    metadata.finalizers = metadata.finalizers.filter((finalizer) => finalizer !== apiBindingFinalizer);
    return stop;

    async function remove(object: StoredObject): Promise<void> {
      try {
        await deleteStored(object, parts);
      } catch (error) {
        if (!hasReason(error, "NotFound") && !hasReason(error, "Conflict")) throw error;
      }
    }
  };

async function objectsOf(resources: readonly BoundAPIResource[], cluster: string, { store }: ReconcilerParts): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for (const { group, resource, schema } of resources) {
    const { records } = await store.range(keyPrefix(group, resource, schema.identityHash, cluster));
    objects.push(...records.map(storedOf));
  }
  return objects;
}

/** Another binding of the cluster refers to an export that serves the same schema under the same identity. */
function isAdopted({ group, resource, schema }: BoundAPIResource, binding: APIBinding, cluster: string, parts: ReconcilerParts): boolean {
  const apis = parts.apis.of(cluster);
  if (apis instanceof Promise) return false;
  return apis.bindings.some((other) => {
    if (other.name === binding.metadata.name || other.deleting || other.exportCluster === undefined) return false;
    const entry = parts.exports.get(other.exportCluster, other.exportName);
    return (
      entry?.identityHash === schema.identityHash &&
      entry.resources.some((one) => one.group === group && one.name === resource && one.schema === schema.name)
    );
  });
}

function describe(binding: APIBinding, left: readonly StoredObject[]): void {
  const finalizers = count(left.flatMap((one) => one.finalizers));
  if (finalizers.size > 0) {
    const message = `Some content in the workspace has finalizers remaining: ${listed(finalizers, "in")}`;
    markFalse(binding, "BindingResourceDeleteSuccess", "SomeFinalizersRemain", "Error", message);
    return;
  }
  const names = count(left.map(({ key }) => key.split("/")).map(([, group, resource]) => `${resource}.${group}`));
  markFalse(
    binding,
    "BindingResourceDeleteSuccess",
    "SomeResourcesRemain",
    "Error",
    `Some resources are remaining: ${listed(names, "has")}`,
  );
}

async function releaseLocks(name: string, cluster: string, { client }: ReconcilerParts): Promise<void> {
  const logicalCluster = await find<LogicalCluster>(client, cluster, logicalClusterResource, logicalClusterName);
  if (!logicalCluster) return;
  const locks = readLocks(logicalCluster);
  for (const [resource, lock] of locks) if (lock.n === name) locks.delete(resource);
  if (writeLocks(logicalCluster, locks)) await client.cluster(cluster).resource(logicalClusterResource).update(logicalCluster);
}
