import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryTupleStore } from "./drivers/memory/memory-tuple-store.ts";
import { modelFromDsl } from "./dsl/model-from-dsl.ts";
import { embeddedOpenFga } from "./embedded-open-fga.ts";
import { OpenFgaError } from "./errors.ts";
import type { Limits } from "./limits.ts";
import type { EmbeddedOpenFga, StoreChange, TupleKey } from "./open-fga.ts";
import { tuple } from "./testing/test-open-fga.ts";
import type { TupleStoreRecord } from "./tuple-store.ts";
import { ulid } from "./ulid.ts";

const dsl = `model
  schema 1.1
type user
type role
  relations
    define assignee: [user, user:*]
type account
  relations
    define parent: [account]
    define banned: [user]
    define owner: [role#assignee] or owner from parent
    define member: ([user, role#assignee] or owner) but not banned
type group
  relations
    define member: [user, group#member]
    define odd: [user, group#odd] and member
`;

async function world(tuples: readonly TupleKey[], limits: Partial<Limits> = {}): Promise<{ fga: EmbeddedOpenFga; storeId: string }> {
  const fga = embeddedOpenFga({ tupleStore: new MemoryTupleStore(), limits });
  const { id: storeId } = await fga.createStore({ name: "test" });
  await fga.writeAuthorizationModel({ storeId, model: modelFromDsl(dsl) });
  for (let i = 0; i < tuples.length; i += 100) await fga.write({ storeId, writes: tuples.slice(i, i + 100) });
  return { fga, storeId };
}

const shown = ({ object, relation, user, contextual }: TupleKey & { contextual?: boolean }): string =>
  `${object}#${relation}@${user}${contextual ? " (contextual)" : ""}`;

test("explain: the tuples from the user to the object", async () => {
  const { fga, storeId } = await world([
    tuple("account:root#owner@role:r#assignee"),
    tuple("role:r#assignee@user:anne"),
    tuple("account:a#parent@account:root"),
  ]);
  const explanation = fga.explain({
    storeId,
    ...tuple("account:b#member@user:anne"),
    contextualTuples: [tuple("account:b#parent@account:a")],
  });
  assert.equal(explanation.allowed, true);
  assert.deepEqual(explanation.path.map(shown), [
    "role:r#assignee@user:anne",
    "account:root#owner@role:r#assignee",
    "account:a#parent@account:root",
    "account:b#parent@account:a (contextual)",
  ]);
});

test("explain: what was looked at in vain, or what took it away", async () => {
  const { fga, storeId } = await world([
    tuple("account:a#owner@role:r#assignee"),
    tuple("role:r#assignee@user:anne"),
    tuple("account:a#banned@user:anne"),
  ]);
  const stranger = fga.explain({ storeId, ...tuple("account:a#member@user:zoe") });
  assert.equal(stranger.allowed, false);
  assert.deepEqual(stranger.path, []);
  assert.ok(stranger.missing.some(({ object, relation, users }) => object === "account:a" && relation === "parent" && users === 0));
  assert.ok(stranger.missing.some(({ object, relation, users }) => object === "role:r" && relation === "assignee" && users === 1));
  const banned = fga.explain({ storeId, ...tuple("account:a#member@user:anne") });
  assert.match(banned.missing[0]!.why, /but not/);
});

test("explain follows cycles of tuples out of them", async () => {
  const { fga, storeId } = await world(
    ["group:a#member@group:b#member", "group:b#member@group:a#member", "group:b#member@group:c#member", "group:c#member@user:anne"].map(
      (text) => tuple(text),
    ),
  );
  assert.deepEqual(fga.explain({ storeId, ...tuple("group:a#member@user:anne") }).path.map(shown), [
    "group:c#member@user:anne",
    "group:b#member@group:c#member",
    "group:a#member@group:b#member",
  ]);
});

test("listeners hear what changed in their store, once it can be seen", async () => {
  const { fga, storeId } = await world([]);
  const heard: StoreChange[] = [];
  const seen: boolean[] = [];
  const stop = fga.onChange(storeId, (change) => {
    heard.push(change);
    if (change.kind === "tuples") seen.push(fga.check({ storeId, ...tuple("group:a#member@user:anne") }).allowed);
  });
  const all: string[] = [];
  fga.onChange("all", ({ kind }) => all.push(kind));
  await fga.write({ storeId, writes: [tuple("group:a#member@user:anne")] });
  await fga.write({ storeId, writes: [tuple("group:a#member@user:anne")], onDuplicate: "ignore" });
  await fga.createStore({ name: "other" });
  stop();
  await fga.write({ storeId, deletes: [tuple("group:a#member@user:anne")] });
  assert.deepEqual(
    heard.map(({ writes }) => writes.map(shown)),
    [["group:a#member@user:anne"]],
  );
  assert.deepEqual(seen, [true]);
  assert.deepEqual(all, ["tuples", "store", "tuples"]);
});

