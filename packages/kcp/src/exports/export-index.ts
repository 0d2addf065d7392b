import { decodeOwnJson } from "@meshplane/apimachinery";
import { pathAnnotation, rootCluster, type APIExport, type PermissionClaim, type ResourceSchemaReference } from "@meshplane/apis";
import type { Projection } from "@meshplane/apiserver";
import { builtInIdentity, decodeKey, keyPrefix, type FeedBatch, type Store, type StoredRecord } from "@meshplane/storage";

/** What is known of an APIExport without reading it. Exports are few; their consumers are many. */
export interface ExportEntry {
  readonly cluster: string;
  readonly name: string;
  /** canonical path of its cluster; the cluster's name while it has none */
  readonly path: string;
  readonly identityHash: string | undefined;
  readonly resources: readonly ResourceSchemaReference[];
  readonly permissionClaims: readonly PermissionClaim[];
  /** maximalPermissionPolicy.local */
  readonly localPolicy: boolean;
  readonly deleting: boolean;
}

const prefix = keyPrefix("apis.kcp.io", "apiexports", builtInIdentity);

/** All APIExports by cluster and name, and by identity. */
export class ExportIndex implements Projection {
  readonly name = "exports";
  readonly #byName = new Map<string, ExportEntry>();
  readonly #byIdentity = new Map<string, Set<ExportEntry>>();
  readonly #byCluster = new Map<string, Set<ExportEntry>>();

  async load(store: Store): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const page = await store.range(prefix, { limit: 500, ...(after ? { after } : {}) });
      for (const record of page.records) this.#set(record.key, record);
      if (!page.more) return;
      after = page.records.at(-1)!.key;
    }
  }

  apply(batch: FeedBatch): void {
    for (const { key, record } of batch.events) if (key.startsWith(prefix)) this.#set(key, record);
  }

  get(cluster: string, name: string): ExportEntry | undefined {
    return this.#byName.get(`${cluster}|${name}`);
  }

  /** exports that share this identity, in no order */
  withIdentity(identityHash: string): Iterable<ExportEntry> {
    return this.#byIdentity.get(identityHash) ?? [];
  }

  /** exports of one logical cluster, in no order */
  inCluster(cluster: string): Iterable<ExportEntry> {
    return this.#byCluster.get(cluster) ?? [];
  }

  /** identity of one of root's own exports: what kcp's bound kinds are stored under */
  rootIdentity(name: string): string | undefined {
    return this.get(rootCluster, name)?.identityHash;
  }

  #set(key: string, record: StoredRecord | undefined): void {
    const { cluster, name } = decodeKey(key);
    const id = `${cluster}|${name}`;
    const old = this.#byName.get(id);
    if (old) {
      remove(this.#byCluster, cluster, old);
      if (old.identityHash) remove(this.#byIdentity, old.identityHash, old);
    }
    if (!record) {
      this.#byName.delete(id);
      return;
    }
    const entry = entryOf(cluster, name, record);
    this.#byName.set(id, entry);
    add(this.#byCluster, cluster, entry);
    if (entry.identityHash) add(this.#byIdentity, entry.identityHash, entry);
  }
}

function add(sets: Map<string, Set<ExportEntry>>, key: string, entry: ExportEntry): void {
  const known = sets.get(key);
  if (known) known.add(entry);
  else sets.set(key, new Set([entry]));
}

function remove(sets: Map<string, Set<ExportEntry>>, key: string, entry: ExportEntry): void {
  const known = sets.get(key);
  known?.delete(entry);
  if (known?.size === 0) sets.delete(key);
}

function entryOf(cluster: string, name: string, record: StoredRecord): ExportEntry {
  const { metadata, spec, status } = decodeOwnJson(record.body) as unknown as APIExport;
  return {
    cluster,
    name,
    path: metadata.annotations?.[pathAnnotation] ?? cluster,
    identityHash: status?.identityHash || undefined,
    resources: spec?.resources ?? [],
    permissionClaims: spec?.permissionClaims ?? [],
    localPolicy: spec?.maximalPermissionPolicy?.local !== undefined,
    deleting: record.header.deleting,
  };
}
