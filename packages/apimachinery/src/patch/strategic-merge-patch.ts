import { valueElement } from "../apply/path-element.ts";
import { setOwn } from "../json/decode-exact.ts";
import { goPrint, goType } from "../go-print.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { objectMetaSchema } from "../schema/object-meta-schema.ts";
import { fieldInvalid } from "../status/field-error.ts";
import { badRequest, plainError } from "../status/errors.ts";
import { failure, type StatusError } from "../status/status-error.ts";
import { withinStack } from "../within-stack.ts";
import { goTypeOf } from "./decode-patch.ts";

const directive = "$patch";
const retainKeys = "$retainKeys";
const deletePrefix = "$deleteFromPrimitiveList";
const orderPrefix = "$setElementOrder";

/**
 * Applies a strategic merge patch: maps are merged, lists as the schema says (`x-kubernetes-patch-strategy`, `-patch-merge-key`), otherwise
 * replaced; null deletes; `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…` and `$setElementOrder/…` are obeyed.
 *
 * @param document is not changed; the result may share what the patch did not touch
 * @throws StatusError with upstream's codes and texts. @see spec wire §5 (54)
 */
export function applyStrategicMergePatch(document: JsonValue, patch: JsonValue, schema: JsonSchema): JsonValue {
  if (!isMap(patch)) {
    throw badRequest(`json: cannot unmarshal ${goTypeOf(patch)} into Go value of type map[string]interface {}`);
  }
  return withinStack(() => applyToMap(document, patch, schema));
}

function applyToMap(document: JsonValue, patch: JsonObject, schema: JsonSchema): JsonValue {
  const root: JsonSchema = { ...schema, properties: { ...schema.properties, metadata: objectMetaSchema } };
  const result = mergeMap(isMap(document) ? document : {}, patch, root);
  const mismatch = findMismatch(result, root);
  if (mismatch) throw invalidPatch(patch, mismatch);
  return result;
}

const isMap = (value: JsonValue | undefined): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

const own = (map: JsonObject, key: string): JsonValue | undefined => (Object.hasOwn(map, key) ? map[key] : undefined);

/** 422 as upstream answers where the patched object does not fit the kind's types. */
function invalidPatch(patch: JsonObject, why: string): StatusError {
  const error = fieldInvalid("patch", goPrint(patch), why);
  const cause = { reason: error.type, message: error.detail, field: error.field };
  return failure(422, "Invalid", { causes: [cause] }, ` "" is invalid: patch: ${error.detail}`);
}

function schemaOf(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  if (schema?.properties && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

const strategiesOf = (schema: JsonSchema | undefined): string[] => schema?.["x-kubernetes-patch-strategy"]?.split(",") ?? [];

function mergeMap(original: JsonObject, patch: JsonObject, schema: JsonSchema | undefined): JsonObject {
  const command = own(patch, directive);
  if (command !== undefined) {
    if (command === "replace") return withoutDirectives(patch) as JsonObject;
    if (command === "delete") return {};
    if (command !== "merge") throw unknownCommand(command, patch);
  }
  const result: JsonObject = {};
  const kept = keysToRetain(patch);
  for (const key of Object.keys(original)) {
    if (original[key] !== undefined && (kept === undefined || kept.has(key))) setOwn(result, key, original[key]);
  }
  const orders = new Map<string, JsonValue[]>();
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined || key === directive || key === retainKeys) continue;
    if (key.startsWith(orderPrefix)) orders.set(...readOrder(key, value));
    else if (key.startsWith(deletePrefix)) deleteFromList(result, key, value);
  }
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined || key === directive || key === retainKeys) continue;
    if (key.startsWith(orderPrefix) || key.startsWith(deletePrefix)) continue;
    if (value === null) delete result[key];
    else setOwn(result, key, mergeValue(own(result, key), value, schemaOf(schema, key), orders.get(key)));
    orders.delete(key);
  }
  for (const [key, order] of orders) {
    const list = own(result, key);
    if (Array.isArray(list) && mergesByStrategy(schemaOf(schema, key))) {
      setOwn(result, key, inOrder(list, order, list, keyOf(schemaOf(schema, key)!)));
    }
  }
  return result;
}

const unknownCommand = (command: JsonValue, map: JsonObject): StatusError =>
  plainError(`unknown patch type: ${goPrint(command)} in map: ${goPrint(map)}`);

