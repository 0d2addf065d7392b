import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { prefixEnd } from "../../compare-keys.ts";
import { decodeHeader } from "../../encode-header.ts";
import type { RecordHeader, StoredRecord } from "../../record.ts";
import type { FeedEvent, Revision } from "../../store.ts";
import { corruptStore } from "./sqlite-errors.ts";
import type { CurrentRecord } from "./record-cache.ts";

const nothing = new Uint8Array();

/** No key is greater: U+10FFFF is no character, so no name can hold it. */
const endOfKeys = "\u{10ffff}\u{10ffff}";

export const countMax = 10_000;

/** Keys from `start` on and in front of `end`. */
export interface KeySpan {
  start: string;
  end: string;
}

/** The keys of a prefix, those up to `after` left out. The next greater string is the same one with a NUL behind it. */
export function keySpan(prefix: string, after?: string): KeySpan {
  const end = prefixEnd(prefix) ?? endOfKeys;
  const next = after === undefined ? "" : `${after}\0`;
  return { start: Buffer.compare(Buffer.from(next), Buffer.from(prefix)) > 0 ? next : prefix, end };
}

/** A record whose body has not been read. */
export interface RecordLine {
  key: string;
  revision: Revision;
  header: string;
}

/** Header and body under the revision and key that they were written for: damage anywhere, or a row in a wrong place, shows. */
export const checksumOf = (revision: Revision, key: string, header: string, body: Uint8Array): number =>
  crc32(body, crc32(`${revision} ${key} ${header}`));

type Version = [previous: number, header: string, checksum: number, body: Uint8Array];

/** The reading half of the driver: synchronous statements over what is committed (and, within a batch, over what is about to be). */
export class SqliteReader {
  readonly #directory: string;
  readonly #current: StatementSync;
  readonly #currentLine: StatementSync;
  readonly #records: StatementSync;
  readonly #lines: StatementSync;
  readonly #linesUpTo: StatementSync;
  readonly #tombstones: StatementSync;
  readonly #previous: StatementSync;
  readonly #headerOf: StatementSync;
  readonly #version: StatementSync;
  readonly #body: StatementSync;
  readonly #log: StatementSync;
  readonly #indexed: StatementSync;
  readonly #indexedLines: StatementSync;
  readonly #keyAt: StatementSync;
  readonly #count: StatementSync;
  readonly #changedSince: StatementSync;

