import { decodeOwnJson } from "@meshplane/apimachinery";
import type { APIBinding } from "@meshplane/apis";
import { surfaceOf, type Projection, type ResourceDefinition, type Surface } from "@meshplane/apiserver";
import { builtInIdentity, decodeKey, keyPrefix, type FeedBatch, type FeedEvent, type Store, type StoredRecord } from "@meshplane/storage";
import { bindingEntryOf, type BindingEntry } from "./binding-entry.ts";
import { withReducedVerbs } from "./reduced-verbs.ts";

/** Which APIs one logical cluster has, and from where. Derived from its bindings and CRDs; made on first use. */
export interface ClusterApis {
  readonly surface: Surface;
  /** sorted by name */
  readonly bindings: readonly BindingEntry[];
  /** the binding that brings this resource */
  boundBy(group: string, resource: string): BindingEntry | undefined;
}

/** At hand for clusters in use, else a promise. */
export type ClusterApisSource = (cluster: string) => ClusterApis | Promise<ClusterApis>;

export interface ClusterApisParts {
  store: Store;
  /** built-in and system kinds: what every logical cluster has */
  base: readonly ResourceDefinition[];
  /** definitions of a bound resource, all served versions; [] when its schema is nowhere to be found */
  bound: (resource: BindingEntry["resources"][number], exportCluster: string) => ResourceDefinition[] | Promise<ResourceDefinition[]>;
  /** definitions of the CRDs that lie in this cluster */
  local: (cluster: string) => ResourceDefinition[] | Promise<ResourceDefinition[]>;
  virtual: {
    /** definitions of a bound resource that has no storage of its own: another cluster's objects are shown */
    definitions: VirtualDefinitions;
    /** whether what this cluster has is shown elsewhere */
    shows: (cluster: string) => boolean;
  };
}

/** @param own what a logical cluster has itself, without what is virtual there */
export type VirtualDefinitions = (
  consumer: string,
  binding: BindingEntry,
  resource: BindingEntry["resources"][number],
  bound: readonly ResourceDefinition[],
  own: (cluster: string) => Promise<readonly ResourceDefinition[]>,
) => Promise<ResourceDefinition[]>;

const clustersMax = 8192;
const bindingPrefix = keyPrefix("apis.kcp.io", "apibindings", builtInIdentity);
const exportPrefix = keyPrefix("apis.kcp.io", "apiexports", builtInIdentity);
const crdPrefix = keyPrefix("apiextensions.k8s.io", "customresourcedefinitions", builtInIdentity);
const logicalClusterPrefix = keyPrefix("core.kcp.io", "logicalclusters", builtInIdentity);

/** by name; records are read when they are needed */
type Bindings = Map<string, BindingEntry | StoredRecord>;

/**
 * An LRU of clusters in use; surfaces with the same content are one object. A change of a cluster's bindings or CRDs drops its entry; its bindings stay
 * known, as the changes tell them.
 * Lookup order: base, bindings, local CRDs. @see spec apis §5.4
 */
export class ClusterApisCache implements Projection {
  readonly name = "surfaces";
  readonly #parts: ClusterApisParts;
  readonly #known = new Map<string, ClusterApis>();
  readonly #building = new Map<string, { promise: Promise<ClusterApis>; overtaken: boolean }>();
  /** clusters that have virtual resources, which hang on what others do */
  readonly #withVirtual = new Set<string>();
  /** bindings of clusters without an entry, where nobody needs to ask the store for them */
  readonly #bindings = new Map<string, Bindings>();
  readonly #surfaces = new Map<string, WeakRef<Surface>>();
  readonly #baseKeys: Set<string>;
  /** clusters that have, or had, CRDs of their own: most have none, and need not be asked */
  readonly #withCrds = new Set<string>();
  /** how many CRDs there are of a name, over all clusters */
  readonly #crds = new Map<string, number>();
  #loaded = false;
  readonly #listeners: ((cluster: string) => void)[] = [];

