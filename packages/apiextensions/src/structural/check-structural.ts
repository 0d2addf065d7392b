import { fieldForbidden, fieldInvalid, fieldRequired, type FieldError, type JsonSchema } from "@meshplane/apimachinery";
import { equalJson } from "@meshplane/apimachinery";

/**
 * Whether every value has exactly one place in the schema that gives its type: what pruning, defaults and apply rely on.
 * @see k8s.io/apiextensions-apiserver apiserver/schema/validation.go
 */
export function checkStructural(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  checkNode(schema, path, "root", errors);
  return errors;
}

type Level = "root" | "field" | "item";

const emptyType: Record<Level, string> = {
  root: "must not be empty at the root",
  field: "must not be empty for specified object fields",
  item: "must not be empty for specified array items",
};

function checkNode(schema: JsonSchema, path: string, level: Level, errors: FieldError[]): void {
  const { type } = schema;
  const known = ["array", "boolean", "integer", "number", "object", "string"].includes(type ?? "");
  if (schema["x-kubernetes-embedded-resource"]) {
    if (!schema["x-kubernetes-preserve-unknown-fields"] && Object.keys(schema.properties ?? {}).length === 0) {
      errors.push(
        fieldRequired(
          `${path}.properties`,
          "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        ),
      );
    }
    if (type === undefined) errors.push(fieldRequired(`${path}.type`, "must be object if x-kubernetes-embedded-resource is true"));
    else if (type !== "object") errors.push(fieldInvalid(`${path}.type`, type, "must be object if x-kubernetes-embedded-resource is true"));
  } else if (type === undefined || (type as string) === "") {
    const free = schema["x-kubernetes-int-or-string"] || schema["x-kubernetes-preserve-unknown-fields"];
    const keyword = (schema as Record<string, unknown>)["$ref"] !== undefined;
    if ((!free || level === "root") && !keyword) errors.push(fieldRequired(`${path}.type`, emptyType[level]));
  } else if (level === "root" && type !== "object" && known) errors.push(fieldInvalid(`${path}.type`, type, "must be object at the root"));

  if (level === "root" || schema["x-kubernetes-embedded-resource"]) checkHead(schema, path, errors);
  if (type === "array" && !schema.items) errors.push(fieldRequired(`${path}.items`, "must be specified"));

  for (const key of Object.keys(schema.properties ?? {}).sort()) {
    checkNode(schema.properties![key]!, `${path}.properties[${key}]`, "field", errors);
  }
  if (typeof schema.additionalProperties === "object")
    checkNode(schema.additionalProperties, `${path}.additionalProperties`, "field", errors);
  if (schema.items && !Array.isArray(schema.items)) checkNode(schema.items, `${path}.items`, "item", errors);
  checkLogic(schema, path, schema["x-kubernetes-int-or-string"] === true, errors);
}

/** apiVersion, kind and metadata are given; a schema may only narrow the name. */
function checkHead({ properties }: JsonSchema, path: string, errors: FieldError[]): void {
  if (!properties) return;
  const own = (key: string): JsonSchema | undefined => (Object.hasOwn(properties, key) ? properties[key] : undefined);
  const metadata = own("metadata");
  if (metadata) {
    if (metadata.type !== "object") errors.push(fieldInvalid(`${path}.properties[metadata].type`, metadata.type ?? "", "must be object"));
    const rest = { ...metadata };
    for (const allowed of ["type", "description", "title", "properties"] as const) delete rest[allowed];
    const other = Object.keys(metadata.properties ?? {}).some((key) => key !== "name" && key !== "generateName");
    if (other || Object.keys(rest).length > 0) {
      errors.push(
        fieldForbidden(
          `${path}.properties[metadata]`,
          "must not specify anything other than name and generateName, but metadata is implicitly specified",
        ),
      );
    }
  }
  for (const key of ["apiVersion", "kind"]) {
    const type = own(key)?.type;
    if (own(key) && type !== "string") errors.push(fieldInvalid(`${path}.properties[${key}].type`, type ?? "", "must be string"));
  }
}

const intOrString: JsonSchema[] = [{ type: "integer" }, { type: "string" }];

function checkLogic(schema: JsonSchema, path: string, isIntOrString: boolean, errors: FieldError[]): void {
  const typesAllowed =
    isIntOrString &&
    equalJson(
      schema.anyOf?.map(({ type }) => ({ type })),
      intOrString,
    );
  for (const keyword of ["allOf", "anyOf", "oneOf"] as const) {
    for (const [i, inner] of (schema[keyword] ?? []).entries()) {
      const nested = isIntOrString && keyword === "allOf" && i === 0;
      checkValueValidation(inner, `${path}.${keyword}[${i}]`, { type: keyword === "anyOf" && typesAllowed, nested }, errors);
    }
  }
  if (schema.not) checkValueValidation(schema.not, `${path}.not`, { type: false, nested: false }, errors);
}

/** Below anyOf and the like only constraints may stand: structure is given above. */
function checkValueValidation(schema: JsonSchema, path: string, allow: { type: boolean; nested: boolean }, errors: FieldError[]): void {
  const forbid = (keyword: string, why: string): void => void errors.push(fieldForbidden(`${path}.${keyword}`, why));
  for (const [i, inner] of (schema.items ? [schema.items] : []).entries())
    if (i === 0) checkValueValidation(inner, `${path}.items`, noTypes, errors);
  for (const key of Object.keys(schema.properties ?? {}).sort()) {
    checkValueValidation(schema.properties![key]!, `${path}.properties[${key}]`, noTypes, errors);
  }
  checkLogic(schema, path, allow.nested, errors);
  if (schema.description) forbid("description", "must be empty to be structural");
  if (schema.title) forbid("title", "must be empty to be structural");
  if (schema.type !== undefined && !allow.type) forbid("type", "must be empty to be structural");
  if (schema.nullable) forbid("nullable", "must be false to be structural");
  if (schema.default !== undefined) forbid("default", "must be undefined to be structural");
  if (schema.additionalProperties !== undefined) forbid("additionalProperties", "must be undefined to be structural");
  if (schema["x-kubernetes-preserve-unknown-fields"]) forbid("x-kubernetes-preserve-unknown-fields", "must be false to be structural");
  if (schema["x-kubernetes-embedded-resource"]) forbid("x-kubernetes-embedded-resource", "must be false to be structural");
  if (schema["x-kubernetes-int-or-string"]) forbid("x-kubernetes-int-or-string", "must be false to be structural");
  if (schema["x-kubernetes-list-type"] !== undefined) forbid("x-kubernetes-list-type", "must be undefined to be structural");
  if (schema["x-kubernetes-list-map-keys"]?.length) forbid("x-kubernetes-list-map-keys", "must be undefined to be structural");
  if (schema["x-kubernetes-map-type"] !== undefined) forbid("x-kubernetes-map-type", "must be undefined to be structural");
  if (schema["x-kubernetes-validations"]?.length) forbid("x-kubernetes-validations", "must be empty to be structural");
}

const noTypes = { type: false, nested: false };
