/**
 * `node --expose-gc bench/rebac.ts [OPENFGA] [--seconds N] [--json FILE] [--write]`: checks per second and per CPU second of the embedded engine, in process and
 * over HTTP, and of a real OpenFGA on SQLite when its binary is given.
 *
 * The data has Platform Mesh's shape: 42 types, 10 000 accounts in a tree of depth 6, 110 000 tuples; each check brings the resource's parent
 * as one or two contextual tuples; 60 % are decided on the account itself, 25 % at the root, 15 % are denied; 32 callers.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedOpenFga, MemoryTupleStore, modelFromDsl, remoteOpenFga, type OpenFga, type TupleKey } from "@meshplane/rebac";
import { SqliteTupleStore } from "@meshplane/rebac/sqlite";
import { OpenFgaProcess } from "@meshplane/rebac/testing";
import { writeSection } from "./write-section.ts";

const callers = 32;
const accounts = 10_000;
const depth = 6;
const account = "core_platform-mesh_io_account";
const verbs = ["get", "update", "patch", "delete"];
const kinds = Array.from({ length: 37 }, (_, i) => `apps_kind${i}`);

/** user, role, account, namespace, cluster role binding and 37 resources: 42 types */
function model(): string {
  const verbsOf = (extra = ""): string => verbs.map((verb) => `    define ${verb}: member${extra}`).join("\n");
  const onAccount = kinds.flatMap((kind) => [`    define create_${kind}s: member`, `    define list_${kind}s: member`]).join("\n");
  const inherited =
    "    define owner: [role#assignee] or owner from parent\n    define member: [role#assignee] or owner or member from parent";
  return `model
  schema 1.2
type user
type role
  relations
    define assignee: [user, user:*]
type ${account}
  relations
    define parent: [${account}]
    define owner: [role#assignee] or owner from parent
    define member: [role#assignee] or owner
${verbsOf()}
${onAccount}
type core_namespace
  relations
    define parent: [${account}]
${inherited}
${verbsOf()}
${["core_configmap", ...kinds].map((kind) => `type ${kind}\n  relations\n    define parent: [${account}, core_namespace]\n${inherited}\n${verbsOf()}`).join("\n")}
`;
}

const accountName = (i: number): string => `${account}:cluster${Math.floor(i / 8)}/account-${i}`;
/** A tree whose deepest accounts have six above them. */
const fanout = Math.ceil(accounts ** (1 / depth));
const parentOf = (i: number): number => Math.floor((i - 1) / fanout);
const role = (i: number, name: string): string => `role:${account}/cluster${Math.floor(i / 8)}/account-${i}/${name}`;

const all: TupleKey[] = tuples();

function tuples(): TupleKey[] {
  const made: TupleKey[] = [];
  for (let i = 0; i < accounts; i++) {
    if (i > 0) made.push({ user: accountName(parentOf(i)), relation: "parent", object: accountName(i) });
    made.push({ user: `${role(i, "owner")}#assignee`, relation: "owner", object: accountName(i) });
    made.push({ user: `${role(i, "member")}#assignee`, relation: "member", object: accountName(i) });
    made.push({ user: `user:owner-${i}@example.com`, relation: "assignee", object: role(i, "owner") });
    for (let member = 0; member < 7; member++)
      made.push({ user: `user:member-${(i * 7 + member) % 20_000}@example.com`, relation: "assignee", object: role(i, "member") });
  }
  return made.slice(0, 110_000);
}

interface Question {
  user: string;
  relation: string;
  object: string;
  contextualTuples: TupleKey[];
  allowed: boolean;
}

function questions(count: number): Question[] {
  let state = 42;
  const random = (max: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 4_294_967_296) * max);
  };
  return Array.from({ length: count }, (_, n): Question => {
    const i = accounts - 1 - random(accounts - Math.ceil(accounts / fanout)); // accounts of the lowest levels
    const share = random(100);
    const user =
      share < 60
        ? `user:member-${(i * 7 + random(7)) % 20_000}@example.com`
        : share < 85
          ? "user:owner-0@example.com"
          : `user:stranger-${n}@example.com`;
    const kind = kinds[random(kinds.length)]!;
    const cluster = `cluster-of-${i}`;
    const object = `${kind}:${cluster}/thing-${n % 1_000}`;
    const namespace = `core_namespace:${cluster}/default`;
    const contextualTuples =
      random(2) === 0
        ? [{ user: accountName(i), relation: "parent", object }]
        : [
            { user: namespace, relation: "parent", object },
            { user: accountName(i), relation: "parent", object: namespace },
          ];
    return { user, relation: verbs[random(verbs.length)]!, object, contextualTuples, allowed: share < 85 };
  });
}

