import assert from "node:assert/strict";
import { test } from "node:test";
import { modelFromDsl } from "../dsl/model-from-dsl.ts";
import { OpenFgaError, type ErrorCode } from "../errors.ts";
import type { CheckRequest, Context, ListedUser, OpenFga, TupleKey } from "../open-fga.ts";

export interface OpenedFga {
  fga: OpenFga;
  close: () => Promise<void>;
}

/** `object#relation@user`, optionally with a condition's name and context. */
export function tuple(text: string, condition?: string, context?: Context): TupleKey {
  const [, object, relation, user] = /^(.+?)#(.+?)@(.+)$/.exec(text) as unknown as [string, string, string, string];
  const key: TupleKey = { user, relation, object };
  if (condition !== undefined) key.condition = context === undefined ? { name: condition } : { name: condition, context };
  return key;
}

const shownUser = (user: ListedUser): string => {
  if ("object" in user) return `${user.object.type}:${user.object.id}`;
  if ("userset" in user) return `${user.userset.type}:${user.userset.id}#${user.userset.relation}`;
  return `${user.wildcard.type}:*`;
};

const documents = `model
  schema 1.1
type user
type group
  relations
    define member: [user, user:*, group#member]
type folder
  relations
    define parent: [folder]
    define owner: [user]
    define viewer: [user, user:*, group#member] or owner or viewer from parent
type doc
  relations
    define parent: [folder]
    define blocked: [user, user:*]
    define writer: [user, group#member]
    define reader: ([user, user:*, group#member] or writer or viewer from parent) but not blocked
    define signer: [user, group#member] and writer
    define timed: [user with before, user:* with before]
condition before(now: timestamp, end: timestamp) {
  now < end
}
`;

/** A store with a model and tuples, for one test. */
class World {
  readonly fga: OpenFga;
  readonly storeId: string;

  private constructor(fga: OpenFga, storeId: string) {
    this.fga = fga;
    this.storeId = storeId;
  }

  static async of(fga: OpenFga, dsl = documents, tuples: readonly TupleKey[] = []): Promise<World> {
    const world = new World(fga, (await fga.createStore({ name: "contract test" })).id);
    await fga.writeAuthorizationModel({ storeId: world.storeId, model: modelFromDsl(dsl) });
    for (let i = 0; i < tuples.length; i += 100) await fga.write({ storeId: world.storeId, writes: tuples.slice(i, i + 100) });
    return world;
  }

  async check(question: string, more: Partial<CheckRequest> = {}): Promise<boolean> {
    return (await this.fga.check({ storeId: this.storeId, ...tuple(question), ...more })).allowed;
  }

  async objects(type: string, relation: string, user: string, more: object = {}): Promise<string[]> {
    return (await this.fga.listObjects({ storeId: this.storeId, type, relation, user, ...more })).objects.sort();
  }

  async users(object: string, relation: string, filter: string, more: object = {}): Promise<string[]> {
    const [type, id] = object.split(":") as [string, string];
    const [filterType, filterRelation] = filter.split("#") as [string, string?];
    const userFilters = [filterRelation === undefined ? { type: filterType } : { type: filterType, relation: filterRelation }];
    return (await this.fga.listUsers({ storeId: this.storeId, object: { type, id }, relation, userFilters, ...more })).users
      .map(shownUser)
      .sort();
  }
}

