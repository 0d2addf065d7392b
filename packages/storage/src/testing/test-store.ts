import assert from "node:assert/strict";
import { test } from "node:test";
import { compareKeys } from "../compare-keys.ts";
import type { NewRecord, RecordHeader, StoredRecord } from "../record.ts";
import type { Commit, Committed, Conflict, FeedBatch, FeedEvent, IndexEntry, Revision, Store, StoreErrorCode } from "../store.ts";
import { StoreError } from "../store.ts";

export interface StoreTestOptions {
  /** closes a store and opens another over the same data; absent for drivers that keep nothing */
  reopen?: (store: Store) => Promise<Store>;
  /** a reason to skip everything, said by the runner */
  skip?: string | false;
  /** operations of the comparison with a model; default 600 */
  modelOperations?: number;
}

export const testHeader = (overrides: Partial<RecordHeader> = {}): RecordHeader => ({
  definition: "d1",
  uid: "u",
  deleting: false,
  labels: undefined,
  fields: undefined,
  ...overrides,
});

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const testRecord = (text: string, header: Partial<RecordHeader> = {}): NewRecord => ({
  header: testHeader(header),
  body: encoder.encode(text),
});

export const textOf = (record: StoredRecord | undefined): string | undefined => record && decoder.decode(record.body);

/** Commits what must not conflict. */
export async function mustCommit(store: Store, commit: Commit): Promise<Revision> {
  const result = await store.commit(commit);
  assert.ok(result.committed, `a conflict on ${commit.key}`);
  return result.revision;
}

const create = (store: Store, key: string, text = key, index?: IndexEntry[]): Promise<Revision> =>
  mustCommit(store, { key, expect: 0, write: testRecord(text), ...(index && { index }) });

const rejectsWith = (code: StoreErrorCode, promise: Promise<unknown>): Promise<void> =>
  assert.rejects(promise, (error) => error instanceof StoreError && error.code === code);

const keysOf = (records: readonly StoredRecord[]): string[] => records.map((record) => record.key);

/** The contract of `Store`, run by every driver. `open` gives an empty store. */
export function testStore(driver: string, open: () => Promise<Store>, options: StoreTestOptions = {}): void {
  const contract = (promise: string, run: (store: Store) => Promise<void>): void => {
    test(`${driver}: ${promise}`, { skip: options.skip ?? false }, async () => {
      const store = await open();
      try {
        await run(store);
      } finally {
        await store.close();
      }
    });
  };
  testCommits(contract);
  testRanges(contract);
  testIndex(contract);
  testFeed(contract);
  testHistory(contract);
  testAgainstModel(contract, options.modelOperations ?? 600);
  if (options.reopen) testReopen(contract, options.reopen);
}

type Contract = (promise: string, run: (store: Store) => Promise<void>) => void;

