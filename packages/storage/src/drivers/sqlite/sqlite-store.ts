/**
 * The embedded store, where a write is made durable: commits queue up, a batch of them is one SQLite transaction, the log is synced, and
 * only then is anybody answered or told (`#flush`, then `LogFile`).
 */
import { FeedConsumers, deliverTo } from "../../feed-consumers.ts";
import { decodeHeader, encodeHeader } from "../../encode-header.ts";
import { requireCommit } from "../../require-commit.ts";
import type { RecordHeader, StoredRecord } from "../../record.ts";
import type {
  Commit,
  Committed,
  Conflict,
  FeedBatch,
  FeedEvent,
  FeedHandle,
  Guard,
  IndexEntry,
  Range,
  RangeOptions,
  Revision,
  Store,
} from "../../store.ts";
import { StoreError } from "../../store.ts";
import { Checkpointer } from "./checkpointer.ts";
import { DiskReserve, giveReserve } from "./disk-reserve.ts";
import type { HistoryLimits } from "./history-retention.ts";
import { HistoryRetention, defaultHistoryLimits } from "./history-retention.ts";
import type { OpenDatabase } from "./open-database.ts";
import { openDatabase } from "./open-database.ts";
import type { CurrentRecord } from "./record-cache.ts";
import { RecordCache } from "./record-cache.ts";
import { LogFile } from "./log-file.ts";
import { isFull, isInputOutputError, toStoreError } from "./sqlite-errors.ts";
import type { KeySpan, RecordLine } from "./sqlite-reader.ts";
import { SqliteReader, keySpan, withoutBody } from "./sqlite-reader.ts";
import { SqliteWriter } from "./sqlite-writer.ts";
import { writeSnapshot } from "./write-snapshot.ts";

export interface SqliteStoreOptions {
  /** holds the data and the lock; made when it is missing */
  directory: string;
  /** hot records in memory; default 16 MiB */
  recordCacheBytes?: number;
  /** SQLite's page cache; default 4 MiB */
  pageCacheBytes?: number;
  history?: Partial<HistoryLimits>;
  /** pages of 4 KiB that the write-ahead log holds before it is moved into the file; default 4 000, a fifth faster than SQLite's own 1 000 */
  checkpointPages?: number;
  /** a disk whose syncs take longer is waited for aside of the event loop; default 0.5. A thread more costs a quarter of the writes of a fast disk */
  blockingSyncMsMax?: number;
  /** kept free for deletions when the disk is full, once the store holds some megabytes; default 16 MiB */
  reserveBytes?: number;
  /** milliseconds; default the machine's monotonic clock */
  now?: () => number;
  /**
   * Called once when a write or sync has failed and the store has stopped: nothing was acknowledged, and nothing will be until the process
   * is started again. By default the error is thrown where nobody catches it, so the process ends with it.
   */
  onFailure?: (error: StoreError) => void;
}

export interface SqliteStore extends Store {
  /** Writes a copy of everything to a new file while the store is in use. @returns the revision that it is true at */
  snapshot(file: string): Promise<Revision>;
}

/**
 * A store in one SQLite file, for one process. Commits that wait together share a transaction and its sync.
 *
 * @throws StoreError Locked, NewerFormat, Corrupt, Unreachable
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const open = (): Promise<OpenDatabase> => openDatabase(options.directory, options.pageCacheBytes ?? 4 << 20);
  const opened = await open().catch((error: unknown) => {
    if (!(error instanceof StoreError) || !isFull(error.cause) || !giveReserve(options.directory)) throw error;
    return open();
  });
  try {
    return new FileStore(opened, options);
  } catch (error) {
    opened.database.close();
    opened.unlock();
    throw toStoreError(error, options.directory);
  }
}

/** A bigger batch saves little: at this size a commit's share of the sync is small already, and the event loop waits for the batch. */
const batchMax = 32;
/** Rows that a read takes before it lets others run, about two milliseconds: a page of kubectl's 500 and one to see that there are more. */
const sliceRows = 501;
/** The same for rows of which only the header is read. */
const sliceLines = 1_000;
const sweepRows = 500;
/** The log's pages that a commit touches: its row, its place in `current`, and what lies above them. */
const pagesPerCommit = 2;
const pageBytes = 4096;