async function refuses(code: ErrorCode, question: () => unknown, message?: string | RegExp): Promise<void> {
  try {
    await question();
  } catch (error) {
    assert.ok(error instanceof OpenFgaError, String(error));
    assert.equal(error.code, code, error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else if (message) assert.match(error.message, message);
    return;
  }
  assert.fail(`nothing failed; ${code} was expected`);
}

/**
 * What every engine behind `OpenFga` has to do, the real one included. @see https://openfga.dev/api/service
 * @param open one engine for all tests; each makes stores of its own
 */
export function testOpenFga(engine: string, open: () => Promise<OpenedFga>, { skip }: { skip?: string } = {}): void {
  let opened: Promise<OpenedFga> | undefined;
  const fga = async (): Promise<OpenFga> => (await (opened ??= open())).fga;
  const contract = (name: string, body: (fga: OpenFga) => Promise<void>): void => {
    test(`${engine}: ${name}`, { skip: skip ?? false }, async () => body(await fga()));
  };
  test.after(async () => {
    if (opened !== undefined) await (await opened).close();
  });

  contract("a store is made, found, listed by name and deleted", async (fga) => {
    const name = `store ${Date.now() % 1_000_000}`;
    const first = await fga.createStore({ name });
    const second = await fga.createStore({ name });
    assert.match(first.id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
    assert.ok(first.id < second.id, "ids grow");
    assert.equal(first.createdAt, first.updatedAt);
    assert.deepEqual(await fga.getStore({ storeId: first.id }), first);
    const page = await fga.listStores({ name, pageSize: 1 });
    assert.deepEqual(
      page.stores.map(({ id }) => id),
      [first.id],
    );
    const rest = await fga.listStores({ name, continuationToken: page.continuationToken });
    assert.deepEqual(
      rest.stores.map(({ id }) => id),
      [second.id],
    );
    assert.equal(rest.continuationToken, "");
    await fga.deleteStore({ storeId: first.id });
    await refuses("store_id_not_found", () => fga.getStore({ storeId: first.id }));
    await fga.deleteStore({ storeId: first.id });
    assert.deepEqual(
      (await fga.listStores({ name })).stores.map(({ id }) => id),
      [second.id],
    );
  });

  contract("models are immutable, newest first, and the newest one counts", async (fga) => {
    const { storeId } = await World.of(fga, "model\n  schema 1.1\ntype user\n");
    const other = await fga.writeAuthorizationModel({ storeId, model: modelFromDsl(documents) });
    const { authorizationModels, continuationToken } = await fga.readAuthorizationModels({ storeId, pageSize: 1 });
    assert.deepEqual(
      authorizationModels.map(({ id }) => id),
      [other.authorizationModelId],
    );
    const rest = await fga.readAuthorizationModels({ storeId, continuationToken });
    assert.equal(rest.authorizationModels.length, 1);
    assert.equal(rest.continuationToken, "");
    const read = await fga.readAuthorizationModel({ storeId, id: other.authorizationModelId });
    assert.deepEqual(
      read.type_definitions.map(({ type }) => type),
      ["user", "group", "folder", "doc"],
    );
    assert.equal(read.conditions!.before!.expression, "now < end");
    assert.equal((await fga.check({ storeId, ...tuple("doc:1#reader@user:anne") })).authorizationModelId, other.authorizationModelId);
    await refuses(
      "authorization_model_not_found",
      () => fga.readAuthorizationModel({ storeId, id: storeId }),
      `Authorization Model '${storeId}' not found`,
    );
    const empty = await fga.createStore({ name: "without model" });
    await refuses(
      "latest_authorization_model_not_found",
      () => fga.check({ storeId: empty.id, ...tuple("doc:1#reader@user:anne") }),
      `No authorization models found for store '${empty.id}'`,
    );
    await refuses("latest_authorization_model_not_found", () =>
      fga.write({ storeId: empty.id, deletes: [tuple("doc:1#reader@user:anne")] }),
    );
  });

  contract("a write is seen by the next question and a delete too", async (fga) => {
    const world = await World.of(fga);
    assert.equal(await world.check("doc:1#writer@user:anne"), false);
    await fga.write({ storeId: world.storeId, writes: [tuple("doc:1#writer@user:anne")] });
    assert.equal(await world.check("doc:1#writer@user:anne"), true);
    await fga.write({ storeId: world.storeId, writes: [tuple("doc:1#writer@user:beth")], deletes: [tuple("doc:1#writer@user:anne")] });
    assert.equal(await world.check("doc:1#writer@user:anne"), false);
    assert.equal(await world.check("doc:1#writer@user:beth"), true);
  });

  contract("a write is all or nothing, and repeats are refused or ignored", async (fga) => {
    const { storeId } = await World.of(fga, documents, [
      tuple("doc:1#writer@user:anne"),
      tuple("doc:1#timed@user:anne", "before", { end: "2030-01-01T00:00:00Z" }),
    ]);
    const twice = tuple("doc:1#writer@user:anne");
    const fresh = tuple("doc:1#writer@user:carl");
    const tail = "tuple to be written already existed or the tuple to be deleted did not exist";
    await refuses(
      "write_failed_due_to_invalid_input",
      () => fga.write({ storeId, writes: [fresh, twice] }),
      `cannot write a tuple which already exists: user: 'user:anne', relation: 'writer', object: 'doc:1': ${tail}`,
    );
    assert.equal((await fga.check({ storeId, ...fresh })).allowed, false);
    await refuses(
      "write_failed_due_to_invalid_input",
      () => fga.write({ storeId, deletes: [fresh] }),
      `cannot delete a tuple which does not exist: user: 'user:carl', relation: 'writer', object: 'doc:1': ${tail}`,
    );
    await fga.write({ storeId, writes: [fresh, twice], onDuplicate: "ignore" });
    await fga.write({ storeId, deletes: [fresh, tuple("doc:1#writer@user:nobody")], onMissing: "ignore" });
    await refuses(
      "Aborted",
      () =>
        fga.write({ storeId, writes: [tuple("doc:1#timed@user:anne", "before", { end: "2031-01-01T00:00:00Z" })], onDuplicate: "ignore" }),
      /attempted to write a tuple which already exists with a different condition: user: 'user:anne'/,
    );
    await fga.write({
      storeId,
      writes: [tuple("doc:1#timed@user:anne", "before", { end: "2030-01-01T00:00:00Z" })],
      onDuplicate: "ignore",
    });
    await refuses(
      "cannot_allow_duplicate_tuples_in_one_request",
      () => fga.write({ storeId, writes: [fresh], deletes: [fresh] }),
      "duplicate tuple in write: user: 'user:carl', relation: 'writer', object: 'doc:1'",
    );
    await refuses("invalid_write_input", () => fga.write({ storeId }));
    const many = Array.from({ length: 101 }, (_, i) => tuple(`doc:${i}#writer@user:many`));
    await refuses(
      "exceeded_entity_limit",
      () => fga.write({ storeId, writes: many }),
      "The number of write operations exceeds the allowed limit of 100",
    );
  });

  const badTuples: { key: TupleKey; reason: string }[] = [
    {
      key: tuple("doc:1#writer@anne"),
      reason: "the 'user' field must be an object (e.g. document:1) or an 'object#relation' or a typed wildcard (e.g. group:*)",
    },
    { key: tuple("doc:1#writer@user:a:b"), reason: "the 'user' field is malformed" },
    { key: tuple("doc:1#writer@ghost:1"), reason: "type 'ghost' not found" },
    { key: tuple("doc:1#writer@group:1#ghost"), reason: "relation 'group#ghost' not found" },
    { key: { user: "user:anne", relation: "writer", object: "doc" }, reason: "invalid 'object' field format" },
    { key: { user: "user:anne", relation: "writer", object: "doc:*" }, reason: "the 'object' field cannot reference a typed wildcard" },
    { key: tuple("ghost:1#writer@user:anne"), reason: "type 'ghost' not found" },
    { key: tuple("doc:1#ghost@user:anne"), reason: "relation 'doc#ghost' not found" },
    { key: tuple("doc:1#parent@folder:*"), reason: "unexpected wildcard relationship with tupleset relation 'doc#parent'" },
    { key: tuple("doc:1#parent@folder:1#owner"), reason: "unexpected user 'folder:1#owner' with tupleset relation 'doc#parent'" },
    { key: tuple("doc:1#writer@folder:1"), reason: "type 'folder' is not an allowed type restriction for 'doc#writer'" },
    { key: tuple("doc:1#writer@folder:1#owner"), reason: "'folder#owner' is not an allowed type restriction for 'doc#writer'" },
    { key: tuple("doc:1#writer@user:*"), reason: "the typed wildcard 'user:*' is not an allowed type restriction for 'doc#writer'" },
    { key: tuple("doc:1#timed@user:anne"), reason: "condition is missing" },
    { key: tuple("doc:1#timed@user:anne", "ghost"), reason: "undefined condition" },
    { key: tuple("doc:1#writer@user:anne", "before"), reason: "invalid condition for type restriction" },
    { key: tuple("doc:1#timed@user:anne", "before", { other: 1 }), reason: "found invalid context parameter: other" },
    { key: tuple("group:1#member@group:1#member"), reason: "cannot write a tuple that is implicit" },
  ];
  contract("a bad tuple is refused with its reason, written or contextual", async (fga) => {
    const world = await World.of(fga);
    for (const { key, reason } of badTuples) {
      const condition = key.condition && !["condition is missing"].includes(reason) ? ` (condition ${key.condition.name})` : "";
      await refuses(
        "validation_error",
        () => fga.write({ storeId: world.storeId, writes: [key] }),
        `Invalid tuple '${key.object}#${key.relation}@${key.user}${condition}'. Reason: ${reason}`,
      );
      if (reason.includes("implicit")) continue; // tolerated as a contextual one
      await refuses("invalid_tuple", () => world.check("doc:1#reader@user:anne", { contextualTuples: [key] }));
    }
  });

  contract("a bad question is refused with its reason", async (fga) => {
    const world = await World.of(fga);
    await refuses("validation_error", () => world.check("ghost:1#reader@user:anne"), /type 'ghost' not found/);
    await refuses("validation_error", () => world.check("doc:1#ghost@user:anne"), "invalid relation: relation 'doc#ghost' not found");
    await refuses("validation_error", () => world.check("doc:1#reader@ghost:anne"));
    await refuses(
      "validation_error",
      () => world.check("doc:1#reader@user:system:serviceaccount:a"),
      "invalid relation: the 'user' field is malformed",
    );
    assert.equal(await world.check("doc:1#reader@folder:1"), false, "a user whose type cannot have the relation");
  });

  contract("read filters by what is given, in the order of writing, page by page", async (fga) => {
    const tuples = [
      "folder:1#viewer@user:anne",
      "folder:2#viewer@user:anne",
      "folder:1#owner@user:beth",
      "folder:1#viewer@group:eng#member",
      "doc:1#writer@user:anne",
    ].map((text) => tuple(text));
    const { storeId } = await World.of(fga, documents, tuples);
    const read = async (tupleKey: object | undefined): Promise<string[]> =>
      (await fga.read(tupleKey === undefined ? { storeId } : { storeId, tupleKey })).tuples.map(
        ({ key }) => `${key.object}#${key.relation}@${key.user}`,
      );
    assert.equal((await read(undefined)).length, 5);
    assert.deepEqual(await read({ object: "folder:1" }), [
      "folder:1#viewer@user:anne",
      "folder:1#owner@user:beth",
      "folder:1#viewer@group:eng#member",
    ]);
    assert.deepEqual(await read({ object: "folder:1", relation: "viewer" }), [
      "folder:1#viewer@user:anne",
      "folder:1#viewer@group:eng#member",
    ]);
    assert.deepEqual(await read({ object: "folder:1", user: "user:beth" }), ["folder:1#owner@user:beth"]);
    assert.deepEqual(await read({ object: "folder:", user: "user:anne" }), ["folder:1#viewer@user:anne", "folder:2#viewer@user:anne"]);
    assert.deepEqual(await read({ object: "folder:", user: "group:eng#member", relation: "viewer" }), ["folder:1#viewer@group:eng#member"]);
    assert.deepEqual(await read({ object: "ghost:1" }), []);
    for (const tupleKey of [{ object: "folder:" }, { user: "user:anne" }, { relation: "viewer" }])
      await refuses("validation_error", () => fga.read({ storeId, tupleKey }));
    const seen: string[] = [];
    let continuationToken = "";
    do {
      const page = await fga.read({ storeId, pageSize: 2, continuationToken });
      for (const { key } of page.tuples) seen.push(key.user);
      continuationToken = page.continuationToken;
    } while (continuationToken !== "");
    assert.deepEqual(
      seen,
      tuples.map(({ user }) => user),
    );
    await refuses("invalid_continuation_token", () => fga.read({ storeId, continuationToken: "bm90IGEgdG9rZW4" }));
  });

  contract("a condition's context is kept as written", async (fga) => {
    const { storeId } = await World.of(fga, documents, [
      tuple("doc:1#timed@user:anne", "before"),
      tuple("doc:1#timed@user:beth", "before", { end: "2030-01-01T00:00:00Z" }),
      tuple("doc:1#writer@user:carl"),
    ]);
    const { tuples } = await fga.read({ storeId });
    assert.deepEqual(
      tuples.map(({ key }) => key.condition),
      [{ name: "before", context: {} }, { name: "before", context: { end: "2030-01-01T00:00:00Z" } }, undefined],
    );
  });

  contract("the change log has writes and deletes, by type, and a token to go on from", async (fga) => {
    const { storeId } = await World.of(fga);
    const nothing = await fga.readChanges({ storeId });
    assert.deepEqual([nothing.changes, nothing.continuationToken], [[], ""]);
    await fga.write({ storeId, writes: [tuple("folder:1#owner@user:anne"), tuple("doc:1#writer@user:anne")] });
    await fga.write({ storeId, writes: [tuple("doc:2#writer@user:anne")], deletes: [tuple("doc:1#writer@user:anne")] });
    const all = await fga.readChanges({ storeId });
    assert.deepEqual(
      all.changes.map(({ tupleKey, operation }) => `${operation.slice(16)} ${tupleKey.object}`),
      ["WRITE folder:1", "WRITE doc:1", "DELETE doc:1", "WRITE doc:2"],
    );
    const docs = await fga.readChanges({ storeId, type: "doc", pageSize: 2 });
    assert.deepEqual(
      docs.changes.map(({ tupleKey }) => tupleKey.object),
      ["doc:1", "doc:1"],
    );
    await refuses("query_string_type_continuation_token_mismatch", () =>
      fga.readChanges({ storeId, type: "folder", continuationToken: docs.continuationToken }),
    );
    const again = await fga.readChanges({ storeId, continuationToken: all.continuationToken });
    assert.deepEqual([again.changes, again.continuationToken], [[], all.continuationToken]);
    await fga.write({ storeId, deletes: [tuple("ghost:1#x@user:anne")], onMissing: "ignore" });
    assert.deepEqual((await fga.readChanges({ storeId, continuationToken: all.continuationToken })).changes, [], "a no-op leaves no trace");
  });

  contract("union, computed relations, parents and groups", async (fga) => {
    const world = await World.of(
      fga,
      documents,
      [
        "doc:1#parent@folder:c",
        "folder:c#parent@folder:b",
        "folder:b#parent@folder:a",
        "folder:a#owner@user:anne",
        "folder:b#viewer@group:eng#member",
        "group:eng#member@group:core#member",
        "group:core#member@user:beth",
      ].map((text) => tuple(text)),
    );
    assert.equal(await world.check("doc:1#reader@user:anne"), true);
    assert.equal(await world.check("doc:1#reader@user:beth"), true);
    assert.equal(await world.check("doc:1#reader@group:core#member"), true);
    assert.equal(await world.check("doc:1#reader@group:other#member"), false);
    assert.equal(await world.check("doc:1#writer@user:anne"), false);
    assert.deepEqual(await world.objects("folder", "viewer", "user:beth"), ["folder:b", "folder:c"]);
    assert.deepEqual(await world.objects("doc", "reader", "user:anne"), ["doc:1"]);
    assert.deepEqual(await world.users("doc:1", "reader", "user"), ["user:anne", "user:beth"]);
    assert.deepEqual(await world.users("doc:1", "reader", "group#member"), ["group:core#member", "group:eng#member"]);
    const streamed: string[] = [];
    for await (const object of fga.streamedListObjects({ storeId: world.storeId, type: "folder", relation: "viewer", user: "user:anne" }))
      streamed.push(object);
    assert.deepEqual(streamed.sort(), ["folder:a", "folder:b", "folder:c"]);
  });

  contract("contextual tuples count for one question", async (fga) => {
    const world = await World.of(fga, documents, [tuple("folder:a#owner@user:anne")]);
    const contextualTuples = [tuple("doc:new#parent@folder:b"), tuple("folder:b#parent@folder:a")];
    assert.equal(await world.check("doc:new#reader@user:anne", { contextualTuples }), true);
    assert.equal(await world.check("doc:new#reader@user:anne"), false);
    assert.deepEqual(await world.objects("doc", "reader", "user:anne", { contextualTuples }), ["doc:new"]);
    assert.deepEqual(await world.users("doc:new", "reader", "user", { contextualTuples }), ["user:anne"]);
    assert.equal(
      await world.check("doc:new#reader@user:anne", { contextualTuples: [...contextualTuples, ...contextualTuples] }),
      true,
      "twice is harmless",
    );
    const many = Array.from({ length: 101 }, (_, i) => tuple(`doc:${i}#writer@user:many`));
    await refuses("validation_error", () => world.check("doc:1#reader@user:anne", { contextualTuples: many }), /no more than 100 item/);
  });

  contract("typed wildcards: everybody of a type, no usersets, no other types", async (fga) => {
    const world = await World.of(fga, documents, [
      tuple("doc:1#reader@user:*"),
      tuple("doc:2#reader@user:anne"),
      tuple("doc:1#blocked@user:beth"),
    ]);
    assert.equal(await world.check("doc:1#reader@user:anne"), true);
    assert.equal(await world.check("doc:1#reader@user:*"), true);
    assert.equal(await world.check("doc:2#reader@user:*"), false);
    assert.equal(await world.check("doc:1#reader@group:eng#member"), false);
    assert.equal(await world.check("doc:1#reader@user:beth"), false);
    assert.deepEqual(await world.users("doc:1", "reader", "user"), ["user:*"]);
    assert.deepEqual(await world.objects("doc", "reader", "user:anne"), ["doc:1", "doc:2"]);
    await fga.write({ storeId: world.storeId, writes: [tuple("doc:1#blocked@user:*")] });
    assert.equal(await world.check("doc:1#reader@user:anne"), false);
    assert.deepEqual(await world.users("doc:1", "reader", "user"), []);
  });

  contract("intersection and exclusion", async (fga) => {
    const world = await World.of(
      fga,
      documents,
      [
        "doc:1#signer@user:anne",
        "doc:1#signer@user:beth",
        "doc:1#writer@user:anne",
        "doc:1#writer@user:carl",
        "doc:1#blocked@user:carl",
      ].map((text) => tuple(text)),
    );
    assert.equal(await world.check("doc:1#signer@user:anne"), true);
    assert.equal(await world.check("doc:1#signer@user:beth"), false);
    assert.equal(await world.check("doc:1#signer@user:carl"), false);
    assert.equal(await world.check("doc:1#reader@user:carl"), false);
    assert.deepEqual(await world.users("doc:1", "signer", "user"), ["user:anne"]);
    assert.deepEqual(await world.users("doc:1", "reader", "user"), ["user:anne"]);
    assert.deepEqual(await world.objects("doc", "signer", "user:anne"), ["doc:1"]);
    assert.deepEqual(await world.objects("doc", "reader", "user:carl"), []);
  });

  contract("a userset has its own relation, whatever is stored", async (fga) => {
    const world = await World.of(fga);
    assert.equal(await world.check("group:eng#member@group:eng#member"), true);
    assert.equal(await world.check("group:eng#member@group:ops#member"), false);
    assert.deepEqual(await world.users("group:eng", "member", "group#member"), ["group:eng#member"]);
    assert.deepEqual(await world.objects("group", "member", "group:eng#member"), ["group:eng"]);
  });

  contract("cycles of tuples end", async (fga) => {
    const world = await World.of(
      fga,
      documents,
      [
        "group:a#member@group:b#member",
        "group:b#member@group:c#member",
        "group:c#member@group:a#member",
        "group:c#member@user:anne",
        "folder:1#parent@folder:2",
        "folder:2#parent@folder:1",
      ].map((text) => tuple(text)),
    );
    assert.equal(await world.check("group:a#member@user:anne"), true);
    assert.equal(await world.check("group:b#member@user:beth"), false);
    assert.equal(await world.check("folder:1#viewer@user:beth"), false);
    assert.deepEqual(await world.objects("group", "member", "user:anne"), ["group:a", "group:b", "group:c"]);
    assert.deepEqual(await world.users("group:a", "member", "user"), ["user:anne"]);
  });

  contract("a cycle below 'but not' makes it no", async (fga) => {
    const dsl = `model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
    define banned: [user, group#ok]
    define ok: member but not banned
`;
    const world = await World.of(fga, dsl, [tuple("group:1#member@user:anne"), tuple("group:1#banned@group:1#ok")]);
    assert.equal(await world.check("group:1#ok@user:anne"), false);
  });

  contract("24 steps through tuples work, 25 do not", async (fga) => {
    const chain = Array.from({ length: 30 }, (_, i) => tuple(`folder:${i}#parent@folder:${i + 1}`));
    const world = await World.of(fga, documents, [
      ...chain,
      tuple("folder:24#owner@user:deep"),
      tuple("folder:26#owner@user:deeper"),
      tuple("folder:26#viewer@group:far#member"),
      tuple("group:far#member@user:far"),
    ]);
    assert.equal(await world.check("folder:0#viewer@user:deep"), true);
    await refuses(
      "authorization_model_resolution_too_complex",
      () => world.check("folder:0#viewer@user:deeper"),
      /required too many rewrite rules to be resolved/,
    );
    await refuses("authorization_model_resolution_too_complex", () => world.check("folder:0#viewer@user:far"));
    assert.equal((await world.objects("folder", "viewer", "user:deeper")).length, 27, "lists of objects know no depth");
    await fga.write({ storeId: world.storeId, writes: [tuple("folder:0#owner@user:deeper")] });
    assert.equal(await world.check("folder:0#viewer@user:deeper"), true, "a short way wins");
  });

  contract("conditions decide by the stored context first, then the request's", async (fga) => {
    const world = await World.of(fga, documents, [
      tuple("doc:1#timed@user:anne", "before", { end: "2025-01-01T00:00:00Z" }),
      tuple("doc:2#timed@user:*", "before"),
    ]);
    const now = { now: "2024-06-01T00:00:00Z" };
    assert.equal(await world.check("doc:1#timed@user:anne", { context: now }), true);
    assert.equal(
      await world.check("doc:1#timed@user:anne", { context: { now: "2026-06-01T00:00:00+02:00", end: "2030-01-01T00:00:00Z" } }),
      false,
      "the stored end wins",
    );
    assert.equal(await world.check("doc:2#timed@user:anne", { context: { ...now, end: "2025-01-01T00:00:00Z" } }), true);
    await refuses(
      "validation_error",
      () => world.check("doc:1#timed@user:anne"),
      "failed to evaluate relationship condition: 'before' - tuple 'doc:1#timed@user:anne' is missing context parameters '[now]'",
    );
    await refuses(
      "validation_error",
      () => world.check("doc:1#timed@user:anne", { context: { now: "yesterday" } }),
      /parameter type error on condition 'before' - failed to convert context parameter 'now': expected RFC 3339 formatted timestamp string, but found 'yesterday'/,
    );
    assert.deepEqual(await world.objects("doc", "timed", "user:anne", { context: { ...now, end: "2024-12-01T00:00:00Z" } }), [
      "doc:1",
      "doc:2",
    ]);
    await refuses("validation_error", () => world.users("doc:1", "timed", "user"));
    await refuses("validation_error", () => world.check("doc:1#timed@user:anne", { context: { now: "a\u0001b" } }), /forbidden characters/);
  });

  const conversions: { type: string; value: unknown; fits: boolean; expression?: string; allowed?: boolean }[] = [
    { type: "bool", value: true, fits: true, expression: "v" },
    { type: "bool", value: "true", fits: false, expression: "v" },
    { type: "int", value: 5, fits: true, expression: "v == 5" },
    { type: "int", value: "5", fits: true, expression: "v == 5" },
    { type: "int", value: 1.5, fits: false, expression: "v == 5" },
    { type: "uint", value: 5, fits: true, expression: "v == 5u" },
    { type: "uint", value: -1, fits: false, expression: "v == 5u" },
    { type: "double", value: "0.5", fits: true, expression: "v == 0.5" },
    { type: "double", value: "0.1", fits: false, expression: "v == 0.5" },
    { type: "duration", value: "1h30m", fits: true, expression: 'v == duration("90m")' },
    { type: "duration", value: "1d", fits: false, expression: 'v == duration("90m")' },
    { type: "timestamp", value: "2024-01-01", fits: false, expression: 'v == timestamp("2024-01-01T00:00:00Z")' },
    { type: "ipaddress", value: "192.168.1.7", fits: true, expression: 'v.in_cidr("192.168.0.0/16")' },
    { type: "ipaddress", value: "::ffff:192.168.1.7", fits: true, expression: 'v == ipaddress("192.168.1.7")' },
    { type: "ipaddress", value: "300.1.1.1", fits: false, expression: 'v.in_cidr("192.168.0.0/16")' },
    { type: "list<string>", value: ["a", "b"], fits: true, expression: '"b" in v' },
    { type: "list<int>", value: ["a"], fits: false, expression: "1 in v" },
    { type: "map<int>", value: { a: 1 }, fits: true, expression: 'v["a"] == 1' },
    { type: "map<int>", value: [1], fits: false, expression: 'v["a"] == 1' },
    { type: "list<int>", value: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], fits: false, expression: "v.all(a, v.exists(b, a == b))" },
  ];
  contract("condition parameters are converted by their types, and cost is limited", async (fga) => {
    for (const { type, value, fits, expression } of conversions) {
      const dsl = `model\n  schema 1.1\ntype user\ntype doc\n  relations\n    define r: [user with cond]\ncondition cond(v: ${type}) {\n  ${expression}\n}\n`;
      const world = await World.of(fga, dsl, [tuple("doc:1#r@user:anne", "cond")]);
      const ask = (): Promise<boolean> => world.check("doc:1#r@user:anne", { context: { v: value } as Context });
      if (fits) assert.equal(await ask(), true, `${type} of ${JSON.stringify(value)}`);
      else await refuses("validation_error", ask, /^failed to evaluate relationship condition: /);
    }
  });

  contract("a failing branch does not decide while another can", async (fga) => {
    const dsl = `model
  schema 1.1
type user
type group
  relations
    define member: [user]
type doc
  relations
    define a: [user with cond, group#member with cond]
    define b: [user]
    define either: a or b
    define both: a and b
    define without: b but not a
condition cond(x: int) {
  x > 1
}
`;
    const world = await World.of(fga, dsl, [
      tuple("doc:1#a@user:anne", "cond"),
      tuple("doc:1#b@user:anne"),
      tuple("doc:2#a@user:anne", "cond"),
      tuple("doc:3#a@group:1#member", "cond"),
      tuple("doc:3#a@group:2#member", "cond", { x: 2 }),
    ]);
    assert.equal(await world.check("doc:1#either@user:anne"), true, "a yes elsewhere wins");
    assert.equal(await world.check("doc:2#both@user:anne"), false, "a no elsewhere wins");
    assert.equal(await world.check("doc:2#without@user:anne"), false, "base no wins");
    await refuses("validation_error", () => world.check("doc:2#either@user:anne"));
    await refuses("validation_error", () => world.check("doc:1#both@user:anne"));
    await refuses("validation_error", () => world.check("doc:1#without@user:anne"));
    assert.equal(await world.check("doc:3#a@user:zoe"), false, "a satisfied sibling drops the others' failures");
  });

  contract("tuples that the model asked no longer takes are skipped, and read shows them", async (fga) => {
    const world = await World.of(fga, documents, [tuple("doc:1#writer@group:eng#member"), tuple("group:eng#member@user:anne")]);
    assert.equal(await world.check("doc:1#writer@user:anne"), true);
    await fga.writeAuthorizationModel({
      storeId: world.storeId,
      model: modelFromDsl(documents.replace("define writer: [user, group#member]", "define writer: [user]")),
    });
    assert.equal(await world.check("doc:1#writer@user:anne"), false);
    assert.deepEqual(await world.objects("doc", "writer", "user:anne"), []);
    assert.deepEqual(await world.users("doc:1", "writer", "user"), []);
    assert.equal((await fga.read({ storeId: world.storeId })).tuples.length, 2);
  });

  contract("a batch answers each question, and some fail alone", async (fga) => {
    const { storeId } = await World.of(fga, documents, [tuple("doc:1#writer@user:anne")]);
    const checks = [
      { ...tuple("doc:1#writer@user:anne"), correlationId: "yes" },
      { ...tuple("doc:1#writer@user:beth"), correlationId: "no" },
      { ...tuple("doc:1#ghost@user:beth"), correlationId: "bad" },
      { ...tuple("doc:1#writer@user:beth"), correlationId: "tuple", contextualTuples: [tuple("doc:1#writer@ghost:1")] },
    ];
    const { result } = await fga.batchCheck({ storeId, checks });
    assert.deepEqual(result.get("yes"), { allowed: true });
    assert.deepEqual(result.get("no"), { allowed: false });
    const codeOf = (id: string): string => {
      const answer = result.get(id)!;
      return "error" in answer ? answer.error.code : "";
    };
    assert.equal(codeOf("bad"), "validation_error");
    assert.equal(codeOf("tuple"), "invalid_tuple");
    await refuses(
      "validation_error",
      () => fga.batchCheck({ storeId, checks: [checks[0]!, checks[0]!] }),
      /received duplicate correlation id: yes/,
    );
    await refuses(
      "validation_error",
      () => fga.batchCheck({ storeId, checks: Array.from({ length: 51 }, (_, i) => ({ ...checks[0]!, correlationId: `c${i}` })) }),
      /batchCheck received 51 checks, the maximum allowed is 50/,
    );
  });

  contract("expand shows one level", async (fga) => {
    const { storeId } = await World.of(fga, documents, [
      tuple("doc:1#reader@user:beth"),
      tuple("doc:1#reader@user:anne"),
      tuple("doc:1#parent@folder:1"),
    ]);
    const { tree } = await fga.expand({ storeId, relation: "reader", object: "doc:1" });
    const { difference } = tree.root;
    assert.equal(tree.root.name, "doc:1#reader");
    assert.deepEqual(difference!.subtract.leaf, { computed: { userset: "doc:1#blocked" } });
    const [direct, writer, viewer] = difference!.base.union!.nodes;
    assert.deepEqual(direct!.leaf, { users: { users: ["user:anne", "user:beth"] } });
    assert.deepEqual(writer!.leaf, { computed: { userset: "doc:1#writer" } });
    assert.deepEqual(viewer!.leaf, { tupleToUserset: { tupleset: "doc:1#parent", computed: [{ userset: "folder:1#viewer" }] } });
    await refuses("validation_error", () => fga.expand({ storeId, relation: "ghost", object: "doc:1" }), "relation 'doc#ghost' not found");
    await refuses("validation_error", () => fga.expand({ storeId, relation: "reader", object: "ghost:1" }), "type 'ghost' not found");
    await refuses("invalid_expand_input", () => fga.expand({ storeId, relation: "", object: "doc:1" }));
  });

  contract("lists refuse what the model does not know", async (fga) => {
    const world = await World.of(fga);
    await refuses("type_not_found", () => world.objects("ghost", "reader", "user:anne"));
    await refuses("relation_not_found", () => world.objects("doc", "ghost", "user:anne"));
    await refuses("validation_error", () => world.objects("doc", "reader", "anne"), /^invalid 'user' value: /);
    await refuses("type_not_found", () => world.users("ghost:1", "reader", "user"));
    await refuses("relation_not_found", () => world.users("doc:1", "ghost", "user"));
    await refuses("type_not_found", () => world.users("doc:1", "reader", "ghost"));
    await refuses("relation_not_found", () => world.users("doc:1", "reader", "group#ghost"));
    await refuses("invalid_tuple", () =>
      world.objects("doc", "reader", "user:anne", { contextualTuples: [tuple("doc:1#writer@ghost:1")] }),
    );
    await refuses("invalid_tuple", () => world.users("doc:1", "reader", "user", { contextualTuples: [tuple("doc:1#writer@ghost:1")] }));
  });

  contract("lists end at a thousand", async (fga) => {
    const tuples = Array.from({ length: 1100 }, (_, i) => tuple(`doc:${i}#writer@user:anne`));
    const world = await World.of(fga, documents, tuples);
    assert.equal((await world.objects("doc", "writer", "user:anne")).length, 1000);
    let streamed = 0;
    for await (const object of fga.streamedListObjects({ storeId: world.storeId, type: "doc", relation: "writer", user: "user:anne" }))
      if (object) streamed++;
    assert.equal(streamed, 1100);
  });

  contract("assertions are kept per model", async (fga) => {
    const { storeId } = await World.of(fga);
    const id = (await fga.readAuthorizationModels({ storeId })).authorizationModels[0]!.id;
    assert.deepEqual((await fga.readAssertions({ storeId, authorizationModelId: id })).assertions, []);
    const assertions = [
      { tupleKey: tuple("doc:1#reader@user:anne"), expectation: true, contextualTuples: [tuple("doc:1#writer@user:anne")] },
      { tupleKey: tuple("doc:2#reader@user:anne"), expectation: false, contextualTuples: [] },
    ];
    await fga.writeAssertions({ storeId, authorizationModelId: id, assertions });
    assert.deepEqual((await fga.readAssertions({ storeId, authorizationModelId: id })).assertions, assertions);
    await fga.writeAssertions({ storeId, authorizationModelId: id, assertions: [] });
    assert.deepEqual((await fga.readAssertions({ storeId, authorizationModelId: id })).assertions, []);
    await refuses("validation_error", () =>
      fga.writeAssertions({
        storeId,
        authorizationModelId: id,
        assertions: [{ tupleKey: tuple("doc:1#ghost@user:anne"), expectation: true }],
      }),
    );
    await refuses("authorization_model_not_found", () => fga.writeAssertions({ storeId, authorizationModelId: storeId, assertions }));
  });

  contract("models are refused with the reason", async (fga) => {
    const { storeId } = await World.of(fga);
    const refused = async (types: string, reason: string | RegExp): Promise<void> =>
      refuses(
        "invalid_authorization_model",
        () => fga.writeAuthorizationModel({ storeId, model: modelFromDsl(`model\n  schema 1.1\ntype user\n${types}`) }),
        reason,
      );
    const doc = (definitions: string): string =>
      `type doc\n  relations\n${definitions
        .split("; ")
        .map((line) => `    define ${line}`)
        .join("\n")}\n`;
    await refused("type user\n", "an authorization model cannot contain duplicate types");
    await refused("type self\n", "the definition of type 'self' is invalid");
    await refused(
      doc("this: [user]"),
      "the definition of relation 'this' in object type 'doc' is invalid: self and this are reserved keywords",
    );
    await refused(doc("a: a"), "the definition of relation 'a' in object type 'doc' is invalid: invalid userset rewrite definition");
    await refused(doc("a: b"), "'doc#b' relation is undefined");
    await refused(doc("a: b from c"), "'doc#c' relation is undefined");
    await refused(
      doc("c: [user] or d; d: [user]; a: d from c"),
      "the 'doc#c' relation is referenced in at least one tupleset and thus must be a direct relation",
    );
    await refused(
      doc("c: [user]; a: d from c"),
      /undefined relation: d does not appear as a relation in any of the directly related user types/,
    );
    await refused(doc("a: [ghost]"), "the relation type 'ghost' on 'a' in object type 'doc' is not valid");
    await refused(doc("a: [user#ghost]"), "the relation type 'user#ghost' on 'a' in object type 'doc' is not valid");
    await refused(doc("p: [doc, doc#a]; a: [user] or a from p"), "the relation type 'doc#a' on 'p' in object type 'doc' is not valid");
    await refused(doc("a: [user with ghost]"), "condition ghost is undefined for relation a");
    await refused(doc("a: [doc#a]"), "the definition of relation 'a' in object type 'doc' is invalid: no entrypoints defined");
    await refused(doc("a: b; b: a"), /potential loop|cannot contain a cycle/);
    await refused(
      doc("a: [user] or b; b: [user] or a"),
      "the definition of relation 'a' in object type 'doc' is invalid: an authorization model cannot contain a cycle",
    );
    await refused(
      "condition c(x: int) {\n  x + 1\n}\n",
      "failed to compile expression on condition 'c' - expected a bool condition expression output, but got 'int'",
    );
    await refused("condition c(x: int) {\n  y > 1\n}\n", /^failed to compile expression on condition 'c' - /);
    await refused("condition c(x: string) {\n  x.lowerAscii() == 'a'\n}\n", /^failed to compile expression on condition 'c' - /);
    await refuses(
      "exceeded_entity_limit",
      () =>
        fga.writeAuthorizationModel({
          storeId,
          model: { schema_version: "1.1", type_definitions: Array.from({ length: 101 }, (_, i) => ({ type: `t${i}` })) },
        }),
      "The number of type definitions in an authorization model exceeds the allowed limit of 100",
    );
    const conditions = { c: { name: "d", expression: "x > 1", parameters: { x: { type_name: "TYPE_NAME_INT" } } } };
    await refuses(
      "invalid_authorization_model",
      () => fga.writeAuthorizationModel({ storeId, model: { schema_version: "1.1", type_definitions: [{ type: "user" }], conditions } }),
      "condition key 'c' does not match condition name 'd'",
    );
  });
}