function testCommits(contract: Contract): void {
  contract("an empty store has a revision, and no records", async (store) => {
    assert.ok((await store.revision()) > 0);
    assert.equal(await store.get("/core/configmaps/-/c/ns/a"), undefined);
    const range = await store.range("/core/");
    assert.deepEqual(range.records, []);
    assert.equal(range.more, false);
    assert.equal(range.remaining, 0);
    assert.ok(range.revision > 0);
  });

  contract("what is committed is read back whole, and its revision is the newest", async (store) => {
    const before = await store.revision();
    const header = testHeader({
      uid: "8c2f",
      deleting: true,
      labels: { app: "x", ключ: "значение", constructor: "y" },
      fields: { "spec.nodeName": "" },
    });
    const body = Uint8Array.from({ length: 256 }, (_, i) => i);
    const revision = await mustCommit(store, {
      key: "/core/pods/-/c/ns/a",
      expect: 0,
      write: { header, body },
    });
    assert.ok(revision > before);
    assert.equal(await store.revision(), revision);
    const record = await store.get("/core/pods/-/c/ns/a");
    assert.ok(record);
    assert.equal(record.key, "/core/pods/-/c/ns/a");
    assert.equal(record.revision, revision);
    assert.deepEqual({ ...record.header.labels }, { ...header.labels });
    assert.deepEqual({ ...record.header.fields }, { ...header.fields });
    assert.deepEqual([record.header.definition, record.header.uid, record.header.deleting], ["d1", "8c2f", true]);
    assert.ok(record.body instanceof Uint8Array);
    assert.deepEqual([...record.body], [...body]);
  });

  contract("absent labels and fields come back absent", async (store) => {
    await create(store, "/a");
    const { header } = (await store.get("/a"))!;
    assert.equal(header.labels, undefined);
    assert.equal(header.fields, undefined);
  });

  contract("a label called __proto__ is a label", async (store) => {
    const labels = JSON.parse('{"__proto__":"x","a":"b"}') as Record<string, string>;
    await mustCommit(store, { key: "/a", expect: 0, write: testRecord("x", { labels }) });
    const stored = (await store.get("/a"))!.header.labels!;
    assert.ok(Object.hasOwn(stored, "__proto__"));
    assert.equal(stored.a, "b");
  });

  contract("creating what exists is a conflict that shows it", async (store) => {
    const revision = await create(store, "/a", "first");
    const result = (await store.commit({
      key: "/a",
      expect: 0,
      write: testRecord("second"),
    })) as Conflict;
    assert.equal(result.committed, false);
    assert.equal(result.current?.revision, revision);
    assert.equal(textOf(result.current), "first");
    assert.equal(result.failedGuard, undefined);
  });

  contract("changing or deleting what is absent is a conflict without a record", async (store) => {
    const result = (await store.commit({
      key: "/a",
      expect: 5,
      write: testRecord("x"),
    })) as Conflict;
    assert.deepEqual([result.committed, result.current], [false, undefined]);
    const deletion = (await store.commit({ key: "/a", expect: 5, write: "delete" })) as Conflict;
    assert.deepEqual([deletion.committed, deletion.current], [false, undefined]);
  });

  contract("of two writers from one revision, one retries and both changes survive", async (store) => {
    await create(store, "/a", "");
    const append = async (letter: string): Promise<number> => {
      for (let attempt = 1; ; attempt++) {
        const record = (await store.get("/a"))!;
        const result = await store.commit({
          key: "/a",
          expect: record.revision,
          write: testRecord(textOf(record) + letter),
        });
        if (result.committed) return attempt;
      }
    };
    const attempts = await Promise.all([append("x"), append("y")]);
    assert.equal([...textOf(await store.get("/a"))!].sort().join(""), "xy");
    assert.ok(Math.max(...attempts) > 1);
  });

  contract("sixteen concurrent writers lose nothing, and no revision is given twice", async (store) => {
    await create(store, "/counter", "0");
    const revisions: Revision[] = [];
    const writer = async (): Promise<void> => {
      for (let done = 0; done < 8;) {
        const record = (await store.get("/counter"))!;
        const next = String(Number(textOf(record)) + 1);
        const result = await store.commit({
          key: "/counter",
          expect: record.revision,
          write: testRecord(next),
        });
        if (result.committed) {
          done++;
          revisions.push(result.revision);
        }
      }
    };
    await Promise.all(Array.from({ length: 16 }, writer));
    assert.equal(textOf(await store.get("/counter")), "128");
    assert.equal(new Set(revisions).size, 128);
  });

  contract("commits issued together each see the ones before", async (store) => {
    const results = await Promise.all([
      store.commit({ key: "/a", expect: 0, write: testRecord("1") }),
      store.commit({ key: "/a", expect: 0, write: testRecord("2") }),
      store.commit({
        key: "/b",
        expect: 0,
        write: testRecord("3"),
        guards: [{ key: "/a", revision: 0 }],
      }),
    ]);
    assert.equal(results.filter((result) => result.committed).length >= 1, true);
    const winners = results.slice(0, 2).filter((result): result is Committed => result.committed);
    assert.equal(winners.length, 1);
    const loser = results.slice(0, 2).find((result): result is Conflict => !result.committed)!;
    assert.equal(loser.current?.revision, winners[0]!.revision);
  });

  contract("guards hold on revision, absence and existence", async (store) => {
    const guard = await create(store, "/ns", "namespace");
    await mustCommit(store, {
      key: "/1",
      expect: 0,
      write: testRecord("x"),
      guards: [{ key: "/ns", revision: guard }],
    });
    await mustCommit(store, {
      key: "/2",
      expect: 0,
      write: testRecord("x"),
      guards: [{ key: "/ns", revision: "exists" }],
    });
    await mustCommit(store, {
      key: "/3",
      expect: 0,
      write: testRecord("x"),
      guards: [{ key: "/none", revision: 0 }],
    });
    const before = await store.revision();
    for (const failing of [
      { key: "/ns", revision: guard + 1_000 },
      { key: "/ns", revision: 0 },
      { key: "/none", revision: "exists" as const },
      { key: "/none", revision: guard },
    ]) {
      const guards = [{ key: "/1", revision: "exists" as const }, failing];
      const result = (await store.commit({
        key: "/4",
        expect: 0,
        write: testRecord("x"),
        guards,
      })) as Conflict;
      assert.equal(result.committed, false);
      assert.equal(result.current, undefined);
      assert.deepEqual(result.failedGuard, failing);
    }
    assert.equal(await store.get("/4"), undefined);
    assert.equal(await store.revision(), before);
  });

  contract("a guard that is changed at the same time never lets both through", async (store) => {
    for (let round = 0; round < 10; round++) {
      const guard = await create(store, `/ns${round}`);
      const [deleted, created] = await Promise.all([
        store.commit({ key: `/ns${round}`, expect: guard, write: "delete" }),
        store.commit({
          key: `/in${round}`,
          expect: 0,
          write: testRecord("x"),
          guards: [{ key: `/ns${round}`, revision: guard }],
        }),
      ]);
      assert.equal(deleted.committed, true);
      if (created.committed) assert.ok(created.revision < (deleted as Committed).revision);
    }
  });

  contract("a deletion leaves nothing, takes a revision, and the key can come back", async (store) => {
    const created = await create(store, "/a", "one");
    const deleted = await mustCommit(store, { key: "/a", expect: created, write: "delete" });
    assert.ok(deleted > created);
    assert.equal(await store.get("/a"), undefined);
    assert.deepEqual((await store.range("/a")).records, []);
    const again = await create(store, "/a", "two");
    assert.ok(again > deleted);
    assert.equal(textOf(await store.get("/a")), "two");
  });

  contract("limits are refused before anything is written", async (store) => {
    const before = await store.revision();
    const huge = { header: testHeader(), body: new Uint8Array((8 << 20) + 1) };
    await rejectsWith("TooLarge", store.commit({ key: "/a", expect: 0, write: huge }));
    const guards = Array.from({ length: 9 }, (_, i) => ({ key: `/g${i}`, revision: 0 }));
    await assert.rejects(store.commit({ key: "/a", expect: 0, write: testRecord("x"), guards }), RangeError);
    const index = Array.from({ length: 33 }, (_, i) => ({ name: "n", value: String(i) }));
    await assert.rejects(store.commit({ key: "/a", expect: 0, write: testRecord("x"), index }), RangeError);
    assert.equal(await store.revision(), before);
  });

  contract("a megabyte goes in and out", async (store) => {
    const body = new Uint8Array(1 << 20).map((_, i) => (i * 31) & 255);
    await mustCommit(store, { key: "/big", expect: 0, write: { header: testHeader(), body } });
    assert.deepEqual(Buffer.compare((await store.get("/big"))!.body, body), 0);
  });

  contract("after close everything answers Closed", async (store) => {
    await create(store, "/a");
    await store.close();
    await rejectsWith("Closed", store.commit({ key: "/b", expect: 0, write: testRecord("x") }));
    await rejectsWith("Closed", store.get("/a"));
    await rejectsWith("Closed", store.range("/"));
    await rejectsWith("Closed", store.revision());
  });
}

