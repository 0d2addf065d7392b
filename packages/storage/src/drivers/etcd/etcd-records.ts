import { decodeHeader, encodeHeader } from "../../encode-header.ts";
import type { NewRecord, StoredRecord } from "../../record.ts";
import type { IndexEntry, Revision } from "../../store.ts";
import { StoreError } from "../../store.ts";
import type { KeyValue } from "./etcd-protocol.ts";

const newline = 10;

/** A record as it lies in etcd: its header, its index entries (to know which companion keys go when it changes) and its body. */
export interface EtcdRecord {
  record: StoredRecord;
  entries: readonly IndexEntry[];
}

/**
 * Where things are in etcd: records below `<prefix>/records`, index entries below `<prefix>/index`. A watch of the records sees one event
 * for each revision, because a commit changes one of them.
 */
export class EtcdKeys {
  readonly #records: string;
  readonly #index: string;

  constructor(prefix: string) {
    const root = prefix.replace(/\/+$/, "");
    this.#records = `${root}/records`;
    this.#index = `${root}/index/`;
  }

  /** of a record, or of all records with a prefix */
  record(key: string): Buffer {
    return Buffer.from(this.#records + key);
  }

  recordKey(key: Buffer): string {
    return key.toString("utf8").slice(this.#records.length);
  }

  /** of an entry of one record, or of all records with a prefix */
  entry({ name, value }: IndexEntry, key: string): Buffer {
    return Buffer.from(`${this.#index}${withoutNul(name)}\0${withoutNul(value)}\0${key}`);
  }
}

/** Values come from users: a NUL in one must not pass for the separator. */
const withoutNul = (text: string): string =>
  text.includes("\0") || text.includes("\x01") ? text.replaceAll("\x01", "\x01\x02").replaceAll("\0", "\x01\x01") : text;

export function encodeValue({ header, body }: NewRecord, entries: readonly IndexEntry[]): Buffer {
  const head = `${encodeHeader(header)}\n${JSON.stringify(entries.flatMap(({ name, value }) => [name, value]))}\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** @throws StoreError Corrupt, NewerFormat */
export function decodeValue(key: string, revision: Revision, value: Buffer): EtcdRecord {
  const headEnd = value.indexOf(newline);
  const entriesEnd = value.indexOf(newline, headEnd + 1);
  if (headEnd < 0 || entriesEnd < 0) throw new StoreError("Corrupt", `the value of ${key} in etcd was not written by this program`);
  const header = decodeHeader(value.toString("utf8", 0, headEnd), key);
  const flat = JSON.parse(value.toString("utf8", headEnd + 1, entriesEnd)) as string[];
  const entries: IndexEntry[] = [];
  for (let i = 0; i < flat.length; i += 2) entries.push({ name: flat[i]!, value: flat[i + 1]! });
  // A copy: a view would keep the whole message that it came with.
  return { record: { key, revision, header, body: new Uint8Array(value.subarray(entriesEnd + 1)) }, entries };
}

export const decodeKeyValue = (key: string, { mod_revision, value }: KeyValue): EtcdRecord => decodeValue(key, mod_revision, value);

/** The first key behind all that start with these bytes. */
export function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i]! < 0xff) {
      end[i]!++;
      return end.subarray(0, i + 1);
    }
  }
  return Buffer.from([0]); // to the end of all keys
}
