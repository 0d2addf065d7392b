import { decodeOwnJson } from "@meshplane/apimachinery";
import {
  homeClusterName,
  inactiveAnnotation,
  legacyInactiveAnnotation,
  logicalClusterName,
  maxTotalObjectsAnnotation,
  pathAnnotation,
  requiredGroupsAnnotation,
  tenancyGroup,
  typeAnnotation,
  type LogicalCluster,
  type LogicalClusterPhase,
  type Workspace,
} from "@meshplane/apis";
import type { Projection } from "@meshplane/apiserver";
import { builtInIdentity, decodeKey, keyPrefix, type FeedBatch, type Store, type StoredRecord } from "@meshplane/storage";

/** What every request needs to know of its logical cluster. About 300 bytes each. */
export interface LogicalClusterEntry {
  readonly cluster: string;
  /** canonical path; the name while there is none */
  readonly path: string;
  /** `<path of the type's cluster>:<name>`; "" without one */
  readonly type: string;
  readonly phase: LogicalClusterPhase | "";
  readonly inactive: boolean;
  readonly deleting: boolean;
  readonly requiredGroups: string | undefined;
  readonly maxTotalObjects: string | undefined;
}

/** Where a path leads. */
export type Resolved = { kind: "cluster"; cluster: string } | { kind: "mount"; url: string } | { kind: "unavailable" };

interface Child {
  cluster: string | undefined;
  mountUrl: string | undefined;
  unavailable: boolean;
}

const logicalClusterPrefix = keyPrefix("core.kcp.io", "logicalclusters", builtInIdentity);
const workspacePrefix = keyPrefix(tenancyGroup, "workspaces");

/** Names, paths and states of all logical clusters of this shard. @see spec tenancy §2, scale §3.1 */
export class PathIndex implements Projection {
  readonly name = "logical clusters";
  readonly #clusters = new Map<string, LogicalClusterEntry>();
  /** by `<parent cluster>:<workspace>` */
  readonly #children = new Map<string, Child>();
  readonly #types = new Map<string, string>();
  readonly #tenancyIdentity: () => string | undefined;
  readonly #listeners: ((cluster: string, entry: LogicalClusterEntry | undefined, old: LogicalClusterEntry | undefined) => void)[] = [];

  /** @param tenancyIdentity under which root's own workspaces lie: others may export an API of the same name */
  constructor(tenancyIdentity: () => string | undefined) {
    this.#tenancyIdentity = tenancyIdentity;
  }

  async load(store: Store): Promise<void> {
    await each(store, logicalClusterPrefix, (record) => this.#setCluster(record.key, record));
    const identity = this.#tenancyIdentity();
    if (identity) await each(store, keyPrefix(tenancyGroup, "workspaces", identity), (record) => this.#setWorkspace(record.key, record));
  }

  apply(batch: FeedBatch): void {
    for (const { key, record } of batch.events) {
      if (key.startsWith(logicalClusterPrefix)) this.#setCluster(key, record);
      else if (key.startsWith(workspacePrefix)) this.#setWorkspace(key, record);
    }
  }

  /** the logical cluster of this name */
  get(cluster: string): LogicalClusterEntry | undefined {
    return this.#clusters.get(cluster);
  }

  get size(): number {
    return this.#clusters.size;
  }

  /** called for every change, while it is applied: must be quick */
  onChange(listener: (cluster: string, entry: LogicalClusterEntry | undefined, old: LogicalClusterEntry | undefined) => void): void {
    this.#listeners.push(listener);
  }

  /** canonical path, or the name of a cluster without one */
  pathOf(cluster: string): string {
    return this.#clusters.get(cluster)?.path ?? cluster;
  }

  /** @param path `root:org:team`, `<cluster name>:team`, `user:<name>:…`, or one name */
  resolve(path: string): Resolved | undefined {
    if (path.startsWith("system:")) return { kind: "cluster", cluster: path };
    const segments = path.split(":");
    if (segments.length >= 2 && segments[0] === "user") segments.splice(0, 2, homeClusterName(segments[1]!));
    let cluster = segments[0]!;
    if (segments.length === 1) return this.#clusters.has(cluster) ? { kind: "cluster", cluster } : undefined;
    if (!this.#clusters.has(cluster)) return undefined;
    let unavailable = false;
    for (const segment of segments.slice(1)) {
      const child = this.#children.get(`${cluster}:${segment}`);
      if (!child) return undefined;
      if (child.mountUrl !== undefined) return child.unavailable ? { kind: "unavailable" } : { kind: "mount", url: child.mountUrl };
      if (child.unavailable) unavailable = true;
      if (child.cluster === undefined || !this.#clusters.has(child.cluster)) return undefined;
      cluster = child.cluster;
    }
    return unavailable ? { kind: "unavailable" } : { kind: "cluster", cluster };
  }

  /** the cluster behind a path, mounts and states aside */
  clusterOf(path: string): string | undefined {
    const resolved = this.resolve(path);
    return resolved?.kind === "cluster" ? resolved.cluster : undefined;
  }

  #setCluster(key: string, record: StoredRecord | undefined): void {
    const { cluster, name } = decodeKey(key);
    if (name !== logicalClusterName) return;
    const old = this.#clusters.get(cluster);
    const entry = record && this.#entryOf(cluster, record);
    if (entry) this.#clusters.set(cluster, entry);
    else this.#clusters.delete(cluster);
    for (const listener of this.#listeners) listener(cluster, entry, old);
  }

  #entryOf(cluster: string, record: StoredRecord): LogicalClusterEntry {
    const { metadata, status } = decodeOwnJson(record.body) as unknown as LogicalCluster;
    const annotations = metadata.annotations ?? {};
    return {
      cluster,
      path: annotations[pathAnnotation] ?? cluster,
      type: this.#intern(annotations[typeAnnotation] ?? ""),
      phase: status?.phase ?? "",
      inactive: annotations[inactiveAnnotation] === "true" || annotations[legacyInactiveAnnotation] === "true",
      deleting: record.header.deleting,
      requiredGroups: annotations[requiredGroupsAnnotation],
      maxTotalObjects: annotations[maxTotalObjectsAnnotation],
    };
  }

  #intern(type: string): string {
    const known = this.#types.get(type);
    if (known !== undefined) return known;
    this.#types.set(type, type);
    return type;
  }

  #setWorkspace(key: string, record: StoredRecord | undefined): void {
    const { identity, cluster, name } = decodeKey(key);
    if (identity !== this.#tenancyIdentity()) return;
    const id = `${cluster}:${name}`;
    const child = record && childOf(decodeOwnJson(record.body) as unknown as Workspace);
    if (child) this.#children.set(id, child);
    else this.#children.delete(id);
  }
}

function childOf({ spec, status }: Workspace): Child | undefined {
  const unavailable = status?.phase === "Unavailable";
  if (spec.mount) return spec.URL ? { cluster: undefined, mountUrl: spec.URL, unavailable } : undefined;
  if (!spec.cluster || status?.phase === "Scheduling") return undefined;
  return { cluster: spec.cluster, mountUrl: undefined, unavailable };
}

async function each(store: Store, prefix: string, visit: (record: StoredRecord) => void): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const page = await store.range(prefix, { limit: 1000, ...(after ? { after } : {}) });
    for (const record of page.records) visit(record);
    if (!page.more) return;
    after = page.records.at(-1)!.key;
  }
}