function testRanges(contract: Contract): void {
  const keys = ["/g/r/-/c1/a/1", "/g/r/-/c1/a/2", "/g/r/-/c1/ab/1", "/g/r/-/c1/b/1", "/g/r/-/c10/a/1", "/g/r/-/c2/a/1", "/g/r2/-/c1/a/1"];
  const filled = async (store: Store): Promise<void> => {
    for (const key of [...keys].reverse()) await create(store, key);
  };

  contract("a range is the keys of a prefix in order and nothing of its neighbours", async (store) => {
    await filled(store);
    assert.deepEqual(keysOf((await store.range("/g/r/")).records), keys.slice(0, 6));
    assert.deepEqual(keysOf((await store.range("/g/r/-/c1/")).records), keys.slice(0, 4));
    assert.deepEqual(keysOf((await store.range("/g/r/-/c1/a/")).records), keys.slice(0, 2));
    assert.deepEqual(keysOf((await store.range("/g/r/-/c3/")).records), []);
    assert.deepEqual(keysOf((await store.range("")).records), keys);
    const range = await store.range("/g/r/-/c1/a/");
    assert.deepEqual(range.records.map(textOf), keys.slice(0, 2));
    assert.equal(range.revision, await store.revision());
  });

  contract("pages join to the whole, each saying how much is left", async (store) => {
    await filled(store);
    const found: string[] = [];
    const remaining: number[] = [];
    for (let after: string | undefined; ;) {
      const page = await store.range("/g/r/", { limit: 4, ...(after !== undefined && { after }) });
      found.push(...keysOf(page.records));
      remaining.push(page.remaining);
      if (!page.more) break;
      after = page.records.at(-1)!.key;
    }
    assert.deepEqual(found, keys.slice(0, 6));
    assert.deepEqual(remaining, [2, 0]);
    const exact = await store.range("/g/r/", { limit: 6 });
    assert.deepEqual([exact.records.length, exact.more, exact.remaining], [6, false, 0]);
    assert.deepEqual(keysOf((await store.range("/g/r/", { after: "/g/r/-/c1/a/15" })).records), keys.slice(1, 6));
    assert.deepEqual(keysOf((await store.range("/g/r/", { after: "/a" })).records), keys.slice(0, 6));
    assert.deepEqual(keysOf((await store.range("/g/r/", { after: "/z" })).records), []);
  });

  contract("a filter sees headers and keys; limits count what passes", async (store) => {
    for (let i = 0; i < 30; i++) {
      const write = testRecord(String(i), { labels: { third: String(i % 3) } });
      await mustCommit(store, { key: `/f/${String(i).padStart(2, "0")}`, expect: 0, write });
    }
    const headerFilter = (header: RecordHeader): boolean => header.labels?.third === "0";
    const all = await store.range("/f/", { headerFilter });
    assert.deepEqual(all.records.map(textOf), ["0", "3", "6", "9", "12", "15", "18", "21", "24", "27"]);
    const page = await store.range("/f/", { headerFilter, limit: 4 });
    assert.deepEqual(page.records.map(textOf), ["0", "3", "6", "9"]);
    assert.equal(page.more, true);
    assert.ok(page.remaining >= 6 && page.remaining <= 20);
    const last = await store.range("/f/", { headerFilter, limit: 4, after: "/f/18" });
    assert.deepEqual([last.records.map(textOf), last.more, last.remaining], [["21", "24", "27"], false, 0]);
    const byKey = await store.range("/f/", { headerFilter: (_, key) => key.endsWith("7") });
    assert.deepEqual(byKey.records.map(textOf), ["7", "17", "27"]);
  });

  contract("keysOnly gives headers and empty bodies", async (store) => {
    await mustCommit(store, { key: "/a", expect: 0, write: testRecord("text", { uid: "u9" }) });
    const { records } = await store.range("/", { keysOnly: true });
    assert.equal(records[0]!.header.uid, "u9");
    assert.equal(records[0]!.body.byteLength, 0);
  });

  contract("order is that of UTF-8 bytes, beyond the basic plane too", async (store) => {
    const names = ["a", "z", "é", "ﬀ", "～", "😀", "𐀀", "\ud7ff", "Ａ", "~", "日本"].map((name) => `/u/${name}`);
    for (const name of names) await create(store, name);
    const inByteOrder = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.notDeepEqual(inByteOrder, [...names].sort());
    assert.deepEqual([...names].sort(compareKeys), inByteOrder);
    assert.deepEqual(keysOf((await store.range("/u/")).records), inByteOrder);
    const paged: string[] = [];
    for (let after = ""; ;) {
      const page = await store.range("/u/", { limit: 3, after });
      paged.push(...keysOf(page.records));
      if (!page.more) break;
      after = page.records.at(-1)!.key;
    }
    assert.deepEqual(paged, inByteOrder);
    assert.deepEqual(keysOf((await store.range("/u/😀")).records), ["/u/😀"]);
  });

  contract("a range at a past revision shows what was, changes and deletions undone", async (store) => {
    const keep = await create(store, "/p/keep", "k1");
    const gone = await create(store, "/p/gone", "g1");
    const changed = await create(store, "/p/changed", "c1");
    const at = await store.revision();
    await mustCommit(store, { key: "/p/changed", expect: changed, write: testRecord("c2") });
    await mustCommit(store, { key: "/p/gone", expect: gone, write: "delete" });
    await create(store, "/p/new", "n1");
    const past = await store.range("/p/", { at });
    assert.deepEqual(past.records.map(textOf), ["c1", "g1", "k1"]);
    assert.deepEqual(
      past.records.map((record) => record.revision),
      [changed, gone, keep],
    );
    assert.equal(past.revision, at);
    const page = await store.range("/p/", { at, limit: 1, after: "/p/changed" });
    assert.deepEqual([page.records.map(textOf), page.more, page.remaining], [["g1"], true, 1]);
    assert.deepEqual((await store.range("/p/", { at: gone })).records.map(textOf), ["g1", "k1"]);
    assert.deepEqual((await store.range("/p/")).records.map(textOf), ["c2", "k1", "n1"]);
    await rejectsWith("FutureRevision", store.range("/p/", { at: (await store.revision()) + 1_000_000 }));
  });

  contract("a list read in pages at its first revision is not disturbed by writers", async (store) => {
    for (let i = 0; i < 40; i++) await create(store, `/l/${String(i).padStart(2, "0")}`, "old");
    const first = await store.range("/l/", { limit: 10 });
    const found = first.records.map((record) => `${record.key}=${textOf(record)}`);
    let after = first.records.at(-1)!.key;
    for (let round = 0; ; round++) {
      for (const suffix of ["15", "25", "39"]) {
        const record = await store.get(`/l/${suffix}`);
        if (record)
          await mustCommit(store, {
            key: record.key,
            expect: record.revision,
            write: round === 1 ? "delete" : testRecord("new"),
          });
      }
      await create(store, `/l/20-${round}`, "new");
      const page = await store.range("/l/", { limit: 10, after, at: first.revision });
      found.push(...page.records.map((record) => `${record.key}=${textOf(record)}`));
      if (!page.more) break;
      after = page.records.at(-1)!.key;
    }
    assert.deepEqual(
      found,
      Array.from({ length: 40 }, (_, i) => `/l/${String(i).padStart(2, "0")}=old`),
    );
  });
}

