import { equalJson } from "../json/equal.ts";
import type { JsonObject, ManagedFieldsEntry } from "../object.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { compareFields, nothingChanged, type Comparison } from "./compare.ts";
import { FieldSet } from "./field-set.ts";
import { fieldsOfNew } from "./fields-of-new.ts";
import { resourceTypeOf } from "./field-type.ts";
import {
  decodeManagers,
  encodeManager,
  encodeManagers,
  managedFieldsOf,
  managerKey,
  metadataOf,
  setManagedFields,
  type Manager,
  type Managers,
} from "./managed-fields.ts";

import { reconcileManagers } from "./reconcile-fields.ts";

/** Updaters above this number are forgotten one by one, the oldest first, into `ancient-changes`. */
const updatersMax = 10;

export interface TrackedUpdate {
  /** The stored object; on create undefined, or the kind's empty object: what that has nobody owns. */
  live: JsonObject | undefined;
  /** What the write leads to. Its metadata.managedFields is what the client sent, and is replaced. */
  next: JsonObject;
  /** "" counts as "unknown". */
  manager: string;
  apiVersion: string;
  subresource?: string | undefined;
  schema: JsonSchema;
  /** RFC 3339. */
  now: string;
  /** Fields that this kind of write cannot change; nobody owns them through it. */
  ignoredFields?: FieldSet | undefined;
}

/**
 * Records in `next.metadata.managedFields` who owns which field after an ordinary create, update or patch: the writer owns what it added or
 * changed, others lose that and what is gone. Nothing changed, nothing recorded.
 * @see k8s.io/apimachinery util/managedfields; spec wire §5
 */
export function trackUpdate(update: TrackedUpdate): void {
  const { live, next, subresource } = update;
  const sent = managedFieldsOf(next);
  const stored = managedFieldsOf(live);
  if (subresource === undefined && sent !== undefined && isReset(sent)) {
    // The client wants it forgotten. Nothing is tracked any more until somebody applies.
    setManagedFields(next, []);
    return;
  }
  const created = !metadataOf(live)["uid"];
  const trusted = subresource !== undefined || sent === undefined || sent.length === 0 || equalJson(sent, stored);
  let managers = trusted ? undefined : tryDecode(sent);
  if (!trusted && managers?.size === 0) managers = undefined;
  if (managers === undefined && !stored?.length) {
    if (created) recordFirst(update);
    else setManagedFields(next, []);
    return;
  }
  const changes = compareFields(resourceTypeOf(update.schema), live, next);
  if (managers === undefined && nothingChanged(changes)) {
    setManagedFields(next, stored!);
    return;
  }
  managers ??= tryDecode(stored) ?? new Map();
  if (!nothingChanged(changes)) {
    reconcileManagers(resourceTypeOf(update.schema), managers);
    transferOwnership(managers, changes, update);
  }
  setManagedFields(next, encodeManagers(managers));
}

/** `[]` or `[{}]`. */
const isReset = (entries: readonly ManagedFieldsEntry[]): boolean =>
  entries.length === 0 || (entries.length === 1 && Object.keys(entries[0]!).length === 0);

function tryDecode(entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined {
  try {
    return decodeManagers(entries);
  } catch {
    return undefined;
  }
}

const writerOf = ({ manager, apiVersion, subresource, now }: TrackedUpdate, fields: FieldSet): Manager => ({
  name: manager === "" ? "unknown" : manager,
  operation: "Update",
  apiVersion,
  subresource: subresource || undefined,
  time: now,
  fields,
});

/** A create that nobody owned anything of before, the usual one. */
function recordFirst(update: TrackedUpdate): void {
  const { ignoredFields: ignored } = update;
  if (isBare(update.live) && (!ignored || ignored.children.size === 0)) {
    const fields = fieldsOfNew(resourceTypeOf(update.schema), update.next) ?? {};
    if (ignored) for (const element of ignored.members) delete fields[element];
    const owned = Object.keys(fields).length > 0;
    setManagedFields(update.next, owned ? [encodeManager(writerOf(update, new FieldSet()), fields)] : []);
    return;
  }
  const changes = compareFields(resourceTypeOf(update.schema), update.live, update.next);
  const fields = ownedBy(changes, update.ignoredFields);
  setManagedFields(update.next, fields.empty ? [] : [encodeManager(writerOf(update, fields))]);
}

/** Nothing in it that could be kept. */
function isBare(object: JsonObject | undefined): boolean {
  if (object === undefined) return true;
  for (const key of Object.keys(object)) if (key !== "apiVersion" && key !== "kind" && key !== "metadata") return false;
  return Object.keys(metadataOf(object)).length === 0;
}

function ownedBy({ added, modified }: Comparison, ignored: FieldSet | undefined): FieldSet {
  const empty = new FieldSet();
  const fields = (added ?? empty).union(modified ?? empty);
  return ignored ? fields.recursiveDifference(ignored) : fields;
}

function transferOwnership(managers: Managers, changes: Comparison, update: TrackedUpdate): void {
  const { ignoredFields } = update;
  const gained = ownedBy(changes, ignoredFields);
  let removed = changes.removed ?? new FieldSet();
  if (ignoredFields) removed = removed.recursiveDifference(ignoredFields);
  takeAway(managers, gained, removed);
  if (!gained.empty) {
    const writer = writerOf(update, gained);
    const key = managerKey(writer);
    const before = managers.get(key);
    if (before) writer.fields = writer.fields.union(before.fields);
    managers.set(key, writer);
  }
  capUpdaters(managers);
}

/** All managers lose these fields; who is left with none is forgotten. */
function takeAway(managers: Managers, taken: FieldSet, removed: FieldSet): void {
  for (const [key, manager] of managers) {
    manager.fields = manager.fields.difference(taken).difference(removed);
    if (manager.fields.empty) managers.delete(key);
  }
}

function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, manager]) => manager.operation === "Update");
  let excess = updaters.length - updatersMax;
  if (excess <= 0) return;
  updaters.sort(([a, { time: aTime }], [b, { time: bTime }]) => {
    if ((aTime ?? "") !== (bTime ?? "")) return (aTime ?? "") < (bTime ?? "") ? -1 : 1;
    return a < b ? -1 : 1;
  });
  // The first old one of a version is only renamed when a second one joins it: one entry becomes one entry.
  const firsts = new Map<string, [string, Manager]>();
  for (const [key, manager] of updaters) {
    if (excess <= 0) return;
    const { apiVersion } = manager;
    const first = firsts.get(apiVersion);
    if (!first) {
      firsts.set(apiVersion, [key, manager]);
      continue;
    }
    const bucket: Manager = {
      name: "ancient-changes",
      operation: "Update",
      apiVersion,
      subresource: undefined,
      time: manager.time,
      fields: new FieldSet(),
    };
    const bucketKey = managerKey(bucket);
    const before = managers.get(bucketKey);
    if (before) bucket.fields = before.fields;
    else {
      managers.delete(first[0]);
      bucket.fields = first[1].fields;
    }
    bucket.fields = bucket.fields.union(manager.fields);
    managers.delete(key);
    managers.set(bucketKey, bucket);
    excess--;
  }
}
