import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { modelFromDsl } from "../../dsl/model-from-dsl.ts";
import { embeddedOpenFga } from "../../embedded-open-fga.ts";
import { tuple } from "../../testing/test-open-fga.ts";
import { SqliteTupleStore } from "./sqlite-tuple-store.ts";

const directory = mkdtempSync(join(tmpdir(), "meshplane-rebac-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const model = modelFromDsl(`model
  schema 1.1
type user
type doc
  relations
    define reader: [user, user with cond]
condition cond(x: int) {
  x > 1
}
`);

test("everything current is there again after a restart", async () => {
  const file = join(directory, "restart", "tuples.db");
  let fga = embeddedOpenFga({ tupleStore: new SqliteTupleStore({ file }) });
  const { id: storeId } = await fga.createStore({ name: "kept" });
  const gone = await fga.createStore({ name: "gone" });
  await fga.deleteStore({ storeId: gone.id });
  const { authorizationModelId } = await fga.writeAuthorizationModel({ storeId, model });
  await fga.write({
    storeId,
    writes: [tuple("doc:1#reader@user:anne", "cond", { x: 2 }), tuple("doc:2#reader@user:anne"), tuple("doc:3#reader@user:anne")],
  });
  await fga.write({ storeId, deletes: [tuple("doc:2#reader@user:anne")] });
  const assertions = [{ tupleKey: tuple("doc:1#reader@user:anne"), expectation: true, contextualTuples: [] }];
  await fga.writeAssertions({ storeId, authorizationModelId, assertions });
  const before = { read: await fga.read({ storeId }), changes: await fga.readChanges({ storeId }) };
  await fga.close();

  fga = embeddedOpenFga({ tupleStore: new SqliteTupleStore({ file }) });
  assert.deepEqual(
    (await fga.listStores()).stores.map(({ name }) => name),
    ["kept"],
  );
  assert.deepEqual(await fga.read({ storeId }), before.read);
  assert.deepEqual(await fga.readChanges({ storeId }), before.changes);
  assert.equal((await fga.readAuthorizationModel({ storeId, id: authorizationModelId })).schema_version, "1.1");
  assert.deepEqual((await fga.readAssertions({ storeId, authorizationModelId })).assertions, assertions);
  assert.equal(fga.check({ storeId, ...tuple("doc:1#reader@user:anne") }).allowed, true);
  assert.equal(fga.check({ storeId, ...tuple("doc:2#reader@user:anne") }).allowed, false);
  await fga.write({ storeId, writes: [tuple("doc:2#reader@user:anne")] });
  const { changes } = await fga.readChanges({ storeId, continuationToken: before.changes.continuationToken });
  assert.deepEqual(
    changes.map(({ tupleKey }) => tupleKey.object),
    ["doc:2"],
    "the log goes on where it was",
  );
  await fga.close();
});

test("one process at a time, and only its own files", () => {
  const file = join(directory, "locked.db");
  const held = new SqliteTupleStore({ file });
  assert.throws(() => new SqliteTupleStore({ file }), /another process has the tuples in .*locked\.db open/);
  held.close();
  new SqliteTupleStore({ file }).close();

  const other = join(directory, "other.db");
  const database = new DatabaseSync(other);
  database.exec("CREATE TABLE something (x)");
  database.close();
  assert.throws(() => new SqliteTupleStore({ file: other }), /is a database of another program/);

  const newer = new DatabaseSync(file);
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  assert.throws(() => new SqliteTupleStore({ file }), /has format 99, this program knows 1: use a newer one/);
  writeFileSync(join(directory, "text.db"), "this is no database, and long enough to be sure of it".repeat(20));
  assert.throws(() => new SqliteTupleStore({ file: join(directory, "text.db") }));
});

test("what was acknowledged survives the process being killed, whole requests only", async () => {
  const file = join(directory, "killed.db");
  const here = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    const { embeddedOpenFga } = await import(${here("../../embedded-open-fga.ts")});
    const { SqliteTupleStore } = await import(${here("./sqlite-tuple-store.ts")});
    const fga = embeddedOpenFga({ tupleStore: new SqliteTupleStore({ file: ${JSON.stringify(file)} }) });
    const { id: storeId } = await fga.createStore({ name: "killed" });
    await fga.writeAuthorizationModel({ storeId, model: ${JSON.stringify(model)} });
    console.log("store " + storeId);
    const writer = async (w) => {
      for (let i = 0; ; i++) {
        const key = (n) => ({ user: "user:" + n, relation: "reader", object: "doc:" + w + "-" + i });
        await fga.write({ storeId, writes: [key("a"), key("b")] });
        process.stdout.write("doc:" + w + "-" + i + "\\n");
      }
    };
    for (let w = 0; w < 8; w++) void writer(w);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    output += part;
    if (output.length > 4_000) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.once("close", resolve));
  const [first, ...acknowledged] = output.slice(0, output.lastIndexOf("\n")).split("\n");
  const storeId = first!.replace("store ", "");
  assert.ok(acknowledged.length > 100);
  const fga = embeddedOpenFga({ tupleStore: new SqliteTupleStore({ file }) });
  for (const object of acknowledged) {
    for (const user of ["user:a", "user:b"]) assert.equal(fga.check({ storeId, user, relation: "reader", object }).allowed, true, object);
  }
  let continuationToken = "";
  const perObject = new Map<string, number>();
  do {
    const page = await fga.read({ storeId, pageSize: 100, continuationToken });
    for (const { key } of page.tuples) perObject.set(key.object, (perObject.get(key.object) ?? 0) + 1);
    ({ continuationToken } = page);
  } while (continuationToken !== "");
  assert.deepEqual(
    [...perObject].filter(([, count]) => count !== 2),
    [],
    "no request is there by half",
  );
  await fga.close();
});