function testIndex(contract: Contract): void {
  const owner = (value: string): IndexEntry => ({ name: "owner", value });

  contract("index entries appear, move and go with their record", async (store) => {
    const first = await create(store, "/r/-/a", "1", [owner("x"), owner("y")]);
    await create(store, "/r/-/b", "2", [owner("x"), { name: "phase", value: "x" }]);
    await create(store, "/s/-/c", "3", [owner("x")]);
    assert.deepEqual(keysOf(await store.index("owner", "x")), ["/r/-/a", "/r/-/b", "/s/-/c"]);
    assert.deepEqual(keysOf(await store.index("owner", "x", "/r/")), ["/r/-/a", "/r/-/b"]);
    assert.deepEqual(keysOf(await store.index("owner", "x", "", { limit: 2 })), ["/r/-/a", "/r/-/b"]);
    assert.deepEqual((await store.index("owner", "y")).map(textOf), ["1"]);
    assert.deepEqual(keysOf(await store.index("phase", "x")), ["/r/-/b"]);
    const second = await mustCommit(store, {
      key: "/r/-/a",
      expect: first,
      write: testRecord("1b"),
      index: [owner("z"), owner("y")],
    });
    assert.deepEqual(keysOf(await store.index("owner", "x")), ["/r/-/b", "/s/-/c"]);
    assert.deepEqual((await store.index("owner", "y")).map(textOf), ["1b"]);
    assert.deepEqual((await store.index("owner", "z"))[0]!.revision, second);
    const third = await mustCommit(store, {
      key: "/r/-/a",
      expect: second,
      write: testRecord("1c"),
    });
    assert.deepEqual(await store.index("owner", "z"), []);
    const fourth = await mustCommit(store, {
      key: "/r/-/a",
      expect: third,
      write: testRecord("1d"),
      index: [owner("w")],
    });
    await mustCommit(store, { key: "/r/-/a", expect: fourth, write: "delete" });
    assert.deepEqual(await store.index("owner", "w"), []);
    assert.equal((await store.index("owner", "x", "", { keysOnly: true }))[0]!.body.byteLength, 0);
  });

  contract("a refused commit moves no index entry", async (store) => {
    const first = await create(store, "/a", "1", [owner("x")]);
    const stale = await store.commit({
      key: "/a",
      expect: first + 1_000,
      write: testRecord("2"),
      index: [owner("y")],
    });
    assert.equal(stale.committed, false);
    const guards = [{ key: "/none", revision: "exists" as const }];
    const guarded = await store.commit({
      key: "/a",
      expect: first,
      write: testRecord("2"),
      index: [owner("y")],
      guards,
    });
    assert.equal(guarded.committed, false);
    assert.deepEqual(keysOf(await store.index("owner", "x")), ["/a"]);
    assert.deepEqual(await store.index("owner", "y"), []);
  });

  contract("index values are opaque: separators, blanks and NULs stay apart", async (store) => {
    const values = ["a", "a/b", "a/", "/a", "", " ", "a ", "A", "a\0b", "a\0/x", "a\x01\x01b", "\u00e9", "e\u0301", "a%2Fb", "😀"];
    for (const [i, value] of values.entries()) await create(store, `/v/${String(i).padStart(2, "0")}`, value, [owner(value)]);
    for (const [i, value] of values.entries()) {
      assert.deepEqual(keysOf(await store.index("owner", value)), [`/v/${String(i).padStart(2, "0")}`], JSON.stringify(value));
    }
    assert.deepEqual(await store.index("own", "era"), []);
  });

  contract("the same entry twice is one entry", async (store) => {
    const first = await create(store, "/a", "1", [owner("x"), owner("x")]);
    assert.deepEqual(keysOf(await store.index("owner", "x")), ["/a"]);
    await mustCommit(store, {
      key: "/a",
      expect: first,
      write: testRecord("2"),
      index: [owner("x"), owner("x")],
    });
    assert.deepEqual((await store.index("owner", "x")).map(textOf), ["2"]);
  });
}