  constructor(database: DatabaseSync, directory: string) {
    this.#directory = directory;
    const prepare = (sql: string): StatementSync => {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    const span = "c.key >= ? AND c.key < ?";
    this.#current = prepare(
      "SELECT c.revision, c.header, l.checksum, l.body, c.entries FROM current c LEFT JOIN log l ON l.revision = c.revision WHERE c.key = ?",
    );
    this.#currentLine = prepare("SELECT revision FROM current WHERE key = ?");
    this.#records = prepare(
      `SELECT c.key, c.revision, c.header, l.checksum, l.body FROM current c LEFT JOIN log l ON l.revision = c.revision WHERE ${span} ORDER BY c.key LIMIT ?`,
    );
    this.#lines = prepare(`SELECT c.key, c.revision, c.header FROM current c WHERE ${span} ORDER BY c.key LIMIT ?`);
    this.#linesUpTo = prepare(`SELECT c.key, c.revision, c.header FROM current c WHERE ${span} ORDER BY c.key`);
    // With min(), SQLite takes the other columns from the row that has it.
    this.#tombstones = prepare(
      "SELECT key, min(revision), previous FROM log INDEXED BY tombstone WHERE deleted = 1 AND key >= ? AND key < ? AND revision > ? GROUP BY key ORDER BY key",
    );
    this.#previous = prepare("SELECT previous FROM log WHERE revision = ?");
    this.#headerOf = prepare("SELECT header FROM log WHERE revision = ?");
    this.#version = prepare("SELECT previous, header, checksum, body FROM log WHERE revision = ?");
    this.#body = prepare("SELECT checksum, body FROM log WHERE revision = ?");
    this.#log = prepare(
      "SELECT revision, key, deleted, previous, header, checksum, body FROM log WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ?",
    );
    const entries = "entry e CROSS JOIN current c ON c.key = e.key";
    const chosen = "e.name = ? AND e.value = ? AND e.key >= ? AND e.key < ? ORDER BY e.key LIMIT ?";
    this.#indexed = prepare(
      `SELECT c.key, c.revision, c.header, l.checksum, l.body FROM ${entries} LEFT JOIN log l ON l.revision = c.revision WHERE ${chosen}`,
    );
    this.#indexedLines = prepare(`SELECT c.key, c.revision, c.header FROM ${entries} WHERE ${chosen}`);
    this.#keyAt = prepare(`SELECT c.key FROM current c WHERE ${span} ORDER BY c.key LIMIT 1 OFFSET ?`);
    this.#count = prepare(`SELECT count(*) FROM current c WHERE ${span}`);
    this.#changedSince = prepare(`SELECT c.key, c.revision FROM current c WHERE ${span} AND c.revision > ?`);
  }

  current(key: string): CurrentRecord | undefined {
    const row = this.#current.get(key) as unknown as [number, string, number | null, Uint8Array | null, string] | undefined;
    if (!row) return undefined;
    return { record: this.#record(key, row[0], row[1], row[2], row[3]), entries: row[4] };
  }

  currentRevision(key: string): Revision {
    const row = this.#currentLine.get(key) as unknown as [number] | undefined;
    return row ? row[0] : 0;
  }

  /** The newest records of a span in key order. */
  records(span: KeySpan, limit: number): StoredRecord[] {
    return this.#toRecords(this.#records.all(span.start, span.end, limit));
  }

  /** The same without bodies, undecoded. */
  lines(span: KeySpan, limit: number): RecordLine[] {
    return toLines(this.#lines.all(span.start, span.end, limit));
  }

  /** The lines of a span as they were at a past revision; `span` is small. */
  linesAt(span: KeySpan, at: Revision): RecordLine[] {
    const tombstones = new Map<string, Revision>();
    for (const [key, , previous] of this.#tombstones.all(span.start, span.end, at) as unknown as [string, number, number][]) {
      tombstones.set(key, previous);
    }
    const lines: RecordLine[] = [];
    for (const line of toLines(this.#linesUpTo.all(span.start, span.end))) {
      if (line.revision <= at) lines.push(line);
      else if (!tombstones.has(line.key)) this.#addPast(lines, line.key, line.revision, at);
    }
    if (tombstones.size === 0) return lines;
    for (const [key, previous] of tombstones) this.#addPast(lines, key, previous, at);
    return lines.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  /**
   * How many keys of a span there were at a revision; the newest state when `at` is undefined. Of a large span only the first keys are
   * counted: a count of everything would hold up the event loop for each page of a list, for a number that clients show at most.
   */
  count(whole: KeySpan, at?: Revision): number {
    const [bound] = (this.#keyAt.get(whole.start, whole.end, countMax) as unknown as [string] | undefined) ?? [undefined];
    if (at === undefined && bound !== undefined) return countMax;
    const span = { start: whole.start, end: bound ?? whole.end };
    let [count] = this.#count.get(span.start, span.end) as unknown as [number];
    if (at === undefined) return count;
    const tombstones = this.#tombstones.all(span.start, span.end, at) as unknown as [string, number, number][];
    const deleted = new Set(tombstones.map(([key]) => key));
    for (const [key, revision] of this.#changedSince.all(span.start, span.end, at) as unknown as [string, number][]) {
      if (deleted.has(key) || this.#versionAt(revision, at) === 0) count--;
    }
    for (const [, , previous] of tombstones) if (this.#versionAt(previous, at) !== 0) count++;
    return count;
  }

  /** A line's record with its body. */
  recordOf(line: RecordLine, header?: RecordHeader): StoredRecord {
    const [checksum, body] = (this.#body.get(line.revision) as unknown as [number, Uint8Array] | undefined) ?? [null, null];
    return this.#record(line.key, line.revision, line.header, checksum, body, header);
  }

  /** The records with an index entry, of a span. */
  indexed(name: string, value: string, span: KeySpan, limit: number): StoredRecord[] {
    return this.#toRecords(this.#indexed.all(name, value, span.start, span.end, limit));
  }

  indexedLines(name: string, value: string, span: KeySpan, limit: number): RecordLine[] {
    return toLines(this.#indexedLines.all(name, value, span.start, span.end, limit));
  }

  /** Events in (since, upTo] whose key passes, out of at most `limit` log rows; `scanned` is the last revision looked at, 0 for none. */
  events(since: Revision, upTo: Revision, limit: number, wanted: (key: string) => boolean): { events: FeedEvent[]; scanned: Revision } {
    const rows = this.#log.all(since, upTo, limit) as unknown as [number, string, number, number, string, number, Uint8Array][];
    const events: FeedEvent[] = [];
    for (const [revision, key, deleted, previous, header, checksum, body] of rows) {
      if (!wanted(key)) continue;
      const record = deleted ? undefined : this.#record(key, revision, header, checksum, body);
      events.push({
        revision,
        key,
        record,
        previous: previous === 0 ? undefined : this.#versionRecord(key, previous),
      });
    }
    return { events, scanned: rows.at(-1)?.[0] ?? 0 };
  }

  #addPast(lines: RecordLine[], key: string, from: Revision, at: Revision): void {
    const revision = this.#versionAt(from, at);
    if (revision === 0) return;
    const [header] = (this.#headerOf.get(revision) as unknown as [string] | undefined) ?? [undefined];
    if (header === undefined) throw corruptStore(this.#directory, `revision ${revision} of ${key} is missing`);
    lines.push({ key, revision, header });
  }

  /** Back along a key's versions to the one that was newest at `at`; 0 when it did not exist yet. */
  #versionAt(from: Revision, at: Revision): Revision {
    let revision = from;
    while (revision > at) {
      const row = this.#previous.get(revision) as unknown as [number] | undefined;
      if (!row) throw corruptStore(this.#directory, `revision ${revision} is missing`);
      revision = row[0];
    }
    return revision;
  }

  #versionRecord(key: string, revision: Revision): StoredRecord {
    const row = this.#version.get(revision) as unknown as Version | undefined;
    if (!row) throw corruptStore(this.#directory, `revision ${revision} of ${key} is missing`);
    return this.#record(key, revision, row[1], row[2], row[3]);
  }

  #toRecords(rows: readonly unknown[]): StoredRecord[] {
    return (rows as [string, number, string, number | null, Uint8Array | null][]).map((row) =>
      this.#record(row[0], row[1], row[2], row[3], row[4]),
    );
  }

  #record(
    key: string,
    revision: Revision,
    header: string,
    checksum: number | null,
    body: Uint8Array | null,
    decoded?: RecordHeader,
  ): StoredRecord {
    if (body === null) throw corruptStore(this.#directory, `revision ${revision} of ${key} is missing`);
    if (checksumOf(revision, key, header, body) !== checksum)
      throw corruptStore(this.#directory, `the record at ${key} has changed on the disk`);
    return { key, revision, header: decoded ?? decodeHeader(header, key), body };
  }
}

const toLines = (rows: readonly unknown[]): RecordLine[] =>
  (rows as [string, number, string][]).map(([key, revision, header]) => ({
    key,
    revision,
    header,
  }));

export const withoutBody = (line: RecordLine): StoredRecord => ({
  key: line.key,
  revision: line.revision,
  header: decodeHeader(line.header, line.key),
  body: nothing,
});
