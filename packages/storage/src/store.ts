import type { NewRecord, RecordHeader, StoredRecord } from "./record.ts";

/** A decimal integer > 0, growing with every commit of the whole store, never reused; gaps are allowed. 0 means "absent". */
export type Revision = number;

/** An index entry: `index(name, value)` finds the records that carry it. Declared by definitions, kept in the same commit. */
export interface IndexEntry {
  name: string;
  value: string;
}

export interface Guard {
  key: string;
  /** the revision that the key must still be at; 0 for "absent"; "exists" for any */
  revision: Revision | "exists";
}

export interface Commit {
  key: string;
  /** revision that the caller saw; 0 for "absent" */
  expect: Revision;
  /** the record to write, or "delete" */
  write: NewRecord | "delete";
  /** up to 8 other keys that are compared, not changed */
  guards?: readonly Guard[];
  /** up to 32 index entries of the new record; those of the old one go in the same step. Ignored for a delete. */
  index?: readonly IndexEntry[];
}

export interface Committed {
  committed: true;
  revision: Revision;
}

export interface Conflict {
  committed: false;
  /** what is stored under `key` now; undefined when absent */
  current: StoredRecord | undefined;
  /** the guard that did not hold, when it was one */
  failedGuard?: Guard;
}

export interface RangeOptions {
  /** exclusive: keys greater than this one */
  after?: string;
  limit?: number;
  /** a past revision; @throws StoreError Compacted, FutureRevision */
  at?: Revision;
  headerFilter?: (header: RecordHeader, key: string) => boolean;
  /** bodies are empty arrays */
  keysOnly?: boolean;
}

export interface Range {
  records: StoredRecord[];
  /** the revision that this answer is true at */
  revision: Revision;
  /** more records that match lie beyond the limit */
  more: boolean;
  /** how many records of the prefix lie beyond the last one returned (an upper bound when headerFilter is given); from 10 000 on it may be less than there are */
  remaining: number;
}

export interface FeedEvent {
  revision: Revision;
  key: string;
  /** undefined for a deletion */
  record: StoredRecord | undefined;
  /** what the key held before; undefined for a creation */
  previous: StoredRecord | undefined;
}

export interface FeedBatch {
  events: FeedEvent[];
  /** everything up to here has been delivered */
  progress: Revision;
}

/**
 * Records by key under one revision counter. Every driver passes `testStore`.
 * @see k8s.io/apiserver pkg/storage/interfaces.go GuaranteedUpdate, whose retry loop lives in apiserver here
 */
export interface Store {
  /**
   * Changes one record, if it is still what the caller saw and every guard holds. All or nothing; durable when it resolves, and
   * delivered to the feed's consumer before it resolves (on a store that other processes share: as soon as the feed has it).
   *
   * @returns the new revision, greater than every revision ever returned; or what is stored instead, to try again
   * @throws StoreError TooLarge (record over 8 MiB), Unreachable (outcome unknown: read before retrying), Closed
   */
  commit(commit: Commit): Promise<Committed | Conflict>;

  get(key: string): Promise<StoredRecord | undefined>;

  /** Records whose key starts with `prefix`, in key order. */
  range(prefix: string, options?: RangeOptions): Promise<Range>;

  /** The newest records that carry the index entry, in key order, of keys that start with `prefix` (default: all). */
  index(name: string, value: string, prefix?: string, options?: { keysOnly?: boolean; limit?: number }): Promise<StoredRecord[]>;

  /**
   * Everything committed after `since` (0: from now on), in revision order, none twice, a revision never split. `deliver` is synchronous: when it returns,
   * this process' projections have seen the batch. Opened once per process.
   * @throws StoreError Compacted
   */
  feed(since: Revision, deliver: (batch: FeedBatch) => void): Promise<FeedHandle>;

  /** Past events of a prefix after `since`, from the log: for watches that resume behind the hub's ring. @throws StoreError Compacted */
  history(prefix: string, since: Revision, limit: number): Promise<FeedBatch>;

  /** The newest revision acknowledged by this store. */
  revision(): Promise<Revision>;

  /** Forgets history up to and including `revision` (current values stay). */
  compact(revision: Revision): Promise<void>;

  /** The newest compacted revision: history after it can be read. */
  compactedRevision(): Revision;

  close(): Promise<void>;
}

export interface FeedHandle {
  close(): void;
}

export type StoreErrorCode = "Compacted" | "FutureRevision" | "TooLarge" | "Unreachable" | "Corrupt" | "Locked" | "NewerFormat" | "Closed";

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}