/** Gathers a feed and fails the test when it breaks its promises. */
export function feedRecorder(): {
  deliver: (batch: FeedBatch) => void;
  events: FeedEvent[];
  progress: () => Revision;
} {
  const events: FeedEvent[] = [];
  let progress = 0;
  const deliver = (batch: FeedBatch): void => {
    for (const event of batch.events) {
      assert.ok(event.revision > (events.at(-1)?.revision ?? 0), `revision ${event.revision} after ${events.at(-1)?.revision}`);
      assert.ok(event.revision > progress, "an event behind the progress already said");
      events.push(event);
    }
    assert.ok(batch.progress >= progress, "progress never goes back");
    assert.ok(batch.progress >= (batch.events.at(-1)?.revision ?? 0), "progress covers the batch");
    progress = batch.progress;
  };
  return { deliver, events, progress: () => progress };
}

function testFeed(contract: Contract): void {
  contract("the feed has a commit before the commit resolves, with what was there before", async (store) => {
    const feed = feedRecorder();
    const handle = await store.feed(0, feed.deliver);
    const created = await create(store, "/a", "one");
    assert.deepEqual(
      feed.events.map((event) => [event.revision, event.key, textOf(event.record), textOf(event.previous)]),
      [[created, "/a", "one", undefined]],
    );
    const updated = await mustCommit(store, {
      key: "/a",
      expect: created,
      write: testRecord("two"),
    });
    const deleted = await mustCommit(store, { key: "/a", expect: updated, write: "delete" });
    assert.deepEqual(
      feed.events.slice(1).map((event) => [event.revision, textOf(event.record), textOf(event.previous), event.previous?.revision]),
      [
        [updated, "two", "one", created],
        [deleted, undefined, "two", updated],
      ],
    );
    assert.equal(feed.progress(), deleted);
    handle.close();
    await create(store, "/b");
    assert.equal(feed.events.length, 3);
  });

  contract("conflicts and index entries are no events", async (store) => {
    const feed = feedRecorder();
    await store.feed(0, feed.deliver);
    const index = Array.from({ length: 32 }, (_, i) => ({ name: "n", value: String(i) }));
    const first = await create(store, "/a", "one", index);
    await store.commit({ key: "/a", expect: 0, write: testRecord("two") });
    await mustCommit(store, {
      key: "/a",
      expect: first,
      write: testRecord("three"),
      index: index.slice(16),
    });
    assert.deepEqual(
      feed.events.map((event) => textOf(event.record)),
      ["one", "three"],
    );
  });

  contract("under many writers the feed is ordered, whole and without repeats", async (store) => {
    const feed = feedRecorder();
    await store.feed(0, feed.deliver);
    const acknowledged: Revision[] = [];
    await Promise.all(
      Array.from({ length: 16 }, async (_, writer) => {
        for (let i = 0; i < 20; i++) {
          const revision = await create(store, `/w/${writer}/${i}`);
          assert.ok(feed.progress() >= revision, "acknowledged before it was delivered");
          acknowledged.push(revision);
        }
      }),
    );
    assert.deepEqual(
      feed.events.map((event) => event.revision),
      acknowledged.sort((a, b) => a - b),
    );
  });

  contract("a feed opened at a past revision begins right behind it and goes on live", async (store) => {
    const early = await create(store, "/a", "1");
    const middle = await create(store, "/b", "2");
    const late = await mustCommit(store, { key: "/b", expect: middle, write: testRecord("3") });
    const feed = feedRecorder();
    await store.feed(early, feed.deliver);
    const live = await create(store, "/c", "4");
    assert.deepEqual(
      feed.events.map((event) => [event.revision, textOf(event.record), textOf(event.previous)]),
      [
        [middle, "2", undefined],
        [late, "3", "2"],
        [live, "4", undefined],
      ],
    );
  });

  contract("a consumer may commit from within a delivery; order holds", async (store) => {
    const feed = feedRecorder();
    let reaction: Promise<Revision> | undefined;
    await store.feed(0, (batch) => {
      feed.deliver(batch);
      if (batch.events[0]?.key === "/cause") reaction = create(store, "/effect");
    });
    const cause = await create(store, "/cause");
    const effect = await reaction!;
    assert.deepEqual(
      feed.events.map((event) => event.revision),
      [cause, effect],
    );
  });
}