function keysToRetain(patch: JsonObject): Set<JsonValue> | undefined {
  const keys = own(patch, retainKeys);
  if (keys === undefined) return undefined;
  const wrong = (): StatusError => badRequest("invalid patch format of retainKeys");
  if (!Array.isArray(keys)) throw wrong();
  const kept = new Set(keys);
  for (const key of Object.keys(patch)) {
    const [prefix, field] = key.split("/", 2);
    if (key === directive || key === retainKeys) continue;
    if (!kept.has(field !== undefined && (prefix === deletePrefix || prefix === orderPrefix) ? field : key)) throw wrong();
  }
  return kept;
}

function readOrder(key: string, value: JsonValue): [string, JsonValue[]] {
  if (!Array.isArray(value)) throw plainError(`expected a []interface {}, but received a ${goType(value)}`);
  const slash = key.indexOf("/");
  if (slash !== orderPrefix.length) throw badRequest("invalid patch format of setElementOrder list");
  return [key.slice(slash + 1), value];
}

function deleteFromList(result: JsonObject, key: string, value: JsonValue): void {
  const slash = key.indexOf("/");
  if (slash !== deletePrefix.length) throw badRequest("invalid patch format of primitive list");
  const field = key.slice(slash + 1);
  const list = own(result, field);
  if (!Array.isArray(list)) return;
  if (!Array.isArray(value)) throw plainError(`expected a []interface {}, but received a ${goType(value)}`);
  const gone = new Set(value.map(valueElement));
  const left = list.filter((item) => !gone.has(valueElement(item)));
  setOwn(result, field, left);
}

function mergeValue(
  original: JsonValue | undefined,
  patch: JsonValue,
  schema: JsonSchema | undefined,
  order: JsonValue[] | undefined,
): JsonValue {
  if (isMap(patch)) {
    if (strategiesOf(schema).includes("replace")) return withoutDirectives(patch);
    if (isMap(original)) return mergeMap(original, patch, schema);
    return original === undefined || original === null ? mergeMap({}, patch, schema) : withoutDirectives(patch);
  }
  if (Array.isArray(patch) && mergesByStrategy(schema) && (original === undefined || original === null || Array.isArray(original))) {
    return mergeList(original ?? [], patch, schema!, order);
  }
  return patch;
}

const mergesByStrategy = (schema: JsonSchema | undefined): boolean => strategiesOf(schema).includes("merge");
const keyOf = (schema: JsonSchema): string | undefined => schema["x-kubernetes-patch-merge-key"];

/** What is new: without directives, and without keys whose value is null. */
function withoutDirectives(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.filter((item) => !isCommand(item)).map(withoutDirectives);
  if (!isMap(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item === undefined || item === null || key === directive || key === retainKeys) continue;
    if (key.startsWith(orderPrefix) || key.startsWith(deletePrefix)) continue;
    setOwn(result, key, withoutDirectives(item));
  }
  return result;
}

/** An item that deletes another, or that only carries a command for the whole list. */
const isCommand = (item: JsonValue): boolean => {
  const command = isMap(item) ? own(item, directive) : undefined;
  return command === "delete" || (command === "replace" && Object.keys(item as JsonObject).length === 1);
};

function mergeList(
  original: readonly JsonValue[],
  patch: readonly JsonValue[],
  schema: JsonSchema,
  order: readonly JsonValue[] | undefined,
): JsonValue[] {
  if (original.length === 0 && patch.length === 0) return [];
  requireOneKind(original, patch);
  const key = keyOf(schema);
  const ofMaps = isMap(original[0] ?? patch[0]);
  if (!ofMaps || key === undefined) {
    const merged = new Map<string, JsonValue>();
    for (const item of [...original, ...patch]) if (!merged.has(valueElement(item))) merged.set(valueElement(item), item);
    return inOrder([...merged.values()], order ?? patch, original, undefined);
  }
  const items = patch as readonly JsonObject[];
  if (items.some((item) => own(item, directive) === "replace")) {
    return items.filter((item) => own(item, directive) === undefined).map(withoutDirectives);
  }
  const merged: (JsonValue | undefined)[] = [...original];
  const places = new Map<string, number>();
  original.forEach((item, i) => {
    if (!places.has(identity(item, key))) places.set(identity(item, key), i);
  });
  const named: JsonObject[] = [];
  const deleted = new Set<string>();
  for (const item of items) {
    const command = own(item, directive);
    if (command !== undefined && command !== "delete" && command !== "merge") throw unknownCommand(command, item);
    if (own(item, key) === undefined) {
      throw plainError(`map: ${goPrint(item)} does not contain declared merge key: ${key}`);
    }
    const name = identity(item, key);
    if (command === "delete") {
      deleted.add(name);
      continue;
    }
    named.push(item);
    const at = places.get(name) ?? merged.length;
    places.set(name, at);
    merged[at] = mergeMap((merged[at] ?? {}) as JsonObject, item, schema.items);
  }
  const left = merged.filter((item): item is JsonValue => item !== undefined && !deleted.has(identity(item, key)));
  if (order) requireOrder(named, order, key);
  return inOrder(left, order ?? named, original, key);
}

