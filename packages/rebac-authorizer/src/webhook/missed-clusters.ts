export interface MissOptions {
  /** how often a cluster that is not known is worth another try, within `missTtlMs`; default 1 */
  missRetries?: number;
  /** default 5 minutes */
  missTtlMs?: number;
  /** default 2 minutes */
  missCleanupMs?: number;
  /** what the caller is told to wait; default 1 s */
  missRetryAfterMs?: number;
  clock?: () => number;
}

/** most that are remembered: ids are anybody's to make up */
const rememberedMax = 100_000;

/** Logical clusters that were asked about and are not known: one that begins is known in a moment, others never. */
export class MissedClusters {
  readonly #retries: number;
  readonly #ttlMs: number;
  readonly #clock: () => number;
  readonly #missed = new Map<string, { count: number; since: number }>();
  readonly #cleaning: NodeJS.Timeout;
  readonly afterSeconds: number;

  constructor({ missRetries = 1, missTtlMs = 300_000, missCleanupMs = 120_000, missRetryAfterMs = 1_000, clock = Date.now }: MissOptions) {
    this.#retries = missRetries;
    this.#ttlMs = missTtlMs;
    this.#clock = clock;
    this.afterSeconds = Math.max(1, Math.ceil(missRetryAfterMs / 1000));
    this.#cleaning = setInterval(() => this.#clean(), missCleanupMs).unref();
  }

  /** Notes a miss. True while the caller should try again. */
  again(cluster: string): boolean {
    const now = this.#clock();
    let missed = this.#missed.get(cluster);
    if (!missed || now - missed.since >= this.#ttlMs) {
      this.#missed.delete(cluster);
      if (this.#missed.size >= rememberedMax) this.#missed.delete(this.#missed.keys().next().value!);
      this.#missed.set(cluster, (missed = { count: 0, since: now }));
    }
    if (missed.count >= this.#retries) return false;
    missed.count++;
    return true;
  }

  close(): void {
    clearInterval(this.#cleaning);
  }

  #clean(): void {
    const now = this.#clock();
    for (const [cluster, { since }] of this.#missed) if (now - since >= this.#ttlMs) this.#missed.delete(cluster);
  }
}
