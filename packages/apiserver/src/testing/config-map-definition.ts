import { fieldInvalid, isConfigMapKey } from "@meshplane/apimachinery";
import type { FieldError, JsonSchema, KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "../resource-definition.ts";
import type { Strategy } from "../registry/strategy.ts";
import { allVerbs } from "../target.ts";

const schema: JsonSchema = {
  type: "object",
  properties: {
    data: { type: "object", additionalProperties: { type: "string" } },
    binaryData: { type: "object", additionalProperties: { type: "string", format: "byte" } },
    immutable: { type: "boolean" },
  },
};

const strategy: Strategy = {
  nameValidation: "dns1123Subdomain",
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  validateCreate: (object) => keyErrors(object),
  validateUpdate: (next) => keyErrors(next),
};

function keyErrors({ data }: KubeObject): FieldError[] {
  const keys = typeof data === "object" && data !== null ? Object.keys(data) : [];
  return keys.flatMap((key) => isConfigMapKey(key).map((detail) => fieldInvalid(`data[${key}]`, key, detail)));
}

/** A ConfigMap that is good enough for tests of the generic server. */
export const testConfigMaps: ResourceDefinition = {
  group: "",
  version: "v1",
  resource: "configmaps",
  singular: "configmap",
  kind: "ConfigMap",
  listKind: "ConfigMapList",
  shortNames: ["cm"],
  categories: [],
  namespaced: true,
  verbs: allVerbs,
  builtIn: true,
  storage: { group: "", resource: "configmaps", identity: "-" },
  hash: "test-configmaps-1",
  schema,
  strategy,
  subresources: {},
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Data", type: "integer" },
  ],
  tableCells: ({ metadata, data }) => [metadata.name, Object.keys((data as object) ?? {}).length],
  selectableFields: [],
  discoverable: true,
};

/** A custom resource with spec, status and generation. */
export const testWidgets: ResourceDefinition = {
  group: "example.com",
  version: "v1",
  resource: "widgets",
  singular: "widget",
  kind: "Widget",
  listKind: "WidgetList",
  shortNames: ["wd"],
  categories: ["all"],
  namespaced: false,
  verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
  builtIn: false,
  storage: { group: "example.com", resource: "widgets", identity: "customresources" },
  hash: "test-widgets-1",
  schema: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        properties: { size: { type: "integer" }, color: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
      },
      status: { type: "object", properties: { phase: { type: "string" } } },
    },
  },
  strategy: {
    nameValidation: "dns1123Subdomain",
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    hasGeneration: true,
    status: {},
  },
  subresources: { status: { kind: "Widget", verbs: ["get", "patch", "update"] } },
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Size", type: "integer" },
  ],
  tableCells: ({ metadata, spec }) => [metadata.name, (spec as { size?: number } | undefined)?.size ?? null],
  selectableFields: ["spec.color"],
  selectableFieldValues: ({ spec }) => ({ "spec.color": (spec as { color?: string } | undefined)?.color ?? "" }),
  discoverable: true,
};
