import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "./create-client.ts";
import { runAsLeader } from "./leader-election.ts";
import { BlackHole } from "./testing/black-hole.ts";
import { FakeServer } from "./testing/fake-server.ts";
import { until } from "./testing/until.ts";

const resources = [{ group: "coordination.k8s.io", version: "v1", resource: "leases", kind: "Lease", namespaced: true }];
const times = { leaseMs: 400, renewDeadlineMs: 250, retryMs: 40 };

test("one leads at a time; it hands over when it stops, and is replaced when it falls silent", async () => {
  const server = new FakeServer({ resources });
  const url = await server.start();
  const hole = new BlackHole(url);
  const holeUrl = await hole.start();
  const leading = new Set<string>();
  let most = 0;
  const candidates = ["a", "b", "c"].map((identity) => {
    // a is behind the cable that will be pulled
    const client = createClient({ server: identity === "a" ? holeUrl : url, protocols: ["h2"] });
    const stop = new AbortController();
    const lead = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        leading.add(identity);
        most = Math.max(most, leading.size);
        signal.addEventListener("abort", () => {
          leading.delete(identity);
          resolve();
        });
      });
    const options = { cluster: client.cluster("p"), namespace: "default", name: "l", identity, ...times };
    return { client, stop, run: () => runAsLeader({ ...options, signal: stop.signal }, lead) };
  });
  const [a, b, c] = candidates as [(typeof candidates)[0], (typeof candidates)[0], (typeof candidates)[0]];
  const first = a.run();
  await until("a leads", () => leading.has("a"));
  const others = [b.run(), c.run()];
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.deepEqual([...leading], ["a"], "renewed");

  hole.swallow();
  assert.equal(await first, false, "a knows that it has lost");
  await until("another leads", () => leading.size === 1 && !leading.has("a"));
  const second = leading.has("b") ? b : c;
  const handedOver = performance.now();
  second.stop.abort();
  await until("the third leads", () => leading.has(second === b ? "c" : "b"));
  assert.ok(performance.now() - handedOver < times.leaseMs, "a lease given back needs no waiting");
  assert.equal(most, 1);
  for (const { client, stop } of candidates) {
    stop.abort();
    setTimeout(() => client.close(), 50);
  }
  assert.deepEqual(await Promise.all(others), [true, true]);
  await hole.stop();
  await server.stop();
});
