/**
 * Measures this server and a real kcp side by side, in alternating rounds, and writes docs/performance.md.
 *   node bench/compare.ts --kcp PATH --kbench PATH [--rounds 3] [--sizes crud=1000,ws=40,watch=500,bind=10] [--idle 2000] [--no-write 1]
 * PATHs are binaries that you have built elsewhere; nothing here builds or ships them. Both sides start empty, listen on loopback and sync every write.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { writeSection } from "./write-section.ts";
import { printReport, type Row, type Side, type Start } from "./report.ts";

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    kcp: { type: "string" },
    kbench: { type: "string" },
    rounds: { type: "string", default: "3" },
    /** operations by mode; the same on both sides */
    sizes: { type: "string", default: "crud=1000,ws=40,watch=500,bind=10" },
    idle: { type: "string", default: "2000" },
    "no-write": { type: "string" },
  },
});
if (!values.kbench || !existsSync(values.kbench)) throw new Error("--kbench PATH: the load generator's binary is wanted");
if (values.kcp !== undefined && !existsSync(values.kcp)) throw new Error(`--kcp: there is no ${values.kcp}`);

const port = { ours: 26443, upstream: 26444 };
/** at which the server's own clock of the event loop ticks; part of what it tells */
const loopSampleMs = 10;
const rows: Row[] = [];
const starts: Start[] = [];

for (let round = 1; round <= Number(values.rounds); round++) {
  const sides: Side[] = values.kcp ? ["ours", "upstream"] : ["ours"];
  if (round % 2 === 0) sides.reverse();
  for (const side of sides) await measure(side, round);
}

const versions = {
  ours: execFileSync(join(root, "bin/kcp"), ["--version"], { encoding: "utf8" }).trim(),
  upstream: values.kcp ? execFileSync(values.kcp, ["--version"], { encoding: "utf8" }).trim() : "",
  node: execFileSync(join(root, "node_modules/.bin/node"), ["--version"], { encoding: "utf8" }).trim(),
  machine: `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB`,
};
const report = printReport({ rows, starts, versions, rounds: Number(values.rounds) });
if (values["no-write"]) console.log(report);
else writeSection("control-plane", report);

interface Running {
  process: ChildProcess;
  kubeconfig: string;
  directory: string;
  port: number;
  readyMs: number;
}

async function measure(side: Side, round: number): Promise<void> {
  const server = await startServer(side);
  await sleep(5_000); // both settle
  starts.push({ side, round, readyMs: server.readyMs, idleKb: residentKb(server.process.pid!), load: loadavg()[0]! });
  console.error(`round ${round}, ${side}: ready after ${server.readyMs.toFixed(0)} ms`);
  try {
    for (const [mode, n] of values.sizes!.split(",").map((size) => size.split("="))) await kbench(side, round, server, mode!, n!);
    // the memory of idle workspaces takes minutes at upstream's pace, so there it is what upstream's own documents say
    if (side === "ours" && round === 1 && Number(values.idle) > 0) await kbench(side, round, server, "idle-workspaces", values.idle!);
  } finally {
    await stop(server);
  }
}

async function kbench(side: Side, round: number, server: Running, mode: string, n: string): Promise<void> {
  const before = loadavg()[0]!;
  if (side === "ours") await loopDelayMs(server);
  const child = spawn(values.kbench!, ["-kubeconfig", server.kubeconfig, "-mode", mode, "-n", n, "-pid", String(server.process.pid)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // a line is printed when its operation is over: what the server says then is about that operation
  for await (const line of createInterface({ input: child.stdout })) {
    const row = JSON.parse(line) as Row["values"];
    rows.push({ side, round, mode, load: before, loopMs: side === "ours" ? await loopDelayMs(server) : undefined, values: row });
    console.error(`  ${mode}: ${line}`);
  }
}

/** p99 of the event-loop delay since the last time it was read. */
async function loopDelayMs({ kubeconfig, port }: Running): Promise<number | undefined> {
  const token = /token: "?([^"\s]+)/.exec(readFileSync(kubeconfig, "utf8"))?.[1];
  const { text } = await ask(port, "/metrics", token === undefined ? {} : { authorization: `Bearer ${token}` });
  const seconds = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)?.[1];
  return seconds === undefined ? undefined : Math.max(0, Number(seconds) * 1000 - loopSampleMs);
}

async function startServer(side: Side): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), `bench-${side}-`));
  const flags = ["start", "--root-directory", directory, "--bind-address", "127.0.0.1", "--secure-port", String(port[side])];
  if (side === "upstream") flags.push("--embedded-etcd-client-port", "26379", "--embedded-etcd-peer-port", "26380");
  const started = performance.now();
  const process = spawn(side === "ours" ? join(root, "bin/kcp") : values.kcp!, flags, { cwd: directory, stdio: "ignore" });
  const kubeconfig = join(directory, "admin.kubeconfig");
  for (;;) {
    if (process.exitCode !== null) throw new Error(`${side} ended with ${process.exitCode}`);
    if (existsSync(kubeconfig) && (await ask(port[side], "/readyz")).status === 200) break;
    if (performance.now() - started > 180_000) throw new Error(`${side} was not ready in 3 minutes`);
    await sleep(5);
  }
  return { process, kubeconfig, directory, port: port[side], readyMs: performance.now() - started };
}

async function stop({ process, directory }: Running): Promise<void> {
  const ended = new Promise((resolve) => process.once("exit", resolve));
  process.kill("SIGKILL");
  await ended;
  rmSync(directory, { recursive: true, force: true });
}

/** Status 0: nobody answered. */
function ask(at: number, path: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const probe = request(
      { host: "127.0.0.1", port: at, path, headers, rejectUnauthorized: false, agent: false, timeout: 2000 },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.on("error", () => resolve({ status: 0, text: "" }));
      },
    );
    probe.on("error", () => resolve({ status: 0, text: "" }));
    probe.on("timeout", () => probe.destroy());
    probe.end();
  });
}

function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
}
