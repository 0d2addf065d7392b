import { requireCommit } from "../../require-commit.ts";
import type { StoredRecord } from "../../record.ts";
import type {
  Commit,
  Committed,
  Conflict,
  FeedBatch,
  FeedHandle,
  Guard,
  IndexEntry,
  Range,
  RangeOptions,
  Revision,
  Store,
} from "../../store.ts";
import { StoreError } from "../../store.ts";
import { deliverTo } from "../../feed-consumers.ts";
import type { EtcdTls } from "./etcd-connection.ts";
import { EtcdConnection, closed } from "./etcd-connection.ts";
import type { Compare, KeyValue, RangeRequest, RangeResponse, RequestOp, TxnRequest, TxnResponse } from "./etcd-protocol.ts";
import { compareCreateRevision, compareEqual, compareGreater, compareModRevision } from "./etcd-protocol.ts";
import type { EtcdRecord } from "./etcd-records.ts";
import { EtcdKeys, decodeKeyValue, encodeValue, endOf } from "./etcd-records.ts";
import { EtcdWatch } from "./etcd-watch.ts";

export interface EtcdStoreOptions {
  /** `http://host:port` or `https://host:port`; of one cluster */
  endpoints: readonly string[];
  /** everything of this store lies below it, so that several may share an etcd */
  prefix: string;
  /** PEM files; without it, https endpoints are checked against the machine's authorities */
  tls?: EtcdTls;
  /** a call that has no answer by then is Unreachable, connecting included; default 10 s */
  callTimeoutMs?: number;
  /** Called when the feed cannot go on: events have been compacted or etcd was put back. By default the error is thrown where nobody catches it. */
  onFailure?: (error: StoreError) => void;
}

/**
 * A store in an etcd (3.5.8 or newer, for its progress answers) that any number of processes share.
 *
 * @throws StoreError Unreachable
 */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  const connection = await EtcdConnection.open(options.endpoints, options.tls, options.callTimeoutMs ?? 10_000);
  const store = new EtcdStore(connection, options);
  try {
    await store.learnCompacted();
    return store;
  } catch (error) {
    connection.close();
    throw error;
  }
}

const rowsPerCall = 500;
/** etcd takes 128 operations in a transaction unless told otherwise. */
const readsPerTransaction = 100;
const feedTimeoutMs = 10_000;
/** Index entries of the records used last, to save a read before each write. */
const knownEntriesMax = 8_000;

const nothing = new Uint8Array();

class EtcdStore implements Store {
  readonly #connection: EtcdConnection;
  readonly #keys: EtcdKeys;
  readonly #onFailure: (error: StoreError) => void;
  readonly #feeds = new Set<EtcdWatch>();
  #knownEntries = new Map<string, { revision: Revision; entries: readonly IndexEntry[] }>();
  #compacted: Revision = 1;
  #closed = false;

  constructor(connection: EtcdConnection, options: EtcdStoreOptions) {
    this.#connection = connection;
    this.#keys = new EtcdKeys(options.prefix);
    this.#onFailure = options.onFailure ?? throwUncaught;
  }

