import assert from "node:assert/strict";
import { test } from "node:test";
import type { APIBinding, LogicalCluster, Workspace } from "@meshplane/apis";
import { openMemoryStore, StoreError, type Commit, type Store } from "@meshplane/storage";
import { startTestKcp } from "../../testing/start-test-kcp.ts";
import { apiBindingResource, logicalClusterResource, workspaceResource } from "../parts.ts";

test("whichever of a new workspace's commits fails once, or is not heard of, the workspace becomes Ready", async () => {
  const memory = openMemoryStore();
  /** counts down to the commit that fails; its outcome may be lost rather than the commit */
  let countdown = Infinity;
  let isDone = false;
  const commit = async (wanted: Commit) => {
    const isHit = --countdown === 0;
    const outcome = isHit && !isDone ? undefined : await memory.commit(wanted);
    if (isHit) throw new StoreError("Unreachable", "nobody knows");
    return outcome!;
  };
  const store = new Proxy(memory, {
    get(target, name) {
      if (name === "commit") return commit;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as Store;
  const plane = await startTestKcp({ store });
  const parent = plane.client.cluster("root").resource<Workspace>(workspaceResource);
  try {
    let hits = 0;
    for (const lost of [false, true])
      for (let n = 1; n <= 11; n++) {
        const name = `w${n}${lost ? "-lost" : ""}`;
        await parent.create({
          apiVersion: "tenancy.kcp.io/v1alpha1",
          kind: "Workspace",
          metadata: { name },
          spec: { type: { name: "universal", path: "root" } },
        });
        isDone = lost;
        countdown = n;
        const { spec, status } = await ready(name);
        if (countdown < 1) hits++;
        countdown = Infinity;
        assert.equal(status?.phase, "Ready", name);
        const cluster = plane.client.cluster(spec.cluster!);
        const made = await cluster.resource<LogicalCluster>(logicalClusterResource).get("cluster");
        assert.equal(made.status?.phase, "Ready", name);
        const { items } = await cluster.resource<APIBinding>(apiBindingResource).list();
        assert.deepEqual(
          items.map((one) => one.status?.phase),
          ["Bound", "Bound"],
          name,
        );
        const { records } = await memory.range("/core.kcp.io/logicalclusters/");
        assert.equal(
          records.filter(({ body }) => Buffer.from(body).includes(`"root:${name}"`)).length,
          1,
          "one logical cluster, and no other",
        );
      }
    assert.ok(hits >= 15, `${hits} commits failed`);
  } finally {
    await plane.stop();
    await memory.close();
  }

  async function ready(name: string): Promise<Workspace> {
    for (let waited = 0; ; waited += 5) {
      const found = await parent.get(name);
      if (found.status?.phase === "Ready" || waited > 3_000) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
});
