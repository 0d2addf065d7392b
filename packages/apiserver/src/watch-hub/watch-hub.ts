import { expired, failure } from "@meshplane/apimachinery";
import type { GroupResource, Status } from "@meshplane/apimachinery";
import { StoreError } from "@meshplane/storage";
import type { FeedBatch, FeedEvent, RecordHeader, Store, StoredRecord } from "@meshplane/storage";
import type { ResponseSink } from "../http/http-request.ts";
import type { Projection } from "../projection.ts";
import type { ResourceDefinition } from "../resource-definition.ts";
import type { Recheck } from "../resource-request.ts";
import { everyIdentity, prefixOf } from "../registry/keys.ts";
import { EventRing } from "./event-ring.ts";
import { TimingWheel } from "./timing-wheel.ts";

export type EventType = "ADDED" | "MODIFIED" | "DELETED";

/** How events look on one stream. */
export interface EventForm {
  /** events of the same id, type and record have the same bytes and are made once; undefined: every stream makes its own */
  readonly id: string | undefined;
  /** `revision` is that of the change, which for DELETED is newer than the record's */
  event(type: EventType, record: StoredRecord, revision: number): Uint8Array | Promise<Uint8Array>;
  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array;
  error(status: Status): Uint8Array;
}

export interface WatchRequest {
  readonly definition: ResourceDefinition;
  /** "*" for all */
  readonly cluster: string;
  /** "" for all */
  readonly namespace: string;
  /** undefined: every object */
  readonly filter: ((header: RecordHeader, key: string) => boolean) | undefined;
  readonly form: EventForm;
  /** the definition as it is now, with its form: asked when a record was written under another one. undefined while it is not at hand */
  readonly renew?: () => { definition: ResourceDefinition; form: EventForm } | undefined;
  /** events after this revision; undefined: the current objects first, then what happens to them */
  readonly since: number | undefined;
  /** wait for this revision before the current objects are read */
  readonly notOlderThan: number;
  readonly bookmarks: boolean;
  /** a bookmark says when the current objects have been sent (wire 70) */
  readonly markInitialEventsEnd: boolean;
  /** milliseconds; the stream ends cleanly after it */
  readonly lastsMs: number;
  /** what the client sent, before which nothing may be missed; for the text of a 410 */
  readonly ended?: () => void;
  /** of a stream that ends when it is no longer allowed */
  readonly recheck?: Recheck;
}

const trimMs = 5_000;
const firstBookmarkMs = 500;
const bookmarkMs = 60_000;
/** before a stream's end, so that the client resumes from there */
const lastBookmarkMs = 1_500;
const queuedBytesMax = 1 << 20;
const chunkBytes = 256 << 10;
const rangeSize = 500;
const recheckedAtOnce = 16;
/** questions that are answered at once, between two turns of the event loop */
const recheckTurn = 50;

/** Who hears of which change. Follows the feed; the last of the projections, so that what it wakes finds the others up to date. */
export class WatchHub implements Projection {
  readonly name = "watch-hub";
  /** everything up to here has been handed to the streams */
  progress = 0;
  /** grows with every `recheck` */
  generation = 0;
  readonly #rechecked = new Set<Watch>();
  readonly #toRecheck = new Set<Watch>();
  #rechecking = 0;
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #wheel: TimingWheel;
  #ring = new EventRing(0);
  readonly #channels = new Map<string, Channel>();
  /** of those who watch a resource whoever provides it, by group and resource */
  readonly #wideChannels = new Map<string, Channel>();
  readonly #watches = new Set<Watch>();
  readonly #onQuiet: () => void;
  #trimming: NodeJS.Timeout | undefined;
  readonly #gathering = new Gathering();
  #waiters: { revision: number; wake: (reached: boolean) => void }[] = [];

  /** @param onQuiet called when nothing has changed for so long that no recent events are left */
  constructor(store: Store, clock: () => number, onQuiet: () => void = () => {}) {
    this.#store = store;
    this.#onQuiet = onQuiet;
    this.#clock = clock;
    this.#wheel = new TimingWheel(clock);
  }

  async load(_store: Store, revision: number): Promise<void> {
    this.progress = revision;
    this.#ring = new EventRing(revision);
  }

  get size(): number {
    return this.#watches.size;
  }

