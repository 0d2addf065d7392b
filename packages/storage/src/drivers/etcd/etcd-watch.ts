import type { FeedBatch, FeedEvent, Revision } from "../../store.ts";
import { StoreError } from "../../store.ts";
import type { EtcdConnection, WatchStream } from "./etcd-connection.ts";
import type { WatchEvent, WatchResponse } from "./etcd-protocol.ts";
import { eventDelete } from "./etcd-protocol.ts";
import type { EtcdKeys } from "./etcd-records.ts";
import { decodeKeyValue, endOf } from "./etcd-records.ts";
import { requireExactRevision } from "./require-exact-revision.ts";

const reconnectMsMin = 50;
const reconnectMsMax = 2_000;
/** etcd answers a question for progress only when it has nothing left to send, and keeps silent otherwise: so it is asked again. */
const askAgainMs = 50;

export interface EtcdWatchOptions {
  connection: EtcdConnection;
  keys: EtcdKeys;
  /** of records, not of etcd */
  prefix: string;
  since: Revision;
  deliver: (batch: FeedBatch) => void;
  /** the watch has ended for good */
  onFailure: (error: StoreError) => void;
}

/** Events of a prefix from a revision on, in order, across restarts of etcd: each stream goes on right behind the last one's progress. */
export class EtcdWatch {
  readonly #options: EtcdWatchOptions;
  #progress: Revision;
  #stream: WatchStream | undefined;
  #pauseMs = reconnectMsMin;
  #timer: NodeJS.Timeout | undefined;
  #asking: NodeJS.Timeout | undefined;
  #created = false;
  #ended = false;
  #waiting: { revision: Revision; resolve: () => void; reject: (error: StoreError) => void }[] = [];

  constructor(options: EtcdWatchOptions) {
    this.#options = options;
    this.#progress = options.since;
    this.#open();
  }

  get progress(): Revision {
    return this.#progress;
  }

  /** Resolves once everything up to a revision has been delivered. @throws StoreError when the watch ends, or after `timeoutMs` */
  reached(revision: Revision, timeoutMs: number): Promise<void> {
    if (this.#progress >= revision) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== waiter);
        reject(new StoreError("Unreachable", `etcd has not delivered revision ${revision} within ${timeoutMs} ms`));
      };
      const timer = setTimeout(late, timeoutMs);
      const waiter = {
        revision,
        resolve: () => (clearTimeout(timer), resolve()),
        reject: (error: StoreError) => (clearTimeout(timer), reject(error)),
      };
      this.#waiting.push(waiter);
      this.#ask(askAgainMs);
    });
  }

  /** Asks etcd how far it has come, so that progress passes revisions which hold nothing of ours. */
  askProgress(): void {
    this.#ask(0);
  }

  close(error = new StoreError("Closed", "the feed is closed")): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#asking);
    this.#stream?.cancel();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #open(): void {
    const { connection, keys, prefix } = this.#options;
    const stream = connection.watch();
    this.#stream = stream;
    this.#created = false;
    stream.on("data", (response: WatchResponse) => {
      if (stream === this.#stream && !this.#ended) this.#receive(response);
    });
    const lost = (): void => {
      if (stream === this.#stream) this.#reopen();
    };
    stream.on("error", lost);
    stream.on("end", lost);
    const key = keys.record(prefix);
    stream.write({
      create_request: {
        key,
        range_end: endOf(key),
        start_revision: this.#progress + 1,
        progress_notify: true,
        prev_kv: true,
        fragment: true,
      },
    });
  }

  #reopen(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (this.#ended) return;
    if (stream) this.#options.connection.lost(stream);
    this.#timer = setTimeout(() => this.#open(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, reconnectMsMax);
  }

  #receive(response: WatchResponse): void {
    if (response.canceled) return this.#canceled(response);
    try {
      requireExactRevision(response.header);
    } catch (error) {
      return this.#fail(error as StoreError);
    }
    if (response.created) {
      this.#created = true;
      this.#pauseMs = reconnectMsMin;
      if (response.header.revision < this.#progress) {
        this.#fail(
          new StoreError(
            "Corrupt",
            `etcd is at revision ${response.header.revision}, but ${this.#progress} has been seen: it was put back to an older state`,
          ),
        );
      } else if (this.#waiting.length > 0) this.#ask(0);
      return;
    }
    let events: FeedEvent[];
    try {
      events = response.events.map((event) => this.#toEvent(event));
    } catch (error) {
      return this.#fail(error instanceof StoreError ? error : new StoreError("Corrupt", "a watch event cannot be read", { cause: error }));
    }
    // Beside events, the header's revision says where etcd is, not what this watch has been sent.
    const progress = events.at(-1)?.revision ?? response.header.revision;
    if (progress <= this.#progress) return;
    this.#progress = progress;
    this.#options.deliver({ events, progress });
    if (this.#waiting.length === 0) return;
    const done = this.#waiting.filter((one) => one.revision <= progress);
    if (done.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => one.revision > progress);
    for (const { resolve } of done) resolve();
  }

  #toEvent({ type, kv, prev_kv }: WatchEvent): FeedEvent {
    const key = this.#options.keys.recordKey(kv.key);
    const record = type === eventDelete ? undefined : decodeKeyValue(key, kv).record;
    const previous = prev_kv ? decodeKeyValue(key, prev_kv).record : undefined;
    const isCreation = kv.create_revision === kv.mod_revision && record !== undefined;
    if (!previous && !isCreation)
      throw new StoreError("Compacted", `what ${key} held before revision ${kv.mod_revision} has been compacted`);
    return { revision: kv.mod_revision, key, record, previous };
  }

  #canceled({ compact_revision, cancel_reason }: WatchResponse): void {
    if (compact_revision > 0) {
      this.#fail(new StoreError("Compacted", `revision ${this.#progress} is older than ${compact_revision}, which etcd has compacted to`));
    } else if (cancel_reason.includes("no leader")) {
      const stream = this.#stream;
      this.#reopen();
      stream?.cancel();
    } else {
      this.#fail(new StoreError("Unreachable", `etcd has ended the watch: ${cancel_reason}`));
    }
  }

  #fail(error: StoreError): void {
    this.close(error);
    this.#options.onFailure(error);
  }

  #ask(inMs: number): void {
    if (this.#ended || (this.#asking && inMs > 0)) return;
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => {
      this.#asking = undefined;
      if (this.#created) this.#stream?.write({ progress_request: {} });
      if (this.#waiting.length > 0) this.#ask(askAgainMs);
    }, inMs);
  }
}
