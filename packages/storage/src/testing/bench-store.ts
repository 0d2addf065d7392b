/** Prints rates of a driver: `node bench-store.ts memory`, `… sqlite <directory>` or `… etcd <endpoint>`; ONLY is a pattern of names. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { rmSync, statSync } from "node:fs";
import { openMemoryStore } from "../drivers/memory/memory-store.ts";
import { openEtcdStore } from "../drivers/etcd/etcd-store.ts";
import { openSqliteStore } from "../drivers/sqlite/sqlite-store.ts";
import type { Store } from "../store.ts";
import { testHeader } from "./test-store.ts";

const [driver = "memory", directory = ""] = process.argv.slice(2);
const body = new Uint8Array(1_000).fill(120);
const key = (n: number): string => `/core/configmaps/-/c${String(n % 2_000).padStart(5, "0")}/default/name-${n}`;
const header = testHeader({
  definition: "0123456789abcdef",
  uid: "3f1c7a52-5f2e-4f0b-8d8e-0d8a1b2c3d4e",
  labels: { app: "bench" },
});
const write = { header, body };
const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;

function open(): Promise<Store> | Store {
  if (driver === "memory") return openMemoryStore();
  if (driver === "etcd") return openEtcdStore({ endpoints: [directory], prefix: `/bench/${Date.now()}` });
  rmSync(directory, { recursive: true, force: true });
  return openSqliteStore({ directory });
}

async function measure(name: string, count: number, run: () => Promise<void>): Promise<void> {
  globalThis.gc?.();
  if (process.env.ONLY && !new RegExp(process.env.ONLY).test(name)) return;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const ms = performance.now() - start;
  const used = process.cpuUsage(cpu);
  delay.disable();
  const rate = Math.round((count / ms) * 1_000);
  const cpuEach = ((used.user + used.system) / count).toFixed(1);
  const p = (percentile: number): string => (delay.percentile(percentile) / 1e6).toFixed(1);
  console.log(
    `${name.padEnd(34)} ${String(rate).padStart(8)}/s  ${cpuEach.padStart(6)} µs CPU each  loop delay p50 ${p(50)} p99 ${p(99)} max ${p(100)} ms  RSS ${megabytes(process.memoryUsage().rss)} MB`,
  );
}

async function writers(store: Store, count: number, concurrency: number, first: number): Promise<void> {
  let next = first;
  const end = first + count;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < end) {
        const result = await store.commit({ key: key(next++), expect: 0, write });
        if (!result.committed) throw new Error("conflict");
      }
    }),
  );
}

console.log(`RSS at start ${megabytes(process.memoryUsage().rss)} MB`);
const store = await open();
const feed = process.env.FEED === "0" ? undefined : await store.feed(0, () => {});
await measure("create, 1 writer", 5_000, () => writers(store, 5_000, 1, 0));
await measure("create, 16 writers", 56_000, () => writers(store, 56_000, 16, 5_000));
await measure("create, 64 writers", 40_000, () => writers(store, 40_000, 64, 61_000));
await measure("update, 16 writers", 30_000, async () => {
  let next = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < 30_000) {
        const at = key(next++ % 5_000);
        for (let done = false; !done;) {
          const record = (await store.get(at))!;
          done = (await store.commit({ key: at, expect: record.revision, write })).committed;
        }
      }
    }),
  );
});
await measure("get, hot", 100_000, async () => {
  for (let i = 0; i < 100_000; i++) await store.get(key(i % 1_000));
});
await measure("get, cold", 50_000, async () => {
  for (let i = 0; i < 50_000; i++) await store.get(key((i * 7_919) % 100_000));
});
await measure("rows in ranges of 500", 100_000, async () => {
  for (let i = 0; i < 200; i++) await store.range("/core/configmaps/", { after: key(i * 5), limit: 500 });
});
await measure("rows of one list, 500 a page", 101_000, async () => {
  let page = await store.range("/core/configmaps/", { limit: 500 });
  while (page.more)
    page = await store.range("/core/configmaps/", {
      limit: 500,
      after: page.records.at(-1)!.key,
      at: page.revision,
    });
});
await measure("rows filtered out", 101_000, async () => {
  await store.range("/core/configmaps/", { headerFilter: (header) => header.deleting });
});
feed?.close();
if (driver === "sqlite") {
  console.log(
    `store.db ${megabytes(statSync(`${directory}/store.db`).size)} MB, log ${megabytes(statSync(`${directory}/store.db-wal`).size)} MB`,
  );
}
await store.close();
