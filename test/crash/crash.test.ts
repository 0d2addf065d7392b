import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openSqliteStore } from "@meshplane/storage/sqlite";
import { seededRandom } from "@meshplane/storage/testing";
import { runKillRounds } from "./kill-rounds.ts";
import { Ledger } from "./ledger.ts";
import { Disk } from "./power-loss.ts";
import type { ChildRun } from "./run-child.ts";
import { runChild } from "./run-child.ts";
import type { TraceEvent } from "./trace.ts";
import { checkSyncOrder, readTrace, straceArguments } from "./trace.ts";

const root = mkdtempSync(join(tmpdir(), "meshplane-crash-"));
after(() => rmSync(root, { recursive: true, force: true }));

const tracing = spawnSync("strace", ["-e", "trace=fsync", "true"]);
const noStrace =
  tracing.error !== undefined
    ? "strace is not installed"
    : tracing.status !== 0 && `strace cannot trace here: ${tracing.stderr.toString().trim().split("\n").at(-1)}`;

/** A store child under strace, to its end. */
async function traced(
  name: string,
  commits: number,
  blockingSyncMsMax: number,
  extra: readonly string[] = [],
): Promise<{ run: ChildRun; trace: string; directory: string }> {
  const folder = join(root, name);
  const directory = join(folder, "store");
  const trace = join(folder, "trace");
  mkdirSync(folder, { recursive: true });
  await (await openSqliteStore({ directory })).close();
  const orders = { directory, states: {}, feedSince: 0, commits, blockingSyncMsMax };
  const wrapper = [...straceArguments(trace, 8_000), ...extra];
  const run = await runChild({ orders, ordersFile: join(folder, "orders.json"), wrapper });
  return { run, trace, directory };
}

test("killed three times under load, the store has every acknowledged write", async () => {
  const report = await runKillRounds(join(root, "kills"), 3, 42);
  assert.ok(report.acknowledgements > 0);
});

test("the check of sync order finds an acknowledgement that left too early", async () => {
  const file = "store.db-wal";
  const write: TraceEvent = { kind: "write", file, offset: 0, data: () => Buffer.from("x") };
  const begin = (id: string): TraceEvent => ({ kind: "syncBegin", file, id });
  const end = (id: string, ok = true): TraceEvent => ({ kind: "syncEnd", file, id, ok });
  const acknowledge: TraceEvent = { kind: "output", text: "E 5 /a 1 -\nA 5 0 0 1\n" };
  const inversions = async (...events: TraceEvent[]): Promise<number> => (await checkSyncOrder(events)).inversions.length;
  assert.equal(await inversions(write, begin("1"), end("1"), acknowledge), 0);
  assert.equal(await inversions(write, acknowledge, begin("1"), end("1")), 1);
  assert.equal(await inversions(begin("1"), write, end("1"), acknowledge), 1, "a sync that began before the write");
  assert.equal(await inversions(write, begin("1"), end("1", false), acknowledge), 1, "a sync that failed");
});

test("with every file as of its last completed sync, every acknowledged write is there", { skip: noStrace }, async () => {
  const folder = join(root, "power");
  const base = join(folder, "store");
  mkdirSync(folder, { recursive: true });
  await (await openSqliteStore({ directory: base })).close();
  const before = new Map([["store.db", readFileSync(join(base, "store.db"))]]);
  const commits = 1_000;
  const trace = join(folder, "trace");
  const orders = { directory: base, states: {}, feedSince: 0, commits, blockingSyncMsMax: 0 };
  const run = await runChild({ orders, ordersFile: join(folder, "orders.json"), wrapper: straceArguments(trace, 70_000) });
  assert.equal(run.code, 0, run.stderr);

  const disk = new Disk(before);
  const random = seededRandom(5);
  const ledger = new Ledger();
  let cuts = 0;
  let sinceCut = 0;
  let checkpointed = 0;
  for await (const event of readTrace(trace)) {
    disk.apply(event);
    if (event.kind === "write" && event.file === "store.db" && cuts > 0) checkpointed++;
    if (event.kind === "output") for (const line of event.text.split("\n")) ledger.read(line);
    // Anywhere, not only behind an acknowledgement: in the middle of commits and of checkpoints as well.
    if (++sinceCut < 90 || random() > 0.04) continue;
    sinceCut = 0;
    cuts++;
    await findAll(disk, ledger, join(folder, `none-${cuts}`), () => false);
    await findAll(disk, ledger, join(folder, `some-${cuts}`), () => random() < 0.5);
  }
  assert.equal(ledger.acknowledgements, commits);
  assert.ok(cuts >= 15, `${cuts} cuts`); // how many there are depends on how the writes were batched
  assert.ok(checkpointed > 0, "the log was never moved into the file meanwhile");
});

/** Opens the files that the power failure left, and asks them for everything that had been acknowledged by then. */
async function findAll(disk: Disk, ledger: Ledger, directory: string, survives: () => boolean): Promise<void> {
  mkdirSync(directory);
  for (const [name, content] of disk.files(survives)) writeFileSync(join(directory, name), content);
  const store = await openSqliteStore({ directory });
  // A copy: what this disk holds beyond the acknowledged is not what the next one holds.
  const known = new Ledger();
  for (const [key, state] of ledger.acknowledged) known.acknowledged.set(key, state);
  await known.check(store);
  assert.ok((await store.revision()) >= ledger.newestAcknowledged);
  await store.close();
  rmSync(directory, { recursive: true });
}

test("a full disk refuses writes and keeps what was acknowledged", { skip: noStrace }, async () => {
  const { run, directory } = await traced("full-disk", 3_000, 0, ["-e", "inject=pwrite64:error=ENOSPC:when=900+"]);
  assert.match(run.lines.at(-1) ?? "", /^X .*(full|stopped)/);
  const ledger = new Ledger();
  for (const line of run.lines.filter((one) => !one.startsWith("X"))) ledger.read(line);
  assert.ok(ledger.acknowledgements > 0 && ledger.acknowledgements < 3_000);
  const store = await openSqliteStore({ directory });
  await ledger.check(store);
  await store.close();
});

for (const [how, blockingSyncMsMax] of [
  ["on the event loop", 1_000],
  ["beside the event loop", 0],
] as const) {
  test(`no acknowledgement leaves before a sync that follows its last write, ${how}`, { skip: noStrace }, async () => {
    const { run, trace } = await traced(`order-${blockingSyncMsMax}`, 1_500, blockingSyncMsMax);
    assert.equal(run.code, 0, run.stderr);
    const order = await checkSyncOrder(readTrace(trace));
    assert.deepEqual(order.inversions, []);
    assert.equal(order.acknowledgements, 1_500);
    assert.ok(order.syncs > 150, `${order.syncs} syncs`);
  });

  test(`a failed sync is never acknowledged, and stops the store for good, ${how}`, { skip: noStrace }, async () => {
    const { run, trace, directory } = await traced(`failing-sync-${blockingSyncMsMax}`, 3_000, blockingSyncMsMax, [
      "-e",
      "inject=fdatasync:error=EIO:when=30",
    ]);
    assert.equal(run.code, 3, `${run.stderr}`);
    assert.match(run.lines.at(-1)!, /^X .*has stopped/);
    const order = await checkSyncOrder(readTrace(trace));
    assert.deepEqual(order.inversions, []);
    assert.ok(order.acknowledgements > 0 && order.acknowledgements < 3_000);
    const ledger = new Ledger();
    for (const line of run.lines.slice(0, -1)) ledger.read(line);
    const store = await openSqliteStore({ directory });
    await ledger.check(store);
    await store.close();
  });
}
