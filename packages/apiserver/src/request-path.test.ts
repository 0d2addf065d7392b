import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, TestClient } from "./testing/index.ts";
import type { TestServer } from "./testing/index.ts";

let server: TestServer;
let client: TestClient;
const inCluster = (name: string): string => `/clusters/${name}/api/v1/namespaces/default/configmaps`;
const widgets = (name: string): string => `/clusters/${name}/apis/example.com/v1/widgets`;
const configMap = (name: string, more: object = {}, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  ...more,
});
const widget = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name, ...metadata },
  spec,
});

before(async () => {
  server = await startTestServer();
  client = new TestClient(server.url, server.ca);
});
after(async () => {
  client.close();
  await server.stop();
});

test("an object is created, read, replaced and deleted", async () => {
  const path = inCluster("crud");
  const created = await client.post(path, configMap("a", { data: { k: "v" } }));
  assert.equal(created.status, 201);
  assert.equal(created.body.metadata.annotations["kcp.io/cluster"], "crud");
  assert.equal(created.body.metadata.managedFields[0].manager, "unknown");
  const read = await client.get(`${path}/a`);
  assert.deepEqual(read.body, created.body);
  assert.match(read.text, /^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{.*\}\n$/);
  const replaced = await client.put(`${path}/a`, configMap("a", { data: { k: "w" } }));
  assert.equal(replaced.status, 200);
  assert.equal(replaced.body.metadata.uid, created.body.metadata.uid);
  assert.notEqual(replaced.body.metadata.resourceVersion, created.body.metadata.resourceVersion);
  const deleted = await client.delete(`${path}/a`);
  assert.deepEqual(deleted.body.details, { name: "a", kind: "configmaps", uid: created.body.metadata.uid });
  assert.equal((await client.get(`${path}/a`)).status, 404);
});

test("a write that changes nothing keeps the version", async () => {
  const path = inCluster("noop");
  const { body } = await client.post(path, configMap("a", { data: { k: "v" } }));
  const again = await client.put(`${path}/a`, configMap("a", { data: { k: "v" } }));
  assert.equal(again.body.metadata.resourceVersion, body.metadata.resourceVersion);
  const patched = await client.patch(`${path}/a`, {});
  assert.equal(patched.body.metadata.resourceVersion, body.metadata.resourceVersion);
});

