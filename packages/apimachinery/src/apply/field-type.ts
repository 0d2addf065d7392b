import type { JsonValue } from "../object.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { objectMetaSchema } from "../schema/object-meta-schema.ts";

/**
 * What apply has to know of a field: who can own how much of it. Compiled from a schema once.
 * @see sigs.k8s.io/structured-merge-diff schema
 */
export type FieldType = ScalarType | MapType | ListType | DeducedType;

export interface ScalarType {
  readonly kind: "scalar";
  readonly scalar: "string" | "numeric" | "boolean" | "any";
  /** Server-owned metadata: nobody is ever recorded as its owner. */
  readonly unowned?: boolean;
}

export interface MapType {
  readonly kind: "map";
  atomic: boolean;
  /** Declared fields; what is not among them has the type `element`, if any. */
  fields: Map<string, FieldType>;
  element: FieldType | undefined;
  /** `metadata`: its fields are owned, itself never. */
  unownedSelf: boolean;
}

export interface ListType {
  readonly kind: "list";
  relation: "atomic" | "set" | "map";
  /** Of `map`; sorted. */
  keys: readonly string[];
  defaults: ReadonlyMap<string, JsonValue>;
  element: FieldType;
}

/** Nothing declared: maps are owned key by key, lists as a whole. */
export interface DeducedType {
  readonly kind: "deduced";
}

export const deduced: DeducedType = { kind: "deduced" };
/** The list and the map that are read into a value of no declared type. */
export const deducedList: ListType = { kind: "list", relation: "atomic", keys: [], defaults: new Map(), element: deduced };
export const deducedMap: MapType = { kind: "map", atomic: false, fields: new Map(), element: deduced, unownedSelf: false };

const anyScalar: ScalarType = { kind: "scalar", scalar: "any" };
const textScalar: ScalarType = { kind: "scalar", scalar: "string" };

/** Never owned. @see k8s.io/apimachinery util/managedfields stripMetaManager */
const unownedText: ScalarType = { kind: "scalar", scalar: "string", unowned: true };
const unownedAny: ScalarType = { kind: "scalar", scalar: "any", unowned: true };

const types = new WeakMap<JsonSchema, FieldType>();
const resourceTypes = new WeakMap<JsonSchema, MapType>();

/** The type of a whole resource: its schema's, with apiVersion, kind and metadata as they are everywhere. */
export function resourceTypeOf(schema: JsonSchema): MapType {
  let type = resourceTypes.get(schema);
  if (type) return type;
  const own = fieldTypeOf(schema);
  const base = own.kind === "map" ? own : deducedMap;
  type = { ...base, fields: new Map(base.fields) };
  type.fields.set("apiVersion", unownedText);
  type.fields.set("kind", unownedText);
  type.fields.set("metadata", metadataType());
  resourceTypes.set(schema, type);
  return type;
}

function metadataType(): MapType {
  const base = fieldTypeOf(objectMetaSchema) as MapType;
  const fields = new Map(base.fields);
  for (const name of ["name", "namespace", "creationTimestamp", "selfLink", "uid", "resourceVersion"]) {
    fields.set(name, unownedText);
  }
  fields.set("generation", { kind: "scalar", scalar: "numeric", unowned: true });
  fields.set("managedFields", unownedAny);
  return { ...base, fields, unownedSelf: true };
}

function fieldTypeOf(schema: JsonSchema): FieldType {
  const known = types.get(schema);
  if (known) return known;
  const { type, properties, additionalProperties, items } = schema;
  const preserve = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema["x-kubernetes-int-or-string"]) return remember(schema, anyScalar);
  if (type === "array" || (type === undefined && items !== undefined)) return listTypeOf(schema);
  if (type === "object" || properties !== undefined || typeof additionalProperties === "object") {
    return mapTypeOf(schema, preserve);
  }
  switch (type) {
    case "string":
      return remember(schema, textScalar);
    case "integer":
    case "number":
      return remember(schema, { kind: "scalar", scalar: "numeric" });
    case "boolean":
      return remember(schema, { kind: "scalar", scalar: "boolean" });
    default:
      return remember(schema, deduced);
  }
}

function remember<T extends FieldType>(schema: JsonSchema, type: T): T {
  types.set(schema, type);
  return type;
}

function mapTypeOf(schema: JsonSchema, preserve: boolean): FieldType {
  const { properties, additionalProperties } = schema;
  const atomic = schema["x-kubernetes-map-type"] === "atomic";
  // Remembered before it is filled: schemas may contain themselves.
  const map: MapType = remember(schema, { kind: "map", atomic, fields: new Map(), element: undefined, unownedSelf: false });
  for (const [name, property] of Object.entries(properties ?? {})) map.fields.set(name, fieldTypeOf(property));
  if (typeof additionalProperties === "object") map.element = fieldTypeOf(additionalProperties);
  else if (preserve || additionalProperties === true || map.fields.size === 0) map.element = deduced;
  if (schema["x-kubernetes-embedded-resource"]) {
    map.fields.set("apiVersion", textScalar);
    map.fields.set("kind", textScalar);
    map.fields.set("metadata", fieldTypeOf(objectMetaSchema));
  }
  return map;
}

function listTypeOf(schema: JsonSchema): ListType {
  const relation = schema["x-kubernetes-list-type"] ?? "atomic";
  const list: ListType = remember(schema, { kind: "list", relation, keys: [], defaults: new Map(), element: deduced });
  if (relation === "map") {
    list.keys = [...(schema["x-kubernetes-list-map-keys"] ?? [])].sort();
    const defaults = new Map<string, JsonValue>();
    for (const key of list.keys) {
      const value = schema.items?.properties?.[key]?.default;
      if (value !== undefined && value !== null) defaults.set(key, value);
    }
    list.defaults = defaults;
  }
  if (schema.items) list.element = fieldTypeOf(schema.items);
  return list;
}
