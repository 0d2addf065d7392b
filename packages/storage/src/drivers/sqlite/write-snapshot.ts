import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Revision } from "../../store.ts";
import { StoreError } from "../../store.ts";

/** As text, so that a bundle needs no second file. The copy is read at one moment of the log, and writers go on beside it. */
const workerSource = `
const { parentPort, workerData } = require("node:worker_threads");
const { DatabaseSync } = require("node:sqlite");
const database = new DatabaseSync(workerData.from, { timeout: 10000 });
database.exec("PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-1024");
database.prepare("VACUUM INTO ?").run(workerData.to);
database.close();
const copy = new DatabaseSync(workerData.to, { readOnly: true });
parentPort.postMessage(copy.prepare("SELECT max(revision) AS revision FROM log").get().revision ?? 1);
copy.close();
`;

/**
 * Copies a store's file while it is in use, on a thread of its own. The copy, put as `store.db` into an empty directory, is a store.
 *
 * @returns the revision that it is true at
 * @throws StoreError Unreachable when the file exists or cannot be written; nothing is left of it then
 */
export async function writeSnapshot(from: string, to: string): Promise<Revision> {
  if (existsSync(to)) throw new StoreError("Unreachable", `${to} exists already`);
  const partial = `${to}.partial`;
  await rm(partial, { force: true });
  try {
    const revision = await copyInWorker(from, partial);
    await syncFile(partial);
    await rename(partial, to);
    await syncFile(dirname(to));
    return revision;
  } catch (cause) {
    await rm(partial, { force: true });
    throw new StoreError("Unreachable", `the snapshot ${to} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

async function copyInWorker(from: string, to: string): Promise<Revision> {
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(workerSource, { eval: true, workerData: { from, to }, execArgv: [] });
  return new Promise((resolve, reject) => {
    worker.once("message", (revision: number) => resolve(revision));
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread ended without an answer")));
  });
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