test("a commit that fails takes everything back and ends the engine for writers", async () => {
  let failing = false;
  const store = new MemoryTupleStore();
  const durable = Object.assign(Object.create(store) as MemoryTupleStore, {
    durable: true,
    load: () => 0,
    commit: (records: readonly TupleStoreRecord[]) => {
      if (failing) throw new Error("no space left");
      store.commit(records);
    },
    close: () => store.close(),
  });
  const fga = embeddedOpenFga({ tupleStore: durable });
  const { id: storeId } = await fga.createStore({ name: "test" });
  await fga.writeAuthorizationModel({ storeId, model: modelFromDsl(dsl) });
  await fga.write({ storeId, writes: [tuple("group:a#member@user:anne")] });
  failing = true;
  const both = await Promise.allSettled([
    fga.write({ storeId, writes: [tuple("group:a#member@user:beth")], deletes: [tuple("group:a#member@user:anne")] }),
    fga.write({ storeId, writes: [tuple("group:b#member@user:beth")] }),
  ]);
  for (const each of both)
    assert.ok(each.status === "rejected" && each.reason instanceof OpenFgaError && each.reason.code === "internal_error");
  assert.equal(fga.check({ storeId, ...tuple("group:a#member@user:anne") }).allowed, true);
  assert.equal(fga.check({ storeId, ...tuple("group:a#member@user:beth") }).allowed, false);
  failing = false;
  assert.throws(() => fga.write({ storeId, writes: [tuple("group:c#member@user:beth")] }), OpenFgaError);
});

test("writes that wait together are decided one after the other", async () => {
  const { fga, storeId } = await world([]);
  const key = tuple("group:a#member@user:anne");
  const outcomes = await Promise.allSettled([0, 1, 2].map(async () => fga.write({ storeId, writes: [key] })));
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"]);
});

test("fully connected groups are walked once, not along every path", async () => {
  const groups = Array.from({ length: 40 }, (_, i) => `group:${i}`);
  const tuples = groups.flatMap((from) => groups.filter((to) => to !== from).map((to) => tuple(`${from}#member@${to}#member`)));
  const { fga, storeId } = await world(tuples);
  const started = performance.now();
  // Beyond 24 groups in a row the walk is too deep, and each group is one step from every other.
  assert.throws(
    () => fga.check({ storeId, ...tuple("group:0#member@user:nobody") }),
    (error: unknown) => error instanceof OpenFgaError && error.code === "authorization_model_resolution_too_complex",
  );
  await fga.write({ storeId, writes: [tuple("group:39#member@user:anne")] });
  assert.equal(fga.check({ storeId, ...tuple("group:0#member@user:anne") }).allowed, true);
  assert.ok(performance.now() - started < 1_000);
});

test("a wide group is looked up, not looked through", async () => {
  const { fga, storeId } = await world(Array.from({ length: 20_000 }, (_, i) => tuple(`group:wide#member@user:${i}`)));
  const started = performance.now();
  for (let i = 0; i < 2_000; i++) fga.check({ storeId, ...tuple(`group:wide#member@user:${i % 2 ? i : `none-${i}`}`) });
  assert.ok(performance.now() - started < 1_000);
});

test("a question that takes too many steps ends as upstream's deadline", async () => {
  const groups = Array.from({ length: 12 }, (_, i) => `group:${i}`);
  const tuples = groups.flatMap((from) =>
    groups.flatMap((to) => [tuple(`${from}#member@user:anne`), ...(to === from ? [] : [tuple(`${from}#odd@${to}#odd`)])]),
  );
  const unique = [...new Map(tuples.map((key) => [shown(key), key])).values()];
  const { fga, storeId } = await world(unique, { steps: 10_000 });
  assert.throws(
    () => fga.check({ storeId, ...tuple("group:0#odd@user:anne") }),
    (error: unknown) => error instanceof OpenFgaError && error.code === "deadline_exceeded",
  );
});

