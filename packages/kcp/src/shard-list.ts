import { decodeOwnJson } from "@meshplane/apimachinery";
import { rootCluster, type Shard } from "@meshplane/apis";
import type { Projection } from "@meshplane/apiserver";
import { keyPrefix, type FeedBatch, type Store } from "@meshplane/storage";
import type { ExportIndex } from "./exports/export-index.ts";

const prefix = keyPrefix("core.kcp.io", "shards");

/** The shards that there are, decoded once until one changes; their objects lie in root. Read-only for everybody. */
export class ShardList implements Projection {
  readonly name = "shards";
  readonly #store: Store;
  readonly #exports: ExportIndex;
  #known: { identity: string; shards: readonly Shard[] } | undefined;
  #changes = 0;

  constructor(store: Store, exports: ExportIndex) {
    this.#store = store;
    this.#exports = exports;
  }

  apply(batch: FeedBatch): void {
    for (const { key } of batch.events) {
      if (!key.startsWith(prefix)) continue;
      this.#known = undefined;
      this.#changes++;
    }
  }

  list(): readonly Shard[] | Promise<readonly Shard[]> {
    const identity = this.#exports.rootIdentity("shards.core.kcp.io");
    if (!identity) return [];
    return this.#known?.identity === identity ? this.#known.shards : this.#read(identity);
  }

  async #read(identity: string): Promise<readonly Shard[]> {
    const changes = this.#changes;
    const { records } = await this.#store.range(keyPrefix("core.kcp.io", "shards", identity, rootCluster));
    const shards = records.map(({ body }) => decodeOwnJson(body) as unknown as Shard);
    if (changes === this.#changes) this.#known = { identity, shards };
    return shards;
  }
}
