import { parseGroupVersion } from "../names.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { fieldInvalid, fieldRequired, type FieldError } from "../status/field-error.ts";
import { pathSegmentName } from "../validation/names.ts";
import { validateAnnotations, validateLabels } from "../validation/object-meta.ts";
import type { JsonSchema } from "./json-schema.ts";

/** What resources within a resource lack: an apiVersion, a kind, metadata that is valid as far as it goes. The root is not looked at. */
export function validateEmbeddedResources(value: JsonValue, schema: JsonSchema, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  if (hasEmbedded(schema)) walkChildren(value, schema, path, errors);
  return errors;
}

const embedding = new WeakMap<JsonSchema, boolean>();

function hasEmbedded(schema: JsonSchema): boolean {
  const known = embedding.get(schema);
  if (known !== undefined) return known;
  embedding.set(schema, false); // for schemas that contain themselves
  let found = schema["x-kubernetes-embedded-resource"] === true || (schema.items !== undefined && hasEmbedded(schema.items));
  for (const property of Object.values(schema.properties ?? {})) found = hasEmbedded(property) || found;
  if (typeof schema.additionalProperties === "object") found = hasEmbedded(schema.additionalProperties) || found;
  embedding.set(schema, found);
  return found;
}

function walkChildren(value: JsonValue, schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    if (schema.items) value.forEach((item, i) => walk(item, schema.items!, `${path}[${i}]`, errors));
    return;
  }
  for (const key of Object.keys(value)) {
    const declared = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (declared) walk(value[key]!, declared, path === "" ? key : `${path}.${key}`, errors);
    else if (typeof schema.additionalProperties === "object") {
      walk(value[key]!, schema.additionalProperties, `${path}[${key}]`, errors);
    }
  }
}

function walk(value: JsonValue, schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (!hasEmbedded(schema)) return;
  if (schema["x-kubernetes-embedded-resource"] && typeof value === "object" && value !== null && !Array.isArray(value)) {
    validateResource(value, path, errors);
  }
  walkChildren(value, schema, path, errors);
}

const textOf = (object: JsonObject, key: string): string => {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === "string" ? value : "";
};

function validateResource(resource: JsonObject, path: string, errors: FieldError[]): void {
  const apiVersion = textOf(resource, "apiVersion");
  if (apiVersion === "") errors.push(fieldRequired(`${path}.apiVersion`));
  else if (!parseGroupVersion(apiVersion)) {
    errors.push(fieldInvalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  }
  if (textOf(resource, "kind") === "") errors.push(fieldRequired(`${path}.kind`));
  const metadata = Object.hasOwn(resource, "metadata") ? resource["metadata"] : undefined;
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return;
  for (const field of ["generateName", "name"]) {
    const name = textOf(metadata, field);
    for (const text of pathSegmentName(name, field === "generateName")) {
      errors.push(fieldInvalid(`${path}.metadata.${field}`, name, text));
    }
  }
  validateLabels(errors, metadata["labels"] as Record<string, string> | undefined, `${path}.metadata.labels`);
  validateAnnotations(errors, metadata["annotations"] as Record<string, string> | undefined, `${path}.metadata.annotations`);
}
