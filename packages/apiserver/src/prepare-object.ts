import { badRequest, conflict, equalJson, fieldInvalid, invalid, objectModified } from "@meshplane/apimachinery";
import type { FieldError, KubeObject } from "@meshplane/apimachinery";
import type { StoredRecord } from "@meshplane/storage";
import { generateName } from "./registry/names.ts";
import { registryKey } from "./registry/keys.ts";
import { garbageObjectResourceVersion, parseResourceVersion } from "./request-options.ts";
import { groupResourceOf } from "./resource-definition.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import type { ResourceRequest } from "./resource-request.ts";

/** The object and the URL agree on where it lies; the URL fills in what the object leaves out. @throws StatusError 400 (wire 47) */
export function requireSameObject(object: KubeObject, request: ResourceRequest): void {
  const { metadata } = object;
  const { name } = request;
  if (name !== "") {
    if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
    if (metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  requireSameNamespace(object, request);
}

/** @throws StatusError 400 */
export function requireSameNamespace({ metadata }: KubeObject, { definition, namespace }: ResourceRequest): void {
  if (definition.namespaced && !metadata.namespace) metadata.namespace = namespace;
  if ((metadata.namespace ?? "") !== (definition.namespaced ? namespace : "")) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}

/** What a client cannot set on a new object is dropped, before anybody comes to own it. */
export function dropServerFields({ metadata }: KubeObject): void {
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.resourceVersion;
  delete metadata.selfLink;
}

/** What the server owns of a new object's metadata. */
export function prepareNewMetadata({ metadata }: KubeObject, request: ResourceRequest): void {
  const { server, definition } = request;
  if (!metadata.name && metadata.generateName) metadata.name = generateName(metadata.generateName);
  metadata.uid = server.options.uid();
  metadata.creationTimestamp = timestamp(server.options.clock());
  if (definition.strategy.hasGeneration) metadata.generation = 1;
}

/** RFC 3339 in seconds, as metadata has it. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastTimestamp = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
  }
  return lastTimestamp;
}
let lastSecond = -1;
let lastTimestamp = "";

/** What an update may not touch of metadata is put back, silently. */
export function restoreMetadata(next: KubeObject, current: KubeObject): void {
  const mine = next.metadata;
  const { metadata } = current;
  mine.creationTimestamp = metadata.creationTimestamp ?? null;
  if (mine.creationTimestamp === null) delete mine.creationTimestamp;
  if (metadata.deletionTimestamp != null) mine.deletionTimestamp ??= metadata.deletionTimestamp;
  if (metadata.deletionGracePeriodSeconds != null) mine.deletionGracePeriodSeconds ??= metadata.deletionGracePeriodSeconds;
  if (metadata.generation !== undefined) mine.generation = metadata.generation;
  else delete mine.generation;
  if (metadata.generateName !== undefined) mine.generateName = metadata.generateName;
  delete mine.selfLink;
  mine.uid ??= metadata.uid!;
  mine.resourceVersion = metadata.resourceVersion!;
}

/**
 * A stale or, where it is needed, missing resourceVersion.
 * @throws StatusError 409, 422, 500 (wire 45)
 */
export function requireFreshVersion(next: KubeObject, current: StoredRecord, { definition, name }: ResourceRequest): void {
  const given = next.metadata.resourceVersion;
  if (given === undefined || given === "0") {
    if (definition.strategy.allowUnconditionalUpdate) return;
    const error = fieldInvalid("metadata.resourceVersion", 0, "must be specified for an update");
    throw invalid({ group: definition.group, kind: definition.resource }, name, [error]);
  }
  const revision = parseResourceVersion(given);
  if (revision === undefined) throw garbageObjectResourceVersion(given);
  if (revision !== current.revision) throw conflict(groupResourceOf(definition), name, objectModified);
}

/** A PUT that names another uid means another object. @throws StatusError 409 (wire 46) */
export function requireSameUid(
  uid: string | undefined,
  storedUid: string,
  { definition, cluster, namespace, name }: ResourceRequest,
): void {
  if (!uid || uid === storedUid) return;
  const key = registryKey(definition, cluster, namespace, name);
  throw conflict(
    groupResourceOf(definition),
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${storedUid}`,
  );
}

/** What this address cannot change is taken from the stored object: the status of the main resource, all but the status of `/status`. */
export function keepOtherHalf(next: KubeObject, current: KubeObject | undefined, { definition, subresource }: ResourceRequest): void {
  if (subresource === "status") {
    if (!current) return;
    for (const key of Object.keys(next)) if (!isHead(key) && key !== "status" && current[key] === undefined) delete next[key];
    for (const key of Object.keys(current)) if (!isHead(key) && key !== "status") next[key] = current[key];
    if (definition.builtIn) return;
    const { managedFields, resourceVersion, uid } = next.metadata;
    const { managedFields: _dropped, ...metadata } = current.metadata;
    next.metadata = { ...metadata, ...(managedFields ? { managedFields } : {}), ...(uid ? { uid } : {}) };
    if (resourceVersion !== undefined) next.metadata.resourceVersion = resourceVersion;
    return;
  }
  if (!Object.hasOwn(definition.subresources, "status")) return;
  if (current?.status === undefined) delete next.status;
  else next.status = current.status;
}

const isHead = (key: string): boolean => key === "apiVersion" || key === "kind" || key === "metadata";

/** metadata.generation grows with what the definition calls a change. */
export function countGeneration(next: KubeObject, current: KubeObject, definition: ResourceDefinition): void {
  if (!definition.strategy.hasGeneration) return;
  const changed = definition.strategy.specChanged?.(next, current) ?? differsBeyondStatus(next, current);
  if (changed) next.metadata.generation = (current.metadata.generation ?? 0) + 1;
}

function differsBeyondStatus(next: KubeObject, current: KubeObject): boolean {
  for (const key of Object.keys(next)) if (!isHead(key) && key !== "status" && !equalJson(next[key], current[key])) return true;
  for (const key of Object.keys(current))
    if (!isHead(key) && key !== "status" && next[key] === undefined && current[key] !== undefined) return true;
  return false;
}

/** True when storing `next` would change nothing but the times in managedFields, and puts those back. */
export function isUnchanged(next: KubeObject, current: KubeObject): boolean {
  const mine = next.metadata;
  const theirs = current.metadata;
  const managed = mine.managedFields;
  if (managed !== theirs.managedFields && !equalJson(withoutTimes(managed), withoutTimes(theirs.managedFields))) return false;
  if (theirs.managedFields === undefined) delete mine.managedFields;
  else mine.managedFields = theirs.managedFields;
  if (equalJson(next, current)) return true;
  if (managed === undefined) delete mine.managedFields;
  else mine.managedFields = managed;
  return false;
}

const withoutTimes = (entries: KubeObject["metadata"]["managedFields"]): unknown =>
  (entries ?? []).map((entry) => ({ ...entry, time: undefined }));

/** @throws StatusError 422 */
export function requireValid(errors: readonly FieldError[], definition: ResourceDefinition, name: string): void {
  if (errors.length > 0) throw invalid(definition, name, [...errors]);
}

/** Owners named twice count once. */
export function dedupeOwners({ metadata }: KubeObject, warn: (text: string) => void): void {
  const owners = metadata.ownerReferences;
  if (!owners || owners.length < 2) return;
  const seen = new Set<string>();
  const unique = owners.filter((owner) => {
    const id = JSON.stringify([owner.uid, owner.name, owner.kind, owner.apiVersion, owner.controller, owner.blockOwnerDeletion]);
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
  if (unique.length === owners.length) return;
  metadata.ownerReferences = unique;
  warn(
    ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests",
  );
}
