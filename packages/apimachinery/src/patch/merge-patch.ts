import { copyJson } from "../json/copy.ts";
import { setOwn } from "../json/decode-exact.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { badRequest } from "../status/errors.ts";
import { goTypeOf } from "./decode-patch.ts";

/**
 * Applies an RFC 7386 patch.
 *
 * @param document is not changed; the result may share what the patch did not touch
 * @throws StatusError 400 when the patch is not an object. @see spec wire §5 (52)
 */
export function applyMergePatch(document: JsonValue, patch: JsonValue): JsonValue {
  if (patch === null) throw badRequest("Invalid JSON Patch");
  if (!isObject(patch)) {
    throw badRequest(`error decoding patch: json: cannot unmarshal ${goTypeOf(patch)} into Go value of type map[string]interface {}`);
  }
  return merge(document, patch);
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is still to be done: a map to be filled, or the items of a list to be looked through. */
type Work = { into: JsonObject; target: JsonObject | undefined; patch: JsonObject } | { items: JsonValue[] };

/** Iterative: a patch may nest as deep as a body. */
function merge(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  const pending: Work[] = [];
  const result = replace(target, patch, pending);
  for (let work = pending.pop(); work; work = pending.pop()) {
    if ("items" in work) {
      const { items } = work;
      for (let i = 0; i < items.length; i++) items[i] = replace(undefined, items[i]!, pending);
    } else fill(work.into, work.target, work.patch, pending);
  }
  return result;
}

/** What stands in place of a value. New keys that are null do not come to be, also in objects within lists; nulls that are items stay. */
function replace(target: JsonValue | undefined, patch: JsonValue, pending: Work[]): JsonValue {
  if (isObject(patch)) {
    const into: JsonObject = {};
    pending.push({ into, target: isObject(target) ? target : undefined, patch });
    return into;
  }
  if (!Array.isArray(patch)) return patch;
  // An object replaced by something else keeps its nulls; upstream does not look into it.
  if (isObject(target)) return copyJson(patch);
  const items = patch.slice();
  pending.push({ items });
  return items;
}

function fill(into: JsonObject, target: JsonObject | undefined, patch: JsonObject, pending: Work[]): void {
  if (target) for (const key of Object.keys(target)) if (target[key] !== undefined) setOwn(into, key, target[key]);
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    if (value === null) delete into[key];
    else setOwn(into, key, replace(Object.hasOwn(into, key) ? into[key] : undefined, value, pending));
  }
}
