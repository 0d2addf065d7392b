import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import type { Store, StoreErrorCode } from "../../store.ts";
import { StoreError } from "../../store.ts";
import { mustCommit, testRecord, testStore, textOf } from "../../testing/test-store.ts";
import { DiskReserve } from "./disk-reserve.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const root = await mkdtemp(join(tmpdir(), "meshplane-sqlite-"));
after(() => rm(root, { recursive: true, force: true }));

let directories = 0;
const newDirectory = (): string => join(root, String(directories++));
const directoryOf = new WeakMap<Store, string>();

async function open(directory = newDirectory(), blockingSyncMsMax?: number): Promise<Store> {
  const store = await openSqliteStore({ directory, ...(blockingSyncMsMax !== undefined && { blockingSyncMsMax }) });
  directoryOf.set(store, directory);
  return store;
}

async function reopen(store: Store): Promise<Store> {
  const directory = directoryOf.get(store);
  assert.ok(directory);
  await store.close();
  return open(directory);
}

testStore("sqlite", () => open(), { reopen });
testStore("sqlite on a slow disk", () => open(undefined, 0), { reopen });

const hasCode =
  (code: StoreErrorCode, message?: RegExp) =>
  (error: unknown): boolean =>
    error instanceof StoreError && error.code === code && (message?.test(error.message) ?? true);

/** Another connection to the file of a closed store, to do what no store would. */
function tamper(directory: string, sql: string): void {
  const database = new DatabaseSync(join(directory, "store.db"));
  database.exec(sql);
  database.close();
}

const countRows = (directory: string, table: string): number => {
  const database = new DatabaseSync(join(directory, "store.db"), { readOnly: true });
  const { count } = database.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number };
  database.close();
  return count;
};

test("sqlite: a directory serves one store at a time, and the refusal names the process", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  await assert.rejects(openSqliteStore({ directory }), hasCode("Locked", new RegExp(`pid ${process.pid}`)));
  await store.close();
  await (await open(directory)).close();
});

test("sqlite: data of a newer format is refused and left alone", async () => {
  const directory = newDirectory();
  await (await open(directory)).close();
  tamper(directory, "PRAGMA user_version = 99");
  await assert.rejects(openSqliteStore({ directory }), hasCode("NewerFormat", /99/));
  tamper(directory, "PRAGMA user_version = 1");
  await (await open(directory)).close();
});

test("sqlite: what is no store of ours is Corrupt, not overwritten", async () => {
  const foreign = newDirectory();
  await mkdir(foreign);
  tamper(foreign, "CREATE TABLE mine (a)");
  await assert.rejects(openSqliteStore({ directory: foreign }), hasCode("Corrupt", /another program/));
  const noise = newDirectory();
  await mkdir(noise);
  await writeFile(join(noise, "store.db"), "not a database at all, but rather long ".repeat(200));
  await assert.rejects(openSqliteStore({ directory: noise }), hasCode("Corrupt", /restore a snapshot/));
  const leftover = newDirectory();
  await mkdir(leftover);
  await writeFile(join(leftover, "store.db-wal"), "something");
  await assert.rejects(openSqliteStore({ directory: leftover }), hasCode("Corrupt", /store\.db is not/));
  assert.equal(await readFile(join(leftover, "store.db-wal"), "utf8"), "something");
});

test("sqlite: a changed byte in a body is found when it is read, and others stay readable", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  await mustCommit(store, { key: "/good", expect: 0, write: testRecord("kept as it was") });
  await mustCommit(store, { key: "/hit", expect: 0, write: testRecord("here comes the NEEDLE to flip") });
  await store.close();
  const file = join(directory, "store.db");
  const bytes = await readFile(file);
  const at = bytes.indexOf("NEEDLE");
  assert.ok(at > 0 && bytes.indexOf("NEEDLE", at + 1) === -1, "each value is stored once");
  bytes[at]! ^= 1;
  await writeFile(file, bytes);
  const damaged = await open(directory);
  await assert.rejects(damaged.get("/hit"), hasCode("Corrupt", /\/hit/));
  await assert.rejects(damaged.range("/"), hasCode("Corrupt"));
  assert.equal(textOf(await damaged.get("/good")), "kept as it was");
  await damaged.close();
});

test("sqlite: a file cut short is Corrupt at the start", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  for (let i = 0; i < 200; i++) await mustCommit(store, { key: `/${i}`, expect: 0, write: testRecord("x".repeat(500)) });
  await store.close();
  const file = join(directory, "store.db");
  await writeFile(file, (await readFile(file)).subarray(0, 20_000));
  await assert.rejects(openSqliteStore({ directory }), hasCode("Corrupt", /recover/));
});