function testHistory(contract: Contract): void {
  contract("history gives a prefix's past events in order, and where to go on", async (store) => {
    const start = await store.revision();
    const a = await create(store, "/h/a", "a1");
    await create(store, "/other/x");
    const b = await create(store, "/h/b", "b1");
    const a2 = await mustCommit(store, { key: "/h/a", expect: a, write: testRecord("a2") });
    const b2 = await mustCommit(store, { key: "/h/b", expect: b, write: "delete" });
    const tail = await create(store, "/other/y");
    const first = await store.history("/h/", start, 2);
    assert.deepEqual(
      first.events.map((event) => [event.revision, event.key, textOf(event.record), textOf(event.previous)]),
      [
        [a, "/h/a", "a1", undefined],
        [b, "/h/b", "b1", undefined],
      ],
    );
    assert.ok(first.progress >= b && first.progress < a2);
    const second = await store.history("/h/", first.progress, 100);
    assert.deepEqual(
      second.events.map((event) => [event.revision, event.key, textOf(event.record), textOf(event.previous), event.previous?.revision]),
      [
        [a2, "/h/a", "a2", "a1", a],
        [b2, "/h/b", undefined, "b1", b],
      ],
    );
    assert.ok(second.progress >= tail);
    assert.deepEqual((await store.history("/h/", second.progress, 100)).events, []);
  });

  contract("after compaction the past is Compacted, the present whole, and later history readable", async (store) => {
    const a = await create(store, "/a", "1");
    const a2 = await mustCommit(store, { key: "/a", expect: a, write: testRecord("2") });
    const b = await create(store, "/b", "3");
    await store.compact(a2);
    assert.equal(store.compactedRevision(), a2);
    await rejectsWith("Compacted", store.range("/", { at: a }));
    await rejectsWith("Compacted", store.history("/", a, 10));
    await rejectsWith(
      "Compacted",
      store.feed(a, () => {}),
    );
    assert.deepEqual((await store.range("/", { at: a2 })).records.map(textOf), ["2"]);
    assert.deepEqual(
      (await store.history("/", a2, 10)).events.map((event) => event.revision),
      [b],
    );
    assert.deepEqual((await store.range("/")).records.map(textOf), ["2", "3"]);
    const a3 = await mustCommit(store, { key: "/a", expect: a2, write: testRecord("4") });
    const event = (await store.history("/", b, 10)).events[0]!;
    assert.deepEqual([event.revision, textOf(event.record), textOf(event.previous)], [a3, "4", "2"]);
    await store.compact(a);
    assert.equal(store.compactedRevision(), a2);
    await rejectsWith("FutureRevision", store.compact(a3 + 1_000_000));
  });

  contract("compaction to the newest revision keeps every current value, and deleted ones go", async (store) => {
    const a = await create(store, "/a", "1", [{ name: "n", value: "v" }]);
    const b = await create(store, "/b", "2");
    const deleted = await mustCommit(store, { key: "/b", expect: b, write: "delete" });
    await store.compact(deleted);
    assert.deepEqual((await store.range("/")).records.map(textOf), ["1"]);
    assert.equal((await store.get("/a"))!.revision, a);
    assert.deepEqual((await store.index("n", "v")).map(textOf), ["1"]);
    const again = await mustCommit(store, { key: "/a", expect: a, write: testRecord("3") });
    const { events } = await store.history("/", deleted, 10);
    assert.deepEqual(
      events.map((event) => [event.revision, textOf(event.previous)]),
      [[again, "1"]],
    );
  });
}

