import assert from "node:assert/strict";
import { test } from "node:test";
import { turnsFor } from "./take-turns.ts";

const work = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
};

test("what is small needs no turns", () => {
  assert.equal(turnsFor(1_000), undefined);
});

test("others are served between the steps of large requests", async () => {
  let longest = 0;
  let seen = performance.now();
  const others = setInterval(() => {
    longest = Math.max(longest, performance.now() - seen);
    seen = performance.now();
  }, 1);
  const request = async (): Promise<void> => {
    const turn = turnsFor(1_000_000)!;
    for (let step = 0; step < 4; step++) {
      await turn();
      work(10);
    }
  };
  await Promise.all(Array.from({ length: 10 }, request));
  clearInterval(others);
  assert.ok(longest < 200, `${longest} ms at once, of 400 ms of work`);
});

test("those that have begun come first", async () => {
  const order: string[] = [];
  const request = async (name: string): Promise<void> => {
    const turn = turnsFor(1_000_000)!;
    for (let step = 0; step < 2; step++) {
      await turn();
      order.push(name);
      work(6);
    }
  };
  await Promise.all([request("a"), request("b"), request("c")]);
  assert.deepEqual(order, ["a", "a", "b", "b", "c", "c"]);
});
