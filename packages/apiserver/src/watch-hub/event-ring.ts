import type { FeedEvent } from "@meshplane/storage";

/**
 * What watches that lost their connection ask for. Older events come from the store's log, which costs little; here they would be most of
 * what an idle process holds.
 */
const defaultBytesMax = 24 << 20;
const defaultAgeMsMax = 30_000;

/** Recent events of all resources, in order of revision. @see docs/ARCHITECTURE.md "Watch hub" */
export class EventRing {
  /** every event after this revision is here */
  floor: number;
  #events: FeedEvent[] = [];
  /** when each arrived, in milliseconds */
  #times: number[] = [];
  #start = 0;
  #bytes = 0;
  readonly #bytesMax: number;
  readonly #ageMsMax: number;

  constructor(floor: number, bytesMax = defaultBytesMax, ageMsMax = defaultAgeMsMax) {
    this.floor = floor;
    this.#bytesMax = bytesMax;
    this.#ageMsMax = ageMsMax;
  }

  add(events: readonly FeedEvent[], now: number): void {
    for (const event of events) {
      this.#events.push(event);
      this.#times.push(now);
      this.#bytes += sizeOf(event);
    }
    this.trim(now);
  }

  get size(): number {
    return this.#events.length - this.#start;
  }

  /** Calls `visit` with each event after `revision`, oldest first, until it returns false. */
  visitAfter(revision: number, visit: (event: FeedEvent) => boolean | void): void {
    for (let i = this.#firstAfter(revision); i < this.#events.length; i++) {
      if (visit(this.#events[i]!) === false) return;
    }
  }

  #firstAfter(revision: number): number {
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Lets go what is too old, or too much; the owner calls it when nothing has come for a while. */
  trim(now: number): void {
    while (this.#start < this.#events.length && (this.#bytes > this.#bytesMax || now - this.#times[this.#start]! > this.#ageMsMax)) {
      const event = this.#events[this.#start]!;
      this.#bytes -= sizeOf(event);
      this.floor = event.revision;
      this.#events[this.#start] = undefined!;
      this.#start++;
    }
    if (this.#start === this.#events.length) {
      this.#events = [];
      this.#times = [];
      this.#start = 0;
    } else if (this.#start > 4096 && this.#start > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#start);
      this.#times = this.#times.slice(this.#start);
      this.#start = 0;
    }
  }
}

/** With the objects around the body. The previous body is the record of an earlier event, so only one of them counts. */
const sizeOf = (event: FeedEvent): number => (event.record ?? event.previous)!.body.byteLength + 1_000;
