import type { StoredRecord } from "../../record.ts";
import { headerSize } from "../../require-commit.ts";

/** What `current` holds of a key. */
export interface CurrentRecord {
  record: StoredRecord;
  /** its index entries as they are written in the table: a JSON list of name, value, name, value …; "" for none */
  entries: string;
}

/**
 * The records used last, bounded by bytes. A hint: what is missing here is read from the table. Two generations instead of one list in
 * order of use: when the young one is full it becomes the old one, and what of the old one nobody asked for meanwhile goes at once.
 */
export class RecordCache {
  readonly #bytesMax: number;
  #young = new Map<string, CurrentRecord>();
  #old = new Map<string, CurrentRecord>();
  #youngBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(key: string): CurrentRecord | undefined {
    const young = this.#young.get(key);
    if (young) return young;
    const old = this.#old.get(key);
    if (old) this.set(key, old);
    return old;
  }

  set(key: string, current: CurrentRecord): void {
    const size = sizeOf(current);
    if (size > this.#bytesMax >> 3) return this.delete(key);
    // A replaced value is charged until its generation ends: that errs towards less memory.
    this.#young.set(key, current);
    this.#youngBytes += size;
    if (this.#youngBytes <= this.#bytesMax >> 1) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngBytes = 0;
  }
}

/** With what the engine needs around it: map entry, objects, the buffer's own bookkeeping. */
const sizeOf = ({ record, entries }: CurrentRecord): number =>
  record.body.byteLength + headerSize(record.header) + record.key.length + entries.length + 500;
