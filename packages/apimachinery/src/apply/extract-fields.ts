import type { JsonObject, JsonValue } from "../object.ts";
import { concreteType, ownedDepthMax } from "./compare.ts";
import { FieldSet } from "./field-set.ts";
import { deduced, type FieldType, type ListType, type MapType } from "./field-type.ts";
import { itemsByElement } from "./list-items.ts";
import { fieldElement } from "./path-element.ts";

/**
 * The fields that an applied configuration sets: what is owned as a whole, keys of maps and items of lists; of declared fields that are
 * containers only what is in them.
 * @see sigs.k8s.io/structured-merge-diff typed.ToFieldSet
 */
export function extractFields(type: MapType, value: JsonObject): FieldSet {
  const set = new FieldSet();
  extractMap(type, value, set, 0, false);
  return set;
}

/** The same, with the metadata that nobody is recorded as owner of: what an object consists of. */
export function extractAllFields(type: MapType, value: JsonObject): FieldSet {
  const set = new FieldSet();
  extractMap(type, value, set, 0, true);
  return set;
}

/** @returns true when the value itself is owned as a whole; else what it contains is in `into` */
function extract(declared: FieldType, value: JsonValue, into: FieldSet, depth: number, all: boolean): boolean {
  if (depth > ownedDepthMax) return true;
  const type = concreteType(declared, value);
  if (type.kind === "map") {
    if (type.atomic) return true;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) extractMap(type, value, into, depth + 1, all);
    return false;
  }
  if (type.kind === "list") {
    if (type.relation === "atomic") return true;
    return Array.isArray(value) ? !extractItems(type, value, into, depth + 1, all) : false;
  }
  return true;
}

function extractMap(type: MapType, map: JsonObject, into: FieldSet, depth: number, all: boolean): void {
  for (const key in map) {
    const value = map[key];
    if (value === undefined) continue;
    const declared = type.fields.get(key);
    if (!all && declared?.kind === "scalar" && declared.unowned) continue;
    const element = fieldElement(key);
    const below = new FieldSet();
    const whole = extract(declared ?? type.element ?? deduced, value, below, depth, all);
    if (!below.empty) into.children.set(element, below);
    if (!all && declared?.kind === "map" && declared.unownedSelf) continue;
    const empty = value === null || (typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0);
    if (whole || empty || !declared) into.members.add(element);
  }
}

function extractItems(type: ListType, list: readonly JsonValue[], into: FieldSet, depth: number, all: boolean): boolean {
  const items = itemsByElement(type, list);
  if (!items) return false;
  for (const [element, same] of items) {
    into.members.add(element);
    if (same.length > 1) continue;
    const below = new FieldSet();
    extract(type.element, same[0]!, below, depth, all);
    if (!below.empty) into.children.set(element, below);
  }
  return true;
}
