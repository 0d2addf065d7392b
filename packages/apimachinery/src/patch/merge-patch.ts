import { copyJson } from "../json/copy.ts";
import { setOwn } from "../json/decode-exact.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { badRequest } from "../status/errors.ts";
import { withinStack } from "../within-stack.ts";
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
  return withinStack(() => merge(document, patch));
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function merge(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  // An object replaced by something else keeps its nulls; upstream does not look into it.
  if (!isObject(patch)) return isObject(target) ? copyJson(patch) : withoutNulls(patch);
  const result: JsonObject = {};
  if (isObject(target)) {
    for (const key of Object.keys(target)) if (target[key] !== undefined) setOwn(result, key, target[key]);
  }
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    if (value === null) delete result[key];
    else setOwn(result, key, merge(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

/** What is new: keys that are null do not come to be, also in objects within lists; nulls that are items stay. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  return isObject(value) ? merge(undefined, value) : value;
}
