import { LruCache } from "../authentication/lru-cache.ts";

/** Answers of somebody else, each for its own time. */
export class ExpiringCache<Value> {
  readonly #entries: LruCache<string, { value: Value; until: number }>;
  readonly #clock: () => number;

  /** @param clock milliseconds */
  constructor(max: number, clock: () => number) {
    this.#entries = new LruCache(max);
    this.#clock = clock;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (this.#clock() < entry.until) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: Value, ms: number): void {
    if (ms > 0) this.#entries.set(key, { value, until: this.#clock() + ms });
  }
}
