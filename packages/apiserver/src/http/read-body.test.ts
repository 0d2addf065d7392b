import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { readStream } from "./read-body.ts";

const pace = { silenceMsMax: 2_000, totalMsMax: 4_000 };
const late = { code: 504, message: "Timeout: request did not complete within the allotted timeout" };

test("a body that stops coming is given up", async () => {
  const stream = new PassThrough();
  stream.write("{");
  await assert.rejects(readStream(stream, undefined, 100, pace), late);
});

test("a body that drips is given up", async () => {
  const stream = new PassThrough();
  const drip = setInterval(() => stream.write(" "), 300);
  await assert.rejects(readStream(stream, undefined, 100, pace), late);
  clearInterval(drip);
});

test("a slow body that comes in time is read", async () => {
  const stream = new PassThrough();
  const body = readStream(stream, undefined, 100, pace);
  for (let i = 0; i < 3; i++) {
    await sleep(700);
    stream.write("x");
  }
  stream.end();
  assert.equal(Buffer.from(await body).toString(), "xxx");
});
