import assert from "node:assert/strict";
import { test } from "node:test";
import { TextAnswer } from "../text-answer.ts";
import { SeatKeeper } from "./seat-keeper.ts";

test("users who wait are called in turn, however many requests one of them has", async () => {
  const keeper = new SeatKeeper({ seats: 1, queuePerUserMax: 3, queueMax: 10 });
  const first = await keeper.seat("busy");
  const order: string[] = [];
  const waiting = ["busy", "busy", "quiet"].map(async (user) => {
    const seat = await keeper.seat(user);
    order.push(user);
    seat.leave();
  });
  first.leave();
  first.leave();
  await Promise.all(waiting);
  assert.deepEqual(order, ["busy", "quiet", "busy"]);
  assert.deepEqual([keeper.taken, keeper.waiting], [0, 0]);
});

test("too many who wait are sent away", async () => {
  const keeper = new SeatKeeper({ seats: 1, queuePerUserMax: 1, queueMax: 10 });
  await keeper.seat("a");
  void keeper.seat("a");
  assert.throws(
    () => keeper.seat("a"),
    (error) => error instanceof TextAnswer && error.code === 429,
  );
});
