import type { JsonSchema } from "@meshplane/apimachinery";

const text: JsonSchema = { type: "string" };
const flag: JsonSchema = { type: "boolean" };
const count: JsonSchema = { type: "integer", format: "int64" };
const number: JsonSchema = { type: "number" };
const atomic = (items: JsonSchema): JsonSchema => ({ type: "array", items, "x-kubernetes-list-type": "atomic" });
const object = (properties: Record<string, JsonSchema>, required?: string[]): JsonSchema => ({
  type: "object",
  properties,
  ...(required ? { required } : {}),
});
const anything: JsonSchema = { "x-kubernetes-preserve-unknown-fields": true };

/** JSONSchemaProps contains itself: whoever walks this schema has to be led by data. */
const jsonSchemaProps: JsonSchema = { type: "object" };
/** A schema where something else may stand as well: true or false, or a list. */
const jsonSchemaPropsOrElse: JsonSchema = {};
const map: JsonSchema = { type: "object", additionalProperties: jsonSchemaProps };
const many: JsonSchema = atomic(jsonSchemaProps);

jsonSchemaPropsOrElse.items = jsonSchemaProps;
jsonSchemaPropsOrElse.properties = jsonSchemaProps.properties = {
  $ref: text,
  $schema: text,
  additionalItems: anything,
  additionalProperties: jsonSchemaPropsOrElse,
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
  externalDocs: object({ description: text, url: text }),
  format: text,
  id: text,
  items: jsonSchemaPropsOrElse,
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
    items: object({ fieldPath: text, message: text, messageExpression: text, optionalOldSelf: flag, reason: text, rule: text }, ["rule"]),
  },
};

const names = object({ categories: atomic(text), kind: text, listKind: text, plural: text, shortNames: atomic(text), singular: text }, [
  "plural",
  "kind",
]);

const version = object(
  {
    name: text,
    served: flag,
    storage: flag,
    deprecated: flag,
    deprecationWarning: text,
    schema: object({ openAPIV3Schema: jsonSchemaProps }),
    subresources: object({
      status: { type: "object" },
      scale: object({ specReplicasPath: text, statusReplicasPath: text, labelSelectorPath: text }, [
        "specReplicasPath",
        "statusReplicasPath",
      ]),
    }),
    additionalPrinterColumns: atomic(
      object({ name: text, type: text, format: text, description: text, priority: { type: "integer", format: "int32" }, jsonPath: text }, [
        "name",
        "type",
        "jsonPath",
      ]),
    ),
    selectableFields: atomic(object({ jsonPath: text }, ["jsonPath"])),
  },
  ["name", "served", "storage"],
);

/** apiextensions.k8s.io/v1 CustomResourceDefinition. Field names and types are upstream's. @see NOTICE */
export const crdSchema: JsonSchema = object({
  apiVersion: text,
  kind: text,
  metadata: { type: "object" },
  spec: object(
    {
      group: text,
      names,
      scope: text,
      versions: atomic(version),
      preserveUnknownFields: flag,
      conversion: object(
        {
          strategy: text,
          webhook: object(
            {
              clientConfig: object({
                url: text,
                caBundle: { type: "string", format: "byte" },
                service: object({ name: text, namespace: text, path: text, port: { type: "integer", format: "int32" } }, [
                  "namespace",
                  "name",
                ]),
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
  status: object({
    acceptedNames: names,
    conditions: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: object(
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
