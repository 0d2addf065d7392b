import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { hasReason, StatusError, type KubeObject } from "@meshplane/apimachinery";
import { apply } from "./apply.ts";
import { bearerToken, type ClientConfig } from "./client-config.ts";
import { createClient } from "./create-client.ts";
import { findResource, resourceOfKind, servedResources } from "./discovery.ts";
import { listAll, pagesOf } from "./pages.ts";
import { resourceType, typed } from "./resource-type.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import type { Transport, TransportRequest } from "./transport/transport.ts";
import { FakeServer } from "./testing/fake-server.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps" };
const widgets = { group: "example.com", version: "v1", resource: "widgets" };

/** A client whose transport only notes what it is given. */
function recorded(
  config: Partial<ClientConfig>,
  answers: Partial<{ status: number; headers: Record<string, string>; body: string | Uint8Array }>[] = [],
) {
  const requests: TransportRequest[] = [];
  const transport: Transport = {
    open: async (request) => {
      requests.push(request);
      const { status = 200, headers = {}, body = "{}" } = answers[requests.length - 1] ?? {};
      return {
        status,
        headers,
        body: (async function* () {
          yield Buffer.from(body);
        })(),
        discard: () => {},
      };
    },
    close: () => {},
  };
  return { client: createClient({ server: "https://kcp.example", ...config }, transport), requests };
}

const line = ({ method, path }: TransportRequest): string => `${method} ${path}`;

test("paths: clusters by name and path, groups, namespaces, subresources, identities", async () => {
  const cases: [server: string, cluster: string, expected: string][] = [
    ["https://h", "root:org", "/clusters/root:org/api/v1/configmaps"],
    ["https://h/", "*", "/clusters/*/api/v1/configmaps"],
    ["https://h/clusters/root", "", "/clusters/root/api/v1/configmaps"],
    ["https://h/clusters/root/", "x", "/clusters/x/api/v1/configmaps"],
    ["https://h", "", "/api/v1/configmaps"],
    ["https://h/services/apiexport/c/e", "*", "/services/apiexport/c/e/clusters/*/api/v1/configmaps"],
    ["https://h/services/apiexport/c/e/clusters/*", "x", "/services/apiexport/c/e/clusters/x/api/v1/configmaps"],
  ];
  for (const [server, cluster, expected] of cases) {
    const { client, requests } = recorded({ server }, [{ body: '{"kind":"ConfigMapList"}' }]);
    await client.cluster(cluster).resource(configMaps).list();
    assert.equal(line(requests[0]!), `GET ${expected}`);
  }
  const { client, requests } = recorded({});
  const cluster = client.cluster("c");
  const identified = cluster.resource({ ...widgets, resource: "widgets:abc" });
  await identified.get("a/b", { namespace: "n", resourceVersion: "7" });
  await cluster.resource(widgets).patch("w", "merge", {}, { namespace: "n", subresource: "status", dryRun: true });
  await cluster.resource(widgets).updateStatus({ apiVersion: "", kind: "", metadata: { name: "w" } }, { fieldManager: "me" });
  await cluster.resource(widgets).delete("w", { propagationPolicy: "Foreground", preconditions: { uid: "u" }, dryRun: true });
  await cluster.resource(widgets).deleteCollection({ namespace: "n", labelSelector: "a in (b,c)" });
  assert.deepEqual(requests.map(line), [
    "GET /clusters/c/apis/example.com/v1/namespaces/n/widgets:abc/a%2Fb?resourceVersion=7",
    "PATCH /clusters/c/apis/example.com/v1/namespaces/n/widgets/w/status?dryRun=All",
    "PUT /clusters/c/apis/example.com/v1/widgets/w/status?fieldManager=me",
    "DELETE /clusters/c/apis/example.com/v1/widgets/w",
    "DELETE /clusters/c/apis/example.com/v1/namespaces/n/widgets?labelSelector=a+in+%28b%2Cc%29",
  ]);
  assert.equal(
    requests[3]!.body,
    '{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground","preconditions":{"uid":"u"},"dryRun":["All"]}',
  );
  for (const name of ["", ".", ".."]) {
    await assert.rejects(async () => cluster.resource(widgets).get(name), TypeError);
  }
});

test("headers: content types of patches, impersonation, user agent", async () => {
  const { client, requests } = recorded({
    userAgent: "me/1",
    impersonate: { user: "u", uid: "1", groups: ["g1", "g2"], extra: { "example.com/Scope": ["s"] } },
  });
  const objects = client.cluster("c").resource(configMaps);
  for (const type of ["merge", "json", "strategic"] as const) await objects.patch("x", type, []);
  await apply(
    objects,
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x", namespace: "n" } },
    { fieldManager: "me", force: true },
  );
  assert.deepEqual(
    requests.map(({ headers }) => headers["content-type"]),
    [
      "application/merge-patch+json",
      "application/json-patch+json",
      "application/strategic-merge-patch+json",
      "application/apply-patch+yaml",
    ],
  );
  assert.equal(line(requests[3]!), "PATCH /clusters/c/api/v1/namespaces/n/configmaps/x?fieldManager=me&force=true");
  const { headers } = requests[0]!;
  assert.equal(headers["user-agent"], "me/1");
  assert.equal(headers["impersonate-user"], "u");
  assert.equal(headers["impersonate-uid"], "1");
  assert.deepEqual(headers["impersonate-group"], ["g1", "g2"]);
  assert.deepEqual(headers["impersonate-extra-example.com%2fscope"], ["s"]);
});

