import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { modelFromDsl, remoteOpenFga } from "@meshplane/rebac";
import { dataFile, parseAddress, parseFlags } from "./flags.ts";
import { start } from "./run.ts";

test("flags are upstream's, and win over the environment", () => {
  const { flags, notices } = parseFlags(
    [
      "--http-addr",
      "127.0.0.1:1",
      "--grpc-addr=:2",
      "--authn-method=preshared",
      "--authn-preshared-keys",
      "a,b",
      "--log-level",
      "none",
      "--playground-enabled",
      "--max-types-per-authorization-model=500",
    ],
    {
      OPENFGA_HTTP_ADDR: "ignored:1",
      OPENFGA_DATASTORE_ENGINE: "sqlite",
      OPENFGA_DATASTORE_URI: "file:/tmp/x.db?_pragma=journal_mode(WAL)",
      OPENFGA_LIST_OBJECTS_MAX_RESULTS: "0",
      OPENFGA_LOG_FORMAT: "json",
    },
  );
  assert.equal(flags.httpAddress, "127.0.0.1:1");
  assert.deepEqual(flags.presharedKeys, ["a", "b"]);
  assert.deepEqual(flags.limits, { typesPerModel: 500, listResults: Infinity });
  assert.equal(dataFile(flags.datastoreUri), "/tmp/x.db");
  assert.deepEqual(notices, [
    "--log-level has no effect here",
    "--playground-enabled has no effect here",
    "OPENFGA_LOG_FORMAT has no effect here",
  ]);
  assert.deepEqual(parseAddress("grpc-addr", flags.grpcAddress), { host: "0.0.0.0", port: 2 });
  assert.deepEqual(parseAddress("grpc-addr", "[::1]:8081"), { host: "::1", port: 8081 });
});

test("what cannot be honoured is refused", () => {
  const refused: { args: string[]; why: RegExp }[] = [
    { args: ["--authn-method=oidc"], why: /authentication method "oidc" is not offered/ },
    { args: ["--authn-method=preshared"], why: /at least one key/ },
    { args: ["--datastore-engine=postgres"], why: /storage engine "postgres" is not offered/ },
    { args: ["--datastore-engine=sqlite"], why: /needs --datastore-uri/ },
    { args: ["--http-tls-enabled"], why: /--http-tls-cert and --http-tls-key must be given/ },
    { args: ["--access-control-enabled"], why: /unknown flag: --access-control-enabled/ },
    { args: ["--http-addr"], why: /flag needs an argument: --http-addr/ },
    { args: ["--max-tuples-per-write=x"], why: /a whole number is wanted/ },
  ];
  for (const { args, why } of refused) assert.throws(() => parseFlags(args, {}), why);
});

test("it keeps its data in its file over a restart", async () => {
  const directory = mkdtempSync(join(tmpdir(), "meshplane-openfga-"));
  const { flags } = parseFlags(
    [
      "--http-addr=127.0.0.1:0",
      "--grpc-addr=127.0.0.1:0",
      "--datastore-engine=sqlite",
      `--datastore-uri=file:${join(directory, "data.db")}`,
      "--authn-method=preshared",
      "--authn-preshared-keys=k",
    ],
    {},
  );
  const question = { user: "user:anne", relation: "reader", object: "doc:1" };
  let running = await start(flags);
  let fga = remoteOpenFga({ url: `http://127.0.0.1:${running.httpPort}`, token: "k" });
  const { id: storeId } = await fga.createStore({ name: "kept" });
  await fga.writeAuthorizationModel({
    storeId,
    model: modelFromDsl("model\n  schema 1.1\ntype user\ntype doc\n  relations\n    define reader: [user]\n"),
  });
  await fga.write({ storeId, writes: [question, { ...question, object: "doc:2" }] });
  await fga.write({ storeId, deletes: [{ ...question, object: "doc:2" }] });
  await assert.rejects(start(flags), /another process has the tuples in .* open/);
  await running.close();

  running = await start(flags);
  fga = remoteOpenFga({ url: `http://127.0.0.1:${running.httpPort}`, token: "k" });
  assert.deepEqual(
    (await fga.listStores()).stores.map(({ id }) => id),
    [storeId],
  );
  assert.equal((await fga.check({ storeId, ...question })).allowed, true);
  assert.equal((await fga.check({ storeId, ...question, object: "doc:2" })).allowed, false);
  assert.equal((await fga.readChanges({ storeId })).changes.length, 3);
  await running.close();
  rmSync(directory, { recursive: true, force: true });
});
