import { hasReason, type KubeObject, type ObjectMeta, type OwnerReference } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "@meshplane/apiserver";
import type { Change, ControllerOptions, ObjectKey, Result } from "@meshplane/controller-runtime";
import { decodeKey, type StoredRecord } from "@meshplane/storage";
import { allResources, bodyIncludes, objectOf, type FeedChange } from "../local/feed-key-source.ts";
import { internalUser } from "../local/local-client.ts";
import type { ControllerDependencies } from "./dependencies.ts";
import { definitionOfKey, definitionOfKind, keyIn } from "./served-definitions.ts";

const user = internalUser("system:serviceaccount:kube-system:generic-garbage-collector");
const foreground = "foregroundDeletion";
const orphan = "orphan";
const component = "garbage-collector-controller";
/** dependents of one owner that are looked through for another namespace */
const siblingsMax = 100;
const ownersField = '"ownerReferences"';

/** A dependent whose owners have to be looked at. */
const dependentTask = "dependent";
/** An object with this uid has gone: so may its dependents. */
const goneTask = "gone";
/** An object is being deleted and asks for its dependents to be deleted first, or to be let go. */
const ownerTask = "owner";

/**
 * Deletes what has lost all its owners, and serves the two finalizers that say how dependents of a deleted object go (wire 58). It keeps no graph:
 * the store's `owner` index leads from an object to its dependents, owner references lead back. Owners are of the same logical cluster, and of the
 * same namespace or cluster-scoped.
 */
