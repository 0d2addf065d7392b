import { equalJson } from "../json/equal.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { deducedList, deducedMap, type FieldType, type ListType, type MapType } from "./field-type.ts";
import { FieldSet } from "./field-set.ts";
import { itemsByElement } from "./list-items.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

/** Where two versions of an object differ. Containers that come or go are named themselves as well as all that is in them. */
export interface Comparison {
  added: FieldSet | undefined;
  removed: FieldSet | undefined;
  modified: FieldSet | undefined;
}

/** What lies deeper is owned as a whole: nobody shares it, and the stack is finite. */
export const ownedDepthMax = 200;

type Change = "added" | "removed" | "modified" | undefined;

/** Compares what lies below two values of one type; absent counts as empty. @see sigs.k8s.io/structured-merge-diff typed.Compare */
export function compareFields(type: MapType, before: JsonObject | undefined, after: JsonObject | undefined): Comparison {
  const found: Comparison = { added: undefined, removed: undefined, modified: undefined };
  compareMaps(type, before ?? {}, after ?? {}, found, 0);
  return found;
}

export const nothingChanged = ({ added, removed, modified }: Comparison): boolean =>
  added === undefined && removed === undefined && modified === undefined;

/** A value's type when none is declared. */
export function concreteType(type: FieldType, value: JsonValue | undefined): FieldType {
  if (type.kind !== "deduced" || typeof value !== "object" || value === null) return type;
  return Array.isArray(value) ? deducedList : deducedMap;
}

const isMap = (value: JsonValue | undefined): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/** Compares two values; says what happened to the value itself, and puts what happened below it into `below`. */
function compareValues(
  type: FieldType,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  below: Comparison,
  depth: number,
): Change {
  const own: Change = before === undefined ? "added" : after === undefined ? "removed" : undefined;
  if (typeof before !== "object" && typeof after !== "object") return own ?? (equalJson(before, after) ? undefined : "modified");
  const beforeType = concreteType(type, before);
  const afterType = concreteType(type, after);
  if (own === undefined && beforeType.kind !== afterType.kind) {
    compareContainers(beforeType, before, undefined, below, depth);
    compareContainers(afterType, undefined, after, below, depth);
    return "modified";
  }
  const actual = before === undefined ? afterType : beforeType;
  return compareContainers(actual, before, after, below, depth) ? own : (own ?? (equalJson(before, after) ? undefined : "modified"));
}

/** @returns false when the type is owned as a whole, or when there is nothing inside: then the value itself is compared */
function compareContainers(
  type: FieldType,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  below: Comparison,
  depth: number,
): boolean {
  if (depth > ownedDepthMax) return false;
  if (type.kind === "map" && !type.atomic) {
    const left = isMap(before) ? before : {};
    const right = isMap(after) ? after : {};
    return compareMaps(type, left, right, below, depth + 1);
  }
  if (type.kind === "list" && type.relation !== "atomic") {
    const left = Array.isArray(before) ? before : [];
    const right = Array.isArray(after) ? after : [];
    return (left.length > 0 || right.length > 0) && compareLists(type, left, right, below, depth + 1);
  }
  return false;
}

/** @returns false when both are empty */
function compareMaps(type: MapType, before: JsonObject, after: JsonObject, below: Comparison, depth: number): boolean {
  let any = false;
  for (const key in after) {
    const value = after[key];
    if (value === undefined) continue;
    any = true;
    compareChild(type, key, Object.hasOwn(before, key) ? before[key] : undefined, value, below, depth);
  }
  for (const key in before) {
    const value = before[key];
    if (value === undefined) continue;
    any = true;
    if (Object.hasOwn(after, key) && after[key] !== undefined) continue;
    compareChild(type, key, value, undefined, below, depth);
  }
  return any;
}

const untyped: FieldType = { kind: "deduced" };

function compareChild(
  type: MapType,
  key: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  below: Comparison,
  depth: number,
): void {
  if (before === after) return;
  const child = type.fields.get(key) ?? type.element ?? untyped;
  if (child.kind === "scalar" && child.unowned) return;
  const element = fieldElement(key);
  if (typeof before !== "object" && typeof after !== "object" && child.kind !== "map") {
    // most fields: there is nothing below
    const change = before === undefined ? "added" : after === undefined ? "removed" : equalJson(before, after) ? undefined : "modified";
    if (change !== undefined) (below[change] ??= new FieldSet()).members.add(element);
    return;
  }
  const inner: Comparison = { added: undefined, removed: undefined, modified: undefined };
  const change = compareValues(child, before, after, inner, depth);
  record(below, element, child.kind === "map" && child.unownedSelf ? undefined : change, inner);
}

function record(into: Comparison, element: PathElement, change: Change, inner: Comparison): void {
  if (change !== undefined) (into[change] ??= new FieldSet()).members.add(element);
  if (inner.added) (into.added ??= new FieldSet()).children.set(element, inner.added);
  if (inner.removed) (into.removed ??= new FieldSet()).children.set(element, inner.removed);
  if (inner.modified) (into.modified ??= new FieldSet()).children.set(element, inner.modified);
}

/** @returns false when an item is not known by anything: then the list is compared as a whole */
function compareLists(
  type: ListType,
  before: readonly JsonValue[],
  after: readonly JsonValue[],
  below: Comparison,
  depth: number,
): boolean {
  const left = itemsByElement(type, before);
  const right = itemsByElement(type, after);
  if (!left || !right) return false;
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const olds = left.get(element) ?? [];
    const news = right.get(element) ?? [];
    const inner: Comparison = { added: undefined, removed: undefined, modified: undefined };
    if (olds.length <= 1 && news.length <= 1) {
      record(below, element, compareValues(type.element, olds[0], news[0], inner, depth), inner);
    } else if (olds.length > 1 && news.length > 1) {
      // Duplicates are owned together.
      record(below, element, equalJson(olds, news) ? undefined : "modified", inner);
    } else if (olds.length > 1) {
      if (news.length > 0) record(below, element, compareValues(type.element, undefined, news[0], inner, depth), inner);
      record(below, element, "removed", { added: undefined, removed: undefined, modified: undefined });
    } else {
      if (olds.length > 0) record(below, element, compareValues(type.element, olds[0], undefined, inner, depth), inner);
      record(below, element, "added", { added: undefined, removed: undefined, modified: undefined });
    }
  }
  return true;
}