  apply(batch: FeedBatch): void {
    this.#ring.add(batch.events, this.#clock());
    this.#trimming ??= setInterval(() => this.#trim(), trimMs).unref();
    const many = batch.events.length > 1;
    if (many) this.#gathering.open = true;
    for (const event of batch.events) {
      const name = channelOf(event.key);
      if (this.#wideChannels.size > 0) {
        const wide = this.#wideChannels.get(wideChannelOf(name))?.byCluster.get("*");
        if (wide) for (const watch of wide) this.#offer(watch, event);
      }
      const channel = this.#channels.get(name);
      if (!channel) continue;
      const encoded: Encoded = { ADDED: undefined, MODIFIED: undefined, DELETED: undefined };
      const own = channel.byCluster.get(clusterOf(event.key));
      if (own) for (const watch of own) this.#offer(watch, event, encoded);
      const all = channel.byCluster.get("*");
      if (all) for (const watch of all) this.#offer(watch, event, encoded);
    }
    if (many) this.#gathering.flush();
    this.progress = batch.progress;
    if (this.#waiters.length > 0) this.#wake();
  }

  #trim(): void {
    this.#ring.trim(this.#clock());
    if (this.#ring.size > 0) return;
    clearInterval(this.#trimming);
    this.#trimming = undefined;
    this.#onQuiet();
  }

  /** True once `revision` has been reached, false after `ms`. */
  reached(revision: number, ms: number): Promise<boolean> {
    if (revision <= this.progress) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((it) => it !== waiter);
        resolve(false);
      }, ms);
      const waiter = {
        revision,
        wake: (reached: boolean) => {
          clearTimeout(timer);
          resolve(reached);
        },
      };
      this.#waiters.push(waiter);
    });
  }

  #wake(): void {
    const due = this.#waiters.filter(({ revision }) => revision <= this.progress);
    if (due.length === 0) return;
    this.#waiters = this.#waiters.filter(({ revision }) => revision > this.progress);
    for (const { wake } of due) wake(true);
  }

  /** Serves one stream until either side ends it. */
  open(request: WatchRequest, sink: ResponseSink): void {
    const watch = new Watch(request, sink, this.#gathering, () => this.#remove(watch));
    this.#watches.add(watch);
    sink.onClose(() => this.#remove(watch));
    if (request.lastsMs <= 0) return watch.end();
    if (request.recheck) {
      this.#rechecked.add(watch);
      // what it stands on may have changed since it was asked for
      if (request.recheck.generation !== this.generation) this.#recheckLater([watch]);
    }
    const now = this.#clock();
    watch.cancels.push(this.#wheel.at(now + request.lastsMs, () => watch.end()));
    if (request.bookmarks) {
      this.#scheduleBookmark(watch, now + firstBookmarkMs);
      if (request.lastsMs > 2 * lastBookmarkMs)
        watch.cancels.push(this.#wheel.at(now + request.lastsMs - lastBookmarkMs, () => this.#bookmark(watch)));
    }
    this.#start(watch).catch((error: unknown) => watch.fail(error));
  }

  /** Ends streams of a cluster ("*": of all), of one resource if it is named. */
  end(cluster: string, resource?: GroupResource): void {
    for (const watch of this.#watches) {
      const { definition, cluster: own } = watch.request;
      if (resource && (resource.group !== definition.group || resource.resource !== definition.resource)) continue;
      if (cluster === "*" || own === cluster || definition.storage.cluster === cluster) watch.end();
    }
  }

  /** Clusters of open streams that stand on this ground. */
  clustersOn(ground: string): ReadonlySet<string> {
    const clusters = new Set<string>();
    for (const { request } of this.#rechecked) if (request.recheck!.ground === ground) clusters.add(request.cluster);
    return clusters;
  }

  /** Asks again for streams that stand on this ground, and ends those that have lost it. @returns at once */
  recheck(ground: string, concerns: (cluster: string) => boolean): void {
    this.generation++;
    const watches: Watch[] = [];
    for (const watch of this.#rechecked)
      if (watch.request.recheck!.ground === ground && concerns(watch.request.cluster)) watches.push(watch);
    this.#recheckLater(watches);
  }

  /** A few at a time: a question may go to another server. Streams that wait are asked about once, however often they were named. */
  #recheckLater(watches: readonly Watch[]): void {
    for (const watch of watches) this.#toRecheck.add(watch);
    while (this.#rechecking < Math.min(recheckedAtOnce, this.#toRecheck.size)) {
      this.#rechecking++;
      void this.#recheckSome().finally(() => this.#rechecking--);
    }
  }

  async #recheckSome(): Promise<void> {
    let asked = 0;
    for (const watch of this.#toRecheck) {
      this.#toRecheck.delete(watch);
      if (watch.ended) continue;
      const refusal = await watch.request.recheck!.refusal();
      if (refusal !== undefined) watch.fail(refusal);
      if (++asked % recheckTurn === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  close(): void {
    this.end("*");
    this.#wheel.stop();
    clearInterval(this.#trimming);
    for (const { wake } of this.#waiters) wake(false);
    this.#waiters = [];
  }

  async #start(watch: Watch): Promise<void> {
    const { request } = watch;
    let position = request.since;
    if (position === undefined) {
      if (request.notOlderThan > this.progress && !(await this.reached(request.notOlderThan, 3_000))) {
        watch.emit(request.form.error(tooLargeResourceVersion(request.notOlderThan, this.progress)));
        return watch.end();
      }
      position = await this.#sendCurrent(watch);
      if (request.markInitialEventsEnd) watch.emit(request.form.bookmark(position, true));
    }
    await this.#catchUp(watch, position);
  }

  /** @returns the revision of the objects sent */
  async #sendCurrent(watch: Watch): Promise<number> {
    const { definition, cluster, namespace, filter } = watch.request;
    const prefix = prefixOf(definition, cluster, namespace);
    let after: string | undefined;
    let at: number | undefined;
    for (;;) {
      const range = await this.#store.range(prefix, {
        limit: rangeSize,
        ...(after === undefined ? {} : { after }),
        ...(at === undefined ? {} : { at }),
        ...(filter ? { headerFilter: filter } : {}),
      });
      at = range.revision;
      for (const record of range.records) watch.send("ADDED", record, record.revision, undefined);
      if (!range.more || watch.ended) return at;
      after = range.records[range.records.length - 1]!.key;
      await watch.flushed();
    }
  }

  /** Brings a stream from `position` to the present, from the log or the ring, and lets it hear of what comes. */
  async #catchUp(watch: Watch, position: number): Promise<void> {
    const { definition, cluster, namespace } = watch.request;
    const prefix = prefixOf(definition, cluster, namespace);
    while (!watch.ended) {
      if (position < this.#ring.floor) {
        if (position < this.#store.compactedRevision()) return watch.fail(tooOld(position, this.#store.compactedRevision()));
        const batch = await this.#store.history(prefix, position, rangeSize);
        for (const event of batch.events) this.#offer(watch, event);
        position = batch.progress;
        await watch.flushed();
        continue;
      }
      let sent = 0;
      let stopped = false;
      this.#ring.visitAfter(position, (event) => {
        position = event.revision;
        if (!event.key.startsWith(prefix)) return true;
        this.#offer(watch, event);
        sent += (event.record ?? event.previous)!.body.byteLength;
        if (sent < chunkBytes) return true;
        stopped = true;
        return false;
      });
      if (!stopped) return this.#join(watch, position);
      await watch.flushed();
    }
  }

  #join(watch: Watch, position: number): void {
    watch.position = Math.max(position, watch.position);
    watch.live = true;
    const { definition } = watch.request;
    const cluster = definition.storage.cluster ?? watch.request.cluster;
    const { channels, name } = this.#placeOf(definition);
    let channel = channels.get(name);
    if (!channel) channels.set(name, (channel = { byCluster: new Map() }));
    let watches = channel.byCluster.get(cluster);
    if (!watches) channel.byCluster.set(cluster, (watches = new Set()));
    watches.add(watch);
  }

  #remove(watch: Watch): void {
    if (!this.#watches.delete(watch)) return;
    watch.ended = true;
    this.#rechecked.delete(watch);
    this.#toRecheck.delete(watch);
    for (const cancel of watch.cancels) cancel();
    watch.request.ended?.();
    const { definition } = watch.request;
    const cluster = definition.storage.cluster ?? watch.request.cluster;
    const { channels, name } = this.#placeOf(definition);
    const channel = channels.get(name);
    const watches = channel?.byCluster.get(cluster);
    if (!channel || !watches) return;
    watches.delete(watch);
    if (watches.size === 0) channel.byCluster.delete(cluster);
    if (channel.byCluster.size === 0) channels.delete(name);
  }

  #placeOf(definition: ResourceDefinition): { channels: Map<string, Channel>; name: string } {
    const prefix = prefixOf(definition, "*", "");
    if (definition.storage.identity === everyIdentity) return { channels: this.#wideChannels, name: prefix };
    return { channels: this.#channels, name: channelOf(prefix) };
  }

  /** What a change is to one stream (wire 69), if it is anything. */
  #offer(watch: Watch, event: FeedEvent, encoded?: Encoded): void {
    const { request } = watch;
    const { record, previous, key, revision } = event;
    if (watch.ended || revision <= watch.position) return;
    if (request.namespace !== "" && namespaceOf(key) !== request.namespace) return;
    const { filter } = request;
    const is = record !== undefined && (!filter || filter(record.header, key));
    const was = previous !== undefined && (!filter || filter(previous.header, key));
    // being deleted is news about something that was there all along
    const left = request.definition.onlyDeleting && previous !== undefined && !previous.header.deleting;
    if (is) watch.send(was || left ? "MODIFIED" : "ADDED", record, revision, encoded);
    else if (was) watch.send("DELETED", previous, revision, encoded);
  }

  #scheduleBookmark(watch: Watch, time: number): void {
    watch.cancels[1] = this.#wheel.at(time, () => {
      this.#bookmark(watch);
      this.#scheduleBookmark(watch, this.#clock() + bookmarkMs);
    });
  }

  /** Only to a stream that has everything up to here: a client resumes from it and would never learn what it missed. */
  #bookmark(watch: Watch): void {
    if (watch.live && !watch.ended) watch.emit(watch.form.bookmark(Math.max(this.progress, watch.position), false));
  }
}

