import type { KubeObject, ObjectMeta } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "./resource-definition.ts";

type Fail = (why: string) => never;

/**
 * Brings metadata into the one shape that the rest relies on: an object, of the right types, without empty members (Go's omitempty).
 * @param fail is called with the words of Go's decoder; it throws
 */
export function normalizeMetadata(object: KubeObject, definition: ResourceDefinition, fail: Fail): void {
  const given: unknown = object.metadata;
  if (given === undefined || given === null) {
    object.metadata = {};
    return;
  }
  if (typeof given !== "object" || Array.isArray(given)) fail(mismatch(given, definition, "metadata", "v1.ObjectMeta"));
  const metadata = given as Record<string, unknown>;
  for (const key of Object.keys(metadata)) {
    const value = metadata[key];
    if (value === null || value === "" || value === undefined) {
      delete metadata[key];
      continue;
    }
    switch (key) {
      case "name":
      case "generateName":
      case "namespace":
      case "selfLink":
      case "uid":
      case "resourceVersion":
        if (typeof value !== "string") fail(mismatch(value, definition, `metadata.${key}`, key === "uid" ? "types.UID" : "string"));
        break;
      case "generation":
      case "deletionGracePeriodSeconds":
        if (typeof value !== "number" || !Number.isInteger(value)) fail(mismatch(value, definition, `metadata.${key}`, "int64"));
        break;
      case "creationTimestamp":
      case "deletionTimestamp":
        if (typeof value !== "string") fail(mismatch(value, definition, `metadata.${key}`, "string"));
        break;
      case "labels":
      case "annotations":
        requireStringMap(metadata, key, definition, fail);
        break;
      case "finalizers":
        requireList(
          metadata,
          key,
          definition,
          fail,
          (item) => typeof item === "string" || fail(mismatch(item, definition, "metadata.finalizers", "string")),
        );
        break;
      case "ownerReferences":
        requireList(metadata, key, definition, fail, (item) => requireOwner(item, definition, fail));
        break;
      case "managedFields":
        requireList(
          metadata,
          key,
          definition,
          fail,
          (item) => isObject(item) || fail(mismatch(item, definition, "metadata.managedFields", "v1.ManagedFieldsEntry")),
        );
        break;
    }
  }
  delete (metadata as ObjectMeta).selfLink;
}

function requireStringMap(metadata: Record<string, unknown>, key: string, definition: ResourceDefinition, fail: Fail): void {
  const map = metadata[key];
  if (!isObject(map)) fail(mismatch(map, definition, `metadata.${key}`, "map[string]string"));
  const entries = map as Record<string, unknown>;
  let empty = true;
  for (const name of Object.keys(entries)) {
    const value = entries[name];
    if (value === null) entries[name] = "";
    else if (typeof value !== "string") fail(mismatch(value, definition, `metadata.${key}`, "string"));
    empty = false;
  }
  if (empty) delete metadata[key];
}

function requireList(
  metadata: Record<string, unknown>,
  key: string,
  definition: ResourceDefinition,
  fail: Fail,
  check: (item: unknown) => unknown,
): void {
  const list = metadata[key];
  if (!Array.isArray(list))
    fail(
      mismatch(
        list,
        definition,
        `metadata.${key}`,
        key === "finalizers" ? "[]string" : key === "ownerReferences" ? "[]v1.OwnerReference" : "[]v1.ManagedFieldsEntry",
      ),
    );
  if ((list as unknown[]).length === 0) {
    // an empty managedFields is a wish: forget who owns what
    if (key !== "managedFields") delete metadata[key];
  } else (list as unknown[]).forEach(check);
}

function requireOwner(item: unknown, definition: ResourceDefinition, fail: Fail): void {
  if (!isObject(item)) fail(mismatch(item, definition, "metadata.ownerReferences", "v1.OwnerReference"));
  const owner = item as Record<string, unknown>;
  for (const key of ["apiVersion", "kind", "name", "uid"]) {
    const value = owner[key];
    if (value === undefined || value === null) owner[key] = "";
    else if (typeof value !== "string")
      fail(mismatch(value, definition, `metadata.ownerReferences.${key}`, key === "uid" ? "types.UID" : "string"));
  }
  for (const key of ["controller", "blockOwnerDeletion"]) {
    const value = owner[key];
    if (value === null) delete owner[key];
    else if (value !== undefined && typeof value !== "boolean")
      fail(mismatch(value, definition, `metadata.ownerReferences.${key}`, "bool"));
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Go's name for what a JSON value is. */
export const goJsonType = (value: unknown): string =>
  Array.isArray(value)
    ? "array"
    : typeof value === "boolean"
      ? "bool"
      : typeof value === "bigint"
        ? "number"
        : value === null
          ? "null"
          : typeof value;

export const mismatch = (value: unknown, definition: ResourceDefinition, path: string, goType: string): string =>
  `json: cannot unmarshal ${goJsonType(value)} into Go ${placeOf(definition, path)} of type ${goType}`;

/** Metadata of custom resources is decoded by itself. */
function placeOf({ builtIn, kind }: ResourceDefinition, path: string): string {
  if (builtIn) return `struct field ${path === "metadata" ? kind : "ObjectMeta"}.${path}`;
  return path === "metadata" ? "value" : `struct field ObjectMeta.${path.replace("metadata.", "")}`;
}
