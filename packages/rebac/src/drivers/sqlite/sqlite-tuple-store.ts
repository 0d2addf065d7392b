import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { TupleRecord, TupleStore, TupleStoreRecord } from "../../tuple-store.ts";

/** Raised when older programs must not touch the file any more. */
const format = 1;

/** "MFGA" in the file's header, to tell it from any other SQLite database. */
const applicationId = 0x4d464741;

/** `change` is the change log; `tuple` says which of its rows are current. Objects and users are texts: the engine has them as numbers. */
const schema = `
CREATE TABLE store (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, time INTEGER NOT NULL);
CREATE TABLE model (sequence INTEGER PRIMARY KEY, store TEXT NOT NULL, id TEXT NOT NULL, model TEXT NOT NULL);
CREATE TABLE assertions (store TEXT NOT NULL, model TEXT NOT NULL, assertions TEXT NOT NULL, PRIMARY KEY (store, model)) WITHOUT ROWID;
CREATE TABLE change (
  sequence INTEGER PRIMARY KEY,
  store TEXT NOT NULL,
  time INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  object TEXT NOT NULL,
  relation TEXT NOT NULL,
  user TEXT NOT NULL,
  condition TEXT NOT NULL,
  context TEXT NOT NULL
);
CREATE TABLE tuple (store TEXT NOT NULL, object TEXT NOT NULL, relation TEXT NOT NULL, user TEXT NOT NULL, sequence INTEGER NOT NULL,
  PRIMARY KEY (store, object, relation, user)) WITHOUT ROWID;
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${format};
`;

export interface SqliteTupleStoreOptions {
  /** the file; made when it is missing, together with its folder */
  file: string;
  /** SQLite's page cache; default 4 MiB */
  pageCacheBytes?: number;
}

interface Row {
  sequence: number;
  store: string;
  time: number;
  deleted: number;
  object: string;
  relation: string;
  user: string;
  condition: string;
  context: string;
}

/**
 * Tuples in one SQLite file, for one process at a time. A commit has reached the disk when it returns.
 * @throws Error when another process has the file open, or it belongs to another program or a newer one
 */
export class SqliteTupleStore implements TupleStore {
  readonly durable = true;
  readonly #database: DatabaseSync;
  readonly #lock: DatabaseSync;
  readonly #statements: Record<
    | "begin"
    | "commit"
    | "rollback"
    | "store"
    | "dropStore"
    | "model"
    | "assertions"
    | "change"
    | "tuple"
    | "dropTuple"
    | "changes"
    | "changesOfType",
    StatementSync
  >;

