/** What the engine keeps. A tuple's condition context, models and assertions are JSON texts. */
export interface StoreRecord {
  kind: "store";
  id: string;
  name: string;
  /** milliseconds since 1970 */
  time: number;
}

export interface StoreDeletion {
  kind: "store-deletion";
  id: string;
}

export interface ModelRecord {
  kind: "model";
  storeId: string;
  id: string;
  model: string;
}

export interface AssertionsRecord {
  kind: "assertions";
  storeId: string;
  modelId: string;
  assertions: string;
}

/** One line of the change log. */
export interface TupleRecord {
  kind: "tuple";
  storeId: string;
  /** one counter over all stores, growing; also the order of tuples */
  sequence: number;
  time: number;
  deleted: boolean;
  object: string;
  relation: string;
  user: string;
  /** "" without one; also in deletions */
  condition: string;
  context: string;
}

export type TupleStoreRecord = StoreRecord | StoreDeletion | ModelRecord | AssertionsRecord | TupleRecord;

/**
 * Where the engine's data survives. The engine holds the current tuples in memory and is the only one that writes; the store keeps them for
 * the next start and keeps the change log. Every driver passes `testOpenFga`.
 */
export interface TupleStore {
  /** Answers of `commit` take a while, so writers that wait together share one. */
  readonly durable: boolean;

  /**
   * Everything current, once, before anything else: stores and models in the order of writing, tuples by sequence without deleted ones.
   * @returns the greatest sequence ever used; 0 when nothing was
   */
  load(visit: (record: TupleStoreRecord) => void): number;

  /** All or nothing, in this order, durable when it returns. A failure ends the store: nothing after it is kept. */
  commit(records: readonly TupleStoreRecord[]): void;

  /** The change log of a store after a sequence and a time, oldest first; with a type only changes of its objects. */
  changes(query: { storeId: string; type: string; after: number; notBefore: number; limit: number }): TupleRecord[];

  close(): void;
}
