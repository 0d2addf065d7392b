/**
 * The property at length: 100 000 requests against `bin/kcp start`.
 *   run.ts [--requests N] [--seed S]
 * The seed is printed: with the same one the same world is built and the same requests are sent.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "../support/start-server.ts";
import { administratorToken } from "./administrator-token.ts";
import { runProperty } from "./property.ts";
import { Wire } from "./wire.ts";
import { buildWorld, tokensCsv } from "./world.ts";

const { values } = parseArgs({ options: { requests: { type: "string", default: "100000" }, seed: { type: "string" } } });
const requests = Number(values.requests);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
console.log(`seed ${seed}: ${requests} requests`);

const folder = mkdtempSync(join(tmpdir(), "meshplane-isolation-"));
writeFileSync(join(folder, "tokens.csv"), tokensCsv());
const server = await startServer({ rootDirectory: join(folder, "root"), flags: ["--token-auth-file", join(folder, "tokens.csv")] });
const wire = new Wire(server.url);
try {
  const world = await buildWorld(wire, administratorToken(server.rootDirectory), seed);
  const started = performance.now();
  const result = await runProperty(wire, world, { requests, seed, progress: (done) => console.log(`${done} requests`) });
  const seconds = (performance.now() - started) / 1000;
  for (const { text } of result.findings) console.log(text);
  const statuses = [...result.statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
  console.log(
    `${result.requests} requests in ${seconds.toFixed(1)} s; ${result.controls} positive controls, ${result.twins} twins; answers ${statuses.join(", ")}`,
  );
  console.log(`${result.findings.length} findings (seed ${seed})`);
  process.exitCode = result.findings.length ? 1 : 0;
} finally {
  wire.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