test("sqlite: history beyond its limits goes along with commits, current values stay", async () => {
  const directory = newDirectory();
  let time = 0;
  const history = { keepMs: 1_000, revisionsMin: 10, revisionsMax: 1_000, bytesMax: 1 << 30 };
  const store = await openSqliteStore({ directory, history, now: () => time });
  const keep = await mustCommit(store, { key: "/keep", expect: 0, write: testRecord("old but current") });
  let revision = await mustCommit(store, { key: "/hot", expect: 0, write: testRecord("0") });
  const change = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) revision = await mustCommit(store, { key: "/hot", expect: revision, write: testRecord(String(i)) });
  };
  await change(300);
  assert.equal(store.compactedRevision(), 1, "too young to go");
  time = 2_000;
  await change(400);
  assert.ok(store.compactedRevision() >= 300, `two for each commit, as far as age allows: ${store.compactedRevision()}`);
  assert.ok(store.compactedRevision() <= 310);
  await change(1_500);
  assert.ok(revision - store.compactedRevision() <= 1_000 + 2);
  const gone = await mustCommit(store, { key: "/gone", expect: 0, write: testRecord("x") });
  await mustCommit(store, { key: "/gone", expect: gone, write: "delete" });
  time = 4_000;
  await change(10);
  time = 6_000;
  await change(1_200);
  assert.equal((await store.get("/keep"))!.revision, keep);
  assert.equal(textOf(await store.get("/keep")), "old but current");
  await assert.rejects(store.history("/", store.compactedRevision() - 1, 10), hasCode("Compacted"));
  const left = await store.history("/", store.compactedRevision(), 10_000);
  assert.equal(left.events.length, revision - store.compactedRevision());
  assert.ok(left.events.every((event) => event.previous !== undefined));
  const compacted = store.compactedRevision();
  await store.close();
  assert.ok(countRows(directory, "log") <= revision - compacted + 3);
  const again = await open(directory);
  assert.equal(again.compactedRevision(), compacted);
  await again.close();
});

test("sqlite: a long read lets writers in between and still shows one revision", async () => {
  const store = await open();
  const commits = Array.from({ length: 3_000 }, (_, i) => ({
    key: `/l/${String(i).padStart(4, "0")}`,
    expect: 0,
    write: testRecord("old"),
  }));
  await Promise.all(commits.map((commit) => store.commit(commit)));
  const at = await store.revision();
  let finished = false;
  const reading = store.range("/l/").finally(() => (finished = true));
  const filtering = store.range("/l/", { headerFilter: () => true });
  const scanning = store.history("/l/", 1, 10_000);
  for (let turns = 0; !finished; turns++) {
    const record = (await store.get(`/l/${turns % 2 ? "2999" : "1500"}`))!;
    await mustCommit(store, { key: record.key, expect: record.revision, write: testRecord("new") });
    if (turns === 1) {
      const victim = (await store.get("/l/2998"))!;
      await mustCommit(store, { key: victim.key, expect: victim.revision, write: "delete" });
    }
  }
  for (const range of [await reading, await filtering]) {
    assert.equal(range.revision, at);
    assert.equal(range.records.length, 3_000);
    assert.ok(range.records.every((record) => textOf(record) === "old" && record.revision <= at));
  }
  const { events } = await scanning;
  assert.ok(events.length >= 3_000);
  assert.ok(events.every((event, i) => i === 0 || event.revision > events[i - 1]!.revision));
  await store.close();
});

test("sqlite: the number of records left is counted up to ten thousand, at past revisions too", async () => {
  const store = await open();
  const commits = Array.from({ length: 11_000 }, (_, i) => ({ key: `/n/${String(i).padStart(5, "0")}`, expect: 0, write: testRecord("") }));
  await Promise.all(commits.map((commit) => store.commit(commit)));
  const at = await store.revision();
  const range = async (after: string, past: boolean): Promise<number> =>
    (await store.range("/n/", { after, limit: 10, ...(past && { at }) })).remaining;
  for (const key of ["/n/10995", "/n/00100"]) {
    const record = (await store.get(key))!;
    await mustCommit(store, { key, expect: record.revision, write: "delete" });
  }
  await mustCommit(store, { key: "/n/10996x", expect: 0, write: testRecord("") });
  await mustCommit(store, { key: "/n/10995", expect: 0, write: testRecord("") });
  assert.equal(await range("/n/", false), 10_000);
  assert.equal(await range("/n/10000", false), 11_000 - 10_011 + 1);
  assert.equal(await range("/n/10000", true), 11_000 - 10_011);
  assert.ok((await range("/n/", true)) >= 9_999);
  await store.close();
});

