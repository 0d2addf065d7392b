/** A few of the kills that `run-kills.ts` does a hundred of. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

test("killed while organizations come and go, it ends as it was told to", { timeout: 300_000 }, async () => {
  const seed = String(Math.floor(Math.random() * 1_000_000));
  const child = spawn(process.execPath, [join(import.meta.dirname, "run-kills.ts"), "--kills", "5", "--seed", seed], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  assert.equal(code, 0, output);
  assert.match(output, /always as it should be: 5 kills/);
});
