import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openSqliteStore } from "@meshplane/storage/sqlite";
import { seededRandom } from "@meshplane/storage/testing";
import { Ledger } from "./ledger.ts";
import { runChild } from "./run-child.ts";

export interface KillReport {
  kills: number;
  acknowledgements: number;
  newestRevision: number;
}

/**
 * Lets a child write, kills it at a random moment, compares the store with what had been acknowledged, and again from there.
 *
 * @throws Error with the round and the broken promise
 */
export async function runKillRounds(
  root: string,
  kills: number,
  seed: number,
  onRound?: (round: number, ledger: Ledger) => void,
): Promise<KillReport> {
  const random = seededRandom(seed);
  const ledger = new Ledger();
  const directory = join(root, "store");
  mkdirSync(root, { recursive: true });
  let states = new Map<string, number>();
  for (let round = 1; round <= kills; round++) {
    try {
      ledger.beginRound();
      // Most while it writes, some while it starts and recovers from the kill before.
      const kill =
        random() < 0.15 ? { after: "start" as const, ms: random() * 250 } : { after: "ready" as const, ms: random() * random() * 400 };
      const orders = {
        directory,
        states: Object.fromEntries(states),
        feedSince: ledger.feedRevision,
        commits: 1e9,
        blockingSyncMsMax: random() < 0.5 ? 0 : 1_000,
      };
      const run = await runChild({ orders, ordersFile: join(root, "orders.json"), kill });
      for (const line of run.lines) ledger.read(line);
      if (run.signal !== "SIGKILL") throw new Error(`the child ended by itself with ${run.code}: ${run.stderr}`);
      states = await inspect(ledger, directory, root, round);
    } catch (error) {
      throw new Error(`round ${round} of seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    onRound?.(round, ledger);
  }
  return { kills, acknowledgements: ledger.acknowledgements, newestRevision: ledger.newestSeen };
}

async function inspect(ledger: Ledger, directory: string, root: string, round: number): Promise<Map<string, number>> {
  // Every other time the next child finds the files as the kill left them, and not as we did after recovery.
  const copy = round % 2 === 0 ? join(root, "copy") : directory;
  if (copy !== directory) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(directory, copy, { recursive: true });
  }
  const store = await openSqliteStore({ directory: copy });
  try {
    const states = await ledger.check(store);
    await ledger.checkHistory(store, states);
    return states;
  } finally {
    await store.close();
  }
}
