import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkQueue } from "./work-queue.ts";

test("a key waits once, and is handled again when it was added meanwhile", async () => {
  const handled: string[] = [];
  let release = (): void => {};
  const queue = new WorkQueue({
    workers: 2,
    async handle(key) {
      handled.push(key);
      if (handled.length === 1) await new Promise<void>((resolve) => (release = resolve));
    },
  });
  queue.add("a");
  queue.add("a");
  queue.add("b");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(handled, ["a", "b"]);
  queue.add("a");
  queue.add("a");
  assert.equal(queue.depth, 0);
  release();
  await queue.settled();
  assert.deepEqual(handled, ["a", "b", "a"]);
  await queue.stop();
});

test("never more workers than told, and every key is handled", async () => {
  let running = 0;
  let most = 0;
  const seen = new Set<string>();
  const queue = new WorkQueue({
    workers: 3,
    async handle(key) {
      most = Math.max(most, ++running);
      seen.add(key);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    },
  });
  for (let i = 0; i < 5000; i++) queue.add(`k${i}`);
  await queue.settled();
  assert.equal(seen.size, 5000);
  assert.equal(most, 3);
});

test("back-off doubles, is capped, and starts anew after forget", async () => {
  const times: number[] = [];
  const queue = new WorkQueue({
    workers: 1,
    backOffMinMs: 4,
    backOffMaxMs: 16,
    async handle(key) {
      times.push(performance.now());
      if (times.length < 5) queue.retry(key);
      else queue.forget(key);
    },
  });
  queue.add("x");
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal(times.length, 5);
  assert.ok(times[4]! - times[3]! >= 14, "capped at 16 ms, but not shorter");
  assert.equal(queue.failures("x"), 0);
  await queue.stop();
});

test("of two delays the earlier counts", async () => {
  const handled: string[] = [];
  const queue = new WorkQueue({ workers: 1, handle: async (key) => void handled.push(key) });
  queue.addAfter("late", 40);
  queue.addAfter("x", 1000);
  queue.addAfter("x", 5);
  queue.addAfter("x", 500);
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.deepEqual(handled, ["x", "late"]);
  await queue.stop();
});

test("what the handler has left behind does not bring the key back, anything else does", async () => {
  for (const [adds, times] of [
    [["1", "2"], 1],
    [["2", "3"], 2],
    [["2", undefined], 2],
    [[undefined, "2"], 2],
  ] as const) {
    let handled = 0;
    const queue = new WorkQueue({
      workers: 1,
      async handle(key) {
        if (++handled === 1) for (const version of adds) queue.add(key, version);
        return "2";
      },
    });
    queue.add("x");
    await queue.settled();
    assert.equal(handled, times, String(adds));
  }
});
