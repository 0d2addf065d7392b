import type { JsonSchema, KubeObject } from "@meshplane/apimachinery";
import { mismatch } from "./normalize-metadata.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

/**
 * Built-in kinds are decoded into typed structs upstream: a wrong JSON type is a 400 of the decoder, and null is the same as absent.
 * @param fail is called with the decoder's words; it throws
 */
export function requireGoTypes(object: KubeObject, definition: ResourceDefinition, fail: (why: string) => never): void {
  const { properties } = definition.schema;
  if (!properties) return;
  for (const key of Object.keys(object)) {
    if (key === "apiVersion" || key === "kind" || key === "metadata") continue;
    if (object[key] === null) delete object[key];
    else if (Object.hasOwn(properties, key)) check(object[key], properties[key]!, key);
  }

  function check(value: unknown, schema: JsonSchema, path: string): void {
    if (schema["x-kubernetes-int-or-string"] && (typeof value === "string" || Number.isInteger(value))) return;
    switch (schema.type) {
      case "string":
        if (typeof value !== "string") fail(mismatch(value, definition, path, schema.format === "byte" ? "[]uint8" : "string"));
        return;
      case "boolean":
        if (typeof value !== "boolean") fail(mismatch(value, definition, path, "bool"));
        return;
      case "integer":
        if (!(typeof value === "bigint" || Number.isInteger(value)))
          fail(mismatch(value, definition, path, schema.format === "int32" ? "int32" : "int64"));
        return;
      case "number":
        if (typeof value !== "number" && typeof value !== "bigint") fail(mismatch(value, definition, path, "float64"));
        return;
      case "array":
        if (!Array.isArray(value)) fail(mismatch(value, definition, path, `[]${goTypeOf(schema.items)}`));
        if (schema.items) for (const item of value as unknown[]) if (item !== null) check(item, schema.items, path);
        return;
      case "object":
        checkObject(value, schema, path);
        return;
    }
  }

  function checkObject(value: unknown, schema: JsonSchema, path: string): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) fail(mismatch(value, definition, path, goTypeOf(schema)));
    const map = value as Record<string, unknown>;
    const { properties: known, additionalProperties } = schema;
    for (const key of Object.keys(map)) {
      const item = map[key];
      const inner = known && Object.hasOwn(known, key) ? known[key] : undefined;
      if (inner) {
        if (item === null) delete map[key];
        else check(item, inner, `${path}.${key}`);
      } else if (typeof additionalProperties === "object") {
        if (item === null) {
          if (additionalProperties.type === "string") map[key] = "";
        } else check(item, additionalProperties, path);
      }
    }
  }
}

function goTypeOf(schema: JsonSchema | undefined): string {
  switch (schema?.type) {
    case "string":
      return schema.format === "byte" ? "[]uint8" : "string";
    case "boolean":
      return "bool";
    case "integer":
      return schema.format === "int32" ? "int32" : "int64";
    case "array":
      return `[]${goTypeOf(schema.items)}`;
    case "object":
      return typeof schema.additionalProperties === "object" ? `map[string]${goTypeOf(schema.additionalProperties)}` : "struct";
    default:
      return "interface {}";
  }
}