test("a stale version is a conflict in upstream's words", async () => {
  const path = inCluster("stale");
  const { body } = await client.post(path, configMap("a"));
  await client.put(`${path}/a`, configMap("a", { data: { k: "w" } }));
  const stale = await client.put(`${path}/a`, configMap("a", { data: { k: "x" } }, { resourceVersion: body.metadata.resourceVersion }));
  assert.equal(stale.status, 409);
  assert.equal(
    stale.body.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  );
  const garbage = await client.put(`${path}/a`, configMap("a", {}, { resourceVersion: "abc" }));
  assert.deepEqual([garbage.status, garbage.body.message], [500, 'strconv.ParseUint: parsing "abc": invalid syntax']);
  const custom = widgets("stale");
  await client.post(custom, widget("w"));
  const missing = await client.put(`${custom}/w`, widget("w", { size: 1 }));
  assert.equal(
    missing.body.message,
    'widgets.example.com "w" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  );
});

test("of many writers from one state, each change survives", async () => {
  const path = inCluster("race");
  await client.post(path, configMap("a"));
  await Promise.all(Array.from({ length: 20 }, (_, i) => client.patch(`${path}/a`, { data: { [`k${i}`]: "v" } })));
  assert.equal(Object.keys((await client.get(`${path}/a`)).body.data).length, 20);
});

test("status and spec have their own addresses, and only spec counts generations", async () => {
  const path = widgets("status");
  const { body } = await client.post(path, { ...widget("w", { size: 1 }), status: { phase: "mine" } });
  assert.equal(body.status, undefined);
  assert.equal(body.metadata.generation, 1);
  const status = await client.patch(`${path}/w/status`, { spec: { size: 9 }, status: { phase: "Ready" } });
  assert.deepEqual([status.body.status.phase, status.body.spec.size, status.body.metadata.generation], ["Ready", 1, 1]);
  const spec = await client.patch(`${path}/w`, { spec: { size: 2 }, status: { phase: "Other" } });
  assert.deepEqual([spec.body.status.phase, spec.body.spec.size, spec.body.metadata.generation], ["Ready", 2, 2]);
  assert.equal((await client.get(`${path}/w/scale`)).body.message, 'widgets.example.com "w" not found');
});

test("finalizers hold an object until the last one is gone", async () => {
  const path = inCluster("finalizers");
  await client.post(path, configMap("a", {}, { finalizers: ["example.com/one"] }));
  const first = await client.delete(`${path}/a`);
  assert.equal(first.body.metadata.deletionGracePeriodSeconds, 0);
  assert.ok(first.body.metadata.deletionTimestamp);
  const second = await client.delete(`${path}/a`);
  assert.deepEqual(second.body, first.body);
  const created = await client.post(path, configMap("a"));
  assert.equal(created.body.message, 'object is being deleted: configmaps "a" already exists');
  const added = await client.patch(`${path}/a`, { metadata: { finalizers: ["example.com/one", "example.com/two"] } });
  assert.equal(added.status, 422);
  assert.equal(added.body.details.causes.length, 2);
  assert.equal((await client.patch(`${path}/a`, { metadata: { finalizers: null } })).status, 200);
  assert.equal((await client.get(`${path}/a`)).status, 404);
});

test("a policy of deletion becomes a finalizer; preconditions are checked", async () => {
  const path = inCluster("policies");
  await client.post(path, configMap("a"));
  const wrong = await client.delete(`${path}/a`, { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: "x" } });
  assert.equal(wrong.status, 409);
  assert.match(wrong.body.message, /^Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition \(x\)/);
  const foreground = await client.delete(`${path}/a?propagationPolicy=Foreground`);
  assert.deepEqual(foreground.body.metadata.finalizers, ["foregroundDeletion"]);
  const bad = await client.delete(`${path}/a?propagationPolicy=Bogus`);
  assert.match(
    bad.body.message,
    /propagationPolicy: Unsupported value: "Bogus": supported values: "Foreground", "Background", "Orphan", "nil"$/,
  );
});

test("a dry run checks everything and stores nothing", async () => {
  const path = inCluster("dry");
  const created = await client.post(`${path}?dryRun=All`, configMap("a"));
  assert.equal(created.status, 201);
  assert.equal(created.body.metadata.resourceVersion, undefined);
  assert.equal(created.body.metadata.annotations, undefined);
  assert.ok(created.body.metadata.uid);
  assert.equal((await client.get(`${path}/a`)).status, 404);
  await client.post(path, configMap("a"));
  assert.equal((await client.post(`${path}?dryRun=All`, configMap("a"))).status, 409);
  assert.equal((await client.send("DELETE", `${path}/a?dryRun=All`)).body.status, "Success");
  assert.equal((await client.get(`${path}/a`)).status, 200);
  assert.equal((await client.post(`${path}?dryRun=Foo`, configMap("b"))).status, 422);
});

