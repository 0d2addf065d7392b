/** The same numbers for the same seed (xorshift128+ over 32-bit halves would be more than this needs: mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** in [0, 1) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** each entry as often as its weight says */
  weighted<T>(entries: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.next() * entries.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of entries) if ((at -= weight) < 0) return value;
    return entries.at(-1)![1];
  }

  letters(length: number): string {
    let text = "";
    for (let i = 0; i < length; i++) text += "0123456789abcdefghijklmnopqrstuv"[this.below(32)];
    return text;
  }
}
