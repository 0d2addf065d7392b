import { decodeJson } from "../json/decode.ts";
import { encodeJson } from "../json/encode.ts";
import { equalJson } from "../json/equal.ts";
import { formatGroupVersionKind, parseGroupVersion } from "../names.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { applyConflict, badRequest, plainError } from "../status/errors.ts";
import type { StatusError } from "../status/status-error.ts";
import { withinStack } from "../within-stack.ts";
import { compareFields } from "./compare.ts";
import { extractAllFields, extractFields } from "./extract-fields.ts";
import { FieldSet } from "./field-set.ts";
import { resourceTypeOf, type MapType } from "./field-type.ts";
import {
  decodeManagers,
  encodeManagers,
  managedFieldsOf,
  managerKey,
  metadataOf,
  setManagedFields,
  type Manager,
  type Managers,
} from "./managed-fields.ts";
import { mergeFields, removeFields, withDeclaredParents } from "./merge-fields.ts";
import { printPath, type PathElement } from "./path-element.ts";
import { reconcileManagers } from "./reconcile-fields.ts";
import { validateApplied } from "./validate-applied.ts";

export interface Apply {
  /** The stored object; on create undefined, or the kind's empty object. Not changed. */
  live: JsonObject | undefined;
  /** What the client wants, complete with apiVersion and kind. Not changed. */
  applied: JsonObject;
  manager: string;
  /** Takes fields from other managers instead of failing. */
  force: boolean;
  apiVersion: string;
  subresource?: string | undefined;
  schema: JsonSchema;
  /** RFC 3339. */
  now: string;
  /** Fields that this kind of write cannot change; nobody owns them through it. */
  ignoredFields?: FieldSet | undefined;
}

const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Server-side apply: merges what a manager wants into the live object, drops what it wanted before and nobody else owns, and records who
 * owns what in metadata.managedFields.
 *
 * @returns the merged object; it shares parts with the arguments
 * @throws StatusError 409 when other managers own fields that would change, 400 and 500 when the configuration cannot be understood
 * @see spec wire §5 (53); KEP-555; sigs.k8s.io/structured-merge-diff merge
 */
export const serverSideApply = (apply: Apply): { object: JsonObject } => withinStack(() => applyOver(apply));