interface ModelRecord {
  revision: Revision;
  text: string;
  index: string[];
}

/** The same random operations on the driver and on plain maps; everything that can be asked is compared as it goes. */
function testAgainstModel(contract: Contract, operations: number): void {
  contract("random operations agree with a model", async (store) => {
    const random = seededRandom(20_260_801);
    const model = new Map<string, ModelRecord>();
    const past: { revision: Revision; state: Map<string, ModelRecord> }[] = [];
    const log: [Revision, string, string | undefined, string | undefined][] = [];
    const feed = feedRecorder();
    await store.feed(0, feed.deliver);
    const start = await store.revision();
    const pick = (n: number): number => Math.floor(random() * n);
    const someKey = (): string => `/m/${["a", "b", "ab", "é", "😀"][pick(5)]}/${pick(12)}`;

    for (let step = 0; step < operations; step++) {
      const key = someKey();
      const known = model.get(key);
      const expect = pick(10) === 0 ? pick(50) : (known?.revision ?? 0);
      const isDelete = expect !== 0 && pick(4) === 0;
      const index = Array.from({ length: pick(3) }, () => `v${pick(4)}`);
      const guardKey = someKey();
      const guardRevision = pick(8) === 0 ? 1_000_000_000 : (model.get(guardKey)?.revision ?? 0);
      const text = `t${step}`;
      const result = await store.commit({
        key,
        expect,
        write: isDelete ? "delete" : testRecord(text, { labels: { index: index.join() } }),
        index: index.map((value) => ({ name: "i", value })),
        guards: guardKey === key ? [] : [{ key: guardKey, revision: guardRevision }],
      });
      const allowed = expect === (known?.revision ?? 0) && (guardKey === key || guardRevision !== 1_000_000_000);
      assert.equal(result.committed, allowed, `step ${step}`);
      if (!result.committed) {
        assert.equal(textOf(result.current), known?.text);
        continue;
      }
      log.push([result.revision, key, isDelete ? undefined : text, known?.text]);
      if (isDelete) model.delete(key);
      else model.set(key, { revision: result.revision, text, index });
      if (pick(20) === 0) past.push({ revision: result.revision, state: new Map(model) });
      if (step % 25 === 0) await compareWithModel(store, model, past, pick);
    }
    assert.deepEqual(
      feed.events.map((event) => [event.revision, event.key, textOf(event.record), textOf(event.previous)]),
      log,
    );
    const history = await store.history("/m/", start, operations);
    assert.deepEqual(
      history.events.map((event) => [event.revision, event.key, textOf(event.record), textOf(event.previous)]),
      log,
    );
  });
}

