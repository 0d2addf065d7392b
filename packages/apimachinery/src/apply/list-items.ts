import type { JsonValue } from "../object.ts";
import type { ListType } from "./field-type.ts";
import { keyElement, valueElement, type PathElement } from "./path-element.ts";

/** By what an item of a set or keyed list is known; undefined when it lacks all keys, or is a container in a set of scalars. */
export function itemElement(type: ListType, item: JsonValue): PathElement | undefined {
  if (type.relation === "map") return keyElement(item, type.keys, type.defaults);
  return item === null ? undefined : valueElement(item);
}

/** The items by what they are known by, in order of first appearance; undefined when one of them is not known by anything. */
export function itemsByElement(type: ListType, list: readonly JsonValue[]): Map<PathElement, JsonValue[]> | undefined {
  const items = new Map<PathElement, JsonValue[]>();
  for (const item of list) {
    const element = itemElement(type, item);
    if (element === undefined) return undefined;
    const same = items.get(element);
    if (same) same.push(item);
    else items.set(element, [item]);
  }
  return items;
}
