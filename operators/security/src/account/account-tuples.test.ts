import assert from "node:assert/strict";
import { test } from "node:test";
import { embeddedOpenFga, MemoryTupleStore, modelFromDsl } from "@meshplane/rebac";
import { everybodyIsMember, ownerTuples, parentTuple, tuplesOfAccount } from "./account-tuples.ts";
import { TuplesInside } from "./tuples-inside.ts";
import { missingOf, syncTuples, writeTuples } from "../tuples/managed-tuples.ts";

const place = { originCluster: "o", name: "acme" };
const owner = "role:core_platform-mesh_io_account/o/acme/owner";

const model = modelFromDsl(`model
  schema 1.1
type user
type role
  relations
    define assignee: [user, user:*]
type core_platform-mesh_io_account
  relations
    define parent: [core_platform-mesh_io_account]
    define owner: [role#assignee] or owner from parent
    define member: [role#assignee] or owner
type example_io_widget
  relations
    define owner: [role#assignee]
`);

async function engine() {
  const fga = await embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  const { id: storeId } = await fga.createStore({ name: "acme" });
  await fga.writeAuthorizationModel({ storeId, model });
  const all = async () =>
    (await fga.read({ storeId, pageSize: 100 })).tuples.map(({ key }) => `${key.object}#${key.relation}@${key.user}`).sort();
  return { fga, storeId, all };
}

test("whoever made the account owns it, a service account too; nobody else looks like one", () => {
  assert.deepEqual(ownerTuples(place, "ada@example.com"), [
    { object: owner, relation: "assignee", user: "user:ada@example.com" },
    { object: "core_platform-mesh_io_account:o/acme", relation: "owner", user: `${owner}#assignee` },
  ]);
  assert.equal(ownerTuples(place, "system:serviceaccount:ns:bot")[0]!.user, "user:system.serviceaccount.ns.bot");
  assert.notEqual(ownerTuples(place, "system.serviceaccount.ns.bot")[0]!.user, "user:system.serviceaccount.ns.bot");
  assert.notEqual(ownerTuples(place, "*")[0]!.user, "user:*");
});

test("owners of a parent own the account, members of it do not enter", async () => {
  const { fga, storeId } = await engine();
  const dev = { originCluster: "a", name: "dev" };
  await writeTuples(fga, storeId, {
    writes: [...ownerTuples(place, "ada"), ...everybodyIsMember(place), ...ownerTuples(dev, "bob"), parentTuple(dev, place)],
  });
  const may = async (user: string, relation: string) =>
    (await fga.check({ storeId, user: `user:${user}`, relation, object: "core_platform-mesh_io_account:a/dev" })).allowed;
  assert.equal(await may("ada", "owner"), true);
  assert.equal(await may("bob", "owner"), true);
  assert.equal(await may("eve", "member"), false);
  await fga.close();
});

test("an account that ends takes its tuples, its roles' and those of all that was inside; nothing else goes", async () => {
  const { fga, storeId, all } = await engine();
  const dev = { originCluster: "a", name: "dev" };
  const widget = (cluster: string) => [
    { object: `role:example_io_widget/${cluster}/w/owner`, relation: "assignee", user: "user:bob" },
    { object: `example_io_widget:${cluster}/w`, relation: "owner", user: `role:example_io_widget/${cluster}/w/owner#assignee` },
  ];
  const kept = [...ownerTuples(place, "ada"), ...ownerTuples({ originCluster: "a", name: "dev2" }, "bob"), ...widget("c2")];
  await writeTuples(fga, storeId, { writes: kept });
  const before = await all();
  const many = Array.from({ length: 150 }, (_, i) => ({
    object: "role:core_platform-mesh_io_account/a/dev/member",
    relation: "assignee",
    user: `user:u${i}`,
  }));
  const members = {
    object: "core_platform-mesh_io_account:a/dev",
    relation: "member",
    user: "role:core_platform-mesh_io_account/a/dev/member#assignee",
  };
  await writeTuples(fga, storeId, {
    writes: [...ownerTuples(dev, "bob"), parentTuple(dev, place), members, ...many, ...widget("c1"), ...widget("c3")],
  });
  await writeTuples(fga, storeId, { deletes: await tuplesOfAccount(fga, storeId, dev) });
  const inside = new TuplesInside(fga);
  await Promise.all([inside.remove(storeId, "c1"), inside.remove(storeId, "c3")]);
  await inside.remove(storeId, "c1");
  assert.deepEqual(await all(), before);
  await fga.close();
});

test("managed tuples: what is there is fine, what was and is not wanted goes, a loss is noticed", async () => {
  const { fga, storeId, all } = await engine();
  const [assignee, grant] = ownerTuples(place, "ada") as [
    Parameters<typeof syncTuples>[2][number],
    Parameters<typeof syncTuples>[2][number],
  ];
  const managed = await syncTuples(fga, storeId, [assignee, grant], []);
  assert.deepEqual(await syncTuples(fga, storeId, [assignee, grant], managed), managed);
  assert.equal(await missingOf(fga, storeId, managed), false);
  await writeTuples(fga, storeId, { deletes: [grant, grant] });
  assert.equal(await missingOf(fga, storeId, managed), true);
  assert.deepEqual(await syncTuples(fga, storeId, [grant], managed), [grant]);
  assert.equal((await all()).length, 1);
  await fga.close();
});
