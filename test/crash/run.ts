/** `node test/crash/run.ts [--kills 200] [--seed 1]`: kills the store under load again and again; ends non-zero at the first broken promise. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runKillRounds } from "./kill-rounds.ts";

const { values } = parseArgs({ options: { kills: { type: "string", default: "200" }, seed: { type: "string" } } });
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const root = mkdtempSync(join(tmpdir(), "meshplane-crash-"));

console.log(`seed ${seed}, files in ${root}`);
const report = await runKillRounds(root, Number(values.kills), seed, (round, ledger) => {
  if (round % 20 === 0) console.log(`${round} kills, ${ledger.acknowledgements} acknowledged writes, all there`);
});
rmSync(root, { recursive: true, force: true });
console.log(
  `${report.kills} kills, ${report.acknowledgements} acknowledged writes, newest revision ${report.newestRevision}: nothing lost, nothing halved, no revision twice`,
);
