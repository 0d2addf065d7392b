import { clusterAnnotation, parseLabelSelector, type KubeObject } from "@meshplane/apimachinery";

/** Which object, of which logical cluster ("" on servers without). */
export interface CacheKey {
  cluster?: string;
  namespace?: string;
  name: string;
}

/** Values that an object is found by. Must depend on nothing but the object. */
export type Indexer<T extends KubeObject> = (object: T) => readonly string[];

/** Reads what an informer knows. Objects are shared: copy before changing. */
export interface Lister<T extends KubeObject> {
  get(key: CacheKey): T | undefined;
  /** all, or those of one logical cluster, one namespace, with these labels; order unspecified */
  list(selection?: { cluster?: string; namespace?: string; labelSelector?: string }): T[];
  /** @throws TypeError when there is no such index */
  byIndex(index: string, value: string): T[];
  readonly size: number;
}

export const clusterOf = (object: KubeObject): string => {
  const { annotations } = object.metadata;
  return annotations && Object.hasOwn(annotations, clusterAnnotation) ? annotations[clusterAnnotation]! : "";
};

/** `cluster|namespace/name` */
export const cacheKeyOf = (object: KubeObject): string =>
  keyText(clusterOf(object), object.metadata.namespace ?? "", object.metadata.name ?? "");

const keyText = (cluster: string, namespace: string, name: string): string => `${cluster}|${namespace}/${name}`;

/** Objects by key, by logical cluster and by declared indexes. */
export class ObjectCache<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<string, T>();
  readonly #clusters = new Map<string, Set<string>>();
  readonly #indexers = new Map<string, Indexer<T>>();
  /** index → value → keys */
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(indexers: Record<string, Indexer<T>> = {}) {
    for (const [name, indexer] of Object.entries(indexers)) this.addIndexer(name, indexer);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: CacheKey): T | undefined {
    return this.#objects.get(keyText(key.cluster ?? "", key.namespace ?? "", key.name));
  }

  getByKey(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  /** the logical clusters that have objects here */
  clusters(): IterableIterator<string> {
    return this.#clusters.keys();
  }

  list(selection: { cluster?: string; namespace?: string; labelSelector?: string } = {}): T[] {
    const { cluster, namespace } = selection;
    const selector = selection.labelSelector ? parseLabelSelector(selection.labelSelector) : undefined;
    const matches = (object: T): boolean =>
      (namespace === undefined || (object.metadata.namespace ?? "") === namespace) &&
      (!selector || selector.matches(object.metadata.labels ?? {}));
    const candidates = cluster === undefined ? this.#objects.values() : this.#at(this.#clusters.get(cluster));
    return [...candidates].filter(matches);
  }

  byIndex(index: string, value: string): T[] {
    const values = this.#indexes.get(index);
    if (!values) throw new TypeError(`no index "${index}"`);
    return [...this.#at(values.get(value))];
  }

  /** May come late: what is there already is indexed too. @throws TypeError when the name is taken */
  addIndexer(name: string, indexer: Indexer<T>): void {
    if (this.#indexers.has(name)) throw new TypeError(`there is an index "${name}" already`);
    this.#indexers.set(name, indexer);
    const index = new Map<string, Set<string>>();
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) for (const value of indexer(object)) addTo(index, value, key);
  }

  /** @returns what was there before */
  set(key: string, object: T): T | undefined {
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    if (!old) addTo(this.#clusters, clusterOf(object), key);
    for (const [name, indexer] of this.#indexers) {
      const index = this.#indexes.get(name)!;
      if (old) for (const value of indexer(old)) removeFrom(index, value, key);
      for (const value of indexer(object)) addTo(index, value, key);
    }
    return old;
  }

  /** @returns what was there */
  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#objects.delete(key);
    removeFrom(this.#clusters, clusterOf(old), key);
    for (const [name, indexer] of this.#indexers) {
      for (const value of indexer(old)) removeFrom(this.#indexes.get(name)!, value, key);
    }
    return old;
  }

  *#at(keys: Iterable<string> | undefined): Iterable<T> {
    for (const key of keys ?? []) yield this.#objects.get(key)!;
  }
}

function addTo(index: Map<string, Set<string>>, value: string, key: string): void {
  const keys = index.get(value);
  if (keys) keys.add(key);
  else index.set(value, new Set([key]));
}

function removeFrom(index: Map<string, Set<string>>, value: string, key: string): void {
  const keys = index.get(value);
  if (!keys?.delete(key)) return;
  if (keys.size === 0) index.delete(value);
}
