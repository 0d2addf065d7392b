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
    .replace(/https:\/\/127\.0\.0\.1:\d+/g, "<server>")
    .trim();

const shownAs = (name: string): string => {
  const shown = new RegExp(`<!-- ${name}: [^>]*-->\\s*\`\`\`\n([\\s\\S]*?)\`\`\``).exec(
    readFileSync(join(repository, "README.md"), "utf8"),
  )?.[1];
  assert.ok(shown, `the README has the output of ${name}`);
  return shown;
};

const demos = [
  { name: "platform-demo", flags: ["--demo"], begins: "Sample content:", ended: /kubectl --kubeconfig .*\n/ },
  { name: "demo", flags: ["--demo", "--platform-mesh=false"], begins: "The story:", ended: /See it: .*\n/ },
];
for (const { name, flags, begins, ended } of demos)
  test(`npm start -- ${flags.join(" ")} plays what the README shows`, async () => {
    const shown = shownAs(name);
    const server = await startServer({ binary: "meshplane", flags });
    try {
      const deadline = performance.now() + 60_000;
      while (!ended.test(server.output()) && !/the demo stopped/.test(server.output()) && performance.now() < deadline) await sleep(50);
      const played = server.output().slice(server.output().indexOf(begins));
      assert.equal(masked(played), masked(shown), server.output());
    } finally {
      assert.equal(await server.stop(), 0, server.output());
    }
  });
