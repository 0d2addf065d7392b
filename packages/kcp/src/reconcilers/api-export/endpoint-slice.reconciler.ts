/** Where an export's consumers on this shard are found, once there are some. @see spec apis §4 */
import { labelSelectorFrom, type LabelSelector } from "@meshplane/apimachinery";
import { apisGroup, type APIBinding, type APIExportEndpointSlice, type Partition } from "@meshplane/apis";
import {
  markFalse,
  markTrue,
  ok,
  reconcileBySubroutines,
  type Change,
  type ControllerOptions,
  type ObjectKey,
  type Subroutine,
} from "@meshplane/controller-runtime";
import { decodeKey, type StoredRecord } from "@meshplane/storage";
import { kcpIndexes } from "../../definitions/system-definitions.ts";
import { endpointSliceResource, find, listShards, withoutSlash, type ReconcilerParts } from "../parts.ts";

export function endpointSliceController(parts: ReconcilerParts): ControllerOptions {
  /** exports that several bindings follow and whose slices all name an endpoint, by `<cluster>|<name>`: one binding more is no news */
  const published = new Set<string>();
  return {
    name: "apiexportendpointslices",
    for: { group: apisGroup, resource: "apiexportendpointslices" },
    filter: () => {
      published.clear();
      return true;
    },
    watches: [
      { resource: { group: apisGroup, resource: "apiexports" }, keys: ({ key }) => slicesOf(key.name, parts), initial: false },
      {
        resource: { group: apisGroup, resource: "apibindings" },
        keys: (change) => slicesOfBinding(change, published, parts),
        initial: false,
      },
      { resource: { group: "topology.kcp.io", resource: "partitions" }, keys: ({ key }) => slicesIn(key.cluster, parts), initial: false },
      { resource: { group: "core.kcp.io", resource: "shards" }, keys: () => [], initial: false },
    ],
    reconcile: reconcileBySubroutines<APIExportEndpointSlice>({
      client: parts.client,
      resource: endpointSliceResource,
      subroutines: [endpoints(parts)],
    }),
  };
}

const keyOf = ({ key }: StoredRecord): ObjectKey => {
  const { cluster, name } = decodeKey(key);
  return { cluster, namespace: "", name };
};

const slicesOf = async (exportName: string, { store }: ReconcilerParts): Promise<ObjectKey[]> =>
  (await store.index(kcpIndexes.slicesOfExport, exportName, undefined, { keysOnly: true })).map(keyOf);

const slicesIn = async (cluster: string, { store }: ReconcilerParts): Promise<ObjectKey[]> =>
  (await store.range(`/${apisGroup}/apiexportendpointslices/-/${cluster}/`, { keysOnly: true })).records.map(keyOf);

/** slices that do not name an endpoint yet */
async function emptySlicesOf(exportName: string, { store }: ReconcilerParts): Promise<ObjectKey[]> {
  const slices = await store.index(kcpIndexes.slicesOfExport, exportName);
  return slices.filter(({ body }) => !Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes('"endpoints":[')).map(keyOf);
}

/**
 * Only the first binding of an export makes a difference, and the last one. When several come at the same time, each sees the others: then
 * it is the slice that tells whether anybody has been first.
 */
function slicesOfBinding(change: Change, published: Set<string>, parts: ReconcilerParts): ObjectKey[] | Promise<ObjectKey[]> {
  const binding = (change.object() ?? change.previous()) as APIBinding | undefined;
  const before = change.previous() as APIBinding | undefined;
  const cluster = binding?.status?.apiExportClusterName;
  const name = binding?.spec.reference.export?.name;
  if (!cluster || !name) return [];
  const id = `${cluster}|${name}`;
  if (change.deleted) {
    published.delete(id);
    return slicesOf(name, parts);
  }
  return before?.status?.apiExportClusterName === cluster || published.has(id) ? [] : unpublishedSlices();

  async function unpublishedSlices(): Promise<ObjectKey[]> {
    let allPublished = false;
    published.add(id); // whatever changes from here on takes it out again
    try {
      const consumers = await parts.store.index(kcpIndexes.bindingsOfExport, id, undefined, { keysOnly: true, limit: 2 });
      const keys = await (consumers.length <= 1 ? slicesOf(name!, parts) : emptySlicesOf(name!, parts));
      allPublished = consumers.length > 1 && keys.length === 0;
      return keys;
    } finally {
      if (!allPublished) published.delete(id);
    }
  }
}

const endpoints =
  (parts: ReconcilerParts): Subroutine<APIExportEndpointSlice> =>
  async (slice, { cluster }) => {
    const { spec, metadata } = slice;
    if (metadata.deletionTimestamp) return ok;
    const status = (slice.status ??= {});
    const { path, name } = spec.export;
    const exportCluster = path ? parts.paths.clusterOf(path) : cluster;
    const entry = exportCluster === undefined ? undefined : parts.exports.get(exportCluster, name);
    if (!entry) {
      markFalse(slice, "APIExportValid", "APIExportNotFound", "Error", `Error getting APIExport ${path || cluster}|${name}`);
      delete status.endpoints;
      return ok;
    }
    markTrue(slice, "APIExportValid");

    const selector = await partitionSelector(slice, cluster, parts);
    if (selector === "invalid") return ok;
    if (selector && !selector.empty) status.shardSelector = selector.toString();
    else delete status.shardSelector;
    const shard = (await listShards(parts)).find((one) => one.metadata.name === parts.shard.name);
    const url = `${withoutSlash(shard?.spec.virtualWorkspaceURL ?? parts.shard.virtualWorkspaceURL)}/services/apiexport/${entry.cluster}/${entry.name}`;
    const consumers = await parts.store.index(kcpIndexes.bindingsOfExport, `${entry.cluster}|${entry.name}`, undefined, {
      keysOnly: true,
      limit: 1,
    });
    const isMine = (one: { url: string }): boolean =>
      one.url === url || one.url.endsWith(`/services/apiexport/${entry.cluster}/${entry.name}`);
    const published = status.endpoints?.some(isMine) ?? false;
    const others = (status.endpoints ?? []).filter((one) => !isMine(one));
    // a shard that falls out of the partition but still has consumers leaves its entry as it is
    const wanted = consumers.length > 0 && (published || !selector || selector.matches(shard?.metadata.labels));
    if (wanted || others.length > 0) status.endpoints = [...others, ...(wanted ? [{ url }] : [])];
    else delete status.endpoints;
    return ok;
  };

/** undefined: no partition, every shard */
async function partitionSelector(
  slice: APIExportEndpointSlice,
  cluster: string,
  { client }: ReconcilerParts,
): Promise<LabelSelector | undefined | "invalid"> {
  const { partition } = slice.spec;
  if (!partition) {
    markTrue(slice, "PartitionValid");
    return undefined;
  }
  const found = await find<Partition>(
    client,
    cluster,
    { group: "topology.kcp.io", version: "v1alpha1", resource: "partitions" },
    partition,
  );
  try {
    if (!found) throw new Error(`partition.topology.kcp.io ${JSON.stringify(partition)} not found`);
    const selector = labelSelectorFrom(found.spec.selector ?? {});
    markTrue(slice, "PartitionValid");
    return selector;
  } catch (error) {
    markFalse(slice, "PartitionValid", "PartitionInvalidReference", "Error", (error as Error).message);
    return "invalid";
  }
}