test("unknown fields are dropped with a warning, or refused", async () => {
  const path = inCluster("unknown");
  const warned = await client.post(path, configMap("a", { bogus: 1 }));
  assert.equal(warned.headers.warning, '299 - "unknown field \\"bogus\\""');
  assert.equal(warned.body.bogus, undefined);
  const strict = await client.post(`${path}?fieldValidation=Strict`, configMap("b", { bogus: 1 }));
  assert.equal(
    strict.body.message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "bogus"',
  );
  const twice = await client.post(path, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1","a":"2"}}');
  assert.equal(twice.headers.warning, '299 - "duplicate field \\"data.a\\""');
});

test("bodies that are no objects are told so", async () => {
  const path = inCluster("bodies");
  const cases: [string, number, string][] = [
    [
      "",
      400,
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    ],
    ["null", 422, 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'],
    [
      '{"metadata":{"labels":{"a":1}}}',
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
  ];
  for (const [body, status, message] of cases) {
    const answer = await client.send("POST", path, { body });
    assert.deepEqual([answer.status, answer.body.message], [status, message]);
  }
  const deep = await client.send("POST", path, { body: `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}` });
  assert.equal(deep.status, 400);
  const large = await client.send("POST", path, { body: `"${"x".repeat(3 << 20)}"` });
  assert.deepEqual([large.status, large.body.message], [413, "Request entity too large: limit is 3145728"]);
  const type = await client.send("POST", path, { body: "x", headers: { "content-type": "text/plain" } });
  assert.equal(type.status, 415);
});

test("generated names are unique and valid", async () => {
  const path = inCluster("generate");
  const { body } = await client.post(path, { metadata: { generateName: "x-" } });
  assert.match(body.metadata.name, /^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  assert.equal(body.metadata.generateName, "x-");
});

test("lists come in pages of one snapshot", async () => {
  const path = inCluster("pages");
  for (const name of ["a", "b", "c", "d"]) await client.post(path, configMap(name, {}, { labels: { x: name < "c" ? "1" : "2" } }));
  const first = await client.get(`${path}?limit=2`);
  assert.deepEqual(
    first.body.items.map((it: { metadata: { name: string } }) => it.metadata.name),
    ["a", "b"],
  );
  assert.equal(first.body.metadata.remainingItemCount, 2);
  assert.equal(first.body.items[0].kind, undefined);
  const token = JSON.parse(Buffer.from(first.body.metadata.continue, "base64url").toString()) as { start: string };
  assert.equal(token.start, "/b\0");
  await client.delete(`${path}/d`);
  await client.post(path, configMap("bb"));
  const second = await client.get(`${path}?limit=2&continue=${first.body.metadata.continue}`);
  assert.deepEqual(
    second.body.items.map((it: { metadata: { name: string } }) => it.metadata.name),
    ["c", "d"],
  );
  assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  assert.equal(second.body.metadata.continue, undefined);
  const selected = await client.get(`${path}?labelSelector=x%3D1&limit=1`);
  assert.deepEqual([selected.body.items.length, selected.body.metadata.remainingItemCount], [1, undefined]);
  assert.equal(
    (await client.get(`${path}?fieldSelector=data.a%3Db`)).body.message,
    '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
  );
  assert.equal((await client.get(`${path}?continue=e30`)).status, 400);
  assert.equal((await client.get(`${path}?resourceVersion=abc`)).status, 400);
  assert.equal((await client.get(`${path}?resourceVersionMatch=Exact`)).status, 422);
});

test("a long list comes whole, in slices of one snapshot", async () => {
  const path = inCluster("long");
  for (let i = 0; i < 1_100; i++)
    await server.api.local.object({
      verb: "create",
      user: { name: "t", uid: "", groups: [], extra: {} },
      cluster: "long",
      resource: { group: "", version: "v1", resource: "configmaps" },
      namespace: "default",
      object: configMap(`c${i}`, { data: { k: "v".repeat(300) } }) as never,
    });
  const list = await client.get(path);
  assert.equal(list.body.items.length, 1_100);
  const zipped = await client.get(path, { "accept-encoding": "gzip" });
  assert.equal(zipped.headers["content-encoding"], "gzip");
  const local = await server.api.local.list({
    verb: "list",
    user: { name: "t", uid: "", groups: [], extra: {} },
    cluster: "long",
    resource: { group: "", version: "v1", resource: "configmaps" },
  });
  assert.equal(local.items.length, 1_100);
});

test("tables, metadata and YAML", async () => {
  const path = inCluster("forms");
  await client.post(path, configMap("a", { data: { k: "1", l: "2" } }));
  const table = await client.get(path, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" });
  assert.deepEqual(
    [table.body.kind, table.body.rows[0].cells, table.body.rows[0].object.kind],
    ["Table", ["a", 2], "PartialObjectMetadata"],
  );
  const metadata = await client.get(`${path}/a`, { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" });
  assert.deepEqual([metadata.body.kind, metadata.body.data], ["PartialObjectMetadata", undefined]);
  const yaml = await client.get(`${path}/a`, { accept: "application/yaml" });
  assert.match(yaml.text, /^apiVersion: v1\ndata:\n {2}k: "1"\n/);
  const refused = await client.get(`${path}/a`, { accept: "text/html" });
  assert.match(refused.body.message, /^406: Not Acceptable/);
  assert.equal((await client.get(`${path}/none`, { accept: "application/yaml" })).headers["content-type"], "application/yaml");
  assert.match((await client.get(`${path}/a?pretty=true`)).text, /^\{\n {2}"/);
});

test("addresses that do not exist", async () => {
  assert.deepEqual((await client.get("/clusters/x/api/v1/gadgets")).body.details, {});
  assert.equal((await client.get("/clusters/x/apis/none.example.com/v1/things")).text, "404 page not found\n");
  assert.equal((await client.get("/clusters/x/nowhere")).text, "404 page not found\n");
  assert.equal((await client.put(inCluster("x"), configMap("a"))).status, 405);
  assert.equal((await client.post("/clusters/x/api/v1/configmaps", configMap("a"))).status, 405);
  assert.equal((await client.post(`${inCluster("x")}/a`, configMap("a"))).status, 405);
  assert.equal((await client.get("/clusters/x/api/v1//namespaces")).status, 307);
  assert.equal((await client.get("/clusters/x/api/v1/namespaces/default/configmaps/..%2fx")).status, 307);
});

test("server-side apply owns fields and reports conflicts", async () => {
  const path = inCluster("apply");
  const apply = "application/apply-patch+yaml";
  const created = await client.patch(`${path}/a?fieldManager=one`, configMap("a", { data: { k: "1" } }), apply);
  assert.equal(created.status, 201);
  const again = await client.patch(`${path}/a?fieldManager=one`, configMap("a", { data: { k: "1" } }), apply);
  assert.equal(again.body.metadata.resourceVersion, created.body.metadata.resourceVersion);
  const other = await client.patch(`${path}/a?fieldManager=two`, configMap("a", { data: { k: "2" } }), apply);
  assert.deepEqual([other.status, other.body.message], [409, 'Apply failed with 1 conflict: conflict with "one": .data.k']);
  const forced = await client.patch(`${path}/a?fieldManager=two&force=true`, configMap("a", { data: { k: "2" } }), apply);
  assert.equal(forced.body.data.k, "2");
  assert.equal((await client.patch(`${path}/a`, configMap("a"), apply)).status, 422);
});

test("deletecollection answers what it deleted", async () => {
  const path = inCluster("many");
  for (const name of ["a", "b", "c"]) await client.post(path, configMap(name, {}, { labels: { x: name === "c" ? "2" : "1" } }));
  const deleted = await client.delete(`${path}?labelSelector=x%3D1`);
  assert.deepEqual([deleted.body.kind, deleted.body.items.length], ["ConfigMapList", 2]);
  assert.equal((await client.get(path)).body.items.length, 1);
});

test("errors inside the server are a 500 that says nothing", async () => {
  const broken = await startTestServer({
    options: {
      admission: [{ name: "broken", handles: () => true, validate: () => Promise.reject(new Error("secret")) }],
      log: { debug() {}, info() {}, warn() {}, error() {} },
    },
  });
  const other = new TestClient(broken.url, broken.ca);
  const answer = await other.post(inCluster("x"), configMap("a"));
  assert.equal(answer.status, 500);
  assert.doesNotMatch(answer.text, /secret/);
  other.close();
  await broken.stop();
});
