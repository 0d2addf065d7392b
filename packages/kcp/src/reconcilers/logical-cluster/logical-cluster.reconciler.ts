/** The life of a LogicalCluster on its shard: initialization, activity, termination, deletion. @see spec tenancy §4.4, §4.7, §5.1 */
import { equalJson, type KubeObject } from "@meshplane/apimachinery";
import { logicalClusterName, resourceBindingsAnnotation, type APIBinding, type APIExport, type LogicalCluster } from "@meshplane/apis";
import {
  isConditionTrue,
  reconcileBySubroutines,
  sideBySide,
  type Change,
  type ControllerOptions,
  type ObjectKey,
} from "@meshplane/controller-runtime";
import { decodeKey } from "@meshplane/storage";
import { kcpIndexes } from "../../definitions/system-definitions.ts";
import { logicalClusterResource, type ReconcilerParts } from "../parts.ts";
import type { CompleteBindings } from "../api-binding/complete-bindings.ts";
import { activity } from "./activity.ts";
import { administrator } from "./administrator.ts";
import { contentDeletion } from "./content-deletion.ts";
import { initialization } from "./initialization.ts";
import { maintainedBindings } from "./maintained-bindings.ts";

export function logicalClusterController(parts: ReconcilerParts, complete: CompleteBindings): ControllerOptions {
  return {
    name: "logicalclusters",
    for: { group: "core.kcp.io", resource: "logicalclusters" },
    filter: (change) => change.key.name === logicalClusterName && !change.key.cluster.startsWith("system:") && !hasOnlyNewLocks(change),
    watches: [
      {
        // default bindings that became ready, and those that went while their cluster is being deleted
        resource: { group: "apis.kcp.io", resource: "apibindings" },
        keys: (change) => {
          if (complete.isMade(change)) return []; // whoever makes it here knows
          const matters = isSettled(change.key.cluster, parts) ? hasNewSpec(change) : isReadyOrGoing(change);
          return matters ? [keyOf(change.key.cluster)] : [];
        },
        initial: false,
      },
      {
        // types may want the claims of their bindings as the exports have them
        resource: { group: "apis.kcp.io", resource: "apiexports" },
        keys: (change) => (hasNewClaims(change) ? consumersOf(change.key, parts) : []),
        initial: false,
      },
      {
        // the creator's ClusterRoleBinding comes back
        resource: { group: "rbac.authorization.k8s.io", resource: "clusterrolebindings" },
        keys: ({ key, deleted }) => (deleted && key.name === "workspace-admin" ? [keyOf(key.cluster)] : []),
        initial: false,
      },
    ],
    reconcile: reconcileBySubroutines<LogicalCluster>({
      client: parts.client,
      resource: logicalClusterResource,
      // once ready, a cluster may be inactive
      subroutines: [
        activity(parts),
        sideBySide(administrator(parts), initialization(parts, complete)),
        activity(parts),
        maintainedBindings(parts),
        contentDeletion(parts),
      ],
      settles: true,
    }),
    workers: 8,
    unsettled: [{ name: kcpIndexes.unsettled, value: "lifecycle" }],
  };
}

const keyOf = (cluster: string) => ({ cluster, namespace: "", name: logicalClusterName });

/** what a cluster on its way waits for */
const isReadyOrGoing = (change: Change): boolean =>
  change.deleted || change.deleting || isConditionTrue(change.object() as APIBinding, "InitialBindingCompleted");

/** Each new binding notes in the LogicalCluster what it has taken. */
function hasOnlyNewLocks(change: Change): boolean {
  const now = change.object();
  const before = change.previous();
  if (!now || !before) return false;
  const locks = (object: KubeObject): string | undefined => object.metadata.annotations?.[resourceBindingsAnnotation];
  return locks(now) !== locks(before) && equalJson(withoutLocks(now), withoutLocks(before));
}

function withoutLocks(object: KubeObject): object {
  const { managedFields: _fields, resourceVersion: _version, annotations, ...metadata } = object.metadata;
  const { [resourceBindingsAnnotation]: _locks, ...others } = annotations ?? {};
  return { ...object, metadata: { ...metadata, annotations: others } };
}

/** somebody changed or took away a binding: maintained ones come back */
const hasNewSpec = (change: Change): boolean =>
  change.deleted || change.object()?.metadata.generation !== change.previous()?.metadata.generation;

function hasNewClaims(change: Change): boolean {
  const claimsOf = (object: KubeObject | undefined): unknown => (object as APIExport | undefined)?.spec?.permissionClaims;
  return change.previous() !== undefined && !equalJson(claimsOf(change.object()), claimsOf(change.previous()));
}

async function consumersOf({ cluster, name }: ObjectKey, { store }: ReconcilerParts): Promise<ObjectKey[]> {
  const records = await store.index(kcpIndexes.bindingsOfExport, `${cluster}|${name}`, undefined, { keysOnly: true });
  return records.map(({ key }) => keyOf(decodeKey(key).cluster));
}

function isSettled(cluster: string, { paths }: ReconcilerParts): boolean {
  const entry = paths.get(cluster);
  return entry === undefined || (entry.phase === "Ready" && !entry.deleting);
}
