import { encodeJson } from "@meshplane/apimachinery";
import type { KubeObject } from "@meshplane/apimachinery";
import type { StoredRecord } from "@meshplane/storage";
import { apiVersionOf, bodyPrefixBytes, decodeRecord, isPassThrough } from "./record-codec.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

/**
 * One object on its way out: stored bytes, the object, or both; each form is made at most once. The object is shared: read-only.
 */
export class Payload {
  readonly definition: ResourceDefinition;
  /** undefined for computed objects and dry runs */
  readonly record: StoredRecord | undefined;
  #object: KubeObject | undefined;

  constructor(definition: ResourceDefinition, record: StoredRecord | undefined, object?: KubeObject) {
    this.definition = definition;
    this.record = record;
    this.#object = object;
  }

  object(): KubeObject | Promise<KubeObject> {
    if (this.#object) return this.#object;
    const decoded = decodeRecord(this.record!, this.definition);
    if (!(decoded instanceof Promise)) return (this.#object = decoded);
    return decoded.then((object) => (this.#object = object));
  }

  /** JSON with a newline; no parsing while the stored form is the one served. */
  json(): Uint8Array | Promise<Uint8Array> {
    if (this.record && isPassThrough(this.record, this.definition))
      return spliceObject(this.record, headsOf(this.definition).object, newline);
    const object = this.object();
    return object instanceof Promise ? object.then(jsonLine) : jsonLine(object);
  }
}

const jsonLine = (object: KubeObject): Uint8Array => Buffer.from(`${encodeJson(object)}\n`, "utf8");
const newline = Buffer.from("\n");
const nothing = Buffer.alloc(0);

export interface Heads {
  /** up to the digits of the resourceVersion */
  readonly object: Buffer;
  /** of an item of a list: built-in kinds show neither kind nor apiVersion there (wire 2) */
  readonly item: Buffer;
  readonly added: Buffer;
  readonly modified: Buffer;
  readonly deleted: Buffer;
}

const heads = new WeakMap<ResourceDefinition, Heads>();

/** What stands before the stored bytes, by form. */
export function headsOf(definition: ResourceDefinition): Heads {
  let known = heads.get(definition);
  if (known) return known;
  const kind = JSON.stringify(definition.kind);
  const apiVersion = JSON.stringify(apiVersionOf(definition));
  const version = '"metadata":{"resourceVersion":"';
  const type = definition.builtIn ? `"kind":${kind},"apiVersion":${apiVersion},` : `"apiVersion":${apiVersion},"kind":${kind},`;
  known = {
    object: Buffer.from(`{${type}${version}`),
    item: Buffer.from(definition.builtIn ? `{${version}` : `{${type}${version}`),
    added: Buffer.from(`{"type":"ADDED","object":{${type}${version}`),
    modified: Buffer.from(`{"type":"MODIFIED","object":{${type}${version}`),
    deleted: Buffer.from(`{"type":"DELETED","object":{${type}${version}`),
  };
  heads.set(definition, known);
  return known;
}

/** Head, revision, stored bytes and tail in one buffer. */
export function spliceObject(record: StoredRecord, head: Buffer, tail: Buffer = nothing, revision = record.revision): Buffer {
  const digits = String(revision);
  const { body } = record;
  const out = Buffer.allocUnsafe(head.length + digits.length + 2 + body.length - bodyPrefixBytes + tail.length);
  writeObject(out, 0, head, digits, body, tail);
  return out;
}

/** How many bytes `writeObject` will write. */
export const splicedLength = (record: StoredRecord, head: Buffer, digits: string): number =>
  head.length + digits.length + 2 + record.body.length - bodyPrefixBytes;

/** @returns the position behind what was written */
export function writeObject(out: Buffer, at: number, head: Buffer, digits: string, body: Uint8Array, tail: Buffer = nothing): number {
  out.set(head, at);
  at += head.length;
  at += out.write(digits, at, "latin1");
  out[at++] = 0x22; // "
  out[at++] = 0x2c; // ,
  out.set(bodyPrefixBytes === 0 ? body : body.subarray(bodyPrefixBytes), at);
  at += body.length - bodyPrefixBytes;
  if (tail.length > 0) {
    out.set(tail, at);
    at += tail.length;
  }
  return at;
}
