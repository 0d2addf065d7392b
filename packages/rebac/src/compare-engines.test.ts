import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryTupleStore } from "./drivers/memory/memory-tuple-store.ts";
import { embeddedOpenFga } from "./embedded-open-fga.ts";
import { remoteOpenFga } from "./remote-open-fga.ts";
import { compareEngines, OpenFgaProcess, openFgaForTests } from "./testing/index.ts";

const real = openFgaForTests();

/** tools/openfga/compare.ts asks as many as one likes. */
test("random models and tuples: a real OpenFGA answers the same", { skip: "skip" in real ? real.skip : false }, async () => {
  const upstream = await OpenFgaProcess.start((real as { binary: string }).binary);
  const ours = embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  try {
    const { differences, checks, allowed } = await compareEngines(ours, remoteOpenFga({ url: upstream.url }), { seed: 200, checks: 400 });
    assert.deepEqual(differences, []);
    assert.ok(allowed > checks / 20, "questions that say something");
  } finally {
    await ours.close();
    await upstream.stop();
  }
});
