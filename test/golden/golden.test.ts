import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { repository } from "../support/start-server.ts";
import { parseConformance } from "./conformance-table.ts";
import { failuresOf, haveGolden, runGolden } from "./run-golden.ts";

/** what the runner prints when no answer came at all */
const brokenConnection = /^FAIL \S+: (?:read|write) (?:ECONNRESET|EPIPE)$/m;

const known = parseConformance(readFileSync(join(repository, "docs", "conformance.md"), "utf8"));

test(
  "recorded answers: no count of docs/conformance.md goes down",
  { skip: haveGolden() ? false : "no recordings beside the project" },
  async (context) => {
    let { counts, output } = await runGolden(known.map(({ file }) => file));
    // A connection that broke says nothing about an answer: those files are asked once more, on a server of their own, and it is said.
    const broken = known
      .map(({ file }) => file)
      .filter((file) => failuresOf(file, output).some((failure) => brokenConnection.test(failure)));
    if (broken.length > 0) {
      context.diagnostic(`connections broke in ${broken.join(", ")}: ${output.match(new RegExp(brokenConnection, "gm"))?.join("; ")}`);
      const again = await runGolden(broken);
      counts = [...counts.filter(({ file }) => !broken.includes(file)), ...again.counts];
      output += again.output;
    }
    const lost: string[] = [];
    for (const before of known) {
      const now = counts.find(({ file }) => file === before.file);
      if (!now || now.steps < before.steps || now.scenarios < before.scenarios)
        lost.push(
          `${before.file}: ${now?.steps ?? 0} steps (was ${before.steps}), ${now?.scenarios ?? 0} scenarios (was ${before.scenarios})`,
        );
    }
    if (lost.length === 0) return;
    // once is enough to find out why: everything is kept, and what is shown is of the files concerned
    const kept = join(repository, "node_modules", ".cache", `golden-${new Date().toISOString().replaceAll(":", "")}.log`);
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, output);
    const failures = known
      .filter(({ file }) => lost.some((line) => line.startsWith(`${file}:`)))
      .flatMap(({ file }) => failuresOf(file, output))
      .map((failure) => failure.slice(0, 2_000));
    assert.fail([...lost, ...failures, `all of it: ${kept}`].join("\n"));
  },
);
