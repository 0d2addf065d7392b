import { compareKeys } from "../../compare-keys.ts";
import { FeedConsumers, deliverTo } from "../../feed-consumers.ts";
import { headerSize, requireCommit } from "../../require-commit.ts";
import type { StoredRecord } from "../../record.ts";
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
import { SortedKeys } from "./sorted-keys.ts";

export interface MemoryStoreOptions {
  /** events kept for `at`, `history` and resumed feeds; older ones are compacted as new ones arrive */
  historyEventsMax?: number;
  /** the same, by bytes of bodies and headers */
  historyBytesMax?: number;
}

/** A store that forgets everything when the process ends: for tests and for trying things out. */
export const openMemoryStore = (options: MemoryStoreOptions = {}): Store => new MemoryStore(options);

const nothing = new Uint8Array();

class MemoryStore implements Store {
  readonly #records = new Map<string, StoredRecord>();
  readonly #keys = new SortedKeys();
  /** `name NUL value NUL key`, so that an index read is a range */
  readonly #index = new SortedKeys();
  readonly #entriesOf = new Map<string, string[]>();
  readonly #consumers = new FeedConsumers();
  readonly #historyEventsMax: number;
  readonly #historyBytesMax: number;

  // Revisions have no gaps here: the event of revision r is #events[r - #compacted - 1 + #dropped].
  #events: FeedEvent[] = [];
  #dropped = 0;
  #historyBytes = 0;
  #compacted: Revision = 1;
  /** a list of an empty store needs a resourceVersion, and "0" means something else to clients */
  #revision: Revision = 1;
  #closed = false;

  constructor(options: MemoryStoreOptions) {
    this.#historyEventsMax = options.historyEventsMax ?? 100_000;
    this.#historyBytesMax = options.historyBytesMax ?? 64 << 20;
  }

