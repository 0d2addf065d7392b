import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Revision, Store, StoreErrorCode } from "../../store.ts";
import { StoreError } from "../../store.ts";
import { EtcdProcess, etcdForTests } from "../../testing/start-etcd.ts";
import { feedRecorder, mustCommit, testRecord, testStore, textOf } from "../../testing/test-store.ts";
import { openEtcdStore } from "./etcd-store.ts";

const found = etcdForTests();
const skip = "skip" in found && found.skip;
let etcd: EtcdProcess;

before(async () => {
  if ("binary" in found) etcd = await EtcdProcess.start(found.binary);
});
after(() => etcd?.stop());

let prefixes = 0;
const prefixOf = new WeakMap<Store, string>();

async function open(prefix = `/test/${prefixes++}`): Promise<Store> {
  const store = await openEtcdStore({ endpoints: [etcd.endpoint], prefix });
  prefixOf.set(store, prefix);
  return store;
}

async function reopen(store: Store): Promise<Store> {
  await store.close();
  return open(prefixOf.get(store));
}

testStore("etcd", open, { reopen, skip, modelOperations: 300 });

const hasCode =
  (code: StoreErrorCode) =>
  (error: unknown): boolean =>
    error instanceof StoreError && error.code === code;

test("etcd: two stores on one prefix see each other's writes, and their feeds agree", { skip }, async () => {
  const one = await open();
  const two = await open(prefixOf.get(one));
  const feeds = [feedRecorder(), feedRecorder()] as const;
  await one.feed(0, feeds[0].deliver);
  await two.feed(0, feeds[1].deliver);
  const add = async (store: Store): Promise<void> => {
    for (let done = 0; done < 20;) {
      const record = await store.get("/counter");
      const next = testRecord(String(Number(textOf(record) ?? "0") + 1));
      const result = await store.commit({
        key: "/counter",
        expect: record?.revision ?? 0,
        write: next,
        index: [{ name: "n", value: textOf(record) ?? "" }],
      });
      if (result.committed) done++;
    }
  };
  await Promise.all([add(one), add(two)]);
  assert.equal(textOf(await two.get("/counter")), "40");
  assert.equal((await one.index("n", "39")).length, 1);
  assert.equal((await two.index("n", "38")).length, 0);
  const last = await mustCommit(one, { key: "/last", expect: 0, write: testRecord("") });
  await until(() => feeds[1].progress() >= last);
  assert.deepEqual(
    feeds[0].events.map((event) => event.revision),
    feeds[1].events.map((event) => event.revision),
  );
  assert.equal(feeds[0].events.length, 41);
  await one.close();
  await two.close();
});

test("etcd: a prefix is not another one that begins alike", { skip }, async () => {
  const [one, two] = [await open("/tenant/a"), await open("/tenant/ab")];
  const feed = feedRecorder();
  await one.feed(0, feed.deliver);
  await mustCommit(two, { key: "/x", expect: 0, write: testRecord("two"), index: [{ name: "n", value: "v" }] });
  await mustCommit(one, { key: "/y", expect: 0, write: testRecord("one") });
  assert.deepEqual(
    feed.events.map((event) => event.key),
    ["/y"],
  );
  assert.equal((await one.range("")).records.length, 1);
  assert.deepEqual(await one.index("n", "v"), []);
  await one.close();
  await two.close();
});

test("etcd: the feed's progress reaches a revision that holds nothing of ours", { skip }, async () => {
  const [store, other] = [await open(), await open()];
  const feed = feedRecorder();
  await store.feed(0, feed.deliver);
  await mustCommit(other, { key: "/x", expect: 0, write: testRecord("") });
  const newest = await store.revision();
  // a busy etcd keeps silent about its progress: reading the revision asks again
  await until(() => {
    store.revision().catch(() => {}); // the last one may find the store closed
    return feed.progress() >= newest;
  });
  assert.equal(feed.events.length, 0);
  await store.close();
  await other.close();
});

test("etcd: a store opened later knows how far another has compacted", { skip }, async () => {
  const store = await open();
  const revision = await mustCommit(store, { key: "/x", expect: 0, write: testRecord("") });
  await store.compact(revision);
  const later = await open();
  assert.equal(later.compactedRevision(), revision);
  await store.close();
  await later.close();
});

test("etcd: nobody there is Unreachable", { skip }, async () => {
  await assert.rejects(
    openEtcdStore({ endpoints: ["http://127.0.0.1:1", "http://127.0.0.1:2"], prefix: "/x", callTimeoutMs: 500 }),
    hasCode("Unreachable"),
  );
});

test("etcd: killed and started again, no acknowledged write is lost and the feed neither misses nor repeats", { skip }, async () => {
  const store = await open();
  const feed = feedRecorder();
  await store.feed(0, feed.deliver);
  const acknowledged = new Map<string, Revision>();
  let unknown = 0;
  let stop = false;
  const write = async (writer: number): Promise<void> => {
    for (let i = 0; !stop; i++) {
      const key = `/w/${writer}/${i}`;
      try {
        acknowledged.set(
          key,
          await mustCommit(store, { key, expect: 0, write: testRecord(key), index: [{ name: "w", value: String(writer) }] }),
        );
      } catch (error) {
        if (!hasCode("Unreachable")(error)) throw error;
        unknown++; // it may be there or not; the next one is another key
      }
    }
  };
  const writers = Array.from({ length: 16 }, (_, writer) => write(writer));
  for (let round = 0; round < 2; round++) {
    await pause(400);
    await etcd.kill();
    await pause(200);
    await etcd.start();
    const before = acknowledged.size;
    await until(() => acknowledged.size > before + 32);
  }
  stop = true;
  await Promise.all(writers);
  const newest = await store.revision();
  await until(() => feed.progress() >= newest);
  const { records } = await store.range("/w/");
  const stored = new Map(records.map((record) => [record.key, record.revision]));
  for (const [key, revision] of acknowledged) assert.equal(stored.get(key), revision, key);
  assert.ok(stored.size <= acknowledged.size + unknown);
  assert.deepEqual(
    feed.events.map((event) => event.revision),
    [...stored.values()].sort((a, b) => a - b),
  );
  await store.close();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 15_000; !condition(); await pause(10)) assert.ok(Date.now() < end, "waited too long");
}