  constructor({ file, pageCacheBytes = 4 << 20 }: SqliteTupleStoreOptions) {
    const path = resolve(file);
    const made = mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#lock = lock(`${path}.lock`, path);
    try {
      this.#database = new DatabaseSync(path, { timeout: 10_000 });
      requireFormat(this.#database, path);
      // FULL: SQLite syncs its log with every commit, before it returns.
      this.#database.exec(
        `PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=${-(pageCacheBytes >> 10)}; PRAGMA temp_store=MEMORY`,
      );
      if (pragma(this.#database, "user_version") === 0) this.#database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
      // What a killed process left in the log may not have reached the disk yet; it must, before anybody is told of it.
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      syncDirectory(dirname(path));
      if (made !== undefined) syncDirectory(dirname(made));
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    this.#statements = {
      begin: prepare("BEGIN IMMEDIATE"),
      commit: prepare("COMMIT"),
      rollback: prepare("ROLLBACK"),
      store: prepare("INSERT INTO store (id, name, time) VALUES (?, ?, ?)"),
      dropStore: prepare("DELETE FROM store WHERE id = ?"),
      model: prepare("INSERT INTO model (store, id, model) VALUES (?, ?, ?)"),
      assertions: prepare(
        "INSERT INTO assertions (store, model, assertions) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET assertions = excluded.assertions",
      ),
      change: prepare(
        "INSERT INTO change (sequence, store, time, deleted, object, relation, user, condition, context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ),
      tuple: prepare("INSERT INTO tuple (store, object, relation, user, sequence) VALUES (?, ?, ?, ?, ?)"),
      dropTuple: prepare("DELETE FROM tuple WHERE store = ? AND object = ? AND relation = ? AND user = ?"),
      changes: prepare("SELECT * FROM change WHERE store = ? AND sequence > ? AND time >= ? ORDER BY sequence LIMIT ?"),
      changesOfType: prepare(
        "SELECT * FROM change WHERE store = ? AND sequence > ? AND time >= ? AND substr(object, 1, ?) = ? ORDER BY sequence LIMIT ?",
      ),
    };
  }

  load(visit: (record: TupleStoreRecord) => void): number {
    const database = this.#database;
    for (const row of database.prepare("SELECT id, name, time FROM store ORDER BY sequence").iterate()) {
      visit({ kind: "store", ...(row as { id: string; name: string; time: number }) });
    }
    for (const row of database.prepare("SELECT store AS storeId, id, model FROM model ORDER BY sequence").iterate()) {
      visit({ kind: "model", ...(row as { storeId: string; id: string; model: string }) });
    }
    for (const row of database.prepare("SELECT store AS storeId, model AS modelId, assertions FROM assertions").iterate()) {
      visit({ kind: "assertions", ...(row as { storeId: string; modelId: string; assertions: string }) });
    }
    const current = database.prepare("SELECT change.* FROM change JOIN tuple USING (sequence) ORDER BY sequence");
    for (const row of current.iterate()) visit(recordOf(row as unknown as Row));
    const { last } = database.prepare("SELECT max(sequence) AS last FROM change").get() as { last: number | null };
    return last ?? 0;
  }

  commit(records: readonly TupleStoreRecord[]): void {
    this.#statements.begin.run();
    try {
      for (const record of records) this.#write(record);
      this.#statements.commit.run();
    } catch (error) {
      if (this.#database.isTransaction) this.#statements.rollback.run();
      throw error;
    }
  }

  #write(record: TupleStoreRecord): void {
    const run = this.#statements;
    switch (record.kind) {
      case "store":
        run.store.run(record.id, record.name, record.time);
        break;
      case "store-deletion":
        run.dropStore.run(record.id);
        break;
      case "model":
        run.model.run(record.storeId, record.id, record.model);
        break;
      case "assertions":
        run.assertions.run(record.storeId, record.modelId, record.assertions);
        break;
      case "tuple": {
        const { storeId, sequence, time, deleted, object, relation, user, condition, context } = record;
        run.change.run(sequence, storeId, time, deleted ? 1 : 0, object, relation, user, condition, context);
        if (deleted) run.dropTuple.run(storeId, object, relation, user);
        else run.tuple.run(storeId, object, relation, user, sequence);
        break;
      }
    }
  }

  changes({ storeId, type, after, notBefore, limit }: Parameters<TupleStore["changes"]>[0]): TupleRecord[] {
    const prefix = `${type}:`;
    const rows =
      type === ""
        ? this.#statements.changes.all(storeId, after, notBefore, limit)
        : this.#statements.changesOfType.all(storeId, after, notBefore, [...prefix].length, prefix, limit);
    return rows.map((row) => recordOf(row as unknown as Row));
  }

  close(): void {
    this.#database.close();
    this.#lock.close();
  }
}

const recordOf = ({ store, deleted, ...rest }: Row): TupleRecord => ({ kind: "tuple", storeId: store, deleted: deleted === 1, ...rest });

/** The operating system holds the lock and frees it when the process ends, however it ends. */
function lock(file: string, data: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE");
    return database;
  } catch (cause) {
    database.close();
    throw new Error(`another process has the tuples in ${data} open`, { cause });
  }
}

function requireFormat(database: DatabaseSync, file: string): void {
  const { tables } = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get() as { tables: number };
  if (tables === 0) return;
  if (pragma(database, "application_id") !== applicationId) throw new Error(`${file} is a database of another program`);
  const found = pragma(database, "user_version");
  if (found > format) throw new Error(`${file} has format ${found}, this program knows ${format}: use a newer one`);
}

const pragma = (database: DatabaseSync, name: "user_version" | "application_id"): number =>
  (database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name]!;

function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EIO") throw error; // not every platform can sync a directory
  } finally {
    closeSync(handle);
  }
}
