import type { JsonValue } from "../object.ts";
import { goTypeOf } from "../patch/decode-patch.ts";
import { parseRfc3339 } from "../time.ts";

type Kind = "string" | "bool" | "int64" | "time" | "fields";
type Field = Kind | { list: Field; go: string } | { map: Kind } | { struct: string; fields: Record<string, Field> };

const owner: Field = {
  struct: "OwnerReference",
  fields: { apiVersion: "string", kind: "string", name: "string", uid: "string", controller: "bool", blockOwnerDeletion: "bool" },
};
const managed: Field = {
  struct: "ManagedFieldsEntry",
  fields: {
    manager: "string",
    operation: "string",
    apiVersion: "string",
    time: "time",
    fieldsType: "string",
    fieldsV1: "fields",
    subresource: "string",
  },
};
const metadata: Field = {
  struct: "ObjectMeta",
  fields: {
    name: "string",
    generateName: "string",
    namespace: "string",
    selfLink: "string",
    uid: "string",
    resourceVersion: "string",
    generation: "int64",
    creationTimestamp: "time",
    deletionTimestamp: "time",
    deletionGracePeriodSeconds: "int64",
    labels: { map: "string" },
    annotations: { map: "string" },
    ownerReferences: { list: owner, go: "[]v1.OwnerReference" },
    finalizers: { list: "string", go: "[]string" },
    managedFields: { list: managed, go: "[]v1.ManagedFieldsEntry" },
  },
};

/**
 * What keeps a value from being metadata, as Go's decoder says it: `json: cannot unmarshal number into Go struct field ObjectMeta.labels of
 * type string`; undefined when it fits. Callers answer it as 400.
 *
 * @param parent what the decoder says before `metadata`'s fields: "" where metadata is decoded by itself (custom and embedded resources);
 *   `ConfigMap` where it is a field of that struct (built-in kinds)
 */
export function objectMetaTypeError(value: JsonValue | undefined, parent = ""): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) {
    return parent === ""
      ? `json: cannot unmarshal ${goTypeOf(value)} into Go value of type v1.ObjectMeta`
      : `json: cannot unmarshal ${goTypeOf(value)} into Go struct field ${parent}.metadata of type v1.ObjectMeta`;
  }
  return typeError(value, metadata, "", parent === "" ? "" : "metadata.");
}

function typeError(value: JsonValue | undefined, field: Field, at: string, prefix: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const wrong = (type: string): string => `json: cannot unmarshal ${goTypeOf(value)} into Go struct field ${at} of type ${type}`;
  const isMap = typeof value === "object" && !Array.isArray(value);
  if (typeof field === "string") return scalarError(value, field, wrong);
  if ("list" in field) {
    if (!Array.isArray(value)) return wrong(field.go);
    for (const item of value) {
      const error = typeError(item, field.list, at, prefix);
      if (error) return error;
    }
    return undefined;
  }
  if ("map" in field) {
    if (!isMap) return wrong("map[string]string");
    for (const key of Object.keys(value)) {
      const error = typeError(value[key], field.map, at, prefix);
      if (error) return error;
    }
    return undefined;
  }
  if (!isMap) return wrong(`v1.${field.struct}`);
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(field.fields, key)) continue;
    const path = `${prefix}${key}`;
    const error = typeError(value[key], field.fields[key]!, `${field.struct}.${path}`, `${path}.`);
    if (error) return error;
  }
  return undefined;
}

function scalarError(value: JsonValue, kind: Kind, wrong: (type: string) => string): string | undefined {
  switch (kind) {
    case "string":
      return typeof value === "string" ? undefined : wrong("string");
    case "bool":
      return typeof value === "boolean" ? undefined : wrong("bool");
    case "int64":
      if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return undefined;
      return typeof value === "number" ? wrong("int64").replace("unmarshal number", `unmarshal number ${value}`) : wrong("int64");
    case "time":
      if (typeof value !== "string") return `json: cannot unmarshal ${goTypeOf(value)} into Go value of type string`;
      try {
        parseRfc3339(value);
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    default:
      return undefined; // fieldsV1 is kept as it is
  }
}
