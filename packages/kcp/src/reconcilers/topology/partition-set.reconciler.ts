/** One Partition per combination of label values that shards have. @see spec tenancy §9 */
import { equalJson, everything, labelSelectorFrom } from "@meshplane/apimachinery";
import { topologyGroup, type Partition, type PartitionSet, type Shard } from "@meshplane/apis";
import {
  markFalse,
  markTrue,
  ok,
  reconcileBySubroutines,
  type ControllerOptions,
  type ObjectKey,
  type Subroutine,
} from "@meshplane/controller-runtime";
import { decodeKey, keyPrefix } from "@meshplane/storage";
import { isOfRootExport, listShards, type ReconcilerParts } from "../parts.ts";

const partitionResource = { group: topologyGroup, version: "v1alpha1", resource: "partitions" };

export const partitionSetController = (parts: ReconcilerParts): ControllerOptions => ({
  name: "partitionsets",
  for: { group: topologyGroup, resource: "partitionsets" },
  filter: isOfRootExport(parts, topologyGroup),
  watches: [{ resource: { group: "core.kcp.io", resource: "shards" }, keys: () => allSets(parts), initial: false }],
  reconcile: reconcileBySubroutines<PartitionSet>({
    client: parts.client,
    resource: { ...partitionResource, resource: "partitionsets" },
    subroutines: [partitions(parts)],
  }),
});

/** Shards come and go seldom, and sets are few. */
async function allSets({ store, exports }: ReconcilerParts): Promise<ObjectKey[]> {
  const identity = exports.rootIdentity(topologyGroup);
  if (!identity) return [];
  const { records } = await store.range(keyPrefix(topologyGroup, "partitionsets", identity), { keysOnly: true });
  return records.map(({ key }) => {
    const { cluster, name } = decodeKey(key);
    return { cluster, namespace: "", name };
  });
}

const partitions =
  (parts: ReconcilerParts): Subroutine<PartitionSet> =>
  async (set, { cluster }) => {
    if (set.metadata.deletionTimestamp) return ok;
    const status = (set.status ??= {});
    const selector = set.spec.shardSelector;
    let matches: (shard: Shard) => boolean;
    try {
      const parsed = selector ? labelSelectorFrom(selector) : everything;
      matches = ({ metadata }) => parsed.matches(metadata.labels);
      markTrue(set, "PartitionSetValid");
    } catch (error) {
      markFalse(set, "PartitionSetValid", "InvalidSelector", "Error", (error as Error).message);
      return ok;
    }
    const wanted = combinations((await listShards(parts)).filter(matches), set);
    const client = parts.client.cluster(cluster).resource<Partition>(partitionResource);
    const { items } = await client.list();
    const mine = items.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid));
    const missing = wanted.filter(({ spec }) => !mine.some((one) => equalJson(one.spec, spec)));
    for (const partition of missing) await client.create(partition);
    for (const old of mine) if (!wanted.some(({ spec }) => equalJson(spec, old.spec))) await client.delete(old.metadata.name!);
    markTrue(set, "PartitionsReady");
    if (wanted.length > 0 || status.count !== undefined) status.count = wanted.length;
    if (status.count === 0) delete status.count;
    return ok;
  };

function combinations(shards: readonly Shard[], set: PartitionSet): Partition[] {
  const dimensions = [...new Set(set.spec.dimensions ?? [])].sort();
  const { matchLabels = {}, matchExpressions } = set.spec.shardSelector ?? {};
  const keys = [...new Set([...dimensions, ...Object.keys(matchLabels)])];
  if (keys.length === 0) return [];
  const found = new Map<string, Partition>();
  for (const { metadata } of shards) {
    const labels = metadata.labels ?? {};
    if (!keys.every((key) => Object.hasOwn(labels, key))) continue;
    const values = Object.fromEntries(keys.map((key) => [key, labels[key]!]));
    const suffix = dimensions.map((key) => `-${values[key]!.toLowerCase()}`).join("");
    found.set(JSON.stringify(values), {
      apiVersion: `${topologyGroup}/v1alpha1`,
      kind: "Partition",
      metadata: {
        generateName: `${`${set.metadata.name}${suffix}`.slice(0, 252)}-`,
        ownerReferences: [
          {
            apiVersion: `${topologyGroup}/v1alpha1`,
            kind: "PartitionSet",
            name: set.metadata.name!,
            uid: set.metadata.uid!,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: { selector: { matchLabels: values, ...(matchExpressions ? { matchExpressions } : {}) } },
    });
  }
  return [...found.values()];
}
