import type { Projection } from "@meshplane/apiserver";
import { builtInIdentity, keyPrefix, type FeedBatch, type Store } from "@meshplane/storage";
import { objectOf } from "../local/feed-key-source.ts";
import { LruCache } from "../authentication/lru-cache.ts";
import { hookGroup, type BoundPolicy, type Hooks, type Policy, type PolicyBinding, type WebhookConfiguration } from "./hook-kinds.ts";

const groupPrefix = `/${hookGroup}/`;
const clustersMax = 256;

/**
 * Policies and webhooks of all logical clusters. It remembers which clusters have any, so that the others cost one look into a set; what they have is
 * read on first use, kept for the clusters used last, and dropped by any change.
 */
export class HookIndex implements Projection {
  readonly name = "admission-hooks";
  readonly #store: Store;
  /** how many objects each cluster has */
  readonly #counts = new Map<string, number>();
  readonly #hooks = new LruCache<string, Promise<Hooks>>(clustersMax);

  constructor(store: Store) {
    this.#store = store;
  }

  async load(store: Store): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const { records, more } = await store.range(groupPrefix, {
        keysOnly: true,
        limit: 1000,
        ...(after === undefined ? {} : { after }),
      });
      for (const { key } of records) this.#count(clusterOf(key), 1);
      if (!more || records.length === 0) return;
      after = records.at(-1)!.key;
    }
  }

  apply(batch: FeedBatch): void {
    for (const { key, record, previous } of batch.events) {
      if (!key.startsWith(groupPrefix)) continue;
      const cluster = clusterOf(key);
      this.#hooks.delete(cluster);
      if (record && !previous) this.#count(cluster, 1);
      if (!record && previous) this.#count(cluster, -1);
    }
  }

  /** whether this cluster has anything at all */
  has(cluster: string): boolean {
    return this.#counts.has(cluster);
  }

  hooksOf(cluster: string): Promise<Hooks> {
    const known = this.#hooks.get(cluster);
    if (known) return known;
    // A change while reading drops this entry: who asks later reads again.
    const hooks = this.#read(cluster);
    this.#hooks.set(cluster, hooks);
    hooks.catch(() => this.#hooks.delete(cluster));
    return hooks;
  }

  async #read(cluster: string): Promise<Hooks> {
    const read = async <T>(resource: string, kind: string): Promise<T[]> => {
      const { records } = await this.#store.range(keyPrefix(hookGroup, resource, builtInIdentity, cluster));
      return records.map((record) => objectOf(record, { apiVersion: `${hookGroup}/v1`, kind }) as T);
    };
    const policies = async (word: "validating" | "mutating"): Promise<BoundPolicy[]> => {
      const kind = word === "validating" ? "ValidatingAdmissionPolicy" : "MutatingAdmissionPolicy";
      const bindings = await read<PolicyBinding>(`${word}admissionpolicybindings`, `${kind}Binding`);
      if (bindings.length === 0) return [];
      const byPolicy = Map.groupBy(bindings, ({ spec }) => spec.policyName ?? "");
      return (await read<Policy>(`${word}admissionpolicies`, kind)).flatMap((policy) => {
        const own = byPolicy.get(policy.metadata.name!);
        return own ? [{ policy, bindings: own }] : [];
      });
    };
    const webhooks = async (word: "validating" | "mutating") =>
      (await read<WebhookConfiguration>(`${word}webhookconfigurations`, "")).flatMap((it) => it.webhooks ?? []);
    return {
      validatingPolicies: await policies("validating"),
      mutatingPolicies: await policies("mutating"),
      validatingWebhooks: await webhooks("validating"),
      mutatingWebhooks: await webhooks("mutating"),
    };
  }

  #count(cluster: string, change: number): void {
    const count = (this.#counts.get(cluster) ?? 0) + change;
    if (count > 0) this.#counts.set(cluster, count);
    else this.#counts.delete(cluster);
  }
}

const clusterOf = (key: string): string => key.split("/", 5)[4]!;
