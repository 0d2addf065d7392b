/**
 * Writes until it is killed (or has done `commits`), telling its parent what happened, one line each:
 * `E revision key state previous` from the feed, `A revision writer slot state` once a commit has been acknowledged, `R` when it is ready.
 */
import { readFileSync, writeSync } from "node:fs";
import type { Store } from "@meshplane/storage";
import { openSqliteStore } from "@meshplane/storage/sqlite";
import { indexOf, isAbsent, keyOf, places, recordOf, stateOf, writers } from "./workload.ts";

export interface ChildOrders {
  directory: string;
  /** the last state of each key, so that writers go on where they were */
  states: Record<string, number>;
  /** the last revision that the parent knows from the feed; 0 for none */
  feedSince: number;
  commits: number;
  /** 0: syncs beside the event loop; large: on it */
  blockingSyncMsMax: number;
}

const orders = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as ChildOrders;

/** Synchronous, so that a line which is out was out before the next thing happened. */
function say(lines: string): void {
  let rest = Buffer.from(lines);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // the parent is slow to read
    }
  }
}

// A short history and a short log make compaction and checkpoints work all the time.
const history = { keepMs: 100, revisionsMin: 2_000, revisionsMax: 4_000, bytesMax: 64 << 20 };
const store = await openSqliteStore({
  directory: orders.directory,
  history,
  checkpointPages: 300,
  blockingSyncMsMax: orders.blockingSyncMsMax,
  onFailure: (error) => {
    say(`X ${error.message}\n`);
    process.exit(3);
  },
});

await store.feed(orders.feedSince, ({ events }) => {
  const lines = events.map(
    ({ revision, key, record, previous }) =>
      `E ${revision} ${key} ${record ? stateOf(record) : "-"} ${previous ? stateOf(previous) : "-"}\n`,
  );
  say(lines.join(""));
});
say("R\n");

let left = orders.commits;

async function write(from: Store, writer: number): Promise<void> {
  const own = await Promise.all(
    places
      .filter((place) => place.writer === writer)
      .map(async (place) => ({ place, state: orders.states[keyOf(place)] ?? 0, revision: (await from.get(keyOf(place)))?.revision ?? 0 })),
  );
  for (let turn = 0; left > 0; turn++) {
    const one = own[(turn * 5 + writer) % own.length]!;
    const state = one.state + 1;
    left--;
    const result = await from.commit({
      key: keyOf(one.place),
      expect: one.revision,
      write: isAbsent(state) ? "delete" : recordOf(one.place, state),
      index: indexOf(one.place, state),
    });
    if (!result.committed) throw new Error(`a conflict on a key with one writer: ${keyOf(one.place)}`);
    one.state = state;
    one.revision = isAbsent(state) ? 0 : result.revision;
    say(`A ${result.revision} ${writer} ${one.place.slot} ${state}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(store, writer)));
  await store.close();
} catch (error) {
  say(`X ${(error as Error).message}\n`);
  process.exitCode = 4;
}