export function garbageCollector({ store, local, surfaces, clock }: ControllerDependencies): ControllerOptions {
  return {
    name: "garbage-collector",
    watches: [{ resource: allResources, keys: tasksOf }],
    reconcile,
  };

  function tasksOf(change: Change): ObjectKey[] {
    const { record, previousRecord, storageKey, uid, key } = change as FeedChange;
    const task = (kind: string, subject: string): ObjectKey => ({
      cluster: key.cluster,
      namespace: kind,
      name: subject,
    });
    if (!record) {
      const tasks = [task(goneTask, uid)];
      // An owner may have waited for this one.
      if (previousRecord && bodyIncludes(previousRecord.body, ownersField)) {
        for (const owner of ownersOf(change.previous())) tasks.push(task(ownerTask, JSON.stringify([storageKey, owner])));
      }
      return tasks;
    }
    const tasks: ObjectKey[] = [];
    if (record.header.deleting && bodyIncludes(record.body, `"finalizers"`)) tasks.push(task(ownerTask, storageKey));
    if (bodyIncludes(record.body, ownersField) && ownersChanged(change)) tasks.push(task(dependentTask, storageKey));
    return tasks;
  }

  async function reconcile({ cluster, namespace: task, name: subject }: ObjectKey): Promise<Result> {
    switch (task) {
      case dependentTask:
        await collect(cluster, subject);
        break;
      case goneTask:
        for (const { key } of await store.index("owner", subject, undefined, { keysOnly: true })) {
          // uids are unique, but nobody stops a client from writing one of another cluster
          if (decodeKey(key).cluster === cluster) await collect(cluster, key);
        }
        break;
      case ownerTask:
        await serveFinalizers(cluster, subject);
        break;
    }
    return undefined;
  }

  /** Deletes the object if no owner is left to hold it; else takes off references to owners that have gone. */
  async function collect(cluster: string, key: string): Promise<void> {
    const surface = await surfaces(cluster);
    const definition = definitionOfKey(surface, key);
    const record = await store.get(key);
    if (!record || !definition) return;
    const object = objectOf(record, undefined);
    const owners = ownersOf(object);
    if (owners.length === 0) return;
    const waitsItself = record.header.deleting && object.metadata.finalizers?.includes(foreground);
    if (record.header.deleting && !waitsItself) return;

    const { namespace } = decodeKey(key);
    const solid: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const owner of owners) {
      const found = await ownerState(cluster, namespace, owner);
      if (found === "unknown") return;
      if (found === "gone" && (await isElsewhere(cluster, namespace, owner))) await warnOfNamespace(cluster, definition, object, owner);
      if (found === "solid") solid.push(owner);
      if (found === "waiting") waiting.push(owner);
    }
    if (solid.length > 0) {
      if (solid.length < owners.length) await setOwners(cluster, definition, object.metadata, solid);
      return;
    }
    if (record.header.deleting) return;
    const hasDependents =
      waiting.length > 0 && (await store.index("owner", record.header.uid, undefined, { keysOnly: true, limit: 1 })).length > 0;
    await remove(cluster, definition, object, hasDependents);
  }

  /** "unknown": nothing can be said, so nothing is done */
  async function ownerState(cluster: string, namespace: string, owner: OwnerReference): Promise<"solid" | "waiting" | "gone" | "unknown"> {
    const definition = definitionOfKind(await surfaces(cluster), owner);
    if (!definition || (definition.namespaced && namespace === "")) return "unknown";
    const record = await store.get(keyIn(definition, cluster, namespace, owner.name));
    if (!record || record.header.uid !== owner.uid) return "gone";
    if (!record.header.deleting) return "solid";
    return finalizersOf(record).includes(foreground) ? "waiting" : "solid";
  }

  /** Others, in another namespace, have the same owner, and there it is. What nobody else refers to is not looked for. */
  async function isElsewhere(cluster: string, namespace: string, { uid }: OwnerReference): Promise<boolean> {
    const surface = await surfaces(cluster);
    const looked = new Set<string>();
    for (const record of await store.index("owner", uid, undefined, { limit: siblingsMax })) {
      const sibling = decodeKey(record.key);
      if (sibling.cluster !== cluster || sibling.namespace === namespace || sibling.namespace === "") continue;
      if (looked.has(sibling.namespace)) continue;
      looked.add(sibling.namespace);
      const owner = ownersOf(objectOf(record, undefined)).find((one) => one.uid === uid);
      const definition = owner && definitionOfKind(surface, owner);
      if (!owner || !definition?.namespaced) continue;
      const found = await store.get(keyIn(definition, cluster, sibling.namespace, owner.name));
      if (found?.header.uid === uid) return true;
    }
    return false;
  }

  /** An event beside the dependent, as far as one can be written: it is only a hint. */
  async function warnOfNamespace(
    cluster: string,
    { group, version, kind }: ResourceDefinition,
    { metadata }: KubeObject,
    owner: OwnerReference,
  ) {
    const { name, namespace, uid, resourceVersion } = metadata;
    if (!namespace) return;
    const now = new Date(clock()).toISOString().replace(/\.\d+Z$/, "Z");
    const printed = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${uid!.slice(0, 8)}${owner.uid.replaceAll("-", "").slice(0, 8)}`, namespace },
      involvedObject: { apiVersion: group ? `${group}/${version}` : version, kind, name, namespace, uid, resourceVersion },
      reason: "OwnerRefInvalidNamespace",
      message: `ownerRef ${printed} does not exist in namespace ${JSON.stringify(namespace)}`,
      type: "Warning",
      source: { component },
      reportingComponent: component,
      reportingInstance: "",
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
    } as unknown as KubeObject;
    try {
      await local().object({
        verb: "create",
        user,
        cluster,
        resource: { group: "", version: "v1", resource: "events" },
        namespace,
        name: "",
        object: event,
      });
    } catch {
      // it is there already, or the namespace is going
    }
  }

  async function serveFinalizers(cluster: string, subject: string): Promise<void> {
    const key = await ownerKeyOf(cluster, subject);
    const record = key === undefined ? undefined : await store.get(key);
    if (!key || !record?.header.deleting) return;
    const definition = definitionOfKey(await surfaces(cluster), key);
    if (!definition) return;
    const finalizers = finalizersOf(record);
    if (finalizers.includes(orphan)) {
      for (const dependent of await dependentsOf(cluster, record)) {
        const of = definitionOfKey(await surfaces(cluster), dependent.key);
        if (!of) continue;
        const { metadata } = objectOf(dependent, undefined);
        const owners = (metadata.ownerReferences ?? []).filter(({ uid }) => uid !== record.header.uid);
        await setOwners(cluster, of, metadata, owners);
      }
      await dropFinalizer(cluster, definition, record, orphan);
    } else if (finalizers.includes(foreground)) {
      let blocked = false;
      for (const dependent of await dependentsOf(cluster, record)) {
        const { metadata } = objectOf(dependent, undefined);
        const reference = metadata.ownerReferences?.find(({ uid }) => uid === record.header.uid);
        if (reference?.blockOwnerDeletion) blocked = true;
        await collect(cluster, dependent.key);
      }
      if (blocked) {
        // some of them may have gone at once
        blocked = (await dependentsOf(cluster, record)).some((dependent) =>
          ownersOf(objectOf(dependent, undefined)).some(({ uid, blockOwnerDeletion }) => uid === record.header.uid && blockOwnerDeletion),
        );
      }
      if (!blocked) await dropFinalizer(cluster, definition, record, foreground);
    }
  }

  /** The subject is an owner's key, or a gone dependent's key with the reference it had. */
  async function ownerKeyOf(cluster: string, subject: string): Promise<string | undefined> {
    if (subject.startsWith("/")) return subject;
    const [dependent, owner] = JSON.parse(subject) as [string, OwnerReference];
    const { namespace } = decodeKey(dependent);
    const definition = definitionOfKind(await surfaces(cluster), owner);
    if (!definition || (definition.namespaced && namespace === "")) return undefined;
    return keyIn(definition, cluster, namespace, owner.name);
  }

  async function dependentsOf(cluster: string, { header }: StoredRecord): Promise<StoredRecord[]> {
    const records = await store.index("owner", header.uid);
    return records.filter(({ key }) => decodeKey(key).cluster === cluster);
  }

  async function setOwners(
    cluster: string,
    definition: ResourceDefinition,
    { name, namespace, uid, resourceVersion }: ObjectMeta,
    owners: readonly OwnerReference[],
  ): Promise<void> {
    await patchMetadata(cluster, definition, name!, namespace, {
      uid,
      resourceVersion,
      ownerReferences: owners.length === 0 ? null : owners,
    });
  }

  async function dropFinalizer(cluster: string, definition: ResourceDefinition, record: StoredRecord, finalizer: string): Promise<void> {
    const { name, namespace, uid, resourceVersion, finalizers = [] } = objectOf(record, undefined).metadata;
    await patchMetadata(cluster, definition, name!, namespace, {
      uid,
      resourceVersion,
      finalizers: finalizers.filter((it) => it !== finalizer),
    });
  }

  async function patchMetadata(
    cluster: string,
    definition: ResourceDefinition,
    name: string,
    namespace: string | undefined,
    metadata: Record<string, unknown>,
  ): Promise<void> {
    await unlessGone(
      local().object({
        verb: "patch",
        user,
        cluster,
        resource: definition,
        name,
        ...(namespace ? { namespace } : {}),
        patch: { type: "merge", body: { metadata } as never },
      }),
    );
  }

  async function remove(
    cluster: string,
    definition: ResourceDefinition,
    { metadata }: KubeObject,
    dependentsFirst: boolean,
  ): Promise<void> {
    const has = (finalizer: string): boolean => metadata.finalizers?.includes(finalizer) ?? false;
    const propagationPolicy = dependentsFirst || has(foreground) ? "Foreground" : has(orphan) ? "Orphan" : "Background";
    await unlessGone(
      local().object({
        verb: "delete",
        user,
        cluster,
        resource: definition,
        name: metadata.name!,
        ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
        // an owner that was added since would be overlooked without the version
        options: {
          propagationPolicy,
          preconditions: { uid: metadata.uid!, resourceVersion: metadata.resourceVersion! },
        },
      }),
    );
  }
}

async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!hasReason(error, "NotFound")) throw error;
  }
}

const ownersOf = (object: KubeObject | undefined): OwnerReference[] => object?.metadata.ownerReferences ?? [];

const finalizersOf = (record: StoredRecord): string[] => objectOf(record, undefined).metadata.finalizers ?? [];

/** Most writes leave the owners alone. */
function ownersChanged(change: Change): boolean {
  const before = change.previous();
  return !before || JSON.stringify(ownersOf(before)) !== JSON.stringify(ownersOf(change.object()));
}
