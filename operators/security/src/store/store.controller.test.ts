import assert from "node:assert/strict";
import { test } from "node:test";
import { copyJson, notFound } from "@meshplane/apimachinery";
import type { RelationshipStore, RelationshipTuple } from "@meshplane/apis/platform-mesh";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { embeddedOpenFga, MemoryTupleStore } from "@meshplane/rebac";
import { storeResource } from "../context.ts";
import { storeController } from "./store.controller.ts";

const core = "module core\n\ntype user\n\ntype doc\n  relations\n    define viewer: [user]\n";
const tuple = (user: string): RelationshipTuple => ({ object: "doc:1", relation: "viewer", user: `user:${user}` });
const key = { cluster: "home", namespace: "", name: "acme" };

/** one Store object, and a server of it */
async function setUp(path = "root:orgs") {
  const fga = await embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  const lost: string[] = [];
  let generated = 0;
  let version = 1;
  let store: RelationshipStore | undefined = {
    apiVersion: "core.platform-mesh.io/v1alpha1",
    kind: "Store",
    metadata: { name: "acme", uid: "u", resourceVersion: "1" },
    spec: { coreModule: core, tuples: [tuple("ada")] },
  };
  const put = (wanted: RelationshipStore): RelationshipStore => {
    const next = { ...wanted, metadata: { ...wanted.metadata, resourceVersion: String(++version) } };
    store = next.metadata.deletionTimestamp && !next.metadata.finalizers?.length ? undefined : next;
    return next;
  };
  const objects = {
    async get() {
      if (!store) throw notFound(storeResource, "acme");
      return copyJson(store);
    },
    update: async (wanted: RelationshipStore) => put({ ...wanted, ...(store!.status ? { status: store!.status } : {}) }),
    updateStatus: async (wanted: RelationshipStore) => put({ ...store!, status: wanted.status! }),
  };
  const manager = {
    client: { cluster: () => ({ resource: () => objects }) },
    engaged: (cluster: string) => ({ name: cluster, path }),
    lister: () => assert.fail(),
  } as unknown as ManagerContext;
  const parts = {
    fga,
    builtInModules: async () => [],
    extensionsOf: async () => [],
    endGenerated: async () => generated,
    home: () => "home",
    lost: (name: string) => void lost.push(name),
    newestAccount: () => undefined,
    merged: () => {},
  };
  const { reconcile } = storeController(manager, parts);
  return {
    fga,
    lost,
    reconcile: () => reconcile(key),
    store: () => store,
    change: (edit: (store: RelationshipStore) => void) => edit(store!),
    generated: (count: number) => (generated = count),
    may: async (user: string) =>
      (await fga.check({ storeId: store!.status!.storeId!, user: `user:${user}`, relation: "viewer", object: "doc:1" })).allowed,
  };
}

test("a store, its model, its tuples; what is right is not written again", async () => {
  const { reconcile, store, may, lost, change, fga } = await setUp();
  await reconcile();
  assert.equal(await may("ada"), true);
  const { storeId, authorizationModelId } = store()!.status!;
  await reconcile();
  assert.equal(store()!.status!.authorizationModelId, authorizationModelId);
  change((it) => (it.spec.tuples = [tuple("bob")]));
  await reconcile();
  assert.deepEqual([await may("ada"), await may("bob")], [false, true]);
  change((it) => (it.spec.coreModule = core.replace("[user]", "[user, user:*]")));
  await reconcile();
  assert.notEqual(store()!.status!.authorizationModelId, authorizationModelId);
  assert.equal(store()!.status!.storeId, storeId);
  assert.deepEqual(lost, []);
  await fga.close();
});

test("a store that has gone is made again, with model and tuples; so is what an older engine has lost", async () => {
  const { reconcile, store, may, lost, fga } = await setUp();
  await reconcile();
  const { storeId } = store()!.status!;
  await fga.deleteStore({ storeId: storeId! });
  const result = await reconcile();
  assert.notEqual(store()!.status!.storeId, storeId);
  assert.equal(await may("ada"), true);
  assert.deepEqual(lost, ["acme"]);
  assert.ok(result!.requeueAfterMs! <= 90_000, "it looks again by itself");

  await fga.write({ storeId: store()!.status!.storeId!, deletes: [tuple("ada")] });
  await reconcile();
  assert.equal(await may("ada"), true);
  assert.deepEqual(lost, ["acme", "acme"]);

  // a model that is newer than ours would count instead of it
  const other = { schema_version: "1.1", type_definitions: [{ type: "user" }] };
  await fga.writeAuthorizationModel({ storeId: store()!.status!.storeId!, model: other });
  await reconcile();
  assert.equal(await may("ada"), true);
  await fga.close();
});

test("a store of that name is taken up when a pass before us made it; an earlier organization's rights are nobody's", async () => {
  const { reconcile, store, fga, may } = await setUp();
  const old = (await fga.createStore({ name: "acme" })).id;
  const begun = (await fga.createStore({ name: "acme" })).id;
  const { authorizationModelId } = await fga.writeAuthorizationModel({
    storeId: old,
    model: {
      schema_version: "1.1",
      type_definitions: [
        { type: "user" },
        {
          type: "doc",
          relations: { viewer: { this: {} } },
          metadata: { relations: { viewer: { directly_related_user_types: [{ type: "user" }] } } },
        },
      ],
    },
  });
  await fga.write({ storeId: old, authorizationModelId, writes: [tuple("eve")] });
  await reconcile();
  assert.equal(store()!.status!.storeId, begun);
  assert.deepEqual([await may("eve"), await may("ada")], [false, true]);
  await fga.close();
});

test("a Store of another workspace is not used, whatever its status says, and harms nobody when it goes", async () => {
  const victim = await setUp();
  await victim.reconcile();
  const { storeId } = victim.store()!.status!;
  const elsewhere = await setUp("root:orgs:acme");
  await elsewhere.reconcile();
  assert.equal(elsewhere.store()!.status?.storeId, undefined);
  assert.match(JSON.stringify(elsewhere.store()!.status), /stores are those of root:orgs/);
  elsewhere.change((it) => {
    it.status = { ...it.status, storeId: storeId!, managedTuples: [tuple("ada")] };
    it.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  });
  await elsewhere.reconcile();
  assert.equal(elsewhere.store(), undefined);
  assert.equal(await victim.may("ada"), true);
  await Promise.all([victim.fga.close(), elsewhere.fga.close()]);
});

test("a deletion waits for the models that were generated for it, then store and object go", async () => {
  const { reconcile, store, change, generated, fga } = await setUp();
  await reconcile();
  change((it) => (it.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"));
  generated(1);
  await reconcile();
  assert.match(JSON.stringify(store()!.status), /found non-zero count of depending authorization models/);
  generated(0);
  await reconcile();
  assert.equal(store(), undefined);
  assert.deepEqual((await fga.listStores({})).stores, []);
  await fga.close();
});