/** bytes of one event by type and form */
type Encoded = Record<EventType, Map<string, Uint8Array | Promise<Uint8Array>> | undefined>;

const joinedBytesMax = 256 << 10;

/**
 * What commits of one batch are to a stream is one write. A write costs more than the event, and streams that watch the same share the
 * joined bytes as well.
 */
class Gathering {
  open = false;
  readonly watches: Watch[] = [];
  readonly #joined = new Map<Uint8Array, { parts: readonly Uint8Array[]; bytes: Uint8Array }>();

  flush(): void {
    this.open = false;
    for (const watch of this.watches) watch.flush();
    this.watches.length = 0;
    this.#joined.clear();
  }

  /** undefined: too much to copy */
  join(parts: readonly Uint8Array[]): Uint8Array | undefined {
    const known = this.#joined.get(parts[0]!);
    if (known && known.parts.length === parts.length && parts.every((part, i) => part === known.parts[i])) return known.bytes;
    let size = 0;
    for (const part of parts) size += part.byteLength;
    if (size > joinedBytesMax) return undefined;
    const bytes = Buffer.concat(parts, size);
    this.#joined.set(parts[0]!, { parts, bytes });
    return bytes;
  }
}

interface Channel {
  readonly byCluster: Map<string, Set<Watch>>;
}

