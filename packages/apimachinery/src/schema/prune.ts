import type { JsonObject, JsonValue } from "../object.ts";
import type { JsonSchema } from "./json-schema.ts";
import { objectMetaSchema } from "./object-meta-schema.ts";

/**
 * Removes from an object what its structural schema does not know.
 *
 * @param value a whole resource: `apiVersion`, `kind` and `metadata` are always known, and metadata is pruned by its own fields; changed in place
 * @returns the paths of what was removed, `spec.a[0].b`, sorted, as upstream's "unknown field" errors and warnings print them
 */
export function pruneUnknown(value: JsonObject, schema: JsonSchema): string[] {
  const walk: Walk = { path: [], removed: [] };
  pruneObject(walk, value, schema, true, schema["x-kubernetes-preserve-unknown-fields"] === true);
  return walk.removed.length > 1 ? walk.removed.sort() : walk.removed;
}

interface Walk {
  path: (string | number)[];
  removed: string[];
}

function record({ path, removed }: Walk, key: string): void {
  let text = "";
  for (const segment of [...path, key]) {
    if (typeof segment === "number") text += `[${segment}]`;
    else text += text === "" ? segment : `.${segment}`;
  }
  removed.push(text);
}

function prune(walk: Walk, value: JsonValue, schema: JsonSchema | undefined): void {
  if (typeof value !== "object" || value === null) return;
  if (schema === undefined) removeAll(walk, value);
  else if (Array.isArray(value)) pruneItems(walk, value, schema);
  else {
    const embedded = schema["x-kubernetes-embedded-resource"] === true;
    pruneObject(walk, value, schema, embedded, schema["x-kubernetes-preserve-unknown-fields"] === true);
  }
}

function pruneItems(walk: Walk, items: JsonValue[], schema: JsonSchema): void {
  // Where the list keeps unknown fields and says nothing of its items, they are kept whole.
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) {
    if (schema.items === undefined) return;
    items.forEach((item, i) => {
      walk.path.push(i);
      if (Array.isArray(item)) pruneItems(walk, item, { "x-kubernetes-preserve-unknown-fields": true, ...schema.items });
      else if (typeof item === "object" && item !== null) {
        pruneObject(walk, item, schema.items!, schema.items!["x-kubernetes-embedded-resource"] === true, true);
      }
      walk.path.pop();
    });
    return;
  }
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (typeof item !== "object" || item === null) continue;
    walk.path.push(i);
    prune(walk, item, schema.items);
    walk.path.pop();
  }
}

function pruneObject(walk: Walk, value: JsonObject, schema: JsonSchema, embedded: boolean, preserve: boolean): void {
  const { properties, additionalProperties } = schema;
  for (const key in value) {
    const item = value[key];
    let child: JsonSchema | undefined;
    if (embedded && (key === "apiVersion" || key === "kind")) continue;
    if (embedded && key === "metadata") child = objectMetaSchema;
    else if (properties !== undefined && Object.hasOwn(properties, key)) child = properties[key];
    else if (typeof additionalProperties === "object") child = additionalProperties;
    else {
      if (preserve || additionalProperties === true) continue;
      record(walk, key);
      delete value[key];
      continue;
    }
    if (typeof item !== "object" || item === null) continue;
    walk.path.push(key);
    prune(walk, item, child);
    walk.path.pop();
  }
}

/** Nothing is known about this value: objects lose everything, lists keep their items. Iterative: no schema bounds the depth. */
function removeAll(walk: Walk, root: JsonObject | JsonValue[]): void {
  const base = walk.path;
  const pending: { value: JsonObject | JsonValue[]; path: (string | number)[] }[] = [{ value: root, path: base }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, path } = next;
    if (Array.isArray(value)) {
      value.forEach((item, i) => {
        if (typeof item === "object" && item !== null) pending.push({ value: item, path: [...path, i] });
      });
      continue;
    }
    for (const key of Object.keys(value)) {
      record({ path, removed: walk.removed }, key);
      delete value[key];
    }
  }
}
