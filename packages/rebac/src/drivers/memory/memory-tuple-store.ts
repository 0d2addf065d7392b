import type { TupleRecord, TupleStore, TupleStoreRecord } from "../../tuple-store.ts";

/** Forgets everything with the process. The change log is kept whole, as upstream's storage in memory does. */
export class MemoryTupleStore implements TupleStore {
  readonly durable = false;
  readonly #logs = new Map<string, TupleRecord[]>();

  load(): number {
    return 0;
  }

  commit(records: readonly TupleStoreRecord[]): void {
    for (const record of records) {
      if (record.kind !== "tuple") continue;
      const log = this.#logs.get(record.storeId);
      if (log === undefined) this.#logs.set(record.storeId, [record]);
      else log.push(record);
    }
  }

  changes({ storeId, type, after, notBefore, limit }: Parameters<TupleStore["changes"]>[0]): TupleRecord[] {
    const log = this.#logs.get(storeId) ?? [];
    let low = 0;
    let high = log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (log[middle]!.sequence <= after || log[middle]!.time < notBefore) low = middle + 1;
      else high = middle;
    }
    const found: TupleRecord[] = [];
    for (let i = low; i < log.length && found.length < limit; i++) {
      if (type === "" || log[i]!.object.startsWith(`${type}:`)) found.push(log[i]!);
    }
    return found;
  }

  close(): void {
    this.#logs.clear();
  }
}
