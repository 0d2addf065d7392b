import { formatGroupResource, hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "@meshplane/apiserver";
import {
  setStandardCondition,
  type Change,
  type ControllerOptions,
  type ObjectKey,
  type StandardCondition,
} from "@meshplane/controller-runtime";
import { keyPrefix, type StoredRecord } from "@meshplane/storage";
import { allResources, objectOf } from "../local/feed-key-source.ts";
import { internalUser } from "../local/local-client.ts";
import type { ControllerDependencies } from "./dependencies.ts";
import { namespaceKey } from "./namespace-defaults.ts";
import { servedBy } from "./served-definitions.ts";

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: StandardCondition[] };
}

const finalizer = "kubernetes";
const user = internalUser("system:serviceaccount:kube-system:namespace-controller");
const namespaces = { group: "", version: "v1", resource: "namespaces" };
/** objects that are looked at for the report of what holds a namespace; the count is exact */
const reportedMax = 500;
/** a look now and then, for contents whose going nobody tells */
const lookAgainMs = 15_000;

interface Remaining {
  definition: ResourceDefinition;
  count: number;
  records: StoredRecord[];
}

/**
 * A deleted namespace goes when its contents have gone: deletes them all, reports what is left, and comes back with each object of it that goes.
 * Contents are found by ranges over the served definitions, so the size of the rest of the cluster does not matter.
 */
export function namespaceDeletion({ store, local, surfaces, log }: ControllerDependencies): ControllerOptions {
  /** `cluster|namespace` of namespaces with contents left, so that deletions elsewhere cost one look-up here */
  const held = new Set<string>();
  return {
    name: "namespace-deletion",
    for: { group: "", resource: "namespaces" },
    filter: ({ deleting, deleted, key }) => {
      if (deleted) held.delete(heldKey(key.cluster, key.name));
      return Boolean(deleting) && !deleted;
    },
    watches: [{ resource: allResources, keys: heldNamespaceOf, initial: false }],
    reconcile,
  };

  function heldNamespaceOf({ deleted, key: { cluster, namespace } }: Change): ObjectKey[] {
    if (!deleted || namespace === "" || !held.has(heldKey(cluster, namespace))) return [];
    return [{ cluster, namespace: "", name: namespace }];
  }

  async function reconcile({ cluster, name }: ObjectKey) {
    const record = await store.get(namespaceKey(cluster, name));
    if (!record?.header.deleting) {
      held.delete(heldKey(cluster, name));
      return undefined;
    }
    const namespace = objectOf(record, { apiVersion: "v1", kind: "Namespace" }) as Namespace;
    if (!namespace.spec?.finalizers?.includes(finalizer)) return undefined;
    held.add(heldKey(cluster, name));
    const failures = await deleteContents(cluster, name);
    const remaining = await remainingIn(cluster, name);
    if (remaining.length === 0 && failures.length === 0) {
      await finalize(cluster, namespace);
      held.delete(heldKey(cluster, name));
      return undefined;
    }
    await report(cluster, namespace, remaining, failures);
    if (failures.length > 0) throw new Error(failures.join("; "));
    return { requeueAfterMs: lookAgainMs };
  }

  async function deleteContents(cluster: string, namespace: string): Promise<string[]> {
    const failures: string[] = [];
    for (const definition of servedBy(await surfaces(cluster)).namespaced) {
      const prefix = contentPrefix(definition, cluster, namespace);
      const { records } = await store.range(prefix, {
        keysOnly: true,
        limit: 1,
        headerFilter: ({ deleting }) => !deleting,
      });
      if (records.length === 0) continue;
      try {
        await local().list({ verb: "deletecollection", user, cluster, resource: definition, namespace });
      } catch (error) {
        if (hasReason(error, "NotFound")) continue;
        log.warn("namespace contents could not be deleted", {
          cluster,
          namespace,
          resource: formatGroupResource(definition),
          error: String(error),
        });
        failures.push((error as Error).message);
      }
    }
    return failures;
  }

  async function remainingIn(cluster: string, namespace: string): Promise<Remaining[]> {
    const remaining: Remaining[] = [];
    for (const definition of servedBy(await surfaces(cluster)).namespaced) {
      const prefix = contentPrefix(definition, cluster, namespace);
      const { records, remaining: more } = await store.range(prefix, { limit: reportedMax });
      if (records.length > 0) remaining.push({ definition, count: records.length + more, records });
    }
    return remaining;
  }

  async function report(
    cluster: string,
    namespace: Namespace,
    remaining: readonly Remaining[],
    failures: readonly string[],
  ): Promise<void> {
    const conditions = [...(namespace.status?.conditions ?? [])];
    let changed = false;
    for (const condition of conditionsOf(remaining, failures)) {
      changed = setStandardCondition(conditions, condition) || changed;
    }
    if (!changed) return;
    const status = { ...namespace.status, phase: "Terminating", conditions };
    await local().object({
      verb: "update",
      user,
      cluster,
      resource: namespaces,
      name: namespace.metadata.name!,
      subresource: "status",
      object: { ...namespace, status },
    });
  }

  async function finalize(cluster: string, namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((it) => it !== finalizer);
    try {
      await local().object({
        verb: "update",
        user,
        cluster,
        resource: namespaces,
        name: namespace.metadata.name!,
        subresource: "finalize",
        object: { ...namespace, spec: { finalizers } },
      });
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
    }
  }
}

const heldKey = (cluster: string, namespace: string): string => `${cluster}|${namespace}`;

const contentPrefix = ({ storage }: ResourceDefinition, cluster: string, namespace: string): string =>
  keyPrefix(storage.group, storage.resource, storage.identity, cluster, namespace);

type Condition = Omit<StandardCondition, "lastTransitionTime">;

/** In the order and words of upstream (wire 60). */
function conditionsOf(remaining: readonly Remaining[], failures: readonly string[]): Condition[] {
  const contents = remaining.map(({ definition, count }) => `${definition.resource}.${definition.group} has ${count} resource instances`);
  const finalizers = finalizerCounts(remaining);
  const condition = (type: string, status: "True" | "False", reason: string, message: string): Condition => ({
    type,
    status,
    reason,
    message,
  });
  return [
    condition("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
    condition("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    failures.length > 0
      ? condition(
          "NamespaceDeletionContentFailure",
          "True",
          "ContentDeletionFailed",
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(", ")}`,
        )
      : condition(
          "NamespaceDeletionContentFailure",
          "False",
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization",
        ),
    contents.length > 0
      ? condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", `Some resources are remaining: ${contents.sort().join(", ")}`)
      : condition("NamespaceContentRemaining", "False", "ContentRemoved", "All content successfully removed"),
    finalizers.length > 0
      ? condition(
          "NamespaceFinalizersRemaining",
          "True",
          "SomeFinalizersRemain",
          `Some content in the namespace has finalizers remaining: ${finalizers.join(", ")}`,
        )
      : condition("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
  ];
}

function finalizerCounts(remaining: readonly Remaining[]): string[] {
  const counts = new Map<string, number>();
  for (const { records } of remaining) {
    for (const record of records) {
      for (const name of objectOf(record, undefined).metadata.finalizers ?? []) {
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
  }
  return [...counts].map(([name, count]) => `${name} in ${count} resource instances`).sort();
}
