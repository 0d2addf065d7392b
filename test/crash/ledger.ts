import type { FeedEvent, Store } from "@meshplane/storage";
import { isAbsent, keyOf, places, stateOf } from "./workload.ts";

/** What a parent has been told by its children, and the checks that follow from it. Every check throws an Error that names the broken promise. */
export class Ledger {
  /** the last acknowledged state of each key */
  readonly acknowledged = new Map<string, number>();
  /** the last state of each key that came by the feed */
  readonly fed = new Map<string, number>();
  acknowledgements = 0;
  newestAcknowledged = 0;
  /** the newest revision that anybody has seen */
  newestSeen = 0;
  feedRevision = 0;
  #revisionsOfRound = 0;

  /** One line of a child. */
  read(line: string): void {
    const [kind, ...words] = line.split(" ");
    if (kind === "A") this.#acknowledge(Number(words[0]), { writer: Number(words[1]), slot: Number(words[2]) }, Number(words[3]));
    else if (kind === "E") this.#feed(Number(words[0]), words[1]!, words[2]!, words[3]!);
    else if (kind === "X") throw new Error(`the child failed: ${words.join(" ")}`);
  }

  /** Revisions of the next child must lie above everything seen before it. */
  beginRound(): void {
    this.#revisionsOfRound = this.newestSeen;
  }

  /** Compares a store with what was acknowledged, and goes on from what it really holds. @returns the state of each key */
  async check(store: Store): Promise<Map<string, number>> {
    const states = new Map<string, number>();
    for (const place of places) states.set(keyOf(place), await this.#checkKey(store, keyOf(place)));
    await this.#checkIndex(store, states);
    this.newestSeen = Math.max(this.newestSeen, await store.revision());
    return states;
  }

  /** Everything that the feed would still have to deliver follows what it has delivered, and ends at what the store holds. */
  async checkHistory(store: Store, states: ReadonlyMap<string, number>): Promise<void> {
    const fed = new Map(this.fed);
    const { events } = this.feedRevision === 0 ? { events: [] } : await store.history("/", this.feedRevision, 1e6);
    for (const event of events) follow(fed, event.key, eventState(event), `history at ${event.revision}`);
    if (this.feedRevision === 0) return;
    for (const [key, state] of states) {
      if ((fed.get(key) ?? 0) !== state) throw new Error(`feed and history end ${key} at ${fed.get(key)}, the store holds ${state}`);
    }
  }

  #acknowledge(revision: number, place: { writer: number; slot: number }, state: number): void {
    const key = keyOf(place);
    if (revision <= this.#revisionsOfRound)
      throw new Error(`revision ${revision} was given again: ${this.#revisionsOfRound} had been seen`);
    if (revision > this.feedRevision) throw new Error(`revision ${revision} was acknowledged before the feed had it`);
    if ((this.fed.get(key) ?? 0) < state) throw new Error(`state ${state} of ${key} was acknowledged, the feed is at ${this.fed.get(key)}`);
    this.acknowledged.set(key, state);
    this.acknowledgements++;
    this.newestAcknowledged = Math.max(this.newestAcknowledged, revision);
    this.newestSeen = Math.max(this.newestSeen, revision);
  }

  #feed(revision: number, key: string, state: string, previous: string): void {
    if (revision <= this.feedRevision) throw new Error(`the feed gave ${revision} after ${this.feedRevision}`);
    this.feedRevision = revision;
    this.newestSeen = Math.max(this.newestSeen, revision);
    const before = this.fed.get(key) ?? 0;
    follow(this.fed, key, state === "-" ? "absent" : Number(state), `feed at ${revision}`);
    const expected = isAbsent(before) ? "-" : String(before);
    if (previous !== expected) throw new Error(`the feed at ${revision} says ${key} was ${previous}, it was ${expected}`);
  }

  async #checkKey(store: Store, key: string): Promise<number> {
    const acknowledged = this.acknowledged.get(key) ?? 0;
    const record = await store.get(key);
    // One write of a key is under way at most, and it may have got through without its answer.
    const possible = [acknowledged, acknowledged + 1];
    const state = record ? possible.find((one) => one === stateOf(record)) : possible.find(isAbsent);
    if (state === undefined) {
      throw new Error(`${key} holds ${record ? stateOf(record) : "nothing"}, acknowledged was ${acknowledged}: a lost write`);
    }
    if (record && isAbsent(state)) throw new Error(`${key} should be deleted`);
    this.acknowledged.set(key, state);
    return state;
  }

  async #checkIndex(store: Store, states: ReadonlyMap<string, number>): Promise<void> {
    for (let third = 0; third < 3; third++) {
      const expected = [...states].filter(([, state]) => !isAbsent(state) && state % 3 === third).map(([key]) => key);
      const found = (await store.index("third", String(third))).map((record) => record.key);
      if (found.join() !== expected.sort().join()) throw new Error(`index entries of third=${third} do not match the records`);
    }
    const present = [...states.values()].filter((state) => !isAbsent(state)).length;
    const { records } = await store.range("/crash/");
    if (records.length !== present) throw new Error(`the range has ${records.length} records, there are ${present}`);
  }
}

const eventState = (event: FeedEvent): number | "absent" => (event.record ? stateOf(event.record) : "absent");

function follow(known: Map<string, number>, key: string, state: number | "absent", where: string): void {
  const next = (known.get(key) ?? 0) + 1;
  if (state === "absent" ? !isAbsent(next) : state !== next)
    throw new Error(`${where}: ${key} went from ${next - 1} to ${state}: missed or repeated`);
  known.set(key, next);
}