  constructor(parts: ClusterApisParts) {
    this.#parts = parts;
    this.#baseKeys = new Set(parts.base.map(({ group, resource }) => `${resource}.${group}`));
  }

  async load(store: Store): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const page = await store.range(crdPrefix, { limit: 1_000, keysOnly: true, ...(after ? { after } : {}) });
      for (const { key } of page.records) {
        const { cluster, name } = decodeKey(key);
        this.#withCrds.add(cluster);
        this.#count(name, 1);
      }
      if (!page.more) break;
      after = page.records.at(-1)!.key;
    }
    this.#loaded = true;
  }

  /** false: it has no CRDs of its own */
  mayHaveCrds(cluster: string): boolean {
    return !this.#loaded || this.#withCrds.has(cluster);
  }

  /** whether some cluster has a CRD for it */
  isDefined(group: string, resource: string): boolean {
    return this.#crds.has(`${resource}.${group}`);
  }

  #count(name: string, change: number): void {
    const count = (this.#crds.get(name) ?? 0) + change;
    if (count > 0) this.#crds.set(name, count);
    else this.#crds.delete(name);
  }

  apply(batch: FeedBatch): void {
    for (const event of batch.events) {
      const { key } = event;
      const isBinding = key.startsWith(bindingPrefix);
      if (isBinding || key.startsWith(crdPrefix)) {
        const { cluster, name } = decodeKey(key);
        if (isBinding) this.#noteBinding(cluster, name, event);
        else this.#noteCrd(cluster, name, event);
        this.#drop(cluster);
        if (this.#withVirtual.size > 0 && this.#parts.virtual.shows(cluster)) this.dropVirtual();
      } else if (!event.previous && key.startsWith(logicalClusterPrefix)) {
        const { cluster } = decodeKey(key);
        // nothing is bound before there is a LogicalCluster
        if (!cluster.startsWith("system:") && !this.#known.has(cluster)) this.#keepBindings(cluster, new Map());
      } else if (this.#withVirtual.size > 0 && key.startsWith(exportPrefix)) this.dropVirtual();
    }
  }

  #noteCrd(cluster: string, name: string, { record, previous }: FeedEvent): void {
    this.#withCrds.add(cluster);
    if (!record !== !previous) this.#count(name, record ? 1 : -1);
  }

  #noteBinding(cluster: string, name: string, { record }: FeedEvent): void {
    const bindings = this.#bindings.get(cluster) ?? this.#takeBindings(cluster);
    if (!bindings) return;
    if (record) bindings.set(name, record);
    else bindings.delete(name);
  }

  /** those of the entry that is about to go */
  #takeBindings(cluster: string): Bindings | undefined {
    const known = this.#known.get(cluster);
    return known && this.#keepBindings(cluster, new Map(known.bindings.map((entry) => [entry.name, entry])));
  }

  #keepBindings(cluster: string, bindings: Bindings): Bindings {
    this.#bindings.set(cluster, bindings);
    if (this.#bindings.size > clustersMax) this.#bindings.delete(this.#bindings.keys().next().value!);
    return bindings;
  }

  #drop(cluster: string): void {
    this.#known.delete(cluster);
    const building = this.#building.get(cluster);
    if (building) {
      building.overtaken = true;
      this.#building.delete(cluster);
    }
    for (const listener of this.#listeners) listener(cluster);
  }

  /** forgets the clusters that have virtual resources: where those come from may have changed */
  dropVirtual(): void {
    const clusters = [...this.#withVirtual];
    this.#withVirtual.clear();
    for (const cluster of clusters) this.#drop(cluster);
  }

  /** called whenever the APIs of a cluster may have changed */
  onChange(listener: (cluster: string) => void): void {
    this.#listeners.push(listener);
  }

  readonly of: ClusterApisSource = (cluster) => {
    const known = this.#known.get(cluster);
    if (!known) return this.#build(cluster);
    if (this.#known.size > clustersMax / 2) {
      this.#known.delete(cluster);
      this.#known.set(cluster, known);
    }
    return known;
  };

  #build(cluster: string): Promise<ClusterApis> {
    const running = this.#building.get(cluster);
    if (running) return running.promise;
    const building = { promise: undefined as unknown as Promise<ClusterApis>, overtaken: false };
    building.promise = this.#make(cluster).then(
      (apis) => {
        if (building.overtaken) return apis;
        this.#building.delete(cluster);
        this.#known.set(cluster, apis);
        this.#bindings.delete(cluster);
        if (this.#known.size > clustersMax) this.#known.delete(this.#known.keys().next().value!);
        return apis;
      },
      (error: unknown) => {
        if (!building.overtaken) this.#building.delete(cluster);
        throw error;
      },
    );
    this.#building.set(cluster, building);
    return building.promise;
  }

  async #make(cluster: string, withVirtual = true): Promise<ClusterApis> {
    const { store, bound, local, virtual } = this.#parts;
    const own = async (source: string) => (await this.#make(source, false)).surface.definitions;
    const noted = this.#bindings.get(cluster);
    const bindings = noted ? readBindings(noted) : (await store.range(`${bindingPrefix}${cluster}/`)).records.map(readBinding);
    const boundBy = new Map<string, BindingEntry>();
    const definitions: ResourceDefinition[] = [];
    for (const binding of bindings) {
      for (const resource of binding.resources) {
        const name = `${resource.resource}.${resource.group}`;
        if (this.#baseKeys.has(name) || boundBy.has(name) || binding.exportCluster === undefined) continue;
        const isVirtual = resource.storageVersions?.length === 0;
        if (isVirtual && !withVirtual) continue;
        if (isVirtual) this.#withVirtual.add(cluster);
        const schemas = await bound(resource, binding.exportCluster);
        const found = isVirtual ? await virtual.definitions(cluster, binding, resource, schemas, own) : schemas;
        boundBy.set(name, binding);
        definitions.push(...(binding.deleting ? found.map(withReducedVerbs) : found));
      }
    }
    for (const definition of this.mayHaveCrds(cluster) ? await local(cluster) : []) {
      const name = `${definition.resource}.${definition.group}`;
      if (!this.#baseKeys.has(name) && !boundBy.has(name)) definitions.push(definition);
    }
    return {
      surface: this.#surfaceOf(definitions),
      bindings,
      boundBy: (group, resource) => boundBy.get(`${resource}.${group}`),
    };
  }

  #surfaceOf(definitions: readonly ResourceDefinition[]): Surface {
    const key = definitions.map(contentKey).join(" ");
    const known = this.#surfaces.get(key)?.deref();
    if (known) return known;
    const surface = surfaceOf(key, [...this.#parts.base, ...definitions]);
    this.#surfaces.set(key, new WeakRef(surface));
    if (this.#surfaces.size > 2 * clustersMax) for (const [old, ref] of this.#surfaces) if (!ref.deref()) this.#surfaces.delete(old);
    return surface;
  }
}

function readBinding({ body, header }: StoredRecord): BindingEntry {
  return bindingEntryOf(decodeOwnJson(body) as unknown as APIBinding, header.deleting);
}

/** Sorted as the store sorts them; each is read once. */
function readBindings(noted: Bindings): BindingEntry[] {
  for (const [name, one] of noted) if ("body" in one) noted.set(name, readBinding(one));
  const names = [...noted.keys()].sort(); // names are ASCII: byte order
  return names.map((name) => noted.get(name) as BindingEntry);
}

let lastNumber = 0;
const numbers = new WeakMap<ResourceDefinition, number>();

/** Definitions are shared objects, so the same number means the same content. */
function contentKey(definition: ResourceDefinition): string {
  let number = numbers.get(definition);
  if (number === undefined) numbers.set(definition, (number = ++lastNumber));
  return `${number}`;
}