test("sqlite: a snapshot taken under load is a whole store of one revision", async () => {
  const store = await openSqliteStore({ directory: newDirectory() });
  let stop = false;
  const index = [{ name: "n", value: "v" }];
  const writer = async (name: string): Promise<void> => {
    for (let i = 0; !stop; i++) await mustCommit(store, { key: `/${name}/${i}`, expect: 0, write: testRecord("x".repeat(500)), index });
  };
  const writing = Promise.all(["a", "b", "c"].map(writer));
  await mustCommit(store, { key: "/first", expect: 0, write: testRecord("one") });
  const directory = newDirectory();
  await mkdir(directory);
  const revision = await store.snapshot(join(directory, "store.db"));
  stop = true;
  await writing;
  await assert.rejects(store.snapshot(join(directory, "store.db")), hasCode("Unreachable", /exists/));
  const copy = await open(directory);
  assert.equal(await copy.revision(), revision);
  assert.equal(textOf(await copy.get("/first")), "one");
  const past = await store.range("/", { at: revision });
  assert.deepEqual((await copy.range("/")).records, past.records);
  assert.equal((await copy.index("n", "v")).length, past.records.length - 1);
  await copy.close();
  await store.close();
});

test("sqlite: a damaged record fails its own commits, not those of the same batch", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  const hit = await mustCommit(store, { key: "/hit", expect: 0, write: testRecord("x") });
  await store.close();
  tamper(directory, "UPDATE log SET body = x'00' WHERE key = '/hit'");
  const damaged = await open(directory);
  const [bad, good] = await Promise.allSettled([
    damaged.commit({ key: "/hit", expect: hit, write: testRecord("y") }),
    damaged.commit({ key: "/good", expect: 0, write: testRecord("z") }),
  ]);
  assert.ok(bad.status === "rejected" && hasCode("Corrupt", /\/hit/)(bad.reason));
  assert.ok(good.status === "fulfilled" && good.value.committed);
  assert.equal(textOf(await damaged.get("/good")), "z");
  await damaged.close();
});

test("sqlite: the disk reserve is held, given once, and still known after a restart", async () => {
  const directory = newDirectory();
  await mkdir(directory);
  const reserve = new DiskReserve(directory, 2_500_000);
  reserve.hold();
  for (let i = 0; i < 200 && !existsSync(join(directory, "reserve")); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal((await stat(join(directory, "reserve"))).size, 2_500_000);
  const later = new DiskReserve(directory, 2_500_000);
  assert.equal(later.spent, false);
  assert.equal(later.release(), true);
  assert.equal(existsSync(join(directory, "reserve")), false);
  assert.equal(later.spent, true);
  assert.equal(later.release(), false);
  assert.equal(later.recovered(), false, "not within the first second");
});

test("sqlite: what is not on the disk yet is seen by nobody", async () => {
  const store = await open(newDirectory(), 0);
  const index = [{ name: "n", value: "v" }];
  const first = await mustCommit(store, { key: "/a", expect: 0, write: testRecord("1"), index });
  const gone = await mustCommit(store, { key: "/gone", expect: 0, write: testRecord("x") });
  let acknowledged = 0;
  const commits = [
    store.commit({ key: "/a", expect: first, write: testRecord("2") }),
    store.commit({ key: "/gone", expect: gone, write: "delete" }),
    store.commit({ key: "/new", expect: 0, write: testRecord("new") }),
  ].map((commit) => commit.then(() => acknowledged++));
  let looked = 0;
  while (acknowledged === 0) {
    const answers = await Promise.all([
      store.get("/a"),
      store.get("/gone"),
      store.get("/new"),
      store.range("/"),
      store.range("/", { limit: 1 }),
      store.history("/", 1, 10),
      store.revision(),
    ]);
    if (acknowledged > 0) break;
    const [a, deleted, created, range, page, history, revision] = answers;
    assert.deepEqual([textOf(a), textOf(deleted), created, revision], ["1", "x", undefined, gone]);
    assert.deepEqual(range.records.map(textOf), ["1", "x"]);
    assert.deepEqual([page.remaining, page.revision, history.events.length, history.progress], [1, gone, 2, gone]);
    looked++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(looked > 0);
  await Promise.all(commits);
  assert.deepEqual((await store.range("/")).records.map(textOf), ["2", "new"]);
  assert.deepEqual(await store.index("n", "v"), []);
  await store.close();
});