  async commit(commit: Commit): Promise<Committed | Conflict> {
    this.#requireOpen();
    requireCommit(commit);
    const oldEntries = await this.#entriesAt(commit.key, commit.expect);
    if (!oldEntries) {
      // What the caller saw is not there any more, and will not come back.
      const current = await this.#getRecord(commit.key);
      return { committed: false, current: current?.record };
    }
    const newEntries = commit.write === "delete" ? [] : (commit.index ?? []);
    const response = await this.#transaction(this.#toTransaction(commit, oldEntries, newEntries), false);
    if (!response.succeeded) return this.#toConflict(commit, response);
    const { revision } = response.header;
    if (commit.write === "delete") this.#knownEntries.delete(commit.key);
    else this.#remember(commit.key, revision, newEntries);
    // In this process, an acknowledged write is one that its projections have seen.
    await Promise.all([...this.#feeds].map((feed) => feed.reached(revision, feedTimeoutMs)));
    return { committed: true, revision };
  }

  async get(key: string): Promise<StoredRecord | undefined> {
    this.#requireOpen();
    return (await this.#getRecord(key))?.record;
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<Range> {
    this.#requireOpen();
    const limit = options.limit || Infinity;
    const end = endOf(this.#keys.record(prefix));
    let key = this.#keys.record(prefix);
    if (options.after !== undefined) {
      const next = this.#keys.record(`${options.after}\0`);
      if (Buffer.compare(next, key) > 0) key = next;
    }
    let revision = options.at ?? 0;
    const records: StoredRecord[] = [];
    let remaining = 0;
    if (Buffer.compare(key, end) >= 0) {
      return { records, revision: revision || (await this.revision()), more: false, remaining };
    }
    for (;;) {
      const wanted = options.headerFilter ? rowsPerCall : Math.min(rowsPerCall, limit - records.length);
      const page = await this.#rangeOnce({ key, range_end: end, limit: wanted, revision });
      revision ||= page.header.revision;
      let left = page.count;
      for (const kv of page.kvs) {
        left--;
        const { record } = this.#decode(kv);
        if (options.headerFilter && !options.headerFilter(record.header, record.key)) continue;
        if (records.length === limit) return { records, revision, more: true, remaining };
        records.push(options.keysOnly ? { ...record, body: nothing } : record);
        remaining = left;
      }
      if (!page.more) return { records, revision, more: false, remaining: 0 };
      if (records.length === limit && !options.headerFilter) return { records, revision, more: true, remaining };
      key = Buffer.concat([page.kvs.at(-1)!.key, Buffer.from([0])]);
    }
  }

  async index(name: string, value: string, prefix = "", options: { keysOnly?: boolean; limit?: number } = {}): Promise<StoredRecord[]> {
    this.#requireOpen();
    const limit = options.limit || Infinity;
    const skip = this.#keys.entry({ name, value }, "").length;
    const start = this.#keys.entry({ name, value }, prefix);
    const end = endOf(start);
    const records: StoredRecord[] = [];
    for (let key = start; ;) {
      const page = await this.#rangeOnce({ key, range_end: end, limit: readsPerTransaction, keys_only: true });
      const found = await this.#getRecords(page.kvs.map((kv) => kv.key.toString("utf8", skip)));
      for (const { record, entries } of found) {
        // The record may have changed since its entry was read.
        if (!entries.some((entry) => entry.name === name && entry.value === value)) continue;
        records.push(options.keysOnly ? { ...record, body: nothing } : record);
        if (records.length === limit) return records;
      }
      if (!page.more) return records;
      key = Buffer.concat([page.kvs.at(-1)!.key, Buffer.from([0])]);
    }
  }

  async feed(since: Revision, deliver: (batch: FeedBatch) => void): Promise<FeedHandle> {
    this.#requireOpen();
    const from = since === 0 ? await this.revision() : since;
    await this.#requireReadable(from);
    const feed = new EtcdWatch({
      connection: this.#connection,
      keys: this.#keys,
      prefix: "",
      since: from,
      deliver: (batch) => deliverTo(deliver, batch),
      onFailure: (error) => {
        this.#feeds.delete(feed);
        this.#onFailure(error);
      },
    });
    this.#feeds.add(feed);
    return {
      close: () => {
        this.#feeds.delete(feed);
        feed.close();
      },
    };
  }

  async history(prefix: string, since: Revision, limit: number): Promise<FeedBatch> {
    this.#requireOpen();
    const newest = await this.#requireReadable(since);
    const events: FeedBatch["events"] = [];
    let failed: (error: StoreError) => void;
    let enough: () => void;
    const stopped = new Promise<void>((resolve, reject) => {
      enough = resolve;
      failed = reject;
    });
    const watch = new EtcdWatch({
      connection: this.#connection,
      keys: this.#keys,
      prefix,
      since,
      deliver: (batch) => {
        events.push(...batch.events);
        if (events.length >= limit) enough();
      },
      onFailure: (error) => failed(error),
    });
    try {
      await Promise.race([stopped, watch.reached(newest, feedTimeoutMs)]);
    } finally {
      stopped.catch(() => {});
      watch.close();
    }
    if (events.length >= limit) return { events: events.slice(0, limit), progress: events[limit - 1]!.revision };
    return { events, progress: watch.progress };
  }

  async revision(): Promise<Revision> {
    this.#requireOpen();
    const { header } = await this.#rangeOnce({ key: this.#keys.record(""), count_only: true });
    // Somebody may wait for the feed to come so far, and what is in between need not be ours.
    for (const feed of this.#feeds) if (feed.progress < header.revision) feed.askProgress();
    return header.revision;
  }

  async compact(revision: Revision): Promise<void> {
    this.#requireOpen();
    if (revision <= this.#compacted) return;
    try {
      await this.#connection.call(this.#connection.protocol.compact, { revision }, { repeatable: false });
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "Compacted") throw error;
      await this.learnCompacted(); // somebody else was faster
      return;
    }
    this.#compacted = Math.max(this.#compacted, revision);
  }

  compactedRevision(): Revision {
    return this.#compacted;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const feed of this.#feeds) feed.close(closed());
    this.#feeds.clear();
    this.#connection.close();
  }

  /** Only a watch that begins too early is told how far etcd has been compacted; so ask first whether one would. */
  async learnCompacted(): Promise<void> {
    const { range } = this.#connection.protocol;
    const key = this.#keys.record("");
    try {
      await this.#connection.call(range, { key, count_only: true, revision: 1 }, { repeatable: true });
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "Compacted") throw error;
      this.#compacted = Math.max(this.#compacted, await this.#askCompacted());
    }
  }

  #askCompacted(): Promise<Revision> {
    const key = this.#keys.record("");
    const stream = this.#connection.watch();
    return new Promise<Revision>((resolve, reject) => {
      stream.on("error", (cause) => reject(new StoreError("Unreachable", cause.message, { cause })));
      stream.on("data", (response) => {
        if (response.canceled) resolve(response.compact_revision);
      });
      const create_request = { key, range_end: nothing, start_revision: 1, progress_notify: false, prev_kv: false, fragment: false };
      stream.write({ create_request });
    }).finally(() => {
      stream.on("error", () => {}); // our own cancellation
      stream.cancel();
    });
  }

  #toTransaction(commit: Commit, oldEntries: readonly IndexEntry[], newEntries: readonly IndexEntry[]): TxnRequest {
    const { key, expect, write, guards = [] } = commit;
    const at = this.#keys.record(key);
    const success: RequestOp[] =
      write === "delete" ? [{ request_delete_range: { key: at } }] : [{ request_put: { key: at, value: encodeValue(write, newEntries) } }];
    // etcd refuses a transaction that names a key twice.
    const before = new Map(oldEntries.map((entry) => this.#entryPair(entry, key)));
    const after = new Map(newEntries.map((entry) => this.#entryPair(entry, key)));
    for (const [id, entry] of before) if (!after.has(id)) success.push({ request_delete_range: { key: entry } });
    for (const [id, entry] of after) if (!before.has(id)) success.push({ request_put: { key: entry, value: nothing } });
    return {
      compare: [
        { result: compareEqual, target: compareModRevision, key: at, mod_revision: expect },
        ...guards.map((guard) => this.#toCompare(guard)),
      ],
      success,
      failure: [
        { request_range: { key: at } },
        ...guards.map((guard) => ({ request_range: { key: this.#keys.record(guard.key), keys_only: true } })),
      ],
    };
  }

  #entryPair(entry: IndexEntry, key: string): [string, Buffer] {
    const at = this.#keys.entry(entry, key);
    return [at.toString("latin1"), at];
  }

  #toCompare({ key, revision }: Guard): Compare {
    const at = this.#keys.record(key);
    return revision === "exists"
      ? { result: compareGreater, target: compareCreateRevision, key: at, create_revision: 0 }
      : { result: compareEqual, target: compareModRevision, key: at, mod_revision: revision };
  }

  #toConflict(commit: Commit, response: TxnResponse): Conflict {
    const [own, ...guarded] = response.responses.map((one) => one.response_range!.kvs[0]);
    const current = own && this.#decode(own).record;
    if ((current?.revision ?? 0) !== commit.expect) return { committed: false, current };
    const failedGuard = commit.guards?.find(({ revision }, i) => {
      const found = guarded[i]?.mod_revision ?? 0;
      return revision === "exists" ? found === 0 : found !== revision;
    });
    return failedGuard ? { committed: false, current, failedGuard } : { committed: false, current };
  }

  /** The index entries of a key at the revision that a writer saw; undefined when it is at another one. */
  async #entriesAt(key: string, revision: Revision): Promise<readonly IndexEntry[] | undefined> {
    if (revision === 0) return [];
    const known = this.#knownEntries.get(key);
    if (known?.revision === revision) return known.entries;
    const current = await this.#getRecord(key);
    return current?.record.revision === revision ? current.entries : undefined;
  }

  async #getRecord(key: string): Promise<EtcdRecord | undefined> {
    const { kvs } = await this.#rangeOnce({ key: this.#keys.record(key) });
    return kvs[0] && this.#decode(kvs[0]);
  }

  async #getRecords(keys: readonly string[]): Promise<EtcdRecord[]> {
    if (keys.length === 0) return [];
    const success = keys.map((key) => ({ request_range: { key: this.#keys.record(key) } }));
    const { responses } = await this.#transaction({ compare: [], success, failure: [] }, true);
    return responses.flatMap((response) => response.response_range!.kvs.map((kv) => this.#decode(kv)));
  }

  #decode(kv: KeyValue): EtcdRecord {
    const decoded = decodeKeyValue(this.#keys.recordKey(kv.key), kv);
    this.#remember(decoded.record.key, decoded.record.revision, decoded.entries);
    return decoded;
  }

  #remember(key: string, revision: Revision, entries: readonly IndexEntry[]): void {
    if (this.#knownEntries.size >= knownEntriesMax) this.#knownEntries.clear();
    this.#knownEntries.set(key, { revision, entries });
  }

  #rangeOnce(request: RangeRequest): Promise<RangeResponse> {
    return this.#learning(this.#connection.call<RangeResponse>(this.#connection.protocol.range, request, { repeatable: true }));
  }

  #transaction(request: TxnRequest, repeatable: boolean): Promise<TxnResponse> {
    return this.#connection.call<TxnResponse>(this.#connection.protocol.txn, request, { repeatable });
  }

  /** The newest revision, if a past one can be read. @throws StoreError Compacted, FutureRevision */
  async #requireReadable(revision: Revision): Promise<Revision> {
    const { header } = await this.#rangeOnce({ key: this.#keys.record(""), count_only: true, revision });
    return header.revision;
  }

  async #learning<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof StoreError && error.code === "Compacted") await this.learnCompacted().catch(() => {});
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw closed();
  }
}

function throwUncaught(error: StoreError): void {
  queueMicrotask(() => {
    throw error;
  });
}
