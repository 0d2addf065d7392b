import type { KubeObject } from "@meshplane/apimachinery";
import type { ResourceClient } from "./object-client.ts";
import { cacheKeyOf, ObjectCache, type Indexer, type Lister } from "./object-cache.ts";
import { Reflector } from "./reflector.ts";

/** Told of each change after the cache has it. Must be quick; objects are shared and read-only. */
export interface InformerHandler<T extends KubeObject> {
  /** @param initial it existed before we looked */
  added?(object: T, initial: boolean): void;
  updated?(object: T, old: T): void;
  /** as it was last known: its end may have passed unseen, while the connection was broken */
  deleted?(object: T): void;
}

export interface InformerOptions<T extends KubeObject> {
  resource: ResourceClient<T>;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  indexers?: Record<string, Indexer<T>>;
  /** what of an object is kept, e.g. without managedFields; may change the object that it gets */
  transform?: (object: T) => T;
  /** failures of the watch, and errors that handlers throw; the informer goes on */
  onError?: (error: unknown) => void;
  watchList?: boolean;
  silenceMaxMs?: number;
  backOffMinMs?: number;
  backOffMaxMs?: number;
}

/**
 * A cache that follows one resource, of one logical cluster or of all, shared by any number of handlers.
 * Objects are keyed by the logical cluster in their annotation, so names may repeat across clusters.
 */
export class Informer<T extends KubeObject = KubeObject> {
  readonly #cache: ObjectCache<T>;
  readonly #reflector: Reflector<T>;
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #onError: (error: unknown) => void;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: InformerOptions<T>) {
    const { indexers, transform = (object) => object, onError = () => {}, ...others } = options;
    this.#cache = new ObjectCache(indexers);
    this.#onError = onError;
    this.#reflector = new Reflector<T>({
      ...others,
      onError,
      sink: {
        replace: (objects) => this.#replace(objects.map(transform)),
        upsert: (object) => this.#upsert(transform(object), false),
        remove: (object) => this.#remove(cacheKeyOf(object), transform(object)),
      },
    });
  }

  /** what is known now */
  get lister(): Lister<T> {
    return this.#cache;
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced;
  }

  /** the last failure of the watch, while it lasts */
  get lastError(): unknown {
    return this.#reflector.lastError;
  }

  /** how often all was listed, and how often a stream was opened */
  get counts(): Readonly<{ lists: number; watches: number }> {
    return this.#reflector.counts;
  }

  /** the logical clusters that have objects here */
  clusters(): Iterable<string> {
    return this.#cache.clusters();
  }

  addIndexer(name: string, indexer: Indexer<T>): void {
    this.#cache.addIndexer(name, indexer);
  }

  /** What is known already is told at once, as initial. @returns how to stop listening */
  addHandler(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#cache.list()) this.#tell(() => handler.added?.(object, true));
    return () => this.#handlers.delete(handler);
  }

  /** Begins to follow. Resolves when the cache is complete; rejects when it is stopped before. */
  start(): Promise<void> {
    this.#running ??= this.#reflector.run(this.#stop.signal);
    return this.#reflector.synced;
  }

  /** Resolves when nothing runs any more. What is cached stays readable. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #replace(objects: T[]): void {
    const keep = new Set<string>();
    const initial = !this.#reflector.hasSynced;
    for (const object of objects) {
      keep.add(cacheKeyOf(object));
      this.#upsert(object, initial);
    }
    for (const key of [...this.#cache.keys()]) if (!keep.has(key)) this.#remove(key, undefined);
  }

  #upsert(object: T, initial: boolean): void {
    const key = cacheKeyOf(object);
    const old = this.#cache.getByKey(key);
    if (!old) {
      this.#cache.set(key, object);
      this.#each((handler) => handler.added?.(object, initial));
      return;
    }
    if (old.metadata.uid !== object.metadata.uid) {
      // Gone and made again, unseen: another object, whatever its name.
      this.#remove(key, undefined);
      this.#upsert(object, initial);
      return;
    }
    if (old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#cache.set(key, object);
    this.#each((handler) => handler.updated?.(object, old));
  }

  #remove(key: string, last: T | undefined): void {
    const old = this.#cache.delete(key);
    if (old) this.#each((handler) => handler.deleted?.(last ?? old));
  }

  #each(tell: (handler: InformerHandler<T>) => void): void {
    for (const handler of this.#handlers) this.#tell(() => tell(handler));
  }

  /** One bad handler must not stop the others, nor the watch. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#onError(error);
    }
  }
}
