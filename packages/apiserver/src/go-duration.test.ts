import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGoDuration } from "./go-duration.ts";

test("durations as Go writes them", () => {
  assert.deepEqual(parseGoDuration("1m30s"), { ms: 90_000 });
  assert.deepEqual(parseGoDuration("-1.5s"), { ms: -1500 });
  assert.deepEqual(parseGoDuration("0"), { ms: 0 });
  assert.deepEqual(parseGoDuration("10"), { error: 'time: missing unit in duration "10"' });
  assert.deepEqual(parseGoDuration("abc"), { error: 'time: invalid duration "abc"' });
  assert.deepEqual(parseGoDuration("3x"), { error: 'time: unknown unit "x" in duration "3x"' });
});
