import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeKey, openMemoryStore, type Store } from "@meshplane/storage";
import { allResources, FeedKeySource, type FeedChange } from "./feed-key-source.ts";

async function put(store: Store, resource: string, name: string, index: { name: string; value: string }[] = []) {
  const key = encodeKey({ group: "", resource, identity: "-", cluster: "root", namespace: "default", name });
  await store.commit({
    key,
    expect: (await store.get(key))?.revision ?? 0,
    write: {
      header: { definition: "h", uid: `uid-${name}`, deleting: false, labels: { a: "b" }, fields: undefined },
      body: Buffer.from(`{"metadata":{"name":"${name}","namespace":"default"},"data":{"k":"v"}}`),
    },
    index,
  });
  return key;
}

async function open(): Promise<{ store: Store; source: FeedKeySource }> {
  const store = openMemoryStore();
  const source = new FeedKeySource({ store, kindOf: () => ({ apiVersion: "v1", kind: "ConfigMap" }) });
  await store.feed(0, (batch) => source.apply(batch));
  return { store, source };
}

test("live changes carry the key at once and the object when asked", async () => {
  const { store, source } = await open();
  const changes: FeedChange[] = [];
  const all: string[] = [];
  source.subscribe({ group: "", resource: "configmaps" }, (change) => changes.push(change));
  source.subscribe(allResources, (change) => all.push(change.resource.resource));
  const key = await put(store, "configmaps", "a");
  await put(store, "secrets", "s");
  await store.commit({ key, expect: (await store.get(key))!.revision, write: "delete" });
  assert.equal(changes.length, 2);
  assert.deepEqual(changes[0]!.key, { cluster: "root", namespace: "default", name: "a" });
  assert.deepEqual(changes[0]!.labels, { a: "b" });
  assert.equal(changes[0]!.object()?.kind, "ConfigMap");
  assert.equal(changes[0]!.object()?.metadata.resourceVersion, String(changes[1]!.previous()!.metadata.resourceVersion));
  assert.equal(changes[1]!.deleted, true);
  assert.equal(changes[1]!.object(), undefined);
  assert.equal(changes[1]!.uid, "uid-a");
  assert.deepEqual(all, ["configmaps", "secrets", "configmaps"]);
  await store.close();
});

test("what exists is reported after start: unsettled first, then all, over several pages", async () => {
  const { store, source } = await open();
  for (let i = 0; i < 450; i++) await put(store, "configmaps", `c${String(i).padStart(3, "0")}`);
  await put(store, "configmaps", "c400", [{ name: "phase", value: "Waiting" }]);
  const names: string[] = [];
  const unsettledOnly: string[] = [];
  const none: string[] = [];
  const resource = { group: "", resource: "configmaps" };
  const unsettled = [{ name: "phase", value: "Waiting" }];
  source.subscribe(resource, (change) => names.push(change.key.name), { unsettled });
  source.subscribe(resource, (change) => unsettledOnly.push(change.key.name), { unsettled, initial: "unsettled" });
  source.subscribe(resource, (change) => none.push(change.key.name), { initial: "none" });
  assert.deepEqual(names, []);
  await source.start();
  await source.swept();
  assert.equal(names[0], "c400");
  assert.equal(new Set(names).size, 450);
  assert.deepEqual(unsettledOnly, ["c400"]);
  assert.deepEqual(none, []);
  await store.close();
});
