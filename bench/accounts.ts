/**
 * From an Account's creation until it is Ready, with the whole of Platform Mesh in one process: `node bench/accounts.ts [--count 100] [--parallel 1] [--by 0]`.
 * One line for each tenth of them: the last costs what the first did. Memory and CPU are the server's.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createClient, Informer, loadKubeconfig, resourceType } from "@meshplane/client";
import type { Account } from "@meshplane/apis/platform-mesh";
import { startServer } from "../test/support/start-server.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100" },
    /** how many are under way at once */
    parallel: { type: "string", default: "1" },
    /** accounts in one parent; 0: all in the organization itself */
    by: { type: "string", default: "0" },
  },
});
const [count, parallel, by] = [Number(values.count), Number(values.parallel), Number(values.by)];

const accounts = resourceType<Account>({ group: "core.platform-mesh.io", version: "v1alpha1", resource: "accounts", kind: "Account" });
interface Followed {
  /** @returns milliseconds until it is Ready */
  create(name: string, type: string): Promise<number>;
  stop(): Promise<void>;
}

const server = await startServer({ binary: "meshplane" });
const { config } = await loadKubeconfig({ path: server.kubeconfig, context: "base" });
const client = createClient(config);
try {
  const followed = new Map<string, Followed>();
  const orgs = follow("root:orgs");
  const first = await orgs.create("bench", "org");
  console.log(`organization      ${first.toFixed(0)} ms`);
  let place = follow("root:orgs:bench");
  let inPlace = 0;
  const times: number[] = [];
  let next = 0;
  let before = usage();
  let started = performance.now();
  const tenth = Math.max(1, Math.floor(count / 10));
  const work = async (): Promise<void> => {
    while (next < count) {
      const number = next++;
      if (by > 0 && inPlace >= by) {
        inPlace = 0;
        const name = `parent${number}`;
        const top = follow("root:orgs:bench");
        await top.create(name, "account");
        place = follow(`root:orgs:bench:${name}`);
      }
      inPlace++;
      times.push(await place.create(`a${number}`, "account"));
      if (times.length % tenth === 0) report();
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  for (const { stop } of [orgs, ...followed.values()]) await stop();

  function report(): void {
    const last = times.slice(-tenth).sort((a, b) => a - b);
    const at = (share: number) => last[Math.min(last.length - 1, Math.floor(last.length * share))]!.toFixed(0);
    const now = usage();
    const seconds = (performance.now() - started) / 1000;
    const cpu = ((now.cpuMs - before.cpuMs) / last.length).toFixed(1);
    console.log(
      `${String(times.length).padStart(6)} accounts   p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   ${(last.length / seconds).toFixed(1)}/s   CPU ${cpu} ms each   ${now.mib.toFixed(0)} MiB`,
    );
    before = now;
    started = performance.now();
  }

  /** one watch of a workspace's accounts tells when each is Ready */
  function follow(workspace: string): Followed {
    const known = followed.get(workspace);
    if (known) return known;
    const resource = client.cluster(workspace).resource<Account>(accounts);
    const waiting = new Map<string, () => void>();
    const informer = new Informer<Account>({ resource });
    const look = (account: Account): void => {
      if (account.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
        waiting.get(account.metadata.name!)?.();
    };
    informer.addHandler({ added: look, updated: look });
    const running = informer.start();
    const made = {
      async create(name: string, type: string): Promise<number> {
        await running;
        const ready = new Promise<void>((resolve) => waiting.set(name, resolve));
        const begun = performance.now();
        await resource.create({
          apiVersion: "core.platform-mesh.io/v1alpha1",
          kind: "Account",
          metadata: { name },
          spec: { type, displayName: name },
        });
        await ready;
        waiting.delete(name);
        return performance.now() - begun;
      },
      stop: () => informer.stop(),
    };
    followed.set(workspace, made);
    return made;
  }
} finally {
  client.close();
  await server.stop();
}

/** of the server's process, as Linux counts it */
function usage(): { cpuMs: number; mib: number } {
  const { pid } = server.process;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  const resident = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, mib: (resident * 4096) / 2 ** 20 };
}
