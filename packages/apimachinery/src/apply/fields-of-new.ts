import type { JsonObject, JsonValue } from "../object.ts";
import { concreteType, ownedDepthMax } from "./compare.ts";
import { deduced, type FieldType, type ListType, type MapType } from "./field-type.ts";
import { itemsByElement } from "./list-items.ts";
import { fieldElement } from "./path-element.ts";

/**
 * What the writer of a new object owns, as it stands in `fieldsV1`: the same as comparing it with nothing, without the sets in between, which
 * are a third of what noting the owner of a small object takes.
 * @returns undefined when that is nothing
 */
export const fieldsOfNew = (type: MapType, object: JsonObject): JsonObject | undefined => fieldsOfMap(type, object, false, 0);

/** @param self whether the container itself is owned too */
function fieldsBelow(type: FieldType, value: JsonValue, self: boolean, depth: number): JsonObject | undefined {
  if (typeof value !== "object" || value === null || depth > ownedDepthMax) return undefined;
  const actual = concreteType(type, value);
  if (Array.isArray(value))
    return actual.kind === "list" && actual.relation !== "atomic" ? fieldsOfList(actual, value, depth + 1) : undefined;
  return actual.kind === "map" && !actual.atomic ? fieldsOfMap(actual, value, self, depth + 1) : undefined;
}

function fieldsOfMap(type: MapType, map: JsonObject, self: boolean, depth: number): JsonObject | undefined {
  let fields: JsonObject | undefined;
  for (const key of Object.keys(map).sort()) {
    const value = map[key];
    if (value === undefined) continue;
    const child = type.fields.get(key) ?? type.element ?? deduced;
    if (child.kind === "scalar" && child.unowned) continue;
    const owned = child.kind !== "map" || !child.unownedSelf;
    const below = fieldsBelow(child, value, owned, depth);
    if (!below && !owned) continue;
    fields ??= self ? { ".": {} } : ({} as JsonObject);
    fields[fieldElement(key)] = below ?? {};
  }
  return fields;
}

/** undefined when an item is not known by anything: then the list is owned as a whole. */
function fieldsOfList(type: ListType, list: readonly JsonValue[], depth: number): JsonObject | undefined {
  const items = itemsByElement(type, list);
  if (!items || items.size === 0) return undefined;
  const fields: JsonObject = { ".": {} };
  for (const element of [...items.keys()].sort()) {
    const same = items.get(element)!;
    // duplicates are owned together, as a whole
    fields[element] = (same.length === 1 ? fieldsBelow(type.element, same[0]!, true, depth) : undefined) ?? {};
  }
  return fields;
}
