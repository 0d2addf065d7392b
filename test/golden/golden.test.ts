import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../support/start-server.ts";
import { parseConformance } from "./conformance-table.ts";
import { haveGolden, runGolden } from "./run-golden.ts";

const known = parseConformance(readFileSync(join(repository, "docs", "conformance.md"), "utf8"));

test(
  "recorded answers: no count of docs/conformance.md goes down",
  { skip: haveGolden() ? false : "no recordings beside the project" },
  async () => {
    const { counts, output } = await runGolden(known.map(({ file }) => file));
    const lost: string[] = [];
    for (const before of known) {
      const now = counts.find(({ file }) => file === before.file);
      if (!now || now.steps < before.steps || now.scenarios < before.scenarios)
        lost.push(
          `${before.file}: ${now?.steps ?? 0} steps (was ${before.steps}), ${now?.scenarios ?? 0} scenarios (was ${before.scenarios})`,
        );
    }
    assert.deepEqual(lost, [], `${lost.join("\n")}\n${output}`);
  },
);
