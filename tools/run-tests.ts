/**
 * Everything that `npm test` checks: types, lint, format, unit tests of each room (one process a room: a process per file would cost more than the
 * tests), then test/ (end to end, golden, crashes), one after the other. Ends with `N passed, N failed`.
 *   run-tests.ts [NAME…]   only the suites whose name contains one of these
 */
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const bin = (name: string) => join(root, "node_modules", ".bin", name);
const wanted = process.argv.slice(2);

interface Suite {
  name: string;
  command: string[];
  /** counts as one test when it has no counts of its own */
  counts: "tap" | "exit";
}

function testFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"))
    .map((file) => join(directory, file))
    .sort();
}

const nodeTest = (files: string[], together: boolean) => [
  process.execPath,
  "--disable-proto=delete",
  "--disable-warning=ExperimentalWarning",
  "--test",
  "--test-reporter=tap",
  ...(together ? ["--test-isolation=none"] : ["--test-concurrency=1"]),
  "--test-timeout=600000",
  ...files,
];

const linted = ["packages", "operators", "identity", "cmd", "test", "tools", "bench", "examples"];
const suites: Suite[] = [
  { name: "check/types", command: [bin("tsc"), "--noEmit", "-p", root], counts: "exit" },
  {
    name: "check/lint",
    command: [bin("oxlint"), "--deny-warnings", ...linted],
    counts: "exit",
  },
  { name: "check/format", command: [bin("oxfmt"), "--check", ...linted], counts: "exit" },
];
const rooms = ["packages", "operators", "cmd"].flatMap((group) =>
  readdirSync(join(root, group))
    .sort()
    .map((room) => `${group}/${room}`),
);
for (const room of [...rooms, "identity"]) {
  const source = join(root, room, "src");
  if (!statSync(source, { throwIfNoEntry: false })) continue;
  const files = testFiles(source);
  if (files.length) suites.push({ name: room, command: nodeTest(files, true), counts: "tap" });
}
for (const folder of readdirSync(join(root, "test")).sort()) {
  const path = join(root, "test", folder);
  if (!statSync(path).isDirectory()) continue;
  const files = testFiles(path);
  if (files.length) suites.push({ name: `test/${folder}`, command: nodeTest(files, false), counts: "tap" });
}

let passed = 0;
let failed = 0;
let skipped = 0;
for (const suite of suites) {
  if (wanted.length && !wanted.some((part) => suite.name.includes(part))) continue;
  const started = Date.now();
  const { code, output } = await run(suite.command);
  const count = (word: string) => Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(output)?.[1] ?? 0);
  let suitePassed = count("pass");
  let suiteFailed = count("fail") + count("cancelled");
  const suiteSkipped = count("skipped") + count("todo");
  if (suite.counts === "exit") [suitePassed, suiteFailed] = code === 0 ? [1, 0] : [0, 1];
  else if (code !== 0 && suiteFailed === 0) suiteFailed = 1;
  passed += suitePassed;
  failed += suiteFailed;
  skipped += suiteSkipped;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(
    `${suiteFailed ? "FAIL" : "ok  "} ${suite.name}: ${suitePassed} passed, ${suiteFailed} failed${suiteSkipped ? `, ${suiteSkipped} skipped` : ""} (${seconds} s)`,
  );
  if (suiteFailed) console.log(suite.counts === "exit" ? output.slice(0, 20_000) : failuresOf(output));
  else
    for (const line of output.matchAll(/^.*# (?:SKIP|TODO).*$|^# (?:\\# )?(?:start|seed|golden|say):.*$/gm))
      console.log(`       ${line[0].replace(/^# (?:\\# )?/, "").trim()}`);
}
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed ? 1 : 0;

/** The failed tests of a TAP output with what they said. */
function failuresOf(output: string): string {
  const lines = output.split("\n");
  const kept: string[] = [];
  let block = 0;
  for (const line of lines) {
    if (/^\s*not ok /.test(line)) block = 60;
    else if (/^\s*ok /.test(line)) block = 0;
    if (block-- > 0) kept.push(line);
  }
  return (kept.length ? kept : lines.slice(-60)).slice(0, 400).join("\n");
}

function run(command: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command[0]!, command.slice(1), { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", (error) => resolve({ code: 1, output: String(error) }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
