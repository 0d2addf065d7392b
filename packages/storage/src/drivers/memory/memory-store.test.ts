import assert from "node:assert/strict";
import { test } from "node:test";
import { mustCommit, testRecord, testStore } from "../../testing/test-store.ts";
import { StoreError } from "../../store.ts";
import { openMemoryStore } from "./memory-store.ts";

testStore("memory", async () => openMemoryStore());

test("memory: history is bounded, and what fell out of it is Compacted", async () => {
  const store = openMemoryStore({ historyEventsMax: 10 });
  const first = await mustCommit(store, { key: "/a", expect: 0, write: testRecord("0") });
  let revision = first;
  for (let i = 1; i < 5_000; i++)
    revision = await mustCommit(store, {
      key: "/a",
      expect: revision,
      write: testRecord(String(i)),
    });
  assert.equal(store.compactedRevision(), revision - 10);
  assert.equal((await store.history("/", revision - 10, 100)).events.length, 10);
  await assert.rejects(store.history("/", revision - 11, 100), (error) => error instanceof StoreError && error.code === "Compacted");
});
