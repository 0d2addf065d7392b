import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "../../store.ts";
import { corruptStore, isBusy, isCorruption } from "./sqlite-errors.ts";

/** Raised when older programs must not touch the file any more. */
export const storeFormat = 1;

/** "MESH" in the file's header, so that `file` and we can tell it from any other SQLite database. */
const applicationId = 0x4d455348;

/** A full check reads the whole file, so it is made only of files for which it takes about a tenth of a second. */
const quickCheckBytesMax = 24 << 20;

/**
 * `log` holds every value once; `current` says which of its rows is the newest of a key, with the header that selectors read. Tombstones
 * have an index of their own, because a range at a past revision must find keys that are no longer in `current`.
 */
const schema = `
CREATE TABLE log (
  revision INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  previous INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  header TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX tombstone ON log (key, revision) WHERE deleted = 1;
CREATE TABLE current (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, header TEXT NOT NULL, entries TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entry (name TEXT NOT NULL, value TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (name, value, key)) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${storeFormat};
`;

export interface OpenDatabase {
  database: DatabaseSync;
  file: string;
  /** frees the directory for the next process; the database is closed first */
  unlock: () => void;
}

/** @throws StoreError Locked, NewerFormat, Corrupt, Unreachable */
export async function openDatabase(directory: string, pageCacheBytes: number): Promise<OpenDatabase> {
  const { DatabaseSync } = await import("node:sqlite");
  makeDirectory(directory);
  const unlock = lock(directory, DatabaseSync);
  const file = join(directory, "store.db");
  let database: DatabaseSync | undefined;
  try {
    refuseLeftovers(directory, file);
    database = new DatabaseSync(file, { timeout: 10_000 });
    database.exec(`PRAGMA cache_size=${-(pageCacheBytes >> 10)}; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY`);
    requireFormat(database, directory);
    // NORMAL: everything is synced but commits, and those the store syncs itself, before it answers.
    database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0");
    if (pragma(database, "user_version") === 0) database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
    // What a killed process left in the log may not have reached the disk yet. It must, before anybody is told of it.
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    if (statSync(file).size <= quickCheckBytesMax) quickCheck(database, directory);
    syncDirectory(directory);
    return { database, file, unlock };
  } catch (error) {
    database?.close();
    unlock();
    if (error instanceof StoreError) throw error;
    if (isCorruption(error)) throw corruptStore(directory, (error as Error).message, error);
    throw new StoreError("Unreachable", `the store in ${directory} cannot be opened: ${(error as Error).message}`, { cause: error });
  }
}

function makeDirectory(directory: string): void {
  try {
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncDirectory(dirname(made));
  } catch (cause) {
    throw new StoreError("Unreachable", `the directory ${directory} cannot be made: ${(cause as Error).message}`, { cause });
  }
}

/** A new name in a directory is durable only when the directory is synced. Not every platform can; SQLite syncs its own files itself. */
function syncDirectory(directory: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(directory, "r");
    fsyncSync(handle);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EIO") throw error;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** The operating system holds the lock and frees it when the process ends, however it ends. */
function lock(directory: string, Database: typeof DatabaseSync): () => void {
  const pidFile = join(directory, "pid");
  let database: DatabaseSync | undefined;
  try {
    database = new Database(join(directory, "lock.db"), { timeout: 0 });
    database.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE");
  } catch (cause) {
    database?.close();
    if (!isBusy(cause)) throw new StoreError("Unreachable", `${join(directory, "lock.db")}: ${(cause as Error).message}`, { cause });
    const pid = existsSync(pidFile) ? readFileSync(pidFile, "utf8").trim() : "";
    throw new StoreError("Locked", `another process${pid && ` (pid ${pid})`} has the store in ${directory} open`, { cause });
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  const held = database;
  return () => {
    rmSync(pidFile, { force: true });
    held.close();
  };
}

/** SQLite would silently drop a log whose database is gone; whoever copied files wants to know. */
function refuseLeftovers(directory: string, file: string): void {
  const log = `${file}-wal`;
  if (existsSync(file) && statSync(file).size > 0) return;
  if (existsSync(log) && statSync(log).size > 0) throw corruptStore(directory, "store.db-wal is there, but store.db is not");
}

function requireFormat(database: DatabaseSync, directory: string): void {
  const format = pragma(database, "user_version");
  const id = pragma(database, "application_id");
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get() as {
    count: number;
  };
  if (tables.count === 0 && format === 0) return;
  if (id !== applicationId) throw corruptStore(directory, "store.db is a database of another program");
  if (format > storeFormat) {
    throw new StoreError(
      "NewerFormat",
      `the store in ${directory} has format ${format}, this program knows ${storeFormat}: use a newer one`,
    );
  }
}

function quickCheck(database: DatabaseSync, directory: string): void {
  const result = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (result.quick_check !== "ok") throw corruptStore(directory, result.quick_check);
}

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number>;
  return row[name]!;
}