test("what is read is written back the same: big integers, unknown fields, awkward keys", async () => {
  const text =
    '{"apiVersion":"v1","kind":"X","metadata":{"name":"x"},"big":9223372036854775807,"f":1.5,"q":"100m","__proto__":{"a":1},"n":null,"list":[1,"1"]}';
  const { client, requests } = recorded({}, [{ body: text }]);
  const objects = client.cluster("c").resource(configMaps);
  await objects.update(await objects.get("x"));
  assert.equal(requests[1]!.body, text);
});

test("gzip, warnings, and errors in all their forms", async () => {
  const warnings: string[] = [];
  const status = { kind: "Status", apiVersion: "v1", status: "Failure", message: "gone away", reason: "NotFound", code: 404 };
  const { client } = recorded({ onWarning: (text) => warnings.push(text) }, [
    {
      body: gzipSync('{"kind":"X"}'),
      headers: { "content-encoding": "gzip", warning: '299 - "unknown field \\"spec.x\\"", 299 - "second"' },
    },
    { status: 404, body: JSON.stringify(status) },
    { status: 404, body: "404 page not found\n" },
    { status: 504, body: '{"metadata":{},"status":"Failure","message":"Timeout: too slow","reason":"Timeout","code":504}' },
    { status: 500, body: "" },
    { body: "<html>" },
  ]);
  const objects = client.cluster("c").resource(configMaps);
  assert.equal((await objects.get("x")).kind, "X");
  assert.deepEqual(warnings, ['unknown field "spec.x"', "second"]);
  const errors: string[] = [];
  for (let i = 0; i < 5; i++) await objects.get("x").catch((error) => errors.push(`${error} ${error.reason ?? error.code}`));
  assert.deepEqual(errors, [
    "StatusError: gone away NotFound",
    "StatusError: 404 page not found NotFound",
    "StatusError: Timeout: too slow Timeout",
    "StatusError: the server answered 500 InternalError",
    "TransportError: the answer is not JSON BadAnswer",
  ]);
});

test("verbs, conflict and its retry, pages, discovery, typed resources against a server", async () => {
  interface Widget extends KubeObject {
    spec: { size: number };
    status?: { seen: number };
  }
  const widgetType = resourceType<Widget>({ ...widgets, kind: "Widget" });
  const server = new FakeServer({
    resources: [
      { ...configMaps, kind: "ConfigMap", namespaced: true },
      { ...widgets, kind: "Widget", namespaced: false },
    ],
  });
  const client = createClient({ server: await server.start(), protocols: ["h2"], credentials: bearerToken("t") });
  const cluster = client.cluster("c");
  const objects = typed(cluster, widgetType);
  const made = await objects.create({ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: { size: 1 } });
  assert.equal(made.metadata.annotations?.["kcp.io/cluster"], "c");
  await objects.updateStatus({ ...made, status: { seen: 1 } });
  await assert.rejects(objects.update(made), (error) => hasReason(error, "Conflict"));
  let tries = 0;
  await retryOnConflict(async () => {
    const current = tries++ === 0 ? made : await objects.get("w");
    await objects.update({ ...current, spec: { size: 2 } });
  });
  assert.equal(tries, 2);
  assert.deepEqual([(await objects.get("w")).spec, (await objects.get("w")).status], [{ size: 2 }, { seen: 1 }]);
  await objects.patch("w", "merge", { spec: { size: 3 } });
  assert.equal((await objects.list()).items[0]!.spec.size, 3);
  await objects.delete("w");
  await assert.rejects(objects.get("w"), (error) => error instanceof StatusError && error.code === 404);

  for (let i = 0; i < 7; i++) server.put("configmaps", "c", { metadata: { name: `m${i}`, namespace: "n" } });
  const sizes: number[] = [];
  for await (const page of pagesOf(cluster.resource(configMaps), { limit: 3 })) sizes.push(page.items.length);
  assert.deepEqual(sizes, [3, 3, 1]);
  let pages = 0;
  server.intercept = (_request, _response, url) => {
    if (url.searchParams.has("limit") && pages++ === 1) {
      server.put("configmaps", "c", { metadata: { name: "m7" } });
      server.compact();
    }
    return false;
  };
  assert.equal((await listAll(cluster.resource(configMaps), { limit: 3 })).items.length, 8, "an expired snapshot is taken again");
  server.intercept = undefined;

  assert.deepEqual(
    (await servedResources(cluster)).map(({ resource }) => resource),
    ["configmaps", "widgets"],
  );
  assert.equal((await findResource(cluster, widgets))?.version, "v1");
  assert.equal(await findResource(cluster, { group: "example.com", resource: "gadgets" }), undefined);
  assert.equal((await resourceOfKind(cluster, { group: "", version: "v1", kind: "ConfigMap" }))?.resource, "configmaps");
  client.close();
  await server.stop();
});
