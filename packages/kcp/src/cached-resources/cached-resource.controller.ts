/**
 * Follows ClusterCachedResources: whether their resource can be published, under which identity, how many objects there are. With one shard the
 * published objects are read where they lie, so there is nothing to copy and nothing to purge. @see spec apis §10
 */
import { equalJson } from "@meshplane/apimachinery";
import { cacheGroup, type ClusterCachedResource } from "@meshplane/apis";
import {
  isConditionTrue,
  markFalse,
  markTrue,
  ok,
  pending,
  reconcileBySubroutines,
  stop,
  type Change,
  type ControllerOptions,
  type ObjectKey,
  type Subroutine,
} from "@meshplane/controller-runtime";
import { allResources, type FeedChange } from "@meshplane/controlplane";
import { identity } from "../reconcilers/api-export/identity.ts";
import type { ReconcilerParts } from "../reconcilers/parts.ts";
import type { PublishedResource, PublishedResources } from "./published-resources.ts";
import { countPublished, sourceDefinition } from "./source-definition.ts";

const finalizer = "cache.kcp.io/clustercachedresource";
const kindAnnotation = "cache.kcp.io/resource-kind";
const scopeAnnotation = "cache.kcp.io/resource-scope";

/** A resource that changes often is not counted more often than this. */
const countEveryMs = 500;

export interface CachedResourceParts extends ReconcilerParts {
  published: PublishedResources;
}

export function cachedResourceController(parts: CachedResourceParts): ControllerOptions {
  const { published } = parts;
  const keysOf = (cluster: string, isMeant: (one: PublishedResource) => boolean): ObjectKey[] =>
    [...published.inCluster(cluster)].filter(isMeant).map(({ name }) => ({ cluster, namespace: "", name }));
  const all = ({ key }: Change): ObjectKey[] => keysOf(key.cluster, () => true);
  return {
    name: "clustercachedresources",
    for: { group: cacheGroup, resource: "clustercachedresources" },
    watches: [
      { resource: { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" }, keys: all, initial: false },
      { resource: { group: "apis.kcp.io", resource: "apibindings" }, keys: all, initial: false },
      {
        resource: { group: "", resource: "secrets" },
        keys: ({ key }) => keysOf(key.cluster, ({ secret }) => secret?.name === key.name && secret.namespace === key.namespace),
        initial: false,
      },
      {
        resource: allResources,
        keys: (change) =>
          changesTheCount(change as FeedChange)
            ? keysOf(change.key.cluster, ({ group, resource }) => group === change.resource.group && resource === change.resource.resource)
            : [],
        initial: false,
      },
    ],
    reconcile: reconcileBySubroutines<ClusterCachedResource>({
      client: parts.client,
      resource: { group: cacheGroup, version: "v1alpha1", resource: "clustercachedresources" },
      subroutines: [lifecycle, resource(parts), identity(parts), publication(parts)],
    }),
  };
}

const changesTheCount = ({ record, previousRecord }: FeedChange): boolean =>
  !record || !previousRecord || !equalJson(record.header.labels, previousRecord.header.labels);

const lifecycle: Subroutine<ClusterCachedResource> = ({ metadata }) => {
  const others = (metadata.finalizers ?? []).filter((one) => one !== finalizer);
  if (metadata.deletionTimestamp) {
    metadata.finalizers = others;
    return stop;
  }
  if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...others, finalizer];
  return ok;
};

const resource =
  ({ apis }: CachedResourceParts): Subroutine<ClusterCachedResource> =>
  async (cached, { cluster }) => {
    const { group = "", version = "", resource: name } = cached.spec;
    const { surface } = await apis.of(cluster);
    const definition = sourceDefinition(surface.definitions, { group, version, resource: name });
    if (!definition) return pending({ afterSeconds: 5 });
    if (definition.namespaced) {
      const what = group === "" ? name : `${name}.${group}`;
      markFalse(cached, "ResourceValid", "ResourceNotClusterScoped", "Error", `Resource ${what} is not cluster-scoped`);
      return stop;
    }
    cached.metadata.annotations = {
      ...cached.metadata.annotations,
      [kindAnnotation]: definition.kind,
      [scopeAnnotation]: "Cluster",
    };
    return ok;
  };

function publication({ apis, published, store, clock }: CachedResourceParts): Subroutine<ClusterCachedResource> {
  const countedAt = new Map<string, number>();
  return async (cached, { cluster, name }) => {
    if (!isConditionTrue(cached, "IdentityValid")) return ok;
    const entry = published.get(cluster, name);
    const { surface } = await apis.of(cluster);
    const definition = entry && sourceDefinition(surface.definitions, entry);
    if (!definition) return ok;
    const status = (cached.status ??= {});
    const id = `${cluster}|${name}`;
    const now = clock();
    const wait = (countedAt.get(id) ?? 0) + countEveryMs - now;
    if (status.resourceCounts && wait > 0) return { next: true, requeueAfterMs: wait };
    // one that was counted long ago is counted again anyway
    if (countedAt.size > 1_000) countedAt.clear();
    countedAt.set(id, now);
    const count = await countPublished(store, entry, definition);
    status.resourceCounts = { local: count, cache: count };
    status.phase = "Ready";
    markTrue(cached, "ResourceValid");
    markTrue(cached, "ReplicationStarted");
    return ok;
  };
}