test("limits are settings", async () => {
  const { fga, storeId } = await world(
    [
      tuple("account:a#parent@account:b"),
      tuple("account:b#parent@account:c"),
      tuple("account:c#owner@role:r#assignee"),
      tuple("role:r#assignee@user:anne"),
    ],
    { resolutionDepth: 3, tuplesPerWrite: 200, typesPerModel: 500 },
  );
  assert.throws(
    () => fga.check({ storeId, ...tuple("account:a#owner@user:anne") }),
    (error: unknown) => error instanceof OpenFgaError && error.code === "authorization_model_resolution_too_complex",
  );
  assert.equal(fga.check({ storeId, ...tuple("account:b#owner@user:anne") }).allowed, true);
  await fga.write({ storeId, writes: Array.from({ length: 150 }, (_, i) => tuple(`group:${i}#member@user:anne`)) });
  await fga.writeAuthorizationModel({
    storeId,
    model: { schema_version: "1.2", type_definitions: Array.from({ length: 400 }, (_, i) => ({ type: `t${i}` })) },
  });
});

test("a model may weigh 256 KiB, a tuple's context 32 KiB, assertions 64 000 bytes", async () => {
  const { fga, storeId } = await world([]);
  const relations = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`relation_with_a_rather_long_name_${i}`, { this: {} }]));
  const references = Object.fromEntries(Object.keys(relations).map((name) => [name, { directly_related_user_types: [{ type: "user" }] }]));
  const model = {
    schema_version: "1.1",
    type_definitions: [{ type: "user" }, { type: "doc", relations, metadata: { relations: references } }],
  };
  assert.throws(
    () => fga.writeAuthorizationModel({ storeId, model }),
    /^OpenFgaError: model exceeds size limit: \d+ bytes vs 262144 bytes$/,
  );
  const conditioned = `${dsl}type doc\n  relations\n    define r: [user with cond]\ncondition cond(s: string) {\n  s == "a"\n}\n`;
  const { authorizationModelId } = await fga.writeAuthorizationModel({ storeId, model: modelFromDsl(conditioned) });
  assert.throws(
    () => fga.write({ storeId, writes: [tuple("doc:1#r@user:anne", "cond", { s: "x".repeat(33_000) })] }),
    /condition context size limit exceeded/,
  );
  const assertions = Array.from({ length: 100 }, () => ({
    tupleKey: tuple("doc:1#r@user:anne"),
    expectation: true,
    context: { s: "x".repeat(700) },
  }));
  assert.throws(
    () => fga.writeAssertions({ storeId, authorizationModelId, assertions }),
    (error: unknown) => error instanceof OpenFgaError && error.code === "exceeded_entity_limit",
  );
});

test("changes start at a time, to the millisecond", async () => {
  let now = Date.parse("2026-01-01T00:00:00.000Z");
  const fga = embeddedOpenFga({ tupleStore: new MemoryTupleStore(), now: () => now });
  const { id: storeId } = await fga.createStore({ name: "test" });
  await fga.writeAuthorizationModel({ storeId, model: modelFromDsl(dsl) });
  for (const name of ["a", "b", "c"]) {
    await fga.write({ storeId, writes: [tuple(`group:${name}#member@user:anne`)] });
    now += 1;
  }
  const { changes } = await fga.readChanges({ storeId, startTime: "2026-01-01T00:00:00.001Z" });
  assert.deepEqual(
    changes.map(({ tupleKey, timestamp }) => [tupleKey.object, timestamp]),
    [
      ["group:b", "2026-01-01T00:00:00.001Z"],
      ["group:c", "2026-01-01T00:00:00.002Z"],
    ],
  );
});

test("names from Object's prototype are names like others", async () => {
  const fga = embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  const { id: storeId } = await fga.createStore({ name: "test" });
  const model = modelFromDsl(
    "model\n  schema 1.1\ntype constructor\ntype toString\n  relations\n    define valueOf: [constructor]\n    define hasOwnProperty: valueOf\n",
  );
  await fga.writeAuthorizationModel({ storeId, model });
  await fga.write({ storeId, writes: [tuple("toString:1#valueOf@constructor:__proto__")] });
  assert.equal(fga.check({ storeId, ...tuple("toString:1#hasOwnProperty@constructor:__proto__") }).allowed, true);
  assert.throws(() => fga.check({ storeId, ...tuple("toString:1#isPrototypeOf@constructor:1") }), OpenFgaError);
});

test("ulids grow within a millisecond too", () => {
  const made = Array.from({ length: 1_000 }, () => ulid(1_700_000_000_000));
  assert.deepEqual(made, [...new Set(made)].sort());
  for (const id of made) assert.match(id, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
});
