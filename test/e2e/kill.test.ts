/** The whole server, killed with SIGKILL while it answers: what was acknowledged is there, revisions go on, a watch resumes without a miss or a repeat. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "@meshplane/apimachinery";
import { createClient, listAll, loadKubeconfig, type HttpMultiClusterClient } from "@meshplane/client";
import { startServer } from "../support/start-server.ts";

const configmaps = { group: "", version: "v1", resource: "configmaps" };
const namespace = "default";
const directory = mkdtempSync(join(tmpdir(), "meshplane-kill-"));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Acknowledged {
  value: string;
  revision: number;
}

const connect = async (kubeconfig: string): Promise<HttpMultiClusterClient> => {
  const { config } = await loadKubeconfig({ path: kubeconfig, context: "base" });
  return createClient({ ...config, retries: 0, timeoutMs: 5_000 });
};

test("three kills under load lose nothing", async () => {
  const acknowledged = new Map<string, Acknowledged>();
  /** what a watch has told, and the revision up to which */
  const seen = new Map<number, string>();
  let watchedTo = 0;
  let highest = 0;
  for (let round = 0; round < 4; round++) {
    const server = await startServer({ binary: "meshplane", rootDirectory: directory });
    const client = await connect(server.kubeconfig);
    const resource = client.cluster("root").resource<KubeObject & { data?: Record<string, string> }>(configmaps);

    // everything that was acknowledged is found as it was written
    const found = new Map<string, string>();
    for (const object of (await listAll(resource, { namespace })).items) found.set(object.metadata.name!, object.data?.value ?? "");
    for (const [name, { value }] of acknowledged) assert.equal(found.get(name), value, `round ${round}: ${name}`);
    if (round === 0) watchedTo = Number((await resource.list({ namespace })).metadata.resourceVersion);

    const stop = new AbortController();
    const watching = (async () => {
      try {
        for await (const { type, object } of resource.watch({ namespace, resourceVersion: String(watchedTo), signal: stop.signal })) {
          if (type === "BOOKMARK") continue;
          const revision = Number(object.metadata.resourceVersion);
          assert.ok(!seen.has(revision), `revision ${revision} came twice`);
          assert.ok(revision > watchedTo, `revision ${revision} came after ${watchedTo}`);
          seen.set(revision, object.metadata.name!);
          watchedTo = revision;
        }
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error; // the rest is the server that went away
      }
    })();

    let running = round < 3;
    const writers = Array.from({ length: running ? 8 : 0 }, async (_, writer) => {
      for (let i = 0; running; i++) {
        const name = `w${round}-${writer}-${i}`;
        const value = `${name}-${"x".repeat(200)}`;
        try {
          const object = await resource.create(
            { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { value } },
            { namespace },
          );
          const revision = Number(object.metadata.resourceVersion);
          assert.ok(![...acknowledged.values()].some((other) => other.revision === revision), `revision ${revision} was given twice`);
          acknowledged.set(name, { value, revision });
          highest = Math.max(highest, revision);
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          return; // killed in between: unknown, and never claimed
        }
      }
    });
    if (running) {
      await sleep(300 + Math.random() * 500);
      server.process.kill("SIGKILL");
      running = false;
      await Promise.all(writers);
      await server.stop();
    } else {
      const last = await resource.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "last", namespace } }, { namespace });
      assert.ok(Number(last.metadata.resourceVersion) > highest, "revisions go on");
      const deadline = performance.now() + 10_000;
      while (watchedTo < Number(last.metadata.resourceVersion) && performance.now() < deadline) await sleep(20);
      const told = new Set(seen.values());
      for (const name of acknowledged.keys()) assert.ok(told.has(name), `the watch missed ${name}`);
    }
    stop.abort();
    await watching;
    client.close();
    if (round === 3) await server.stop();
  }
  assert.ok(acknowledged.size > 50, `${acknowledged.size} writes were acknowledged`);
});
