import { failure, StatusError, type JsonSchema, type KubeObject } from "@meshplane/apimachinery";
import { crdSchema, crdStructs, jsonSchemaProps, orElse } from "./crd-schema.ts";
import { isObject, own } from "../structural/values.ts";

/**
 * CRDs are decoded into typed structs upstream: a wrong JSON type is an answer of the decoder, and null is the same as absent. What passes
 * can be relied on by types; in place. Depth is bounded by the decoder's limit.
 * @throws StatusError 400, its cause with the decoder's own words
 */
export function requireCrdTypes(object: KubeObject): void {
  checkFields(object, crdSchema, "CustomResourceDefinition", [], ["apiVersion", "kind", "metadata"]);
}

/** What keeps a value from being a JSON schema at all; undefined when nothing does. Nulls go, in place. */
export function schemaTypeError(schema: unknown): string | undefined {
  try {
    check(schema, jsonSchemaProps, "JSONSchemaProps", []);
    return undefined;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return (error.cause as Error).message;
  }
}

function checkFields(
  map: Record<string, unknown>,
  schema: JsonSchema,
  struct: string,
  path: readonly string[],
  skipped: string[] = [],
): void {
  for (const key of Object.keys(map)) {
    const property = own(schema.properties, key);
    if (!property || skipped.includes(key)) continue;
    if (map[key] === null && (property.type !== undefined || property.properties)) delete map[key];
    else check(map[key], property, struct, [...path, key]);
  }
}

function check(value: unknown, schema: JsonSchema, struct: string, path: readonly string[]): void {
  if (value === null || value === undefined) return;
  if (schema === orElse) {
    if (Array.isArray(value)) for (const item of value) check(item, schema, struct, path);
    else if (isObject(value)) checkFields(value, schema, crdStructs.get(schema)!, path);
    else if (typeof value !== "boolean") refuse("boolean or JSON schema expected");
    return;
  }
  switch (schema.type) {
    case "string":
      if (typeof value !== "string") mismatch(value, schema, struct, path);
      return;
    case "boolean":
      if (typeof value !== "boolean") mismatch(value, schema, struct, path);
      return;
    case "integer":
      if (!Number.isInteger(value)) mismatch(value, schema, struct, path);
      return;
    case "number":
      if (typeof value !== "number" && typeof value !== "bigint") mismatch(value, schema, struct, path);
      return;
    case "array":
      if (!Array.isArray(value)) mismatch(value, schema, struct, path);
      checkItems(value as unknown as Record<string, unknown>, Object.keys(value as unknown[]), schema.items!, struct, path);
      return;
    case "object": {
      if (!isObject(value)) mismatch(value, schema, struct, path);
      const map = value as Record<string, unknown>;
      const { additionalProperties } = schema;
      if (typeof additionalProperties === "object") checkItems(map, Object.keys(map), additionalProperties, struct, path);
      else checkFields(map, schema, crdStructs.get(schema) ?? struct, path);
    }
  }
}

/** In lists and maps null is the empty value of the type. */
function checkItems(
  of: Record<string, unknown>,
  keys: readonly string[],
  schema: JsonSchema,
  struct: string,
  path: readonly string[],
): void {
  for (const key of keys) {
    if (of[key] === null && schema.type === "object") of[key] = {};
    else if (of[key] === null && schema.type === "string") of[key] = "";
    else check(of[key], schema, struct, path);
  }
}

function mismatch(value: unknown, schema: JsonSchema, struct: string, path: readonly string[]): never {
  const what = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value === "bigint" ? "number" : typeof value;
  const printed = schema.type === "integer" && what === "number" ? `number ${String(value)}` : what;
  return refuse(`json: cannot unmarshal ${printed} into Go struct field ${struct}.${path.join(".")} of type ${goType(schema)}`);
}

function goType(schema: JsonSchema | undefined): string {
  switch (schema?.type) {
    case "boolean":
      return "bool";
    case "integer":
      return schema.format ?? "int64";
    case "number":
      return "float64";
    case "array":
      return `[]${goType(schema.items)}`;
    case "object":
      return typeof schema.additionalProperties === "object"
        ? `map[string]${goType(schema.additionalProperties)}`
        : `v1.${crdStructs.get(schema) ?? "JSON"}`;
    default:
      return schema?.type ?? "v1.JSON";
  }
}

function refuse(why: string): never {
  const kind = "CustomResourceDefinition";
  throw failure(400, "BadRequest", undefined, `${kind} in version "v1" cannot be handled as a ${kind}: ${why}`, { cause: new Error(why) });
}
