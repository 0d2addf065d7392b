/** The property, short: nobody learns a word that the grants do not cover, and everybody gets what they cover. `run.ts` is the long form. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startServer } from "../support/start-server.ts";
import { administratorToken } from "./administrator-token.ts";
import { composeServer } from "./compose-server.ts";
import { defects, type Defect } from "./defects.ts";
import { runProperty } from "./property.ts";
import { Wire } from "./wire.ts";
import { buildWorld, tokensCsv, type World } from "./world.ts";

const seed = Number(process.env.ISOLATION_SEED ?? 20_261);
const folder = mkdtempSync(join(tmpdir(), "meshplane-isolation-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("2 000 random requests tell nothing that the grants do not cover", async () => {
  writeFileSync(join(folder, "tokens.csv"), tokensCsv());
  const server = await startServer({ rootDirectory: join(folder, "root"), flags: ["--token-auth-file", join(folder, "tokens.csv")] });
  const wire = new Wire(server.url);
  try {
    const world = await buildWorld(wire, administratorToken(server.rootDirectory), seed);
    const result = await runProperty(wire, world, { requests: 2_000, seed });
    console.log(`# seed: ${seed}; ${result.controls} positive controls, ${result.twins} twins`);
    assert.deepEqual(
      result.findings.map(({ text }) => text),
      [],
    );
    assert.ok(result.controls > 200, `too few positive controls: ${result.controls}`);
    assert.ok(result.twins > 20, `too few twins: ${result.twins}`);
  } finally {
    wire.close();
    await server.stop();
  }
});

test("the property notices each seeded defect", async (t) => {
  let defect: Defect | undefined;
  let world: World | undefined;
  const server = await composeServer((door) => ({
    async resolve(http) {
      const endpoint = await door.resolve(http);
      return "status" in endpoint || !defect ? endpoint : defect.apply(endpoint, world!);
    },
  }));
  const wire = new Wire(server.url);
  try {
    world = await buildWorld(wire, "token-masters", seed);
    const sound = await runProperty(wire, world, { requests: 300, seed });
    assert.deepEqual(
      sound.findings.map(({ text }) => text),
      [],
      "without a defect nothing is found",
    );
    for (const one of defects)
      await t.test(one.about, async () => {
        defect = one;
        try {
          const result = await runProperty(wire, world!, { requests: 2_000, seed, maxFindings: 1 });
          assert.ok(result.findings.length > 0, "nothing was noticed in 2 000 requests");
          console.log(`# noticed after ${result.requests}: ${result.findings[0]!.finding.kind}`);
        } finally {
          defect = undefined;
        }
      });
  } finally {
    wire.close();
    await server.stop();
  }
});
