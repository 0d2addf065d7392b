/** Where the objects of a ClusterCachedResource are read, once the export has consumers. @see spec apis §10, scale §6 */
import { labelSelectorFrom, type LabelSelector } from "@meshplane/apimachinery";
import { apisGroup, cacheGroup, type ClusterCachedResourceEndpointSlice, type Partition } from "@meshplane/apis";
import {
  markFalse,
  markTrue,
  ok,
  reconcileBySubroutines,
  type ControllerOptions,
  type ObjectKey,
  type Subroutine,
} from "@meshplane/controller-runtime";
import { kcpIndexes } from "../definitions/system-definitions.ts";
import type { ExportEntry } from "../exports/export-index.ts";
import { find, listShards, withoutSlash } from "../reconcilers/parts.ts";
import type { CachedResourceParts } from "./cached-resource.controller.ts";
import { isSliceReference } from "./slice-reference.ts";
import type { PublishedSlice } from "./published-resources.ts";

type Slice = ClusterCachedResourceEndpointSlice;

export function cachedSliceController(parts: CachedResourceParts): ControllerOptions {
  const slicesThat = (isMeant: (slice: PublishedSlice) => boolean): ObjectKey[] =>
    [...parts.published.slices()].filter(isMeant).map(({ cluster, name }) => ({ cluster, namespace: "", name }));
  return {
    name: "clustercachedresourceendpointslices",
    for: { group: cacheGroup, resource: "clustercachedresourceendpointslices" },
    watches: [
      {
        resource: { group: cacheGroup, resource: "clustercachedresources" },
        keys: ({ key }) => slicesThat(({ source }) => source.name === key.name),
        initial: false,
      },
      {
        resource: { group: apisGroup, resource: "apiexports" },
        keys: ({ key }) => slicesThat((slice) => slice.export.name === key.name),
        initial: false,
      },
      {
        resource: { group: apisGroup, resource: "apibindings" },
        keys: (change) => {
          if (parts.published.slices()[Symbol.iterator]().next().done) return [];
          const binding = (change.object() ?? change.previous()) as { spec?: { reference?: { export?: { name: string } } } } | undefined;
          const name = binding?.spec?.reference?.export?.name;
          return slicesThat((slice) => slice.export.name === name);
        },
        initial: false,
      },
      {
        resource: { group: "topology.kcp.io", resource: "partitions" },
        keys: ({ key }) => slicesThat(({ cluster }) => cluster === key.cluster),
        initial: false,
      },
    ],
    reconcile: reconcileBySubroutines<Slice>({
      client: parts.client,
      resource: { group: cacheGroup, version: "v1alpha1", resource: "clustercachedresourceendpointslices" },
      subroutines: [references(parts), endpoints(parts)],
    }),
  };
}

const references =
  (parts: CachedResourceParts): Subroutine<Slice> =>
  async (slice, { cluster, name }) => {
    if (slice.metadata.deletionTimestamp) return ok;
    const status = (slice.status ??= {});
    const { clusterCachedResource: source, export: exported, partition } = slice.spec;
    const sourceCluster = clusterOf(source.path, cluster, parts);
    if (sourceCluster === undefined || !parts.published.get(sourceCluster, source.name))
      return invalid(
        "ResourceValid",
        "ClusterCachedResourceNotFound",
        `Error getting ClusterCachedResource ${source.path || cluster}|${source.name}`,
      );
    markTrue(slice, "ResourceValid");

    const entry = exportOf(slice, cluster, parts);
    const exportName = `APIExport ${exported.path || cluster}|${exported.name}`;
    if (!entry) return invalid("APIExportValid", "APIExportInvalidReference", `${exportName} not found`);
    if (!entry.resources.some(({ storage }) => isSliceReference(storage?.virtual?.reference) && storage.virtual.reference.name === name))
      return invalid(
        "APIExportValid",
        "APIExportInvalidReference",
        `${exportName} does not reference this ClusterCachedResourceEndpointSlice`,
      );
    markTrue(slice, "APIExportValid");

    let selector: LabelSelector | undefined;
    if (partition) {
      const resource = { group: "topology.kcp.io", version: "v1alpha1", resource: "partitions" };
      const found = await find<Partition>(parts.client, cluster, resource, partition);
      if (!found)
        return invalid("PartitionValid", "PartitionInvalidReference", `partition.topology.kcp.io ${JSON.stringify(partition)} not found`);
      try {
        selector = labelSelectorFrom(found.spec.selector ?? {});
      } catch (error) {
        markFalse(slice, "PartitionValid", "PartitionInvalidReference", "Error", (error as Error).message);
        return ok;
      }
    }
    markTrue(slice, "PartitionValid");
    if (selector && !selector.empty) status.shardSelector = selector.toString();
    else delete status.shardSelector;
    return ok;

    function invalid(condition: string, reason: string, message: string): typeof ok {
      delete status.endpoints;
      markFalse(slice, condition, reason, "Error", message);
      return ok; // a change of what is referred to brings us back
    }
  };

/** Only while all is well; consumers keep what they have. */
const endpoints =
  (parts: CachedResourceParts): Subroutine<Slice> =>
  async (slice, { cluster, name }) => {
    const status = slice.status;
    if (slice.metadata.deletionTimestamp || !status || status.conditions?.some((one) => one.status !== "True")) return ok;
    const entry = exportOf(slice, cluster, parts);
    if (!entry) return ok;
    const consumers = await parts.store.index(kcpIndexes.bindingsOfExport, `${entry.cluster}|${entry.name}`, undefined, {
      keysOnly: true,
      limit: 1,
    });
    if (consumers.length === 0) {
      delete status.endpoints;
      return ok;
    }
    const shard = (await listShards(parts)).find((one) => one.metadata.name === parts.shard.name);
    const { partition } = slice.spec;
    if (partition && !(await isInPartition(partition, cluster, shard?.metadata.labels, parts))) return ok;
    const base = withoutSlash(shard?.spec.virtualWorkspaceURL ?? parts.shard.virtualWorkspaceURL);
    status.endpoints = [{ url: `${base}/services/replication/${cluster}/${name}` }];
    return ok;
  };

async function isInPartition(
  partition: string,
  cluster: string,
  labels: Record<string, string> | undefined,
  { client }: CachedResourceParts,
): Promise<boolean> {
  const found = await find<Partition>(
    client,
    cluster,
    { group: "topology.kcp.io", version: "v1alpha1", resource: "partitions" },
    partition,
  );
  return labelSelectorFrom(found?.spec.selector ?? {}).matches(labels);
}

function exportOf({ spec }: Slice, cluster: string, parts: CachedResourceParts): ExportEntry | undefined {
  const exportCluster = clusterOf(spec.export.path, cluster, parts);
  return exportCluster === undefined ? undefined : parts.exports.get(exportCluster, spec.export.name);
}

const clusterOf = (path: string | undefined, own: string, { paths }: CachedResourceParts): string | undefined =>
  path ? paths.clusterOf(path) : own;
