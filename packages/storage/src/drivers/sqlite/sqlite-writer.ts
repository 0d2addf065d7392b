import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Revision } from "../../store.ts";
import { checksumOf } from "./sqlite-reader.ts";

export interface RowChange {
  key: string;
  revision: Revision;
  previous: Revision;
  /** undefined for a deletion */
  value: { header: string; body: Uint8Array } | undefined;
  oldEntries: string;
  newEntries: string;
}

const nothing = new Uint8Array();

/** The writing half of the driver: statements that run inside a transaction of the store. */
export class SqliteWriter {
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #insertLog: StatementSync;
  readonly #insertCurrent: StatementSync;
  readonly #updateCurrent: StatementSync;
  readonly #deleteCurrent: StatementSync;
  readonly #insertEntry: StatementSync;
  readonly #deleteEntry: StatementSync;
  readonly #sweepReplaced: StatementSync;
  readonly #sweepTombstones: StatementSync;
  readonly #setMeta: StatementSync;
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const prepare = (sql: string): StatementSync => database.prepare(sql);
    this.#begin = prepare("BEGIN IMMEDIATE");
    this.#commit = prepare("COMMIT");
    this.#rollback = prepare("ROLLBACK");
    this.#insertLog = prepare("INSERT INTO log (revision, key, deleted, previous, checksum, header, body) VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#insertCurrent = prepare("INSERT INTO current (revision, header, entries, key) VALUES (?, ?, ?, ?)");
    this.#updateCurrent = prepare("UPDATE current SET revision = ?, header = ?, entries = ? WHERE key = ?");
    this.#deleteCurrent = prepare("DELETE FROM current WHERE key = ?");
    this.#insertEntry = prepare("INSERT INTO entry (name, value, key) VALUES (?, ?, ?)");
    this.#deleteEntry = prepare("DELETE FROM entry WHERE name = ? AND value = ? AND key = ?");
    this.#sweepReplaced = prepare(
      "DELETE FROM log WHERE revision IN (SELECT previous FROM log WHERE revision > ? AND revision <= ? AND previous > 0)",
    );
    this.#sweepTombstones = prepare("DELETE FROM log WHERE revision > ? AND revision <= ? AND deleted = 1");
    this.#setMeta = prepare("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  }

  begin(): void {
    this.#begin.run();
  }

  /** Everything since `begin` is in the tables, and in the log; it is on the disk when the log has been synced. */
  commit(): void {
    this.#commit.run();
  }

  rollback(): void {
    if (this.#database.isTransaction) this.#rollback.run();
  }

  write(change: RowChange): void {
    const { key, revision, previous, value, oldEntries, newEntries } = change;
    const header = value?.header ?? "";
    const body = value?.body ?? nothing;
    const checksum = checksumOf(revision, key, header, body);
    this.#insertLog.run(revision, key, value ? 0 : 1, previous, checksum, header, body);
    if (!value) this.#deleteCurrent.run(key);
    else if (previous === 0) this.#insertCurrent.run(revision, header, newEntries, key);
    else this.#updateCurrent.run(revision, header, newEntries, key);
    if (oldEntries !== newEntries) this.#replaceEntries(key, oldEntries, newEntries);
  }

  /** Deletes the values that events in (from, upTo] replaced, and the marks of deletions there. `upTo` lies below the newest revision. */
  sweep(from: Revision, upTo: Revision): void {
    this.#sweepReplaced.run(from, upTo);
    this.#sweepTombstones.run(from, upTo);
  }

  setMeta(name: string, value: number): void {
    this.#setMeta.run(name, value);
  }

  #replaceEntries(key: string, oldEntries: string, newEntries: string): void {
    if (oldEntries === "") {
      const flat = JSON.parse(newEntries) as string[];
      // the usual one of a new object: it says which resources there are in a cluster
      if (flat.length === 2) return void this.#insertEntry.run(flat[0]!, flat[1]!, key);
    }
    const before = entryMap(oldEntries);
    const after = entryMap(newEntries);
    for (const [id, [name, value]] of before) if (!after.has(id)) this.#deleteEntry.run(name, value, key);
    for (const [id, [name, value]] of after) if (!before.has(id)) this.#insertEntry.run(name, value, key);
  }
}

/** By an unambiguous id, so that an entry given twice is one. */
function entryMap(entries: string): Map<string, [name: string, value: string]> {
  const map = new Map<string, [string, string]>();
  if (entries === "") return map;
  const flat = JSON.parse(entries) as string[];
  for (let i = 0; i < flat.length; i += 2) map.set(JSON.stringify([flat[i], flat[i + 1]]), [flat[i]!, flat[i + 1]!]);
  return map;
}