function applyOver(apply: Apply): { object: JsonObject } {
  const { applied, apiVersion, schema, now, manager } = apply;
  if (metadataOf(applied)["managedFields"] !== undefined) throw badRequest("metadata.managedFields must be nil");
  if (applied["apiVersion"] !== apiVersion) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${String(applied["apiVersion"])}, expected: ${apiVersion}`,
    );
  }
  const type = resourceTypeOf(schema);
  requireUnderstood(type, applied);
  const live = withoutManagedFields(apply.live ?? {});
  const managers = readManagers(apply);
  reconcileManagers(type, managers);
  if (managers.size === 0) claimForWhoCameBefore(managers, live, type, apply);

  let attempt = merge(type, live, managers, apply);
  let { conflicts } = attempt;
  if (conflicts.length > 0 && !apply.force) {
    const allowed = manager === "kubectl" ? allowedByLastApplied(type, live) : undefined;
    if (allowed) conflicts = conflicts.filter(({ path }) => !allowed.has(path));
    if (conflicts.length > 0) throw conflictError(conflicts);
  }
  attempt = settle(attempt);
  const changed = !equalJson(attempt.object, live);
  const object = changed ? attempt.object : copyTop(live);
  const own = attempt.managers.get(attempt.key);
  if (changed && own) own.time = now;
  setManagedFields(object, encodeManagers(attempt.managers));
  if (manager === "kubectl") updateLastApplied(object, live, applied);
  return { object };
}

/** Copies of the object and its metadata, whose fields can be set without changing the original. */
function copyTop(object: JsonObject): JsonObject {
  const copy = { ...object };
  if (Object.hasOwn(object, "metadata")) copy["metadata"] = { ...metadataOf(object) };
  return copy;
}

function withoutManagedFields(object: JsonObject): JsonObject {
  const copy = copyTop(object);
  delete metadataOf(copy)["managedFields"];
  return copy;
}

function requireUnderstood(type: MapType, applied: JsonObject): void {
  const errors = validateApplied(type, applied);
  if (errors.length === 0) return;
  const { namespace, name } = metadataOf(applied);
  const version = parseGroupVersion(String(applied["apiVersion"] ?? "")) ?? { group: "", version: "" };
  const kind = formatGroupVersionKind({ ...version, kind: String(applied["kind"] ?? "") });
  const text = errors.length === 1 ? errors[0]! : `errors:\n  ${errors.join("\n  ")}`;
  throw plainError(`failed to create typed patch object (${String(namespace ?? "")}/${String(name ?? "")}; ${kind}): ${text}`);
}

function readManagers({ live }: Apply): Managers {
  try {
    return decodeManagers(managedFieldsOf(live));
  } catch {
    return new Map();
  }
}

/** An object that nobody's ownership is known of: whoever made it what it is gets a name, so that applying over it conflicts. */
function claimForWhoCameBefore(
  managers: Managers,
  live: JsonObject,
  type: MapType,
  { apiVersion, subresource, now, ignoredFields }: Apply,
): void {
  if (!metadataOf(live)["uid"]) return;
  let fields = compareFields(type, undefined, live).added ?? new FieldSet();
  if (ignoredFields) fields = fields.recursiveDifference(ignoredFields);
  if (fields.empty) return;
  const before: Manager = {
    name: "before-first-apply",
    operation: "Update",
    apiVersion,
    subresource: subresource || undefined,
    time: now,
    fields,
  };
  managers.set(managerKey(before), before);
}

interface Conflict {
  manager: string;
  by: Manager;
  path: PathElement[];
}

interface Attempt {
  object: JsonObject;
  managers: Managers;
  /** Of the one who applies. */
  key: string;
  conflicts: Conflict[];
  /** What other managers lose. */
  lost: Map<string, FieldSet>;
}

function merge(type: MapType, live: JsonObject, before: Managers, apply: Apply): Attempt {
  const { applied, apiVersion, subresource, ignoredFields } = apply;
  let fields = extractFields(type, applied);
  if (ignoredFields) fields = fields.recursiveDifference(ignoredFields);
  const own: Manager = {
    name: apply.manager,
    operation: "Apply",
    apiVersion,
    subresource: subresource || undefined,
    time: undefined,
    fields,
  };
  const key = managerKey(own);
  const last = before.get(key);
  own.time = last?.time;
  const managers: Managers = new Map(before);
  managers.set(key, own);
  let object = mergeFields(type, live, applied) as JsonObject;
  if (last && !last.fields.empty) object = prune(type, object, managers, last.fields, extractAllFields(type, applied));
  // What was merged shares its metadata with the arguments; it is written to below.
  object = copyTop(object);
  return { object, managers, key, ...findConflicts(type, live, object, managers, key, ignoredFields) };
}

/**
 * Removes what the manager applied last time, does not apply now, and nobody else owns.
 * An owned item of a list or map keeps what encloses it; what the manager never owned stays although its parent goes.
 */
function prune(type: MapType, merged: JsonObject, managers: Managers, last: FieldSet, applied: FieldSet): JsonObject {
  const remove = (set: FieldSet): JsonObject => (removeFields(type, merged, set) ?? {}) as JsonObject;
  const fieldsOf = (object: JsonObject): FieldSet => withDeclaredParents(type, extractAllFields(type, object));
  const lastFields = withDeclaredParents(type, last);
  let owned = applied;
  for (const { fields } of managers.values()) owned = owned.union(fields);
  const mergedFields = fieldsOf(merged);
  let pruned = remove(lastFields);
  pruned = remove(mergedFields.difference(fieldsOf(pruned).union(withDeclaredParents(type, owned))));
  return remove(mergedFields.difference(fieldsOf(pruned)).intersection(lastFields));
}

function findConflicts(
  type: MapType,
  live: JsonObject,
  object: JsonObject,
  managers: Managers,
  key: string,
  ignoredFields: FieldSet | undefined,
): { conflicts: Conflict[]; lost: Map<string, FieldSet> } {
  const empty = new FieldSet();
  const changes = compareFields(type, live, object);
  let changed = (changes.modified ?? empty).union(changes.added ?? empty);
  let removed = changes.removed ?? empty;
  if (ignoredFields) {
    changed = changed.recursiveDifference(ignoredFields);
    removed = removed.recursiveDifference(ignoredFields);
  }
  const conflicts: Conflict[] = [];
  const lost = new Map<string, FieldSet>();
  for (const [other, manager] of managers) {
    if (other === key) continue;
    const taken = manager.fields.intersection(changed);
    for (const path of taken.paths()) conflicts.push({ manager: other, by: manager, path });
    const gone = taken.union(removed);
    if (!gone.empty) lost.set(other, gone);
  }
  return { conflicts, lost };
}

/** Takes from the others what they lose; forgets who has nothing left. */
function settle(attempt: Attempt): Attempt {
  for (const [key, manager] of attempt.managers) {
    const gone = attempt.lost.get(key);
    if (gone) attempt.managers.set(key, { ...manager, fields: manager.fields.difference(gone) });
    if (attempt.managers.get(key)!.fields.empty) attempt.managers.delete(key);
  }
  return attempt;
}

function printManager({ name, operation, apiVersion, subresource }: Manager): string {
  const where = subresource ? ` with subresource ${JSON.stringify(subresource)}` : "";
  return `${JSON.stringify(name)}${where}${operation === "Update" ? ` using ${apiVersion}` : ""}`;
}

function conflictError(conflicts: Conflict[]): StatusError {
  const causes = conflicts.map(({ by, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${printManager(by)}`,
    field: printPath(path),
  }));
  if (conflicts.length === 1) {
    return applyConflict(`Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`, causes);
  }
  const lines: string[] = [];
  for (const manager of [...new Set(conflicts.map((conflict) => conflict.manager))].sort()) {
    const theirs = conflicts.filter((conflict) => conflict.manager === manager);
    lines.push(`conflicts with ${printManager(theirs[0]!.by)}:`);
    for (const { path } of theirs) lines.push(`- ${printPath(path)}`);
  }
  return applyConflict(`Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`, causes);
}

