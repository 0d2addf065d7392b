import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { unauthorized } from "@meshplane/apimachinery";
import { startTestServer, TestClient, type TestServer } from "../testing/index.ts";
import type { AuditEvent } from "./audit-event.ts";
import { parseAuditPolicy } from "./audit-policy.ts";

const events: AuditEvent[] = [];
let server: TestServer;
let client: TestClient;
const maps = "/clusters/c/api/v1/namespaces/default/configmaps";
const map = (name: string, data: object = {}): object => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });

before(async () => {
  const policy = parseAuditPolicy(`{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [
    {level: None, verbs: [deletecollection]},
    {level: RequestResponse, verbs: [create, list], omitManagedFields: true},
    {level: Request, verbs: [patch, delete], omitStages: [RequestReceived]},
    {level: Metadata}]}`);
  server = await startTestServer({
    options: {
      auditor: { policy, write: (event) => void events.push(event), annotationsOf: (cluster) => ({ "b/cluster": cluster, a: "1" }) },
      authenticators: [
        ({ headers }) => {
          if (headers.authorization) throw unauthorized();
          return { name: "alice", uid: "7", groups: ["g"], extra: { k: ["v"] } };
        },
      ],
    },
  });
  client = new TestClient(server.url, server.ca);
});
beforeEach(() => void events.splice(0));
after(async () => {
  client.close();
  await server.stop();
});

test("audit: a create with its body and its answer, managed fields aside", async () => {
  const { body } = await client.post(`${maps}?fieldManager=me`, map("a", { k: "v" }), { "accept-encoding": "gzip", "user-agent": "test" });
  const [received, complete] = events;
  assert.equal(events.length, 2);
  assert.deepEqual(
    { ...received, auditID: "", requestReceivedTimestamp: "", stageTimestamp: "" },
    {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "RequestResponse",
      auditID: "",
      stage: "RequestReceived",
      requestURI: "/api/v1/namespaces/default/configmaps?fieldManager=me",
      verb: "create",
      user: { username: "alice", uid: "7", groups: ["g"], extra: { k: ["v"] } },
      sourceIPs: ["127.0.0.1"],
      userAgent: "test",
      objectRef: { resource: "configmaps", namespace: "default", apiVersion: "v1" },
      requestReceivedTimestamp: "",
      stageTimestamp: "",
      annotations: { a: "1", "b/cluster": "c" },
    },
  );
  assert.match(received!.stageTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.equal(complete!.auditID, received!.auditID);
  assert.equal(complete!.stage, "ResponseComplete");
  assert.equal(complete!.objectRef!.name, "a");
  assert.deepEqual(complete!.responseStatus, { metadata: {}, code: 201 });
  assert.deepEqual(complete!.requestObject, map("a", { k: "v" }));
  const { managedFields: _fields, ...metadata } = body.metadata;
  assert.deepEqual(complete!.responseObject, { ...body, metadata });
  assert.deepEqual(complete!.annotations, {
    a: "1",
    "authorization.k8s.io/decision": "allow",
    "authorization.k8s.io/reason": "test",
    "b/cluster": "c",
  });
});

test("audit: a patch with its body, without its answer", async () => {
  await client.patch(`${maps}/a`, { data: { k: "w" } });
  assert.deepEqual(
    events.map(({ stage, requestObject, responseObject }) => ({ stage, requestObject, responseObject })),
    [{ stage: "ResponseComplete", requestObject: { data: { k: "w" } }, responseObject: undefined }],
  );
});

test("audit: a list that is streamed is written whole", async () => {
  for (let i = 0; i < 30; i++) await client.post(maps, map(`m${i}`, { k: "v".repeat(20_000) }));
  events.splice(0);
  const { body } = await client.get(maps);
  const { responseObject } = events.at(-1)!;
  assert.equal((responseObject as { items: unknown[] }).items.length, body.items.length);
  assert.equal(JSON.stringify(responseObject).includes("managedFields"), false);
});

test("audit: a failure says what was answered", async () => {
  await client.get(`${maps}/nothing`);
  assert.deepEqual(events.at(-1)!.responseStatus, {
    metadata: {},
    status: "Failure",
    message: 'configmaps "nothing" not found',
    reason: "NotFound",
    details: { name: "nothing", kind: "configmaps" },
    code: 404,
  });
});

test("audit: a deletion says that it succeeded", async () => {
  await client.delete(`${maps}/m0`, { kind: "DeleteOptions", propagationPolicy: "Background" });
  const { responseStatus, requestObject } = events.at(-1)!;
  assert.equal((responseStatus as { status: string }).status, "Success");
  assert.deepEqual(requestObject, { kind: "DeleteOptions", propagationPolicy: "Background" });
});

test("audit: a watch starts, and is complete when it ends", async () => {
  for await (const _event of client.watch(`${maps}?watch=1&timeoutSeconds=1&resourceVersion=1`)) break;
  for (let i = 0; i < 50 && events.length < 3; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(
    events.map(({ stage }) => stage),
    ["RequestReceived", "ResponseStarted", "ResponseComplete"],
  );
});

test("audit: credentials that nobody knows", async () => {
  await client.get(maps, { authorization: "Bearer x" });
  assert.equal(events.length, 1);
  assert.deepEqual([events[0]!.stage, events[0]!.user], ["ResponseStarted", {}]);
  assert.deepEqual(events[0]!.responseStatus, {
    metadata: {},
    status: "Failure",
    message: "Authentication failed, attempted: bearer",
    code: 401,
  });
});

test("audit: nothing of what the policy leaves out", async () => {
  await client.delete(maps);
  assert.deepEqual(events, []);
});