class Watch {
  readonly request: WatchRequest;
  /** events up to here are not wanted */
  position: number;
  live = false;
  ended = false;
  readonly cancels: (() => void)[] = [];
  readonly #sink: ResponseSink;
  readonly #gone: () => void;
  #form: EventForm;
  /** of the definition that `#form` shows */
  #hash: string;
  #askedFor = "";
  /** set while an event is still being made: later ones wait behind it */
  #queue: Promise<void> | undefined;
  readonly #gathering: Gathering;
  #gathered: Uint8Array[] = [];

  constructor(request: WatchRequest, sink: ResponseSink, gathering: Gathering, gone: () => void) {
    this.request = request;
    this.#gathering = gathering;
    this.position = request.since ?? 0;
    this.#form = request.form;
    this.#hash = request.definition.hash;
    this.#sink = sink;
    this.#gone = gone;
  }

  send(type: EventType, record: StoredRecord, revision: number, encoded: Encoded | undefined): void {
    if (record.header.definition !== this.#hash) this.#renew(record.header.definition);
    const form = this.#form;
    if (form.id === undefined || !encoded) return this.emit(form.event(type, record, revision));
    const byForm = (encoded[type] ??= new Map());
    let bytes = byForm.get(form.id);
    if (bytes === undefined) byForm.set(form.id, (bytes = form.event(type, record, revision)));
    this.emit(bytes);
  }

  get form(): EventForm {
    return this.#form;
  }

  /** A schema may change while somebody watches: what is new in it shows from then on (wire 79). */
  #renew(hash: string): void {
    if (hash === this.#askedFor) return;
    const now = this.request.renew?.();
    if (!now) return;
    this.#askedFor = hash;
    this.#form = now.form;
    this.#hash = now.definition.hash;
  }

  emit(bytes: Uint8Array | Promise<Uint8Array>): void {
    if (!this.#queue && !(bytes instanceof Promise)) return this.#write(bytes);
    const queue: Promise<void> = (this.#queue ?? Promise.resolve())
      .then(() => bytes)
      .then(
        (it) => this.#write(it),
        (error: unknown) => this.fail(error),
      )
      .finally(() => {
        if (this.#queue === queue) this.#queue = undefined;
      });
    this.#queue = queue;
  }

  #write(bytes: Uint8Array): void {
    if (this.ended) return;
    if (!this.#gathering.open) return this.#deliver(bytes);
    if (this.#gathered.length === 0) this.#gathering.watches.push(this);
    this.#gathered.push(bytes);
  }

  /** Sends what the batch at hand was to this stream. */
  flush(): void {
    const parts = this.#gathered;
    if (parts.length === 0 || this.ended) return;
    this.#gathered = [];
    const bytes = parts.length === 1 ? parts[0] : this.#gathering.join(parts);
    if (bytes) this.#deliver(bytes);
    else for (const part of parts) if (!this.ended) this.#deliver(part);
  }

  #deliver(bytes: Uint8Array): void {
    // a live stream cannot be slowed down: whoever reads slower than things change starts again; but of large events a few may wait
    if (this.live && this.#sink.buffered > Math.max(queuedBytesMax, 3 * bytes.length)) return this.#cut();
    this.#sink.write(bytes);
  }

  /** Resolves when the client has taken what it was sent. */
  async flushed(): Promise<void> {
    await this.#queue;
    await this.#sink.drained();
  }

  end(): void {
    if (this.ended) return;
    const finish = (): void => {
      if (this.ended) return;
      this.flush();
      if (this.ended) return;
      this.#gone();
      this.#sink.end();
    };
    if (this.#queue) void this.#queue.then(finish);
    else finish();
  }

  fail(error: unknown): void {
    if (this.ended) return;
    const status = statusOf(error);
    this.#queue = undefined;
    this.#write(this.request.form.error(status));
    this.end();
  }

  #cut(): void {
    this.#gone();
    this.#sink.destroy();
  }
}

function statusOf(error: unknown): Status {
  if (error && typeof error === "object" && "status" in error && typeof error.status === "object") return error.status as Status;
  if (error instanceof StoreError && error.code === "Compacted")
    return expired("The resourceVersion for the provided watch is too old.").status;
  return failure(500, "InternalError", undefined, "an error on the server has ended the watch").status;
}

/** wire 62 */
export const tooOld = (asked: number, oldest: number) => expired(`too old resource version: ${asked} (${oldest})`);

/** wire 61 */
export const tooLargeResourceVersion = (asked: number, current: number): Status =>
  failure(
    504,
    "Timeout",
    { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }], retryAfterSeconds: 1 },
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
  ).status;

/** `/group/resource/identity/` */
function channelOf(key: string): string {
  const resource = key.indexOf("/", 1);
  const identity = key.indexOf("/", resource + 1);
  return key.slice(0, key.indexOf("/", identity + 1) + 1);
}

/** without the identity */
const wideChannelOf = (channel: string): string => channel.slice(0, channel.lastIndexOf("/", channel.length - 2) + 1);

function clusterOf(key: string): string {
  let at = 0;
  for (let i = 0; i < 3; i++) at = key.indexOf("/", at + 1);
  return key.slice(at + 1, key.indexOf("/", at + 1));
}

function namespaceOf(key: string): string {
  const end = key.lastIndexOf("/");
  return key.slice(key.lastIndexOf("/", end - 1) + 1, end);
}
