import assert from "node:assert/strict";
import test from "node:test";
import { crc32 } from "node:zlib";
import { crc32Behind } from "./crc32-behind.ts";

test("the checksum of two parts is that of the whole", () => {
  for (const [before, behind] of [
    ["", ""],
    ["a", ""],
    ["", "b"],
    ["abc", "def"],
    ["x".repeat(3), "y".repeat(70_001)],
    ["ü".repeat(500), "z".repeat(1 << 20)],
  ] as const) {
    const part = Buffer.from(behind);
    const whole = Buffer.from(before + behind);
    assert.equal(crc32Behind(part)(crc32(Buffer.from(before))), crc32(whole), `${before.length} + ${behind.length}`);
  }
});
