import type { JsonSchema, KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "./resource-definition.ts";

/** metadata is the same for all kinds and not part of their schema. */
const metadataFields = new Set([
  "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
  "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
]); // prettier-ignore
const ownerFields = new Set(["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"]);
const managedFieldsFields = new Set(["manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource"]);

/** How many unknown fields are named; the rest is pruned silently. */
const namedMax = 1000;

/**
 * Removes what the schema does not know, in place.
 * @returns paths of what went, in the order found: `spec.x`, `spec.list[0].y`
 */
export function pruneUnknownFields(object: KubeObject, definition: ResourceDefinition): string[] {
  const unknown: string[] = [];
  const note = (path: string): void => void (unknown.length < namedMax && unknown.push(path));
  pruneMetadata(object.metadata as Record<string, unknown>, note);
  if (definition.preserveUnknownFields) return unknown;
  const { properties } = definition.schema;
  const preserves = definition.schema["x-kubernetes-preserve-unknown-fields"] === true;
  for (const key of Object.keys(object)) {
    if (key === "apiVersion" || key === "kind" || key === "metadata") continue;
    const schema = properties && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (schema) prune(object[key], schema, key, note);
    else if (!preserves) {
      delete object[key];
      note(key);
    }
  }
  return unknown;
}

function pruneMetadata(metadata: Record<string, unknown>, note: (path: string) => void): void {
  pruneKeys(metadata, metadataFields, "metadata", note);
  pruneEach(metadata.ownerReferences, ownerFields, "metadata.ownerReferences", note);
  pruneEach(metadata.managedFields, managedFieldsFields, "metadata.managedFields", note);
}

function pruneEach(list: unknown, known: ReadonlySet<string>, path: string, note: (path: string) => void): void {
  if (!Array.isArray(list)) return;
  list.forEach((item, i) => {
    if (isObject(item)) pruneKeys(item, known, `${path}[${i}]`, note);
  });
}

function pruneKeys(object: Record<string, unknown>, known: ReadonlySet<string>, path: string, note: (path: string) => void): void {
  for (const key of Object.keys(object)) {
    if (known.has(key)) continue;
    delete object[key];
    note(`${path}.${key}`);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Depth is bounded by the decoder's limit, and by the schema where it is not recursive. */
function prune(value: unknown, schema: JsonSchema, path: string, note: (path: string) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) for (let i = 0; i < value.length; i++) prune(value[i], items, `${path}[${i}]`, note);
    return;
  }
  const object = value as Record<string, unknown>;
  const { properties, additionalProperties } = schema;
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema["x-kubernetes-embedded-resource"] && isObject(object.metadata))
    pruneMetadata(object.metadata, (inner) => note(`${path}.${inner}`));
  for (const key of Object.keys(object)) {
    if (schema["x-kubernetes-embedded-resource"] && (key === "apiVersion" || key === "kind" || key === "metadata")) continue;
    const known = properties && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (known) prune(object[key], known, `${path}.${key}`, note);
    else if (typeof additionalProperties === "object") prune(object[key], additionalProperties, `${path}.${key}`, note);
    else if (additionalProperties === true || preserves) continue;
    else if (properties || schema.type === "object") {
      delete object[key];
      note(`${path}.${key}`);
    }
  }
}
