import { copyJson } from "../json/copy.ts";
import { setOwn } from "../json/decode-exact.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import type { JsonSchema } from "./json-schema.ts";

/** Per schema: its properties that have a default. */
const defaultsOf = new WeakMap<JsonSchema, [string, JsonSchema][]>();

function propertiesWithDefaults(schema: JsonSchema): [string, JsonSchema][] {
  let found = defaultsOf.get(schema);
  if (found === undefined) {
    found = Object.entries(schema.properties ?? {}).filter(([, property]) => hasDefault(property));
    defaultsOf.set(schema, found);
  }
  return found;
}

const hasDefault = (schema: JsonSchema): boolean => schema.default !== undefined && schema.default !== null;

/**
 * Puts a structural schema's defaults into a value, in place. A null where the schema does not allow one counts as absent: it is dropped, or
 * becomes the default where there is one. Items of lists are never dropped.
 */
export function applyDefaults(value: JsonValue, schema: JsonSchema): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) defaultItems(value, schema.items);
  else defaultObject(value, schema);
}

function defaultItems(list: JsonValue[], items: JsonSchema | undefined): void {
  if (items === undefined) return;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === null && !items.nullable && hasDefault(items)) list[i] = copyJson(items.default!);
    applyDefaults(list[i]!, items);
  }
}

function defaultObject(object: JsonObject, schema: JsonSchema): void {
  const { properties } = schema;
  const others = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  if (properties !== undefined) {
    for (const [key, property] of propertiesWithDefaults(schema)) {
      const present = Object.hasOwn(object, key) ? object[key] : undefined;
      if (present === undefined || (present === null && !property.nullable)) setOwn(object, key, copyJson(property.default!));
    }
  }
  for (const key in object) {
    const child = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : others;
    if (child === undefined) continue;
    let item = object[key]!;
    if (item === null && !child.nullable) {
      if (!hasDefault(child)) {
        delete object[key];
        continue;
      }
      item = copyJson(child.default!);
      setOwn(object, key, item);
    }
    if (typeof item === "object" && item !== null) applyDefaults(item, child);
  }
}