/** What two items that are the same have in common: the value of the merge key, or the item itself. */
const identity = (item: JsonValue, key: string | undefined): string =>
  key === undefined || !isMap(item) ? valueElement(item) : valueElement(own(item, key) ?? null);

/** The first position of each item. */
function positions(list: readonly JsonValue[], key: string | undefined): Map<string, number> {
  const found = new Map<string, number>();
  list.forEach((item, i) => {
    const name = identity(item, key);
    if (!found.has(name)) found.set(name, i);
  });
  return found;
}

function requireOneKind(original: readonly JsonValue[], patch: readonly JsonValue[]): void {
  const kinds = new Set([...original, ...patch].map((item) => (isMap(item) ? "map" : Array.isArray(item) ? "list" : "scalar")));
  if (kinds.size > 1) throw plainError(`list element types are not identical: ${goPrint([[...original], [...patch]])}`);
  if (kinds.has("list")) throw plainError("lists of lists are not supported");
}

/** Every patched item is in the order list, and in that order. */
function requireOrder(items: readonly JsonObject[], order: readonly JsonValue[], key: string): void {
  const places = positions(order, key);
  let at = -1;
  for (const item of items) {
    const found = places.get(identity(item, key)) ?? -1;
    if (found <= at) {
      throw plainError(`The order in patch list:\n${goPrint(items)}\n doesn't match ${orderPrefix} list:\n${goPrint(order)}\n`);
    }
    at = found;
  }
}

/**
 * The items that the client orders in its order, the server's own ones in theirs. Where the server knew both, its order decides how the two
 * are interleaved; what is new comes first.
 */
function inOrder(
  list: readonly JsonValue[],
  order: readonly JsonValue[],
  serverOrder: readonly JsonValue[],
  key: string | undefined,
): JsonValue[] {
  const clientPlaces = positions(order, key);
  const serverPlaces = positions(serverOrder, key);
  const placed = list.map((item) => {
    const name = identity(item, key);
    return { item, client: clientPlaces.get(name) ?? -1, server: serverPlaces.get(name) ?? -1 };
  });
  const ordered = placed.filter(({ client }) => client >= 0).sort((a, b) => a.client - b.client);
  const others = placed.filter(({ client }) => client < 0).sort((a, b) => a.server - b.server);
  const result: JsonValue[] = [];
  let next = 0;
  for (const { item, server } of ordered) {
    for (let other = others[next]; server >= 0 && other && other.server >= 0 && other.server < server; other = others[next]) {
      result.push(other.item);
      next++;
    }
    result.push(item);
  }
  for (const { item } of others.slice(next)) result.push(item);
  return result;
}

const goKind = (value: JsonValue): string => {
  if (isMap(value)) return "map";
  if (Array.isArray(value)) return "slice";
  return goType(value);
};

/** Why the result cannot be an object of its kind; the first reason found. */
function findMismatch(value: JsonValue, schema: JsonSchema): string | undefined {
  if (value === null) return undefined;
  if (schema.type === "array" && !Array.isArray(value)) return `cannot restore slice from ${goKind(value)}`;
  if (schema.type === "object" && !isMap(value)) {
    return schema.properties ? `cannot restore struct from: ${goKind(value)}` : `cannot restore map from ${goKind(value)}`;
  }
  if (schema.type === "boolean" && typeof value !== "boolean") return "unrecognized type: bool";
  if (Array.isArray(value)) {
    if (schema.type !== "array" || !schema.items) return undefined;
    for (const item of value) {
      const found = findMismatch(item, schema.items);
      if (found) return found;
    }
    return undefined;
  }
  if (!isMap(value)) return undefined;
  for (const key of Object.keys(value)) {
    const child = schemaOf(schema, key);
    const found = child && value[key] !== undefined ? findMismatch(value[key], child) : undefined;
    if (found) return found;
  }
  return undefined;
}