interface Row {
  what: string;
  loadSeconds: number;
  memoryMbAdded: number;
  checksPerSecond: number;
  checksPerCpuSecond: number;
  p50Ms: number;
  p99Ms: number;
}

const rssMb = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

/** User and system time of a process, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** @param writers upstream's SQLite storage fails when several write at once */
async function load(fga: OpenFga, writers = callers): Promise<{ storeId: string; seconds: number }> {
  const { id: storeId } = await fga.createStore({ name: "bench" });
  await fga.writeAuthorizationModel({ storeId, model: modelFromDsl(model()) });
  let next = 0;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (next < all.length) {
      const from = next;
      next += 100;
      await fga.write({ storeId, writes: all.slice(from, from + 100) });
    }
  };
  await Promise.all(Array.from({ length: writers }, worker));
  return { storeId, seconds: (performance.now() - started) / 1000 };
}

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

/** One kept connection that asks with prepared bytes: the asking side should cost as little as possible. */
class Caller {
  readonly #socket: Socket;
  #text = "";
  #answer: ((body: string) => void) | undefined;

  constructor(url: URL, onError: (error: Error) => void) {
    this.#socket = connect({ port: Number(url.port), host: url.hostname, noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("error", onError);
    this.#socket.on("data", (part: string) => this.#read(part));
  }

  #read(part: string): void {
    this.#text += part;
    const head = this.#text.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#text)?.[1] ?? 0);
    if (this.#text.length < head + 4 + length) return;
    const body = this.#text.slice(head + 4);
    this.#text = "";
    this.#answer!(body);
  }

