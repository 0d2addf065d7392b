import { fieldInvalid, fieldRequired, fieldTypeInvalid, validateAnnotations, validateLabels, type FieldError, type JsonSchema } from "@meshplane/apimachinery";
import { anywhere, isObject, own } from "./values.ts";

/** Whether objects of this schema can hold whole resources (x-kubernetes-embedded-resource) below the top. */
export const hasEmbedded = anywhere((schema) => schema["x-kubernetes-embedded-resource"] === true);

/** apiVersion, kind and metadata of embedded resources; their names may be anything. */
export function validateEmbedded(value: unknown, schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (!hasEmbedded(schema)) return;
  if (Array.isArray(value)) {
    if (schema.items) value.forEach((item, i) => validateEmbedded(item, schema.items!, `${path}[${i}]`, errors));
    return;
  }
  if (!isObject(value)) return;
  if (schema["x-kubernetes-embedded-resource"]) validateHead(value, path, errors);
  const { additionalProperties } = schema;
  for (const key of Object.keys(value)) {
    const inner = own(schema.properties, key) ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (inner) validateEmbedded(value[key], inner, path === "" ? key : `${path}.${key}`, errors);
  }
}

function validateHead(object: Record<string, unknown>, path: string, errors: FieldError[]): void {
  const { apiVersion, kind, metadata } = object;
  for (const [name, value] of [
    ["apiVersion", apiVersion],
    ["kind", kind],
  ] as const) {
    if (value === undefined || value === "" || value === null) errors.push(fieldRequired(`${path}.${name}`));
    else if (typeof value !== "string") errors.push(fieldTypeInvalid(`${path}.${name}`, value, "must be a string"));
  }
  if (typeof apiVersion === "string" && apiVersion.split("/").length > 2) {
    errors.push(fieldInvalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  }
  if (!isObject(metadata)) return;
  validateLabels(errors, isObject(metadata.labels) ? (metadata.labels as Record<string, string>) : undefined, `${path}.metadata.labels`);
  validateAnnotations(
    errors,
    isObject(metadata.annotations) ? (metadata.annotations as Record<string, string>) : undefined,
    `${path}.metadata.annotations`,
  );
}
