import type { Revision } from "../../store.ts";

export interface HistoryLimits {
  /** history younger than this is kept, in milliseconds … */
  keepMs: number;
  /** … and at least so many revisions, however old … */
  revisionsMin: number;
  /** … but never more than this many … */
  revisionsMax: number;
  /** … nor more bytes of bodies than this */
  bytesMax: number;
}

/** Ten minutes outlast any watch cache and every list that is read in pages; on a quiet store the count keeps older watches resumable. */
export const defaultHistoryLimits: HistoryLimits = {
  keepMs: 600_000,
  revisionsMin: 10_000,
  revisionsMax: 500_000,
  bytesMax: 256 << 20,
};

interface Mark {
  time: number;
  revision: Revision;
  bytes: number;
}

const markEveryMs = 5_000;

/** Says up to which revision history may be forgotten. It remembers a mark every few seconds, not the revisions. */
export class HistoryRetention {
  readonly #limits: HistoryLimits;
  readonly #now: () => number;
  /** in order; of each, everything up to its revision was written at its time or before */
  readonly #marks: Mark[] = [];
  #latest: Mark;
  #horizon: Revision = 0;

  /** What was written before the store was opened counts as written now. */
  constructor(limits: HistoryLimits, revision: Revision, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#latest = { time: now(), revision, bytes: 0 };
  }

  /** After commits up to `revision` with so many bytes. @returns the newest revision that may go */
  advance(revision: Revision, addedBytes: number): Revision {
    const { keepMs, revisionsMin, revisionsMax, bytesMax } = this.#limits;
    const time = this.#now();
    const bytes = this.#latest.bytes + addedBytes;
    const last = this.#marks.at(-1);
    if (!last || time - last.time >= Math.min(markEveryMs, keepMs) || bytes - last.bytes >= bytesMax / 16) this.#marks.push(this.#latest);
    this.#latest = { time, revision, bytes };

    let tooOld = 0;
    let tooMuch = 0;
    let passed = 0;
    for (const mark of this.#marks) {
      const old = time - mark.time > keepMs;
      const much = bytes - mark.bytes > bytesMax;
      if (!old && !much) break;
      if (old) tooOld = mark.revision;
      if (much) tooMuch = mark.revision;
      passed++;
    }
    if (passed > 1) this.#marks.splice(0, passed - 1);
    this.#horizon = Math.max(this.#horizon, tooMuch, Math.min(tooOld, revision - revisionsMin), revision - revisionsMax);
    return this.#horizon;
  }
}