function lastAppliedOf(object: JsonObject): string | undefined {
  const annotations = metadataOf(object)["annotations"];
  if (typeof annotations !== "object" || annotations === null || Array.isArray(annotations)) return undefined;
  const text = Object.hasOwn(annotations, lastAppliedAnnotation) ? annotations[lastAppliedAnnotation] : undefined;
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** kubectl may take over what its own client-side apply set, as long as it is still what that set. */
function allowedByLastApplied(type: MapType, live: JsonObject): FieldSet | undefined {
  const text = lastAppliedOf(live);
  if (text === undefined) return undefined;
  let applied: JsonValue;
  try {
    applied = decodeJson(text).value;
  } catch {
    return undefined;
  }
  if (typeof applied !== "object" || applied === null || Array.isArray(applied)) return undefined;
  const { modified, removed } = compareFields(type, applied, live);
  const empty = new FieldSet();
  return extractFields(type, applied).difference((modified ?? empty).union(removed ?? empty));
}

/** Client-side apply goes on working when server-side apply by the same tool keeps its record. */
function updateLastApplied(object: JsonObject, live: JsonObject, applied: JsonObject): void {
  if (lastAppliedOf(live) === undefined || lastAppliedOf(object) === undefined) return;
  const text = `${encodeJson(sortKeys(applied))}\n`;
  // The server would refuse annotations of more than 256 KiB.
  if (text.length > 256 * 1024) return;
  const metadata = metadataOf(object);
  metadata["annotations"] = { ...(metadata["annotations"] as JsonObject), [lastAppliedAnnotation]: text };
}

function sortKeys(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  const sorted: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
    if (item !== undefined) {
      Object.defineProperty(sorted, key, { value: sortKeys(item), enumerable: true, configurable: true, writable: true });
    }
  }
  return sorted;
}
