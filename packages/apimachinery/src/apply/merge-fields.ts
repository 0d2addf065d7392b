import { setOwn } from "../json/decode-exact.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { concreteType, ownedDepthMax } from "./compare.ts";
import { FieldSet } from "./field-set.ts";
import { deduced, type FieldType, type ListType, type MapType } from "./field-type.ts";
import { itemElement, itemsByElement } from "./list-items.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

const isMap = (value: JsonValue | undefined): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Puts an applied configuration over the live object, field by field. Neither is changed; the result shares their parts.
 * @see sigs.k8s.io/structured-merge-diff typed.Merge
 */
export function mergeFields(
  declared: FieldType,
  live: JsonValue | undefined,
  applied: JsonValue | undefined,
  depth = 0,
): JsonValue | undefined {
  if (applied === undefined) return live;
  if (live === undefined || depth > ownedDepthMax) return applied;
  const type = concreteType(declared, applied);
  if (type.kind === "map" && !type.atomic && isMap(live)) {
    if (applied === null) return Object.keys(live).length === 0 ? applied : live;
    return isMap(applied) ? mergeMaps(type, live, applied, depth + 1) : applied;
  }
  if (type.kind === "list" && type.relation !== "atomic" && Array.isArray(live)) {
    if (applied === null) return live.length === 0 ? applied : live;
    return Array.isArray(applied) ? mergeLists(type, live, applied, depth + 1) : applied;
  }
  return applied;
}

function mergeMaps(type: MapType, live: JsonObject, applied: JsonObject, depth: number): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(live)) if (live[key] !== undefined) setOwn(result, key, live[key]);
  for (const key of Object.keys(applied)) {
    const own = Object.hasOwn(live, key) ? live[key] : undefined;
    const merged = mergeFields(type.fields.get(key) ?? type.element ?? deduced, own, applied[key], depth);
    if (merged !== undefined) setOwn(result, key, merged);
  }
  return result;
}

/**
 * Applied items in their own order; items that only the live list has stay before the first applied item that followed them.
 */
function mergeLists(type: ListType, live: readonly JsonValue[], applied: readonly JsonValue[], depth: number): JsonValue[] {
  const liveItems = itemsByElement(type, live);
  const appliedItems = itemsByElement(type, applied);
  if (!liveItems || !appliedItems) return [...applied];
  const liveElements = live.map((item) => itemElement(type, item)!);
  const shared = [...appliedItems.keys()].filter((element) => liveItems.has(element));
  const result: JsonValue[] = [];
  let nextShared = 0;
  let at = 0;
  const keepLiveOnly = (): void => {
    for (; at < live.length; at++) {
      const element = liveElements[at]!;
      if (!appliedItems.has(element)) result.push(live[at]!);
      else if (element === shared[nextShared]) return;
    }
  };
  for (const [element, [item]] of appliedItems) {
    keepLiveOnly();
    const same = liveItems.get(element);
    // A live item that is there twice cannot be merged into.
    result.push(mergeFields(type.element, same?.length === 1 ? same[0] : undefined, item, depth)!);
    if (element !== shared[nextShared]) continue;
    nextShared++;
    if (liveElements[at] === element) at++;
  }
  keepLiveOnly();
  return result;
}

/**
 * The value without the fields of a set; undefined when nothing is left of it. Containers that become empty stay, empty.
 * @see sigs.k8s.io/structured-merge-diff typed.RemoveItems
 */
export function removeFields(declared: FieldType, value: JsonValue, remove: FieldSet): JsonValue | undefined {
  const type = concreteType(declared, value);
  if (type.kind === "map" && isMap(value)) {
    if (type.atomic) return undefined;
    const result: JsonObject = {};
    let touched = false;
    for (const key of Object.keys(value)) {
      const element = fieldElement(key);
      if (value[key] === undefined || remove.members.has(element)) continue;
      const below = remove.children.get(element);
      if (below) touched = true;
      setOwn(result, key, removeBelow(type.fields.get(key) ?? type.element ?? deduced, value[key], below));
    }
    return touched || Object.keys(result).length > 0 ? result : undefined;
  }
  if (type.kind === "list" && Array.isArray(value)) {
    if (type.relation === "atomic") return undefined;
    const result: JsonValue[] = [];
    let touched = false;
    for (const item of value) {
      const element: PathElement | undefined = itemElement(type, item);
      if (element !== undefined && remove.members.has(element)) continue;
      const below = element === undefined ? undefined : remove.children.get(element);
      if (below) touched = true;
      result.push(removeBelow(type.element, item, below));
    }
    return touched || result.length > 0 ? result : undefined;
  }
  return value;
}

function removeBelow(type: FieldType, value: JsonValue, below: FieldSet | undefined): JsonValue {
  if (!below) return value;
  const left = removeFields(type, value, below);
  if (left !== undefined) return left;
  return Array.isArray(value) ? [] : isMap(value) ? {} : null;
}

/** Declared fields that have members below become members themselves. @see fieldpath.Set EnsureNamedFieldsAreMembers */
export function withDeclaredParents(type: FieldType, set: FieldSet): FieldSet {
  const result = new FieldSet();
  for (const member of set.members) result.members.add(member);
  for (const [element, child] of set.children) {
    let childType: FieldType = deduced;
    if (type.kind === "map" && element.startsWith("f:")) {
      const declared = type.fields.get(element.slice(2));
      if (declared) result.members.add(element);
      childType = declared ?? type.element ?? deduced;
    } else if (type.kind === "list") childType = type.element;
    result.children.set(element, withDeclaredParents(childType, child));
  }
  return result;
}
