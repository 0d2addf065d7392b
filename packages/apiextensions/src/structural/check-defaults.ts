import {
  fieldForbidden,
  fieldInvalid,
  validateEmbeddedResources,
  validateListTypes,
  type FieldError,
  type JsonSchema,
} from "@meshplane/apimachinery";
import { hasUnknownFields } from "./unknown-fields.ts";
import { toFieldErrors } from "./problem.ts";
import { compileValidator } from "./validate-schema.ts";

/** Defaults have to be values that the schema lets through as they are. @see apiserver/schema/defaulting/validation.go */
export function checkDefaults(schema: JsonSchema, path: string, root: boolean, errors: FieldError[]): void {
  if (schema.default != null) checkDefault(schema, path, root, errors);
  for (const key of Object.keys(schema.properties ?? {}).sort()) {
    const at = `${path}.properties[${key}]`;
    if (root && key === "metadata") forbidDefaults(schema.properties![key]!, at, errors);
    else checkDefaults(schema.properties![key]!, at, false, errors);
  }
  if (typeof schema.additionalProperties === "object")
    checkDefaults(schema.additionalProperties, `${path}.additionalProperties`, false, errors);
  if (schema.items) checkDefaults(schema.items, `${path}.items`, false, errors);
}

function checkDefault(schema: JsonSchema, path: string, root: boolean, errors: FieldError[]): void {
  const value = schema.default!;
  const field = `${path}.default`;
  // the default of a whole object would have to say which object it is
  if (root)
    errors.push(
      ...validateEmbeddedResources({ [field]: value }, { properties: { [field]: { ...schema, "x-kubernetes-embedded-resource": true } } }),
    );
  if (hasUnknownFields(value, schema)) {
    errors.push(fieldInvalid(field, value, "must not have unknown fields"));
    return;
  }
  errors.push(...toFieldErrors(compileValidator(schema)(value) ?? [], field), ...validateListTypes(value, schema, field));
  if (!root) errors.push(...validateEmbeddedResources({ [field]: value }, { properties: { [field]: schema } }));
}

function forbidDefaults(schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (schema.default !== undefined) errors.push(fieldForbidden(`${path}.default`, "must not be set in top-level metadata"));
  for (const key of Object.keys(schema.properties ?? {}).sort())
    forbidDefaults(schema.properties![key]!, `${path}.properties[${key}]`, errors);
}