async function compareWithModel(
  store: Store,
  model: Map<string, ModelRecord>,
  past: readonly { revision: Revision; state: Map<string, ModelRecord> }[],
  pick: (n: number) => number,
): Promise<void> {
  const expected = (state: Map<string, ModelRecord>, prefix: string): string[] =>
    [...state.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort(compareKeys)
      .map((key) => `${key}=${state.get(key)!.text}`);
  const shown = (records: readonly StoredRecord[]): string[] => records.map((record) => `${record.key}=${textOf(record)}`);
  const prefix = ["/m/", "/m/a", "/m/a/", "/m/😀/", "/"][pick(5)]!;
  assert.deepEqual(shown((await store.range(prefix)).records), expected(model, prefix));
  const limit = 1 + pick(10);
  const page = await store.range(prefix, { limit, after: "/m/ab/3" });
  const behind = expected(model, prefix).filter((line) => compareKeys(line.slice(0, line.indexOf("=")), "/m/ab/3") > 0);
  assert.deepEqual(shown(page.records), behind.slice(0, limit));
  assert.equal(page.more, behind.length > limit);
  assert.equal(page.remaining, Math.max(0, behind.length - limit));
  const value = `v${pick(4)}`;
  const indexed = [...model].filter(([, record]) => record.index.includes(value)).map(([key]) => key);
  assert.deepEqual(keysOf(await store.index("i", value)), indexed.sort(compareKeys));
  if (past.length === 0) return;
  const { revision, state } = past[pick(past.length)]!;
  assert.deepEqual(shown((await store.range(prefix, { at: revision })).records), expected(state, prefix));
}

/** Small, fast and the same everywhere (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function testReopen(contract: Contract, reopen: (store: Store) => Promise<Store>): void {
  contract("a reopened store has everything and never gives a revision again", async (first) => {
    let store = first;
    const revisions: Revision[] = [];
    for (let round = 0; round < 4; round++) {
      const created = await create(store, `/r/${round}`, `text ${round}`, [{ name: "n", value: "v" }]);
      revisions.push(created);
      // The newest revision is a deletion's: nothing current carries it any more.
      const victim = await create(store, "/victim");
      revisions.push(victim, await mustCommit(store, { key: "/victim", expect: victim, write: "delete" }));
      if (round === 2) await store.compact(await store.revision());
      const newest = await store.revision();
      store = await reopen(store);
      assert.ok((await store.revision()) >= newest);
      assert.equal((await store.range("/r/")).records.length, round + 1);
      assert.equal((await store.index("n", "v")).length, round + 1);
    }
    assert.deepEqual(
      revisions,
      [...revisions].sort((a, b) => a - b),
    );
    assert.equal(new Set(revisions).size, revisions.length);
    await store.close();
  });

  contract("feed and history resume over a reopening without miss or repeat", async (first) => {
    let store = first;
    const feed = feedRecorder();
    await store.feed(0, feed.deliver);
    const expected: Revision[] = [];
    const unseen: Revision[] = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 5; i++) expected.push(await create(store, `/f/${round}/${i}`));
      const resumeAt = feed.progress();
      store = await reopen(store);
      unseen.push(await create(store, `/between/${round}`));
      expected.push(unseen.at(-1)!);
      await store.feed(resumeAt, feed.deliver);
    }
    expected.push(await create(store, "/last"));
    assert.deepEqual(
      feed.events.map((event) => event.revision),
      expected,
    );
    const history = await store.history("/between/", expected[0]! - 1, 100);
    assert.deepEqual(
      history.events.map((event) => event.revision),
      unseen,
    );
    await store.close();
  });
}
