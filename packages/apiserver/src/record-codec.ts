import { clusterAnnotation, decodeOwnJson, encodeJson, formatGroupVersion } from "@meshplane/apimachinery";
import type { JsonObject, KubeObject, ObjectMeta } from "@meshplane/apimachinery";
import type { IndexEntry, NewRecord, RecordHeader, StoredRecord } from "@meshplane/storage";
import { unknownFieldsOf } from "./unknown-fields.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

/** Gives bytes a buffer of their own, which the store can keep without a copy; `Buffer.from` cuts small ones from a shared one. */
const utf8 = new TextEncoder();

/** Every body begins with this; a head in the wanted form takes its place. @see docs/ARCHITECTURE.md "Records" */
export const bodyPrefix = '{"metadata":{';
export const bodyPrefixBytes = bodyPrefix.length;

/**
 * The record of an object that is about to be stored, in the stored version. Puts the cluster annotation in; apiVersion, kind and resourceVersion
 * stay out: they depend on who reads.
 */
export function encodeRecord(object: KubeObject, definition: ResourceDefinition, cluster: string): NewRecord {
  const { metadata } = object;
  setClusterAnnotation(metadata, cluster);
  return { header: headerOf(object, definition), body: utf8.encode(bodyText(object)) };
}

export function setClusterAnnotation(metadata: ObjectMeta, cluster: string): void {
  const annotations = (metadata.annotations ??= {});
  annotations[clusterAnnotation] = cluster;
}

function headerOf(object: KubeObject, definition: ResourceDefinition): RecordHeader {
  const { metadata } = object;
  return {
    definition: definition.hash,
    uid: metadata.uid!,
    deleting: metadata.deletionTimestamp != null,
    labels: metadata.labels,
    fields: definition.selectableFieldValues?.(object),
  };
}

function bodyText(object: KubeObject): string {
  const { metadata } = object;
  const resourceVersion = metadata.resourceVersion;
  delete metadata.resourceVersion;
  let text = `{"metadata":${encodeJson(metadata)}`;
  if (resourceVersion !== undefined) metadata.resourceVersion = resourceVersion;
  for (const key of Object.keys(object)) {
    if (key === "apiVersion" || key === "kind" || key === "metadata") continue;
    const value = object[key];
    if (value !== undefined) text += `,${JSON.stringify(key)}:${encodeJson(value)}`;
  }
  return `${text}}`;
}

const ownersMax = 24;

/** Entries of the store's index: the definition's own, owners, and that this cluster has objects of this resource. */
export function indexEntriesOf(object: KubeObject, definition: ResourceDefinition, cluster: string): IndexEntry[] {
  const entries: IndexEntry[] = definition.indexEntries?.(object) ?? [];
  entries.push({ name: "inventory", value: cluster });
  const owners = object.metadata.ownerReferences;
  if (owners) {
    const seen = new Set<string>();
    for (const { uid } of owners) {
      if (seen.has(uid) || seen.size >= ownersMax) continue;
      seen.add(uid);
      entries.push({ name: "owner", value: uid });
    }
  }
  return entries;
}

/** True while the stored bytes are what the wire shows, but for the head. */
export const isPassThrough = (record: StoredRecord, definition: ResourceDefinition): boolean =>
  definition.convert === undefined && record.header.definition === definition.hash;

/** The object of a record, in the definition's version: decoded, and where the stored form is another one, converted, pruned and defaulted. */
export function decodeRecord(record: StoredRecord, definition: ResourceDefinition): KubeObject | Promise<KubeObject> {
  const stored = decodeOwnJson(record.body) as JsonObject;
  const object = { apiVersion: apiVersionOf(definition), kind: definition.kind } as KubeObject;
  for (const key of Object.keys(stored)) object[key] = stored[key];
  object.metadata.resourceVersion = String(record.revision);
  if (isPassThrough(record, definition)) return object;
  if (!definition.convert) return asServed(object, definition);
  const converted = definition.convert.fromStorage(object);
  return converted instanceof Promise ? converted.then((it) => asServed(it, definition)) : asServed(converted, definition);
}

function asServed(object: KubeObject, definition: ResourceDefinition): KubeObject {
  object.apiVersion = apiVersionOf(definition);
  object.kind = definition.kind;
  unknownFieldsOf(object, definition);
  // what was converted has had the defaults of the stored version, as upstream reads it
  if (!definition.convert) definition.strategy.applyDefaults?.(object);
  return object;
}

const apiVersions = new WeakMap<ResourceDefinition, string>();

export function apiVersionOf(definition: ResourceDefinition): string {
  let text = apiVersions.get(definition);
  if (text === undefined) apiVersions.set(definition, (text = formatGroupVersion(definition)));
  return text;
}
