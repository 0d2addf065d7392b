import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound, type KubeObject } from "@meshplane/apimachinery";
import type { MultiClusterClient } from "@meshplane/client";
import { reconcileLifecycle, type LifecycleSubroutine } from "./reconcile-lifecycle.ts";
import { complete, pendingFor, skipRest, stopped, type Verdict } from "./verdict.ts";

const resource = { group: "core.platform-mesh.io", version: "v1alpha1", resource: "accounts" };
const key = { cluster: "c", namespace: "", name: "a" };

/** A server of one object, with resource versions and the rule that a deleted object goes with its last finalizer. */
function serverOf(initial: KubeObject) {
  let object: KubeObject | undefined = initial;
  const writes: string[] = [];
  const put = (it: KubeObject, status: boolean): KubeObject => {
    if (!object) throw notFound(resource, "a");
    assert.equal(it.metadata.resourceVersion, object.metadata.resourceVersion);
    const resourceVersion = String(Number(object.metadata.resourceVersion) + 1);
    const merged = status ? { ...object, status: it["status"] } : { ...it, status: object["status"] };
    merged.metadata = { ...merged.metadata, resourceVersion };
    const gone = merged.metadata.deletionTimestamp && !merged.metadata.finalizers?.length;
    object = gone ? undefined : (merged as KubeObject);
    return merged as KubeObject;
  };
  const methods = {
    async get() {
      if (!object) throw notFound(resource, "a");
      return object;
    },
    async update(it: KubeObject) {
      writes.push("update");
      return put(it, false);
    },
    async updateStatus(it: KubeObject) {
      writes.push("status");
      return put(it, true);
    },
  };
  return {
    writes,
    now: () => object,
    remove: () => (object = { ...object!, metadata: { ...object!.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }),
    client: { cluster: () => ({ resource: () => methods }) } as unknown as MultiClusterClient,
  };
}

const account = (): KubeObject => ({
  apiVersion: "core.platform-mesh.io/v1alpha1",
  kind: "Account",
  metadata: { name: "a", uid: "u", resourceVersion: "1" },
});

const step = (name: string, process: () => Verdict, finalize?: () => Verdict): LifecycleSubroutine<KubeObject> => ({
  name,
  process,
  ...(finalize ? { finalize, finalizers: () => [`f/${name}`] } : {}),
});

const summary = (object: KubeObject | undefined) =>
  Object.fromEntries(
    ((object?.["status"] as { conditions?: { type: string; status: string; reason: string }[] })?.conditions ?? []).map((one) => [
      one.type,
      `${one.status}/${one.reason}`,
    ]),
  );

test("finalizers come first, each step has its condition, a chain that stops says what waits", async () => {
  const server = serverOf(account());
  let ready = false;
  const reconcile = reconcileLifecycle({
    client: server.client,
    resource,
    subroutines: [
      step(
        "One",
        () => complete(),
        () => complete(),
      ),
      step("Two", () => (ready ? complete() : stopped("not yet", { afterSeconds: 5 }))),
      step("Three", () => complete()),
    ],
  });
  assert.deepEqual(await reconcile(key), { requeueAfterMs: 5000 });
  assert.deepEqual(server.now()?.metadata.finalizers, ["f/One"]);
  assert.deepEqual(summary(server.now()), { One: "True/Complete", Two: "False/Stopped", Three: "Unknown/Unknown", Ready: "False/Stopped" });
  ready = true;
  assert.equal(await reconcile(key), undefined);
  assert.deepEqual(summary(server.now()), { One: "True/Complete", Two: "True/Complete", Three: "True/Complete", Ready: "True/Complete" });
  const before = server.writes.length;
  await reconcile(key);
  assert.equal(server.writes.length, before, "what is as it should be is not written");
});

test("pending goes on, an error is told in its condition and thrown, the rest may be skipped", async () => {
  const server = serverOf(account());
  const reconcile = reconcileLifecycle({
    client: server.client,
    resource,
    subroutines: [
      step("Waits", () => pendingFor("soon", { afterSeconds: 1 })),
      step("Fails", () => {
        throw new Error("boom");
      }),
      step("Never", () => complete()),
    ],
  });
  await assert.rejects(reconcile(key), /boom/);
  assert.deepEqual(summary(server.now()), {
    Waits: "Unknown/Pending",
    Fails: "False/Error",
    Never: "Unknown/Unknown",
    Ready: "False/Error",
  });

  const other = serverOf(account());
  await reconcileLifecycle({
    client: other.client,
    resource,
    subroutines: [step("A", () => skipRest(true, "not ours")), step("B", () => assert.fail())],
  })(key);
  assert.deepEqual(summary(other.now()), { A: "True/Skipped", B: "True/Skipped", Ready: "True/Complete" });
});

test("a deletion runs backwards and holds each finalizer until its step is done", async () => {
  const server = serverOf(account());
  const order: string[] = [];
  let gone = false;
  const reconcile = reconcileLifecycle({
    client: server.client,
    resource,
    subroutines: [
      step(
        "One",
        () => complete(),
        () => (order.push("One"), complete()),
      ),
      step(
        "Two",
        () => complete(),
        () => (order.push("Two"), gone ? complete() : stopped("waiting", { afterSeconds: 1 })),
      ),
    ],
  });
  await reconcile(key);
  server.remove();
  assert.deepEqual(await reconcile(key), { requeueAfterMs: 1000 });
  assert.deepEqual(server.now()?.metadata.finalizers, ["f/One", "f/Two"]);
  assert.equal(summary(server.now())["TwoFinalize"], "False/Stopped");
  gone = true;
  await reconcile(key);
  assert.equal(server.now(), undefined);
  assert.deepEqual(order, ["Two", "Two", "One"]);
});
