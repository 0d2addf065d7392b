/** `node test/bad-input/run.ts [--strict]`: the test of this folder; strict, another client's GET p99 must stay under 50 ms. For a quiet machine. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { strict: { type: "boolean", default: false } } });
const { status } = spawnSync(process.execPath, ["--test", "--test-isolation=none", join(import.meta.dirname, "bad-input.test.ts")], {
  stdio: "inherit",
  env: { ...process.env, BAD_INPUT_STRICT: values.strict ? "1" : "0" },
});
process.exitCode = status ?? 1;
