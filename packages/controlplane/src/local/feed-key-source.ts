import { decodeOwnJson, type GroupResource, type KubeObject } from "@meshplane/apimachinery";
import type { Projection } from "@meshplane/apiserver";
import type { Change, IndexName, KeySource, SubscribeOptions } from "@meshplane/controller-runtime";
import { decodeKey, keyPrefix, type FeedBatch, type FeedEvent, type Store, type StoredRecord } from "@meshplane/storage";

/** A change as the store's feed tells it. */
export interface FeedChange extends Change {
  /** the store's key: controllers that follow bound resources of any export need it */
  readonly storageKey: string;
  /** `-`, `customresources` or an export's identity hash */
  readonly identity: string;
  readonly uid: string;
  /** what is stored now, and was before */
  readonly record: StoredRecord | undefined;
  readonly previousRecord: StoredRecord | undefined;
}

/** apiVersion and kind of what is stored of a resource; undefined when nobody knows */
export type KindOf = (resource: GroupResource, identity: string) => { apiVersion: string; kind: string } | undefined;

/** Every resource. */
export const allResources: GroupResource = { group: "*", resource: "*" };

const pageSize = 200;

interface Subscription {
  resource: GroupResource;
  onChange: (change: FeedChange) => void;
  options: SubscribeOptions;
}

/**
 * Changes for the controllers of this process, from the store's feed. It costs nothing per object: keys and labels come from the record,
 * bodies are parsed when somebody asks. Stands among the server's projections; its subscribers only put keys into their queues.
 *
 * Once `start` is called, what exists is reported in the background: first what `unsettled` index entries name, then page by page the rest.
 */
export class FeedKeySource implements KeySource, Projection {
  readonly name = "controllers";
  readonly #store: Store;
  readonly #kindOf: KindOf;
  /** by `group/resource` as the key spells it */
  readonly #byResource = new Map<string, Subscription[]>();
  readonly #all: Subscription[] = [];
  #started: Subscription[] | undefined;
  #stopped = false;
  #sweep: Promise<void> = Promise.resolve();
  readonly #onError: (error: unknown) => void;

  constructor(options: { store: Store; kindOf: KindOf; onError?: (error: unknown) => void }) {
    this.#store = options.store;
    this.#kindOf = options.kindOf;
    this.#onError = options.onError ?? (() => {});
  }

  subscribe(resource: GroupResource, onChange: (change: FeedChange) => void, options: SubscribeOptions = {}): void {
    const subscription = { resource, onChange, options };
    if (resource.resource === "*") {
      this.#all.push(subscription);
      if (this.#started) this.#queueSweep([subscription]);
      return;
    }
    const path = `${resource.group || "core"}/${resource.resource}`;
    const known = this.#byResource.get(path);
    if (known) known.push(subscription);
    else this.#byResource.set(path, [subscription]);
    if (this.#started) this.#queueSweep([subscription]);
  }

  apply(batch: FeedBatch): void {
    if (this.#stopped) return;
    for (const event of batch.events) {
      const subscriptions = this.#byResource.get(resourcePathOf(event.key));
      if (!subscriptions && this.#all.length === 0) continue;
      const change = this.#changeOf(event);
      if (subscriptions) for (const { onChange } of subscriptions) onChange(change);
      for (const { onChange } of this.#all) onChange(change);
    }
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = [...[...this.#byResource.values()].flat(), ...this.#all];
    this.#queueSweep(this.#started);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Forgets its subscribers: others may come, and `start` tells them what exists. */
  reset(): void {
    this.#byResource.clear();
    this.#all.length = 0;
    this.#started = undefined;
  }

  /** resolves when what existed at the start has been reported; for tests */
  swept(): Promise<void> {
    return this.#sweep;
  }

  #queueSweep(subscriptions: Subscription[]): void {
    this.#sweep = this.#sweep.then(() => this.#report(subscriptions)).catch(this.#onError);
  }

  async #report(subscriptions: Subscription[]): Promise<void> {
    for (const subscription of subscriptions) {
      if (subscription.options.initial === "none") continue;
      for (const entry of subscription.options.unsettled ?? []) await this.#reportIndexed(subscription, entry);
    }
    const sweeping = Map.groupBy(
      subscriptions.filter(({ options }) => (options.initial ?? "all") === "all"),
      ({ resource }) => (resource.resource === "*" ? "/" : keyPrefix(resource.group, resource.resource)),
    );
    for (const [prefix, of] of sweeping) await this.#reportRange(prefix, of);
  }

  async #reportIndexed({ resource, onChange }: Subscription, entry: IndexName): Promise<void> {
    const prefix = keyPrefix(resource.group, resource.resource);
    for (const record of await this.#store.index(entry.name, entry.value, prefix)) {
      if (this.#stopped) return;
      onChange(this.#existing(record));
    }
  }

  async #reportRange(prefix: string, subscriptions: Subscription[]): Promise<void> {
    let after: string | undefined;
    for (;;) {
      if (this.#stopped) return;
      const { records, more } = await this.#store.range(prefix, {
        limit: pageSize,
        ...(after === undefined ? {} : { after }),
      });
      for (const record of records) {
        const change = this.#existing(record);
        for (const { onChange } of subscriptions) onChange(change);
      }
      if (!more || records.length === 0) return;
      after = records.at(-1)!.key;
      // Requests come first: the sweep has time.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #existing(record: StoredRecord): FeedChange {
    return this.#changeOf({ key: record.key, revision: record.revision, record, previous: undefined });
  }

  #changeOf(event: FeedEvent): FeedChange {
    const { group, resource, identity, cluster, namespace, name } = decodeKey(event.key);
    const header = (event.record ?? event.previous)?.header;
    const parse = (record: StoredRecord | undefined): KubeObject | undefined =>
      record && objectOf(record, this.#kindOf({ group, resource }, identity));
    let object: KubeObject | undefined;
    let previous: KubeObject | undefined;
    return {
      resource: { group, resource },
      key: { cluster, namespace, name },
      deleted: event.record === undefined,
      labels: header?.labels,
      fields: header?.fields,
      deleting: header?.deleting ?? false,
      resourceVersion: event.record && String(event.record.revision),
      object: () => (object ??= parse(event.record)),
      previous: () => (previous ??= parse(event.previous)),
      storageKey: event.key,
      identity,
      uid: header?.uid ?? "",
      record: event.record,
      previousRecord: event.previous,
    };
  }
}

/** `/core/configmaps/…` → `core/configmaps`, without cutting the rest */
function resourcePathOf(key: string): string {
  return key.slice(1, key.indexOf("/", key.indexOf("/", 1) + 1));
}

/** The stored form of a record as an object, apiVersion and kind filled in. Not converted, pruned or defaulted. */
export function objectOf(record: StoredRecord, kind: { apiVersion: string; kind: string } | undefined): KubeObject {
  const stored = decodeOwnJson(record.body) as unknown as KubeObject;
  stored.metadata.resourceVersion = String(record.revision);
  stored.apiVersion = kind?.apiVersion ?? "";
  stored.kind = kind?.kind ?? "";
  return stored;
}

/** Whether a record may have a field of this name, without parsing it: a hit may be a false one, a miss is none. */
export const bodyIncludes = (body: Uint8Array, field: string): boolean =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(field);
