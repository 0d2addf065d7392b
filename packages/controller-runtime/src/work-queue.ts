import { Delays } from "./delays.ts";

export interface WorkQueueOptions {
  /** keys handled at once */
  workers: number;
  /**
   * Must not throw: failures are its own affair.
   * @returns the version that is as it should be: a key added for that one alone meanwhile is not handled again
   */
  handle: (key: string, waitedMs: number) => Promise<string | void>;
  /** first back-off in milliseconds; doubled with every failure */
  backOffMinMs?: number;
  backOffMaxMs?: number;
  /** milliseconds, monotonic */
  clock?: () => number;
}

/**
 * Keys that wait for work: each at most once, none handled twice at the same time. A key added while it is being handled is handled
 * once more afterwards. Memory is per waiting or failing key only.
 */
export class WorkQueue {
  readonly #options: Required<WorkQueueOptions>;
  /** since when each key waits */
  readonly #waiting = new Map<string, number>();
  #order: string[] = [];
  #head = 0;
  readonly #active = new Set<string>();
  /** added while active; with the version that it was last added for, when that is known of every time */
  readonly #again = new Map<string, string | undefined>();
  readonly #failures = new Map<string, number>();
  readonly #delays: Delays;
  #scheduled = false;
  #stopped = false;
  #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = {
      backOffMinMs: 5,
      backOffMaxMs: 30_000,
      clock: () => performance.now(),
      ...options,
    };
    this.#delays = new Delays((key) => this.add(key), this.#options.clock);
  }

  /** keys ready to be handled now */
  get depth(): number {
    return this.#waiting.size;
  }

  /** times in a row that this key has failed */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** @param version of the object whose change is the only reason; versions of one key come in order */
  add(key: string, version?: string): void {
    if (this.#stopped || this.#waiting.has(key)) return;
    if (this.#active.has(key)) {
      const known = !this.#again.has(key) || this.#again.get(key) !== undefined;
      this.#again.set(key, known ? version : undefined);
      return;
    }
    this.#waiting.set(key, this.#options.clock());
    this.#order.push(key);
    this.#schedule();
  }

  /** `add` once `ms` have passed. Of several delays of one key the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    if (ms <= 0) this.add(key);
    else this.#delays.set(key, ms);
  }

  /** `addAfter` with the key's growing back-off. */
  retry(key: string): void {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    const { backOffMinMs, backOffMaxMs } = this.#options;
    this.addAfter(key, Math.min(backOffMaxMs, backOffMinMs * 2 ** Math.min(failures, 40)));
  }

  /** The key is well: its back-off starts anew. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Takes no more keys, and resolves when those being handled are done. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    this.#order = [];
    this.#head = 0;
    this.#again.clear();
    this.#delays.clear();
    return this.#active.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Resolves when nothing waits and nothing is being handled; keys with a delay do not count. For tests. */
  settled(): Promise<void> {
    if (this.#active.size === 0 && this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Not at once: the change that brought the key is being answered first. */
  #schedule(): void {
    if (this.#scheduled || this.#active.size >= this.#options.workers) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#active.size < this.#options.workers && this.#head < this.#order.length) {
      const key = this.#order[this.#head]!;
      this.#head++;
      if (this.#head > 1024 && this.#head * 2 > this.#order.length) {
        this.#order = this.#order.slice(this.#head);
        this.#head = 0;
      }
      const since = this.#waiting.get(key)!;
      this.#waiting.delete(key);
      this.#active.add(key);
      void this.#run(key, this.#options.clock() - since);
    }
    if (this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #run(key: string, waitedMs: number): Promise<void> {
    let settledAt: string | void = undefined;
    try {
      settledAt = await this.#options.handle(key, waitedMs);
    } finally {
      this.#active.delete(key);
      const version = this.#again.get(key);
      if (this.#again.delete(key) && (version === undefined || version !== settledAt)) this.add(key);
      this.#pump();
    }
  }
}
