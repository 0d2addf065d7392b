/** The README shows the demo's real output: here the two are compared, times and random names aside. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { repository, startServer } from "../support/start-server.ts";

const masked = (text: string): string =>
  text
    .replace(/ +\d+ ms/g, " <ms>")
    .replace(/^ {5}[0-9a-f]{12}…$/m, "     <identity>")
    .replace(/apiexport\/[a-z0-9]+\//, "apiexport/<cluster>/")
    .replace(/my-httpbin-default-[a-z0-9]+\./, "my-httpbin-default-<cluster>.")
    .trim();

test("npm start -- --demo --platform-mesh=false plays what the README shows", async () => {
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  const shown = /<!-- demo: [^>]*-->\s*```\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(shown, "the README has the demo's output");
  const server = await startServer({ binary: "meshplane", flags: ["--demo", "--platform-mesh=false"] });
  try {
    const deadline = performance.now() + 60_000;
    while (!/See it: .*\n/.test(server.output()) && !/the story stopped/.test(server.output()) && performance.now() < deadline)
      await sleep(50);
    const played = server.output().slice(server.output().indexOf("The story:"));
    assert.equal(masked(played), masked(shown), server.output());
  } finally {
    assert.equal(await server.stop(), 0, server.output());
  }
});