interface Pending {
  commit: Commit;
  /** encoded ahead, so that within the transaction nothing of the caller's can fail */
  header: string;
  body: Uint8Array;
  entries: string;
  /** an error is this commit's own: the others of its batch go on */
  outcome: Committed | Conflict | StoreError | undefined;
  resolve: (outcome: Committed | Conflict) => void;
  reject: (error: unknown) => void;
}

const nothing = new Uint8Array();

class FileStore implements SqliteStore {
  readonly #directory: string;
  readonly #opened: OpenDatabase;
  readonly #reader: SqliteReader;
  readonly #writer: SqliteWriter;
  readonly #cache: RecordCache;
  readonly #checkpointer: Checkpointer;
  readonly #retention: HistoryRetention;
  readonly #reserve: DiskReserve;
  readonly #consumers = new FeedConsumers();
  readonly #onFailure: (error: StoreError) => void;

  readonly #log: LogFile;

  #queue: Pending[] = [];
  #flushScheduled = false;
  #paused = false;
  /** what is in the tables already, but not on the disk for certain: nobody may see it yet */
  #inFlight: BatchChanges | undefined;
  /** the newest that is durable */
  #revision: Revision;
  /** the newest in the tables */
  #written: Revision;
  #compacted: Revision;
  /** up to here the values that nobody can ask for any more have been deleted; at most #compacted, except while a sweep runs */
  #swept: Revision;
  /** in the tables */
  #newestDeletion: Revision;
  #failure: StoreError | undefined;
  #closing: Promise<void> | undefined;
  #settledWaiters: (() => void)[] = [];

