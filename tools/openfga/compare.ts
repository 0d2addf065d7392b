/**
 * `node tools/openfga/compare.ts [CHECKS] [SEED]`: random models, tuples and questions to our engine and to a real OpenFGA; prints every
 * answer that differs and ends with 1 when one does.
 */
import { embeddedOpenFga, MemoryTupleStore, remoteOpenFga } from "@meshplane/rebac";
import { buildOpenFga, compareEngines, findOpenFga, OpenFgaProcess } from "@meshplane/rebac/testing";

const checks = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? 1);
const process_ = await OpenFgaProcess.start(findOpenFga() ?? buildOpenFga());
const ours = embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
try {
  const { differences, undecided, ...counts } = await compareEngines(ours, remoteOpenFga({ url: process_.url }), { seed, checks });
  for (const difference of differences) console.log(difference);
  console.log(`${JSON.stringify(counts)} ${differences.length} differences, ${undecided.length} undecided by upstream`);
  process.exitCode = differences.length > 0 ? 1 : 0;
} finally {
  await ours.close();
  await process_.stop();
}
