import type { FeedEvent } from "@meshplane/storage";

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

  constructor(floor: number, bytesMax = 64 << 20, ageMsMax = 300_000) {
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
    this.#trim(now);
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

  #trim(now: number): void {
    while (this.#start < this.#events.length && (this.#bytes > this.#bytesMax || now - this.#times[this.#start]! > this.#ageMsMax)) {
      const event = this.#events[this.#start]!;
      this.#bytes -= sizeOf(event);
      this.floor = event.revision;
      this.#events[this.#start] = undefined!;
      this.#start++;
    }
    if (this.#start > 4096 && this.#start > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#start);
      this.#times = this.#times.slice(this.#start);
      this.#start = 0;
    }
  }
}

/** The previous body is the record of an earlier event, so only one of them counts. */
const sizeOf = (event: FeedEvent): number => (event.record ?? event.previous)!.body.byteLength + 400;