  constructor(opened: OpenDatabase, options: SqliteStoreOptions) {
    const { database, file } = opened;
    this.#directory = options.directory;
    this.#opened = opened;
    this.#reader = new SqliteReader(database, options.directory);
    this.#writer = new SqliteWriter(database);
    this.#cache = new RecordCache(options.recordCacheBytes ?? 16 << 20);
    this.#onFailure = options.onFailure ?? throwUncaught;
    const newest = database.prepare("SELECT max(revision) AS revision FROM log").get() as { revision: number | null };
    const meta = new Map(
      (database.prepare("SELECT name, value FROM meta").all() as { name: string; value: number }[]).map((row) => [row.name, row.value]),
    );
    // The newest row is never swept, so it knows the newest revision. A list of an empty store needs a resourceVersion above 0.
    this.#revision = newest.revision ?? 1;
    this.#written = this.#revision;
    this.#newestDeletion = this.#revision;
    this.#swept = meta.get("swept") ?? 1;
    this.#compacted = Math.max(this.#swept, meta.get("compacted") ?? 1);
    this.#retention = new HistoryRetention(
      { ...defaultHistoryLimits, ...options.history },
      this.#revision,
      options.now ?? (() => performance.now()),
    );
    this.#log = new LogFile(`${file}-wal`, options.blockingSyncMsMax ?? 0.5);
    this.#reserve = new DiskReserve(options.directory, options.reserveBytes ?? 16 << 20);
    this.#checkpointer = new Checkpointer({
      file,
      pages: options.checkpointPages ?? 4_000,
      onStart: () => this.#reserve.hold(),
      pause: (until) => this.#pause(until),
      onError: (error) => {
        if (isInputOutputError(error)) this.#fail(error);
      },
    });
  }

  commit(commit: Commit): Promise<Committed | Conflict> {
    return new Promise((resolve, reject) => {
      this.#requireOpen();
      requireCommit(commit);
      const { write } = commit;
      this.#queue.push({
        commit,
        header: write === "delete" ? "" : encodeHeader(write.header),
        body: write === "delete" ? nothing : ownBytes(write.body),
        entries: write === "delete" ? "" : encodeEntries(commit.index),
        outcome: undefined,
        resolve,
        reject,
      });
      this.#scheduleFlush();
    });
  }

  async get(key: string): Promise<StoredRecord | undefined> {
    this.#requireOpen();
    return this.#read(() => this.#current(key))?.record;
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<Range> {
    this.#requireOpen();
    const at = options.at ?? this.#revision;
    const limit = options.limit || Infinity;
    const whole = keySpan(prefix, options.after);
    const records: StoredRecord[] = [];
    let more = false;
    for (let start = whole.start, done = false; !done && !more;) {
      // Others may have committed, or compacted, since the last slice.
      this.#requireOpen();
      this.#requireReadable(at);
      const wanted = options.headerFilter ? sliceLines : Math.min(sliceRows, limit - records.length + 1);
      const slice = this.#read(() => this.#slice({ start, end: whole.end }, at, wanted, options));
      for (const line of slice.lines) {
        const header = options.headerFilter && decodeHeader(line.header, line.key);
        if (header && !options.headerFilter!(header, line.key)) continue;
        if (records.length === limit) {
          more = true;
          break;
        }
        records.push(this.#read(() => this.#finish(line, header, options)));
      }
      done = slice.next === undefined;
      if (slice.next !== undefined) start = slice.next;
      if (!done && !more) await nextTurn();
    }
    const remaining = more
      ? this.#read(() => this.#reader.count(keySpan(prefix, records.at(-1)!.key), at === this.#written ? undefined : at))
      : 0;
    return { records, revision: at, more, remaining };
  }

  async index(name: string, value: string, prefix = "", options: { keysOnly?: boolean; limit?: number } = {}): Promise<StoredRecord[]> {
    const limit = options.limit || Infinity;
    const records: StoredRecord[] = [];
    for (let after: string | undefined; records.length < limit;) {
      this.#requireOpen();
      // The table has only the newest entries, so it is read when all of them may be seen.
      while (this.#inFlight) await this.#settled();
      this.#requireOpen();
      const wanted = Math.min(sliceRows, limit - records.length);
      const span = keySpan(prefix, after);
      const slice = this.#read(() =>
        options.keysOnly
          ? this.#reader.indexedLines(name, value, span, wanted).map(withoutBody)
          : this.#reader.indexed(name, value, span, wanted),
      );
      records.push(...slice);
      if (slice.length < wanted || slice.length === 0) break;
      after = slice.at(-1)!.key;
      if (records.length < limit) await nextTurn();
    }
    return records;
  }

  async feed(since: Revision, deliver: (batch: FeedBatch) => void): Promise<FeedHandle> {
    this.#requireOpen();
    for (let cursor = since; cursor > 0;) {
      this.#requireReadable(cursor);
      const { events } = this.#read(() => this.#reader.events(cursor, this.#revision, sliceRows, () => true));
      if (events.length === 0) break;
      cursor = events.at(-1)!.revision;
      deliverTo(deliver, { events, progress: cursor });
      if (cursor === this.#revision) break; // nothing can come between this and the next line
      await nextTurn();
      this.#requireOpen();
    }
    return this.#consumers.add(deliver);
  }

  async history(prefix: string, since: Revision, limit: number): Promise<FeedBatch> {
    const events: FeedEvent[] = [];
    const wanted = (key: string): boolean => key.startsWith(prefix);
    for (let cursor = since; ;) {
      this.#requireOpen();
      this.#requireReadable(since);
      const upTo = this.#revision;
      const slice = this.#read(() => this.#reader.events(cursor, upTo, sliceRows, wanted));
      events.push(...slice.events.slice(0, limit - events.length));
      if (events.length >= limit) return { events, progress: events.at(-1)!.revision };
      if (slice.scanned === 0 || slice.scanned === upTo) return { events, progress: upTo };
      cursor = slice.scanned;
      await nextTurn();
    }
  }

  async revision(): Promise<Revision> {
    this.#requireOpen();
    return this.#revision;
  }

  async compact(revision: Revision): Promise<void> {
    this.#requireOpen();
    if (revision > this.#revision) throw this.#futureRevision(revision);
    if (revision <= this.#compacted) return;
    this.#transaction(() => this.#writer.setMeta("compacted", revision));
    this.#compacted = revision;
    // The newest row stays even when it is a tombstone: it carries the revision counter.
    for (let end = Math.min(revision, this.#revision - 1); this.#swept < end;) {
      const upTo = Math.min(end, this.#swept + sweepRows);
      this.#transaction(() => {
        this.#writer.sweep(this.#swept, upTo);
        this.#writer.setMeta("swept", upTo);
      });
      this.#swept = Math.max(this.#swept, upTo);
      await nextTurn();
      this.#requireOpen();
    }
    await this.#log.sync().catch((error: unknown) => {
      throw this.#fail(error);
    });
  }

  compactedRevision(): Revision {
    return this.#compacted;
  }

  async snapshot(file: string): Promise<Revision> {
    this.#requireOpen();
    if (this.#inFlight) await this.#settled();
    return writeSnapshot(this.#opened.file, file);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    while (this.#inFlight || (this.#queue.length > 0 && !this.#failure)) await this.#settled();
    this.#consumers.clear();
    await this.#checkpointer.close();
    const { database, unlock } = this.#opened;
    try {
      if (!this.#failure) database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // no room on the disk, say: what was written is in the log, and is found there at the next start
    } finally {
      database.close();
      this.#log.close();
      unlock();
      this.#cache.clear();
    }
  }

  // Writing

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#paused || this.#inFlight) return;
    this.#flushScheduled = true;
    // Everything that this turn of the loop brought in shares the transaction.
    setImmediate(() => {
      this.#flushScheduled = false;
      if (this.#paused || this.#inFlight) return;
      this.#flush();
      if (!this.#inFlight) this.#afterBatch();
    });
  }

  #afterBatch(): void {
    for (const wake of this.#settledWaiters.splice(0)) wake();
    if (this.#queue.length > 0 && !this.#failure) this.#scheduleFlush();
  }

  /** Once the batch under way is on the disk, or has failed; when nothing is under way, once the next one is. */
  #settled(): Promise<void> {
    return new Promise((resolve) => this.#settledWaiters.push(resolve));
  }

  #pause(until: Promise<unknown>): void {
    this.#paused = true;
    const resume = (): void => {
      this.#paused = false;
      if (this.#queue.length > 0) this.#scheduleFlush();
    };
    void until.then(resume, resume);
  }

  #flush(): void {
    if (this.#failure || this.#queue.length === 0) return;
    const batch = this.#queue.length <= batchMax ? this.#queue : this.#queue.slice(0, batchMax);
    this.#queue = this.#queue.length <= batchMax ? [] : this.#queue.slice(batchMax);
    const changes = new BatchChanges(this.#revision);
    if (this.#reserve.spent) this.#reserve.recovered();
    try {
      this.#writer.begin();
      for (const pending of batch) pending.outcome = this.#apply(pending, changes);
      this.#sweepAlong(changes);
      this.#writer.commit();
    } catch (error) {
      this.#abandon(batch, error);
      return;
    }
    if (changes.events.length === 0) {
      answer(batch);
      return;
    }
    this.#noteWritten(changes);
    if (this.#log.isQuick) {
      try {
        this.#log.syncNow();
      } catch (error) {
        this.#reject(batch, this.#fail(error));
        return;
      }
      this.#acknowledge(batch, changes);
      return;
    }
    this.#inFlight = changes;
    const landed = (run: () => void): void => {
      this.#inFlight = undefined;
      run();
      this.#afterBatch();
    };
    void this.#log.sync().then(
      () => landed(() => this.#acknowledge(batch, changes)),
      (error: unknown) => landed(() => this.#reject(batch, this.#fail(error))),
    );
  }

  /** The transaction is on the disk: the feed has it first, then those who wait for it. */
  #acknowledge(batch: readonly Pending[], changes: BatchChanges): void {
    this.#publish(changes);
    answer(batch);
  }

  #reject(batch: readonly Pending[], error: unknown): void {
    for (const pending of batch) pending.reject(error);
  }

  #apply(pending: Pending, changes: BatchChanges): Committed | Conflict | StoreError {
    const { commit, header, body, entries } = pending;
    const { key, write } = commit;
    let before: CurrentRecord | undefined;
    let failedGuard: Guard | undefined;
    try {
      before = changes.has(key) ? changes.get(key) : this.#current(key);
      failedGuard = commit.guards?.find((guard) => !this.#holds(guard, changes));
    } catch (error) {
      // A damaged record is the trouble of those who need it.
      const failure = toStoreError(error, this.#directory);
      if (failure instanceof StoreError && failure.code === "Corrupt") return failure;
      throw error;
    }
    const previous = before?.record;
    if ((previous?.revision ?? 0) !== commit.expect) return { committed: false, current: previous };
    if (failedGuard) return { committed: false, current: previous, failedGuard };
    if (this.#reserve.spent && body.byteLength > (previous?.body.byteLength ?? 0)) return this.#full();

    const revision = changes.nextRevision();
    const record = write === "delete" ? undefined : { key, revision, header: write.header, body };
    this.#writer.write({
      key,
      revision,
      previous: commit.expect,
      value: record && { header, body },
      oldEntries: before?.entries ?? "",
      newEntries: entries,
    });
    changes.add({ revision, key, record, previous }, before, record && { record, entries });
    return { committed: true, revision };
  }

  #holds(guard: Guard, changes: BatchChanges): boolean {
    const current = changes.has(guard.key) ? changes.get(guard.key) : this.#current(guard.key);
    return guard.revision === "exists" ? current !== undefined : (current?.record.revision ?? 0) === guard.revision;
  }

  /** Twice what was added, so that a store which has fallen behind catches up and no commit pays for more than two others. */
  #sweepAlong(changes: BatchChanges): void {
    if (changes.events.length === 0) return;
    const horizon = Math.max(this.#compacted, this.#retention.advance(changes.revision, changes.bytes));
    const upTo = Math.min(horizon, this.#swept + 2 * changes.events.length, changes.revision - 1);
    if (upTo <= this.#swept) return;
    this.#writer.sweep(this.#swept, upTo);
    this.#writer.setMeta("swept", upTo);
    changes.swept = upTo;
  }

  /** The transaction is in the tables: what readers must know to look past it. */
  #noteWritten(changes: BatchChanges): void {
    const { events, revision, swept, bytes } = changes;
    this.#written = revision;
    for (const event of events) if (!event.record) this.#newestDeletion = event.revision;
    if (swept > 0) {
      this.#swept = swept;
      this.#compacted = Math.max(this.#compacted, swept);
    }
    this.#checkpointer.wrote(Math.ceil(bytes / pageBytes) + pagesPerCommit * events.length);
  }

  #publish(changes: BatchChanges): void {
    const { events, revision } = changes;
    this.#revision = revision;
    for (const { key } of events) {
      const current = changes.get(key);
      if (current) this.#cache.set(key, current);
      else this.#cache.delete(key);
    }
    this.#consumers.publish({ events, progress: revision });
  }

  /** Nobody of the batch has been told anything yet. */
  #abandon(batch: readonly Pending[], error: unknown): void {
    this.#cache.clear();
    let failure: unknown = toStoreError(error, this.#directory);
    if (isInputOutputError(error)) failure = this.#fail(error);
    else if (isFull(error)) {
      this.#reserve.release();
      failure = this.#full(error);
    }
    if (!this.#failure) {
      try {
        this.#writer.rollback();
      } catch (cause) {
        failure = this.#fail(cause);
      }
    }
    this.#reject(batch, failure);
  }

  #full(cause?: unknown): StoreError {
    return new StoreError("Unreachable", `the disk of ${this.#directory} is full: nothing was written`, { cause });
  }

  #fail(cause: unknown): StoreError {
    if (this.#failure) return this.#failure;
    const message = `the store in ${this.#directory} has stopped: ${(cause as Error).message}. Nothing unsaved was acknowledged; see to the disk, then start again`;
    const failure = new StoreError("Unreachable", message, { cause });
    this.#failure = failure;
    for (const pending of this.#queue.splice(0)) pending.reject(failure);
    if (!this.#inFlight) this.#afterBatch();
    this.#onFailure(failure);
    return failure;
  }

  #transaction(run: () => void): void {
    try {
      this.#writer.begin();
      run();
      this.#writer.commit();
    } catch (error) {
      if (isInputOutputError(error)) throw this.#fail(error);
      this.#writer.rollback();
      throw toStoreError(error, this.#directory);
    }
  }

  // Reading

  #current(key: string): CurrentRecord | undefined {
    const cached = this.#cache.get(key);
    if (cached) return cached;
    if (this.#inFlight?.has(key)) return this.#inFlight.before(key);
    const current = this.#reader.current(key);
    if (current) this.#cache.set(key, current);
    return current;
  }

  #slice(span: KeySpan, at: Revision, wanted: number, options: RangeOptions): { lines: SliceLine[]; next: string | undefined } {
    const lines: SliceLine[] =
      options.headerFilter || options.keysOnly ? this.#reader.lines(span, wanted) : this.#reader.records(span, wanted).map(asLine);
    const next = lines.length === wanted ? `${lines.at(-1)!.key}\0` : undefined;
    if (this.#newestDeletion <= at && lines.every((line) => line.revision <= at)) return { lines, next };
    return { lines: this.#reader.linesAt({ start: span.start, end: next ?? span.end }, at), next };
  }

  #finish(line: SliceLine, header: RecordHeader | undefined, options: RangeOptions): StoredRecord {
    if (line.record) return line.record;
    if (!options.keysOnly) return this.#reader.recordOf(line, header);
    return header ? { key: line.key, revision: line.revision, header, body: nothing } : withoutBody(line);
  }

  #read<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw toStoreError(error, this.#directory);
    }
  }

  #requireReadable(revision: Revision): void {
    if (revision > this.#revision) throw this.#futureRevision(revision);
    if (revision >= this.#compacted) return;
    throw new StoreError("Compacted", `revision ${revision} is older than ${this.#compacted}, the newest compacted one`);
  }

  #futureRevision(revision: Revision): StoreError {
    return new StoreError("FutureRevision", `revision ${revision} lies ahead of ${this.#revision}, the newest one`);
  }

  #requireOpen(): void {
    if (this.#failure) throw this.#failure;
    if (this.#closing) throw new StoreError("Closed", "the store is closed");
  }
}

function answer(batch: readonly Pending[]): void {
  for (const { outcome, resolve, reject } of batch) {
    if (outcome instanceof StoreError) reject(outcome);
    else resolve(outcome!);
  }
}

/** What a batch has done so far: later commits of it see the earlier ones, everybody else sees nothing before the sync. */
class BatchChanges {
  readonly events: FeedEvent[] = [];
  revision: Revision;
  bytes = 0;
  /** 0 when nothing was swept */
  swept: Revision = 0;
  readonly #current = new Map<string, CurrentRecord | undefined>();
  readonly #before = new Map<string, CurrentRecord | undefined>();

  constructor(revision: Revision) {
    this.revision = revision;
  }

  has(key: string): boolean {
    return this.#current.has(key);
  }

  get(key: string): CurrentRecord | undefined {
    return this.#current.get(key);
  }

  /** what the key held before the batch */
  before(key: string): CurrentRecord | undefined {
    return this.#before.get(key);
  }

  nextRevision(): Revision {
    return this.revision + 1;
  }

  add(event: FeedEvent, before: CurrentRecord | undefined, current: CurrentRecord | undefined): void {
    if (!this.#before.has(event.key)) this.#before.set(event.key, before);
    this.revision = event.revision;
    this.events.push(event);
    this.#current.set(event.key, current);
    this.bytes += current ? current.record.body.byteLength + 2 * current.entries.length + 400 : 200;
  }
}

/** A line that may have come with its record already. */
interface SliceLine extends RecordLine {
  record?: StoredRecord;
}

const asLine = (record: StoredRecord): SliceLine => ({
  key: record.key,
  revision: record.revision,
  header: "",
  record,
});

/** A small view into a large buffer would keep all of it alive in caches and rings. */
const ownBytes = (body: Uint8Array): Uint8Array => (body.byteLength === body.buffer.byteLength ? body : new Uint8Array(body));

function encodeEntries(index: readonly IndexEntry[] | undefined): string {
  if (!index || index.length === 0) return "";
  const flat: string[] = [];
  for (const { name, value } of index) flat.push(name, value);
  return JSON.stringify(flat);
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function throwUncaught(error: StoreError): void {
  queueMicrotask(() => {
    throw error;
  });
}
