/** Guessing takes time: so many attempts in a row per key, then one each while. Forgets whom it has not seen for long, or too many of. */
export class AttemptLimit {
  readonly #burst: number;
  readonly #refillMs: number;
  readonly #keysMax: number;
  readonly #clock: () => number;
  /** key → when all its attempts are there again */
  readonly #full = new Map<string, number>();

  constructor(limits: { burst: number; refillMs: number; keysMax?: number }, clock: () => number = Date.now) {
    this.#burst = limits.burst;
    this.#refillMs = limits.refillMs;
    this.#keysMax = limits.keysMax ?? 10_000;
    this.#clock = clock;
  }

  /** Takes one attempt. @returns seconds to wait when there is none left */
  take(key: string): number | undefined {
    const now = this.#clock();
    const full = Math.max(now, this.#full.get(key) ?? 0) + this.#refillMs;
    const late = full - now - this.#burst * this.#refillMs;
    if (late > 0) return Math.ceil(late / 1000);
    this.#full.delete(key);
    this.#full.set(key, full);
    if (this.#full.size > this.#keysMax) this.#full.delete(this.#full.keys().next().value!);
    return undefined;
  }

  /** The attempt was good: it does not count. */
  giveBack(key: string): void {
    const full = this.#full.get(key);
    if (full !== undefined) this.#full.set(key, full - this.#refillMs);
  }
}
