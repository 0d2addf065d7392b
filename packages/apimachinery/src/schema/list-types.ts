import { itemElement } from "../apply/list-items.ts";
import { decodeJson } from "../json/decode.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { fieldDuplicate, type FieldError } from "../status/field-error.ts";
import type { JsonSchema } from "./json-schema.ts";

/** Items that are in a set or keyed list twice. Each is named where it comes again. */
export function validateListTypes(value: JsonValue, schema: JsonSchema, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  walk(value, schema, path, errors);
  return errors;
}

/** Whether there is anything to look at below a schema. */
const interesting = new WeakMap<JsonSchema, boolean>();

function hasListTypes(schema: JsonSchema): boolean {
  const known = interesting.get(schema);
  if (known !== undefined) return known;
  interesting.set(schema, false); // for schemas that contain themselves
  const type = schema["x-kubernetes-list-type"];
  let found = type === "set" || type === "map" || (schema.items !== undefined && hasListTypes(schema.items));
  for (const property of Object.values(schema.properties ?? {})) found = hasListTypes(property) || found;
  if (typeof schema.additionalProperties === "object") found = hasListTypes(schema.additionalProperties) || found;
  interesting.set(schema, found);
  return found;
}

function walk(value: JsonValue, schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (typeof value !== "object" || value === null || !hasListTypes(schema)) return;
  if (Array.isArray(value)) {
    const type = schema["x-kubernetes-list-type"];
    if (type === "set" || type === "map") findDuplicates(value, schema, path, errors);
    if (schema.items) value.forEach((item, i) => walk(item, schema.items!, `${path}[${i}]`, errors));
    return;
  }
  for (const key of Object.keys(value)) {
    const item = value[key];
    const declared = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (declared) walk(item!, declared, path === "" ? key : `${path}.${key}`, errors);
    else if (typeof schema.additionalProperties === "object") {
      walk(item!, schema.additionalProperties, `${path}[${key}]`, errors);
    }
  }
}

function findDuplicates(list: readonly JsonValue[], schema: JsonSchema, path: string, errors: FieldError[]): void {
  const isMap = schema["x-kubernetes-list-type"] === "map";
  const keys = [...(schema["x-kubernetes-list-map-keys"] ?? [])].sort();
  const type = { kind: "list", relation: isMap ? "map" : "set", keys, defaults: new Map(), element: { kind: "deduced" } } as const;
  const seen = new Map<string, number>();
  list.forEach((item, i) => {
    const element = itemElement(type, item) ?? (isMap ? "k:{}" : "v:null");
    const times = seen.get(element) ?? 0;
    seen.set(element, times + 1);
    // Upstream names each value once, however often it comes.
    if (times !== 1) return;
    const shown = isMap ? (decodeJson(element.slice(2)).value as JsonObject) : item;
    errors.push(fieldDuplicate(`${path}[${i}]`, shown));
  });
}
