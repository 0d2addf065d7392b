import type { StoredRecord } from "../../record.ts";
import { headerSize } from "../../require-commit.ts";

/** What `current` holds of a key. */
export interface CurrentRecord {
  record: StoredRecord;
  /** its index entries as they are written in the table: a JSON list of name, value, name, value …; "" for none */
  entries: string;
}

/** The records used last, bounded by bytes. A hint: what is missing here is read from the table. */
export class RecordCache {
  readonly #records = new Map<string, CurrentRecord>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(key: string): CurrentRecord | undefined {
    const found = this.#records.get(key);
    if (!found) return undefined;
    // The map's order is the order of use.
    this.#records.delete(key);
    this.#records.set(key, found);
    return found;
  }

  set(key: string, current: CurrentRecord): void {
    this.delete(key);
    const size = sizeOf(current);
    if (size > this.#bytesMax >> 3) return;
    this.#records.set(key, current);
    this.#bytes += size;
    for (const oldest of this.#records) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#bytes -= sizeOf(oldest[1]);
      this.#records.delete(oldest[0]);
    }
  }

  delete(key: string): void {
    const found = this.#records.get(key);
    if (!found) return;
    this.#bytes -= sizeOf(found);
    this.#records.delete(key);
  }

  clear(): void {
    this.#records.clear();
    this.#bytes = 0;
  }
}

/** With what the engine needs around it: map entry, objects, the buffer's own bookkeeping. */
const sizeOf = ({ record, entries }: CurrentRecord): number =>
  record.body.byteLength + headerSize(record.header) + record.key.length + entries.length + 500;
