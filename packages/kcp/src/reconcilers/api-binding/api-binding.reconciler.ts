/** Binds exports into logical clusters, keeps bindings as their exports are, and takes the objects along at the end. @see spec apis §5.3, §5.6 */
import { apisGroup, type APIBinding } from "@meshplane/apis";
import { reconcileBySubroutines, type Change, type ControllerOptions, type ObjectKey } from "@meshplane/controller-runtime";
import { decodeKey, type StoredRecord } from "@meshplane/storage";
import { kcpIndexes } from "../../definitions/system-definitions.ts";
import { apiBindingResource, Turns, type ReconcilerParts } from "../parts.ts";
import { binding } from "./binding.ts";
import type { CompleteBindings } from "./complete-bindings.ts";
import { claims } from "./claims.ts";
import { deletion } from "./deletion.ts";
import { extraAnnotations } from "./extra-annotations.ts";
import { summary } from "./summary.ts";

export function apiBindingController(parts: ReconcilerParts, complete: CompleteBindings): ControllerOptions {
  // Bindings of one cluster share the locks in its LogicalCluster: side by side they would only conflict.
  const turns = new Turns();
  const reconcile = reconcileApiBinding(parts);
  return {
    name: "apibindings",
    for: { group: apisGroup, resource: "apibindings" },
    filter: (change) => !complete.isMade(change),
    watches: [
      { resource: { group: apisGroup, resource: "apiexports" }, keys: (change) => bindingsOfExport(change.key, parts), initial: false },
      { resource: { group: apisGroup, resource: "apiresourceschemas" }, keys: (change) => bindingsOfSchema(change, parts), initial: false },
      {
        resource: { group: apisGroup, resource: "apibindings" },
        keys: (change) => (change.deleted ? unboundOf(change.key.cluster, parts) : []),
        initial: false,
      },
      {
        resource: { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" },
        keys: (change) => (change.deleted ? unboundOf(change.key.cluster, parts) : []),
        initial: false,
      },
    ],
    reconcile: (key) => turns.take(key.cluster, () => reconcile(key)),
    workers: 8,
    unsettled: [{ name: kcpIndexes.unsettled, value: "apibindings" }],
  };
}

/** One pass over one binding; bootstrap uses it before controllers run. */
export const reconcileApiBinding = (parts: ReconcilerParts) =>
  reconcileBySubroutines<APIBinding>({
    client: parts.client,
    resource: apiBindingResource,
    subroutines: [deletion(parts), extraAnnotations(parts), binding(parts), claims(parts), summary()],
  });

const keyOf = ({ key }: StoredRecord): ObjectKey => {
  const { cluster, name } = decodeKey(key);
  return { cluster, namespace: "", name };
};

/** Bindings that name the export, by any way of writing its path; also while it does not exist. */
async function bindingsOfExport({ cluster, name }: ObjectKey, { store, paths }: ReconcilerParts): Promise<ObjectKey[]> {
  const found = new Map<string, StoredRecord>();
  const add = (records: StoredRecord[]): void => records.forEach((record) => found.set(record.key, record));
  add(await store.index(kcpIndexes.bindingsOfExport, `${cluster}|${name}`, undefined, { keysOnly: true }));
  for (const path of new Set([paths.pathOf(cluster), cluster]))
    add(await store.index(kcpIndexes.bindingsOfReference, `${path}|${name}`, undefined, { keysOnly: true }));
  add(await store.index(kcpIndexes.bindingsOfReference, `|${name}`, `/${apisGroup}/apibindings/-/${cluster}/`, { keysOnly: true }));
  return [...found.values()].map(keyOf);
}

async function bindingsOfSchema({ key }: Change, parts: ReconcilerParts): Promise<ObjectKey[]> {
  const keys: ObjectKey[] = [];
  for (const entry of parts.exports.inCluster(key.cluster))
    if (entry.resources.some(({ schema }) => schema === key.name))
      keys.push(...(await bindingsOfExport({ cluster: entry.cluster, namespace: "", name: entry.name }, parts)));
  return keys;
}

/** those of the cluster that may wait for names to become free */
async function unboundOf(cluster: string, { apis }: ReconcilerParts): Promise<ObjectKey[]> {
  const { bindings } = await apis.of(cluster);
  return bindings.filter(({ phase }) => phase !== "Bound").map(({ name }) => ({ cluster, namespace: "", name }));
}