  ask(request: Buffer): Promise<string> {
    this.#socket.write(request);
    return new Promise((resolve) => (this.#answer = resolve));
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function askOverHttp(
  url: string,
  storeId: string,
  seconds: number,
  cpu: () => number,
): Promise<Pick<Row, "checksPerSecond" | "checksPerCpuSecond" | "p50Ms" | "p99Ms">> {
  const target = new URL(url);
  const requests = questions(20_000).map(({ user, relation, object, contextualTuples, allowed }) => {
    const body = JSON.stringify({ tuple_key: { user, relation, object }, contextual_tuples: { tuple_keys: contextualTuples } });
    const head = `POST /stores/${storeId}/check HTTP/1.1\r\nhost: ${target.host}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    return { bytes: Buffer.from(head + body), expected: `"allowed":${allowed}` };
  });
  const connections = Array.from(
    { length: callers },
    () =>
      new Caller(target, (error) =>
        setImmediate(() => {
          throw error;
        }),
      ),
  );
  let next = 0;
  let latencies: number[] = [];
  let end = performance.now() + 3_000; // warm first
  const worker = async (caller: Caller): Promise<void> => {
    while (performance.now() < end) {
      const { bytes, expected } = requests[next++ % requests.length]!;
      const from = performance.now();
      const answer = await caller.ask(bytes);
      latencies.push(performance.now() - from);
      if (!answer.includes(expected)) throw new Error(`the answer to ${bytes} is ${answer}`);
    }
  };
  await Promise.all(connections.map(worker));
  latencies = [];
  const [started, cpuBefore] = [performance.now(), cpu()];
  end = started + seconds * 1000;
  await Promise.all(connections.map(worker));
  const took = (performance.now() - started) / 1000;
  const used = cpu() - cpuBefore;
  for (const connection of connections) connection.close();
  latencies.sort((a, b) => a - b);
  return {
    checksPerSecond: latencies.length / took,
    checksPerCpuSecond: latencies.length / used,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}

async function inProcess(): Promise<Row> {
  globalThis.gc?.();
  const before = rssMb(process.pid);
  const fga = embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  const { storeId, seconds } = await load(fga);
  globalThis.gc?.();
  const memoryMbAdded = rssMb(process.pid) - before;
  const asked = questions(20_000).map(({ allowed, ...question }) => ({ allowed, request: { storeId, ...question } }));
  const round = (): void => {
    for (const { allowed, request: question } of asked)
      if (fga.check(question).allowed !== allowed) throw new Error(`the answer to ${JSON.stringify(question)} is ${!allowed}`);
  };
  for (let i = 0; i < 3; i++) round();
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const rounds = 10;
  for (let i = 0; i < rounds; i++) round();
  const took = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const latencies = asked.map(({ request: question }) => {
    const from = performance.now();
    fga.check(question);
    return performance.now() - from;
  });
  latencies.sort((a, b) => a - b);
  await fga.close();
  const count = rounds * asked.length;
  return {
    what: "embedded, in process",
    loadSeconds: seconds,
    memoryMbAdded,
    checksPerSecond: count / took,
    checksPerCpuSecond: (count / (user + system)) * 1e6,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}

async function overHttp(seconds: number): Promise<Row> {
  const directory = mkdtempSync(join(tmpdir(), "meshplane-bench-"));
  const port = await freePort();
  const program = join(import.meta.dirname, "..", "bin", "openfga");
  const child: ChildProcess = spawn(
    program,
    [
      "run",
      `--http-addr=127.0.0.1:${port}`,
      `--grpc-addr=127.0.0.1:${await freePort()}`,
      "--datastore-engine=sqlite",
      `--datastore-uri=${join(directory, "tuples.db")}`,
    ],
    { stdio: "ignore" },
  );
  try {
    const url = `http://127.0.0.1:${port}`;
    await answering(url);
    const pid = child.pid!;
    const before = rssMb(pid);
    const { storeId, seconds: loadSeconds } = await load(remoteOpenFga({ url }));
    const memoryMbAdded = rssMb(pid) - before;
    return {
      what: "bin/openfga on SQLite, over HTTP",
      loadSeconds,
      memoryMbAdded,
      ...(await askOverHttp(url, storeId, seconds, () => cpuSeconds(pid))),
    };
  } finally {
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("exit", resolve));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function answering(url: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (
      await fetch(`${url}/healthz`).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer`);
}

async function upstream(binary: string, seconds: number): Promise<Row> {
  const server = await OpenFgaProcess.start(binary, { engine: "sqlite" });
  try {
    const before = rssMb(server.pid);
    const { storeId, seconds: loadSeconds } = await load(remoteOpenFga({ url: server.url, timeoutMs: 60_000 }), 1);
    const memoryMbAdded = rssMb(server.pid) - before;
    return {
      what: "a real OpenFGA on SQLite, over HTTP",
      loadSeconds,
      memoryMbAdded,
      ...(await askOverHttp(server.url, storeId, seconds, () => cpuSeconds(server.pid))),
    };
  } finally {
    await server.stop();
  }
}

const args = process.argv.slice(2);
const option = (name: string): string | undefined => {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
};
const seconds = Number(option("--seconds") ?? 10);
const json = option("--json");
const write = args.includes("--write");
const [binary] = args.filter((arg) => !arg.startsWith("--"));

/** The embedded engine on SQLite, opened again: how long loading takes at start. */
async function reopened(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "meshplane-bench-"));
  const file = join(directory, "tuples.db");
  const fga = embeddedOpenFga({ tupleStore: new SqliteTupleStore({ file }) });
  await load(fga);
  await fga.close();
  const started = performance.now();
  const again = embeddedOpenFga({ tupleStore: new SqliteTupleStore({ file }) });
  const took = performance.now() - started;
  await again.close();
  rmSync(directory, { recursive: true, force: true });
  return took;
}

const rows: Row[] = [await inProcess(), await overHttp(seconds)];
if (binary !== undefined) rows.push(await upstream(binary, seconds));
const round = (value: number): string => (value >= 100 ? String(Math.round(value)) : value.toFixed(value < 1 ? 3 : 1));
const table = [
  "| | load 110 000 tuples | memory added | checks/s | checks per CPU second | p50 | p99 |",
  "| --- | --- | --- | --- | --- | --- | --- |",
  ...rows.map(
    (row) =>
      `| ${row.what} | ${round(row.loadSeconds)} s | ${round(row.memoryMbAdded)} MB | ${round(row.checksPerSecond)} | ${round(row.checksPerCpuSecond)} | ${round(row.p50Ms)} ms | ${round(row.p99Ms)} ms |`,
  ),
].join("\n");
const section = `# Relationships

Written by \`bench/rebac.ts\`: 42 types, 10 000 accounts in a tree of depth 6, 110 000 tuples; each check brings the resource's parents as contextual tuples;
60 % are decided on the account itself, 25 % at the root, 15 % are denied; ${callers} callers over HTTP. Goals: 20 times the checks per CPU second of a real OpenFGA on
SQLite, p99 under 10 ms, all tuples loaded in under 5 s, at most 150 MB added; in process 50 000 checks a second and core.

${table}

Opening the SQLite file again with all tuples: ${round(await reopened())} ms.
`;
console.log(section);
if (write) writeSection("relationships", section);
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
