import { compareKeys, ordersAlikeInUtf16 } from "../../compare-keys.ts";

const chunkLengthMax = 512;

export interface Position {
  chunk: number;
  offset: number;
}

/**
 * A set of strings in UTF-8 byte order, kept as a list of sorted chunks: insert, delete and search cost two binary searches and a short
 * move, counting between two positions one addition per chunk.
 */
export class SortedKeys {
  #chunks: string[][] = [[]];
  #size = 0;
  /** while no stored key needs it, the engine's own comparison is right and several times faster */
  #plain = true;

  get size(): number {
    return this.#size;
  }

  add(key: string): void {
    if (this.#plain && !ordersAlikeInUtf16(key)) this.#plain = false;
    const { chunk, offset } = this.#search(key, false);
    const keys = this.#chunks[chunk]!;
    if (keys[offset] === key) return;
    keys.splice(offset, 0, key);
    this.#size++;
    if (keys.length > chunkLengthMax) this.#chunks.splice(chunk + 1, 0, keys.splice(chunkLengthMax >> 1));
  }

  delete(key: string): void {
    const { chunk, offset } = this.#search(key, false);
    const keys = this.#chunks[chunk]!;
    if (keys[offset] !== key) return;
    keys.splice(offset, 1);
    this.#size--;
    if (keys.length === 0 && this.#chunks.length > 1) this.#chunks.splice(chunk, 1);
  }

  /** The first key that is not less than `key`. */
  atOrAfter(key: string): Position {
    return this.#search(key, false);
  }

  /** The first key greater than `key`. */
  after(key: string): Position {
    return this.#search(key, true);
  }

  /** The position behind the last key that starts with `prefix`. */
  endOf(prefix: string): Position {
    const inFront = (key: string): boolean => key.startsWith(prefix) || this.#less(key, prefix);
    return this.#partition(inFront);
  }

  /** How many keys lie from one position to a later one; negative never. */
  count(from: Position, to: Position): number {
    if (from.chunk > to.chunk) return 0;
    let count = to.offset - from.offset;
    for (let chunk = from.chunk; chunk < to.chunk; chunk++) count += this.#chunks[chunk]!.length;
    return Math.max(0, count);
  }

  /** Keys from a position on, until `visit` answers false. No changes meanwhile. */
  visitFrom(position: Position, visit: (key: string) => boolean): void {
    let { chunk, offset } = position;
    for (; chunk < this.#chunks.length; chunk++, offset = 0) {
      const keys = this.#chunks[chunk]!;
      for (; offset < keys.length; offset++) if (!visit(keys[offset]!)) return;
    }
  }

  #less(a: string, b: string): boolean {
    return this.#plain ? a < b : compareKeys(a, b) < 0;
  }

  #search(key: string, pastEqual: boolean): Position {
    return this.#partition((other) => this.#less(other, key) || (pastEqual && other === key));
  }

  /** `inFront` is true for some first part of the keys; the position of the first key for which it is not. */
  #partition(inFront: (key: string) => boolean): Position {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (inFront(this.#chunks[middle]![0]!)) low = middle;
      else high = middle - 1;
    }
    const keys = this.#chunks[low]!;
    let from = 0;
    let to = keys.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (inFront(keys[middle]!)) from = middle + 1;
      else to = middle;
    }
    return { chunk: low, offset: from };
  }
}
