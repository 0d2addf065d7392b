/** Calls back at about a time, to half a second. One timer for all, however many wait. */
export class TimingWheel {
  readonly #slots = new Map<number, Set<() => void>>();
  readonly #clock: () => number;
  #timer: NodeJS.Timeout | undefined;
  #done: number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#done = slotOf(clock());
  }

  /** @returns cancels it */
  at(time: number, call: () => void): () => void {
    const slot = Math.max(slotOf(time), this.#done + 1);
    let calls = this.#slots.get(slot);
    if (!calls) this.#slots.set(slot, (calls = new Set()));
    // the same function may wait twice
    const entry = (): void => call();
    calls.add(entry);
    this.#timer ??= setInterval(() => this.#turn(), slotMs).unref();
    return () => {
      calls.delete(entry);
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#slots.clear();
  }

  #turn(): void {
    const now = slotOf(this.#clock());
    // after a suspension of the machine there may be more slots to skip than waiting ones
    const due =
      now - this.#done > 1000 ? [...this.#slots.keys()].filter((slot) => slot <= now).sort((a, b) => a - b) : range(this.#done + 1, now);
    this.#done = Math.max(now, this.#done);
    for (const slot of due) {
      const calls = this.#slots.get(slot);
      if (!calls) continue;
      this.#slots.delete(slot);
      for (const call of calls) call();
    }
    if (this.#slots.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}

const slotMs = 500;
const slotOf = (time: number): number => Math.ceil(time / slotMs);
const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
