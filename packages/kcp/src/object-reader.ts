import type { KubeObject } from "@meshplane/apimachinery";
import type { Projection } from "@meshplane/apiserver";
import { objectOf } from "@meshplane/controlplane";
import { encodeKey, type FeedBatch, type Store, type StorageKey } from "@meshplane/storage";

/** Where the objects of a kind lie, and what they are called. */
export interface StoredKind {
  group: string;
  version: string;
  resource: string;
  kind: string;
  identity: string;
}

const objectsMax = 4096;

/**
 * Decoded objects that many requests need (types, exports, schemas), kept while nobody changes them. Read-only for everybody.
 * Objects are as stored: not converted, pruned or defaulted.
 */
export class ObjectReader implements Projection {
  readonly name = "shared objects";
  readonly #store: Store;
  /** by key; in order of last use */
  readonly #known = new Map<string, KubeObject>();
  /** reads under way, which a change can overtake */
  readonly #reading = new Map<string, Reading>();

  constructor(store: Store) {
    this.#store = store;
  }

  apply(batch: FeedBatch): void {
    for (const { key } of batch.events) {
      this.#known.delete(key);
      this.#reading.delete(key); // what it brings may be old: nobody else waits for it, and it is not kept
    }
  }

  get<T extends KubeObject>(kind: StoredKind, cluster: string, name: string, namespace = ""): T | undefined | Promise<T | undefined> {
    const place: StorageKey = { group: kind.group, resource: kind.resource, identity: kind.identity, cluster, namespace, name };
    const key = encodeKey(place);
    const known = this.#known.get(key);
    if (!known) return this.#read<T>(key, kind);
    this.#known.delete(key);
    this.#known.set(key, known);
    return known as T;
  }

  #read<T extends KubeObject>(key: string, kind: StoredKind): Promise<T | undefined> {
    const running = this.#reading.get(key);
    if (running) return running as Promise<T | undefined>;
    const reading: Reading = this.#store.get(key).then((record) => {
      const isCurrent = this.#reading.get(key) === reading;
      if (isCurrent) this.#reading.delete(key);
      if (!record) return undefined;
      const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
      const object = objectOf(record, { apiVersion, kind: kind.kind });
      if (isCurrent) this.#keep(key, object);
      return object;
    });
    this.#reading.set(key, reading);
    reading.catch(() => this.#reading.get(key) === reading && this.#reading.delete(key));
    return reading as Promise<T | undefined>;
  }

  #keep(key: string, object: KubeObject): void {
    this.#known.set(key, object);
    if (this.#known.size > objectsMax) this.#known.delete(this.#known.keys().next().value!);
  }
}

type Reading = Promise<KubeObject | undefined>;
