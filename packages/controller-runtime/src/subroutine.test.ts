import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound, type KubeObject } from "@meshplane/apimachinery";
import type { MultiClusterClient } from "@meshplane/client";
import { ok, pending, reconcileBySubroutines, sideBySide, stop, type Outcome } from "./subroutine.ts";

const resource = { group: "", version: "v1", resource: "configmaps" };
const key = { cluster: "root", namespace: "default", name: "x" };

function fakeClient(object: KubeObject | undefined) {
  const calls: string[] = [];
  const methods = {
    async get() {
      if (!object) throw notFound(resource, "x");
      return object;
    },
    async update(it: KubeObject) {
      calls.push("update");
      return { ...it, metadata: { ...it.metadata, resourceVersion: "2" } };
    },
    async updateStatus(it: KubeObject) {
      calls.push(`status at ${it.metadata.resourceVersion}`);
      return it;
    },
  };
  const client = { cluster: () => ({ resource: () => methods }) } as unknown as MultiClusterClient;
  return { calls, client };
}

const object = (): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "x", resourceVersion: "1", uid: "u" },
  spec: { a: 1 },
});

test("nothing changed, nothing written; the earliest next look counts", async () => {
  const { calls, client } = fakeClient(object());
  const reconcile = reconcileBySubroutines({
    client,
    resource,
    subroutines: [() => ({ next: true, requeueAfterMs: 9000 }), () => pending({ afterSeconds: 2 }), () => assert.fail()],
  });
  assert.deepEqual(await reconcile(key), { requeueAfterMs: 2000 });
  assert.deepEqual(calls, []);
});

test("spec and status are written once each, status on top of the new version", async () => {
  const { calls, client } = fakeClient(object());
  const reconcile = reconcileBySubroutines({
    client,
    resource,
    subroutines: [
      (it) => {
        it.metadata.finalizers = ["f"];
        return ok;
      },
      (it) => {
        it["status"] = { phase: "Ready" };
        return stop;
      },
    ],
  });
  assert.equal(await reconcile(key), undefined);
  assert.deepEqual(calls, ["update", "status at 2"]);
});

test("a failing step keeps what earlier steps did", async () => {
  const { calls, client } = fakeClient(object());
  const reconcile = reconcileBySubroutines({
    client,
    resource,
    subroutines: [
      (it) => {
        it["status"] = { phase: "Going" };
        return ok;
      },
      () => {
        throw new Error("unforeseen");
      },
    ],
  });
  await assert.rejects(reconcile(key), /unforeseen/);
  assert.deepEqual(calls, ["status at 1"]);
});

test("an object that is gone is no failure", async () => {
  const { client } = fakeClient(undefined);
  let gone = 0;
  const reconcile = reconcileBySubroutines({ client, resource, subroutines: [], gone: () => void gone++ });
  assert.equal(await reconcile(key), undefined);
  assert.equal(gone, 1);
});

test("a pass that is to settle tells the version it has left behind, unless a step stopped it", async () => {
  const pass = (outcome: Outcome) =>
    reconcileBySubroutines({
      client: fakeClient(object()).client,
      resource,
      settles: true,
      subroutines: [
        (it) => {
          it.metadata.finalizers = ["f"];
          return outcome;
        },
      ],
    })(key);
  assert.deepEqual(await pass(ok), { settledAt: "2" });
  assert.equal(await pass(stop), undefined);
});

test("steps side by side: the earliest next look counts, and a failure waits for the others", async () => {
  const both = sideBySide<KubeObject>(
    () => ({ next: true, requeueAfterMs: 9000 }),
    () => pending({ afterSeconds: 2 }),
  );
  assert.deepEqual(await both(object(), key), { next: false, requeueAfterMs: 2000 });
  let ended = false;
  const failing = sideBySide<KubeObject>(
    () => Promise.reject(new Error("unforeseen")),
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      ended = true;
      return ok;
    },
  );
  await assert.rejects(async () => failing(object(), key), /unforeseen/);
  assert.ok(ended);
});
