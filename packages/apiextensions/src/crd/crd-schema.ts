import type { JsonSchema } from "@meshplane/apimachinery";

const text: JsonSchema = { type: "string" };
const flag: JsonSchema = { type: "boolean" };
const count: JsonSchema = { type: "integer", format: "int64" };
const number: JsonSchema = { type: "number" };
const atomic = (items: JsonSchema): JsonSchema => ({ type: "array", items, "x-kubernetes-list-type": "atomic" });
/** Go's names of the structs, which the decoder's complaints mention. */
export const crdStructs = new WeakMap<JsonSchema, string>();
const object = (struct: string, properties: Record<string, JsonSchema>, required?: string[]): JsonSchema => {
  const schema: JsonSchema = { type: "object", properties, ...(required ? { required } : {}) };
  crdStructs.set(schema, struct);
  return schema;
};
const anything: JsonSchema = { "x-kubernetes-preserve-unknown-fields": true };

/** JSONSchemaProps contains itself: whoever walks this schema has to be led by data. */
export const jsonSchemaProps: JsonSchema = { type: "object" };
/** A schema where something else may stand as well: true or false, or a list. */
export const orElse: JsonSchema = {};
const map: JsonSchema = { type: "object", additionalProperties: jsonSchemaProps };
const many: JsonSchema = atomic(jsonSchemaProps);

crdStructs.set(jsonSchemaProps, "JSONSchemaProps");
crdStructs.set(orElse, "JSONSchemaProps");
orElse.items = jsonSchemaProps;
orElse.properties = jsonSchemaProps.properties = {
  $ref: text,
  $schema: text,
  additionalItems: anything,
  additionalProperties: orElse,
  allOf: many,
  anyOf: many,
  default: anything,
  definitions: map,
  dependencies: anything,
  description: text,
  enum: atomic(anything),
  example: anything,
  exclusiveMaximum: flag,
  exclusiveMinimum: flag,
  externalDocs: object("ExternalDocumentation", { description: text, url: text }),
  format: text,
  id: text,
  items: orElse,
  maxItems: count,
  maxLength: count,
  maxProperties: count,
  maximum: number,
  minItems: count,
  minLength: count,
  minProperties: count,
  minimum: number,
  multipleOf: number,
  not: jsonSchemaProps,
  nullable: flag,
  oneOf: many,
  pattern: text,
  patternProperties: map,
  properties: map,
  required: atomic(text),
  title: text,
  type: text,
  uniqueItems: flag,
  "x-kubernetes-embedded-resource": flag,
  "x-kubernetes-int-or-string": flag,
  "x-kubernetes-list-map-keys": atomic(text),
  "x-kubernetes-list-type": text,
  "x-kubernetes-map-type": text,
  "x-kubernetes-preserve-unknown-fields": flag,
  "x-kubernetes-validations": {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["rule"],
    items: object(
      "ValidationRule",
      { fieldPath: text, message: text, messageExpression: text, optionalOldSelf: flag, reason: text, rule: text },
      ["rule"],
    ),
  },
};

const names = object(
  "CustomResourceDefinitionNames",
  { categories: atomic(text), kind: text, listKind: text, plural: text, shortNames: atomic(text), singular: text },
  ["plural", "kind"],
);

const version = object(
  "CustomResourceDefinitionVersion",
  {
    name: text,
    served: flag,
    storage: flag,
    deprecated: flag,
    deprecationWarning: text,
    schema: object("CustomResourceValidation", { openAPIV3Schema: jsonSchemaProps }),
    subresources: object("CustomResourceSubresources", {
      status: { type: "object" },
      scale: object("CustomResourceSubresourceScale", { specReplicasPath: text, statusReplicasPath: text, labelSelectorPath: text }, [
        "specReplicasPath",
        "statusReplicasPath",
      ]),
    }),
    additionalPrinterColumns: atomic(
      object(
        "CustomResourceColumnDefinition",
        { name: text, type: text, format: text, description: text, priority: { type: "integer", format: "int32" }, jsonPath: text },
        ["name", "type", "jsonPath"],
      ),
    ),
    selectableFields: atomic(object("SelectableField", { jsonPath: text }, ["jsonPath"])),
  },
  ["name", "served", "storage"],
);

/** apiextensions.k8s.io/v1 CustomResourceDefinition. Field names and types are upstream's. @see NOTICE */
export const crdSchema: JsonSchema = object("CustomResourceDefinition", {
  apiVersion: text,
  kind: text,
  metadata: { type: "object" },
  spec: object(
    "CustomResourceDefinitionSpec",
    {
      group: text,
      names,
      scope: text,
      versions: atomic(version),
      preserveUnknownFields: flag,
      conversion: object(
        "CustomResourceConversion",
        {
          strategy: text,
          webhook: object(
            "WebhookConversion",
            {
              clientConfig: object("WebhookClientConfig", {
                url: text,
                caBundle: { type: "string", format: "byte" },
                service: object(
                  "ServiceReference",
                  { name: text, namespace: text, path: text, port: { type: "integer", format: "int32" } },
                  ["namespace", "name"],
                ),
              }),
              conversionReviewVersions: atomic(text),
            },
            ["conversionReviewVersions"],
          ),
        },
        ["strategy"],
      ),
    },
    ["group", "names", "scope", "versions"],
  ),
  status: object("CustomResourceDefinitionStatus", {
    acceptedNames: names,
    conditions: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: object(
        "CustomResourceDefinitionCondition",
        {
          type: text,
          status: text,
          lastTransitionTime: { type: "string", format: "date-time" },
          observedGeneration: count,
          reason: text,
          message: text,
        },
        ["type", "status"],
      ),
    },
    storedVersions: atomic(text),
  }),
});