  async commit(commit: Commit): Promise<Committed | Conflict> {
    this.#requireOpen();
    requireCommit(commit);
    const { key, write } = commit;
    const previous = this.#records.get(key);
    if ((previous?.revision ?? 0) !== commit.expect) return { committed: false, current: previous };
    const failedGuard = commit.guards?.find((guard) => !this.#holds(guard));
    if (failedGuard) return { committed: false, current: previous, failedGuard };

    const revision = ++this.#revision;
    const record = write === "delete" ? undefined : { key, revision, header: write.header, body: write.body };
    if (record) this.#records.set(key, record);
    else this.#records.delete(key);
    if (!previous) this.#keys.add(key);
    else if (!record) this.#keys.delete(key);
    this.#replaceEntries(key, record ? (commit.index ?? []) : []);

    const event = { revision, key, record, previous };
    this.#remember(event);
    this.#consumers.publish({ events: [event], progress: revision });
    return { committed: true, revision };
  }

  async get(key: string): Promise<StoredRecord | undefined> {
    this.#requireOpen();
    return this.#records.get(key);
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<Range> {
    this.#requireOpen();
    const at = options.at ?? this.#revision;
    this.#requireReadable(at);
    const since = at === this.#revision ? [] : this.#eventsAfter(at);
    const { source, keys } = since.length === 0 ? { source: this.#records, keys: this.#keys } : this.#past(prefix, since);

    const from =
      options.after !== undefined && compareKeys(options.after, prefix) >= 0 ? keys.after(options.after) : keys.atOrAfter(prefix);
    const total = keys.count(from, keys.endOf(prefix));
    const limit = options.limit || Infinity;
    const records: StoredRecord[] = [];
    let seen = 0;
    let remaining = 0;
    let more = false;
    keys.visitFrom(from, (key) => {
      if (!key.startsWith(prefix)) return false;
      seen++;
      const record = source.get(key)!;
      if (options.headerFilter && !options.headerFilter(record.header, key)) return true;
      if (records.length === limit) {
        more = true;
        return false;
      }
      records.push(options.keysOnly ? { ...record, body: nothing } : record);
      remaining = total - seen;
      return true;
    });
    return { records, revision: at, more, remaining: more ? remaining : 0 };
  }

  async index(name: string, value: string, prefix = "", options: { keysOnly?: boolean; limit?: number } = {}): Promise<StoredRecord[]> {
    this.#requireOpen();
    const start = entryPrefix(name, value);
    const limit = options.limit || Infinity;
    const records: StoredRecord[] = [];
    this.#index.visitFrom(this.#index.atOrAfter(start + prefix), (entry) => {
      if (!entry.startsWith(start + prefix) || records.length === limit) return false;
      const record = this.#records.get(entry.slice(start.length))!;
      records.push(options.keysOnly ? { ...record, body: nothing } : record);
      return true;
    });
    return records;
  }

  async feed(since: Revision, deliver: (batch: FeedBatch) => void): Promise<FeedHandle> {
    this.#requireOpen();
    if (since > 0) {
      this.#requireReadable(since);
      const events = this.#eventsAfter(since);
      if (events.length > 0) deliverTo(deliver, { events, progress: this.#revision });
    }
    return this.#consumers.add(deliver);
  }

  async history(prefix: string, since: Revision, limit: number): Promise<FeedBatch> {
    this.#requireOpen();
    this.#requireReadable(since);
    const events: FeedEvent[] = [];
    for (const event of this.#eventsAfter(since)) {
      if (!event.key.startsWith(prefix)) continue;
      events.push(event);
      if (events.length >= limit) return { events, progress: event.revision };
    }
    return { events, progress: this.#revision };
  }

  async revision(): Promise<Revision> {
    this.#requireOpen();
    return this.#revision;
  }

  async compact(revision: Revision): Promise<void> {
    this.#requireOpen();
    if (revision > this.#revision) throw futureRevision(revision, this.#revision);
    this.#forget(revision);
  }

  compactedRevision(): Revision {
    return this.#compacted;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#consumers.clear();
  }

  #holds(guard: Guard): boolean {
    const record = this.#records.get(guard.key);
    return guard.revision === "exists" ? record !== undefined : (record?.revision ?? 0) === guard.revision;
  }

  #replaceEntries(key: string, entries: readonly IndexEntry[]): void {
    for (const entry of this.#entriesOf.get(key) ?? []) this.#index.delete(entry);
    if (entries.length === 0) {
      this.#entriesOf.delete(key);
      return;
    }
    const now = entries.map((entry) => entryPrefix(entry.name, entry.value) + key);
    for (const entry of now) this.#index.add(entry);
    this.#entriesOf.set(key, now);
  }

  #remember(event: FeedEvent): void {
    this.#events.push(event);
    this.#historyBytes += eventSize(event);
    while (this.#events.length - this.#dropped > this.#historyEventsMax || this.#historyBytes > this.#historyBytesMax) {
      this.#forget(this.#compacted + 1);
    }
  }

  #forget(upTo: Revision): void {
    for (; this.#compacted < upTo; this.#compacted++) {
      this.#historyBytes -= eventSize(this.#events[this.#dropped]!);
      this.#events[this.#dropped++] = undefined!;
    }
    if (this.#dropped > 1024 && this.#dropped > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#dropped);
      this.#dropped = 0;
    }
  }

  #eventsAfter(revision: Revision): FeedEvent[] {
    return this.#events.slice(this.#dropped + Math.max(0, revision - this.#compacted));
  }

  /** The records of a prefix as they were before `events`: what is current, with those undone, newest first. */
  #past(prefix: string, events: FeedEvent[]): { source: Map<string, StoredRecord>; keys: SortedKeys } {
    const source = new Map<string, StoredRecord>();
    const keys = new SortedKeys();
    this.#keys.visitFrom(this.#keys.atOrAfter(prefix), (key) => {
      if (!key.startsWith(prefix)) return false;
      source.set(key, this.#records.get(key)!);
      return true;
    });
    for (let i = events.length - 1; i >= 0; i--) {
      const { key, previous } = events[i]!;
      if (!key.startsWith(prefix)) continue;
      if (previous) source.set(key, previous);
      else source.delete(key);
    }
    for (const key of source.keys()) keys.add(key);
    return { source, keys };
  }

  #requireReadable(revision: Revision): void {
    if (revision > this.#revision) throw futureRevision(revision, this.#revision);
    if (revision < this.#compacted)
      throw new StoreError("Compacted", `revision ${revision} is older than ${this.#compacted}, the newest compacted one`);
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreError("Closed", "the store is closed");
  }
}

const futureRevision = (asked: Revision, newest: Revision): StoreError =>
  new StoreError("FutureRevision", `revision ${asked} lies ahead of ${newest}, the newest one`);

const eventSize = (event: FeedEvent): number => (event.record ? event.record.body.byteLength + headerSize(event.record.header) : 100);

const entryPrefix = (name: string, value: string): string => `${withoutNul(name)}\0${withoutNul(value)}\0`;

/** Values come from users: a NUL in one must not pass for the separator. */
const withoutNul = (text: string): string =>
  text.includes("\0") || text.includes("\x01") ? text.replaceAll("\x01", "\x01\x02").replaceAll("\0", "\x01\x01") : text;
