import { decodeJson, equalJson, labelSelectorFrom, nothing, type KubeObject, type LabelSelector } from "@meshplane/apimachinery";
import { cacheGroup, type ClusterCachedResource, type ClusterCachedResourceEndpointSlice } from "@meshplane/apis";
import type { Projection } from "@meshplane/apiserver";
import { builtInIdentity, decodeKey, keyPrefix, type FeedBatch, type Store, type StoredRecord } from "@meshplane/storage";

/** What is known of one ClusterCachedResource without reading it. */
export interface PublishedResource {
  readonly cluster: string;
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** which objects are published */
  readonly selector: LabelSelector;
  readonly identityHash: string | undefined;
  readonly secret: { readonly namespace: string; readonly name: string } | undefined;
  readonly deleting: boolean;
  /** without conditions and counts, to see whether anything that others follow has changed */
  readonly essence: unknown;
}

/** One ClusterCachedResourceEndpointSlice: from whom to whom. Paths as written; "" is the slice's own cluster. */
export interface PublishedSlice {
  readonly cluster: string;
  readonly name: string;
  readonly source: { readonly path: string; readonly name: string };
  readonly export: { readonly path: string; readonly name: string };
  readonly essence: unknown;
}

/** What has been changed or has gone, as it was. */
export interface Replaced {
  readonly resources: PublishedResource[];
  readonly slices: PublishedSlice[];
}

const resourcesPrefix = keyPrefix(cacheGroup, "clustercachedresources", builtInIdentity);
const slicesPrefix = keyPrefix(cacheGroup, "clustercachedresourceendpointslices", builtInIdentity);

/** All ClusterCachedResources and their endpoint slices. They are few; the objects that they publish are not here. */
export class PublishedResources implements Projection {
  readonly name = "published resources";
  readonly #resources = new Map<string, PublishedResource>();
  readonly #byCluster = new Map<string, Set<PublishedResource>>();
  readonly #slices = new Map<string, PublishedSlice>();
  readonly #listeners: ((before: Replaced) => void)[] = [];

  async load(store: Store): Promise<void> {
    for (const prefix of [resourcesPrefix, slicesPrefix]) {
      let after: string | undefined;
      for (;;) {
        const page = await store.range(prefix, { limit: 500, ...(after ? { after } : {}) });
        for (const record of page.records) this.#set(record.key, record);
        if (!page.more) break;
        after = page.records.at(-1)!.key;
      }
    }
  }

  apply(batch: FeedBatch): void {
    const before: Replaced = { resources: [], slices: [] };
    let changed = false;
    for (const { key, record } of batch.events)
      if ((key.startsWith(resourcesPrefix) || key.startsWith(slicesPrefix)) && this.#set(key, record, before)) changed = true;
    if (changed) for (const listener of this.#listeners) listener(before);
  }

  get(cluster: string, name: string): PublishedResource | undefined {
    return this.#resources.get(`${cluster}|${name}`);
  }

  slice(cluster: string, name: string): PublishedSlice | undefined {
    return this.#slices.get(`${cluster}|${name}`);
  }

  /** in no order */
  inCluster(cluster: string): Iterable<PublishedResource> {
    return this.#byCluster.get(cluster) ?? [];
  }

  /** in no order */
  all(): Iterable<PublishedResource> {
    return this.#resources.values();
  }

  /** in no order */
  slices(): Iterable<PublishedSlice> {
    return this.#slices.values();
  }

  /** called when anything but conditions and counts has changed, with what there was before; must be quick */
  onChange(listener: (before: Replaced) => void): void {
    this.#listeners.push(listener);
  }

  /** @returns whether it matters to others */
  #set(key: string, record: StoredRecord | undefined, before?: Replaced): boolean {
    const { cluster, name } = decodeKey(key);
    const id = `${cluster}|${name}`;
    const object = record && (decodeJson(record.body).value as unknown as KubeObject);
    if (key.startsWith(slicesPrefix)) {
      const old = this.#slices.get(id);
      const now = object && sliceOf(cluster, object as ClusterCachedResourceEndpointSlice);
      if (equalJson(old?.essence, now?.essence)) return false;
      if (old) before?.slices.push(old);
      if (now) this.#slices.set(id, now);
      else this.#slices.delete(id);
      return true;
    }
    const old = this.#resources.get(id);
    const now = object && resourceOf(cluster, object as ClusterCachedResource);
    if (equalJson(old?.essence, now?.essence)) return false;
    if (old) before?.resources.push(old);
    const siblings = this.#byCluster.get(cluster) ?? new Set();
    if (old) siblings.delete(old);
    if (now) {
      this.#resources.set(id, now);
      this.#byCluster.set(cluster, siblings.add(now));
    } else {
      this.#resources.delete(id);
      if (siblings.size === 0) this.#byCluster.delete(cluster);
    }
    return true;
  }
}

function resourceOf(cluster: string, { metadata, spec, status }: ClusterCachedResource): PublishedResource {
  const { namespace = "", name = "" } = spec.identity?.secretRef ?? {};
  return {
    cluster,
    name: metadata.name!,
    group: spec.group ?? "",
    version: spec.version ?? "",
    resource: spec.resource,
    selector: selectorOf(spec),
    identityHash: status?.identityHash || undefined,
    secret: name === "" ? undefined : { namespace, name },
    deleting: metadata.deletionTimestamp !== undefined,
    essence: { spec, identity: status?.identityHash ?? "", deleting: metadata.deletionTimestamp !== undefined },
  };
}

/** upstream looks at matchLabels only; expressions narrow it further here, so that nothing is published that was not meant */
function selectorOf({ labelSelector }: ClusterCachedResource["spec"]): LabelSelector {
  try {
    return labelSelectorFrom(labelSelector ?? {});
  } catch {
    return nothing;
  }
}

function sliceOf(cluster: string, { metadata, spec }: ClusterCachedResourceEndpointSlice): PublishedSlice {
  const { clusterCachedResource: source, export: exported } = spec;
  return {
    cluster,
    name: metadata.name!,
    source: { path: source.path ?? "", name: source.name },
    export: { path: exported.path ?? "", name: exported.name },
    essence: spec,
  };
}
