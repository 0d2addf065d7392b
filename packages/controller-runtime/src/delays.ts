/** Calls back with keys after their delays: one timer for all of them. */
export class Delays {
  readonly #due: (key: string) => void;
  readonly #clock: () => number;
  /** when each key is due; an entry of the heap that disagrees has been overtaken */
  readonly #at = new Map<string, number>();
  /** binary heap by time */
  #heap: { at: number; key: string }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  constructor(due: (key: string) => void, clock: () => number) {
    this.#due = due;
    this.#clock = clock;
  }

  get size(): number {
    return this.#at.size;
  }

  set(key: string, ms: number): void {
    const at = this.#clock() + ms;
    const known = this.#at.get(key);
    if (known !== undefined && known <= at) return;
    this.#at.set(key, at);
    this.#push({ at, key });
    this.#arm();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Infinity;
    this.#at.clear();
    this.#heap = [];
  }

  #arm(): void {
    const next = this.#heap[0];
    if (!next || next.at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next.at;
    // setTimeout takes no more than 2^31 ms; a later look costs nothing
    this.#timer = setTimeout(() => this.#fire(), Math.min(2 ** 30, Math.max(1, next.at - this.#clock())));
    this.#timer.unref?.();
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    const now = this.#clock();
    for (let next = this.#heap[0]; next && next.at <= now; next = this.#heap[0]) {
      this.#pop();
      if (this.#at.get(next.key) !== next.at) continue;
      this.#at.delete(next.key);
      this.#due(next.key);
    }
    this.#arm();
  }

  #push(entry: { at: number; key: string }): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]!.at <= entry.at) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= last.at) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}
