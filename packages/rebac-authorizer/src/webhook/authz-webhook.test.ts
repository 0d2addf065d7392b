import assert from "node:assert/strict";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { testCert, testKey } from "@meshplane/apiserver/testing";
import { OpenFgaError } from "@meshplane/rebac";
import { decide } from "../decide.ts";
import { relationshipWorld, worldClusters, type RelationshipWorld } from "../testing/index.ts";
import { openAuthzWebhook, type AuthzWebhook } from "./authz-webhook.ts";

let world: RelationshipWorld;
let webhook: AuthzWebhook;
let down = false;
const logged: string[] = [];
before(async () => {
  world = await relationshipWorld();
  const check = world.fga.check.bind(world.fga);
  world.fga.check = (question) => {
    if (down) throw new OpenFgaError("unavailable", "secret.internal:8081 cannot be reached");
    return check(question);
  };
  webhook = await openAuthzWebhook({
    parts: world.parts,
    tls: { key: testKey, cert: testCert },
    clusterOfPath: (path) => (path === "root:orgs:acme:team" ? worldClusters.team : undefined),
    log: (line) => logged.push(line),
  });
});
after(() => webhook.close());

interface Answered {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}
const post = (
  path: string,
  body: string,
  headers: Record<string, string> = { "content-type": "application/json" },
  method = "POST",
): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const sent = request(`${webhook.url}${path}`, { method, headers, rejectUnauthorized: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
const key = "authorization.kubernetes.io/cluster-name";
const review = (user: string, cluster: string, resourceAttributes: object | undefined, more: object = {}) =>
  JSON.stringify({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: { uid: "u1" },
    spec: { user, extra: { [key]: [cluster] }, ...(resourceAttributes ? { resourceAttributes } : {}), ...more },
  });
const statusOf = ({ body }: Answered) => (JSON.parse(body) as { status: Record<string, unknown> }).status;
const list = { verb: "list", resource: "namespaces", version: "v1" };

test("the forms of an answer", async () => {
  const allowed = await post("/authz?timeout=30s", review("boss", worldClusters.team, list));
  assert.equal(allowed.status, 200);
  assert.deepEqual(JSON.parse(allowed.body), {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: { uid: "u1" },
    spec: {},
    status: { allowed: true, denied: false },
  });
  assert.deepEqual(statusOf(await post("/authz", review("rita", worldClusters.team, list))), { allowed: false, reason: "NoOpinion" });
  assert.deepEqual(statusOf(await post("/authz", review("boss", worldClusters.team, undefined))), { allowed: false, reason: "NoOpinion" });
  assert.deepEqual(statusOf(await post("/authz", review("boss", "", list))), { allowed: false, reason: "NoOpinion" });
  assert.deepEqual(statusOf(await post("/authz", review("anybody", "", undefined, { nonResourceAttributes: { path: "/api/v1" } }))), {
    allowed: true,
    denied: false,
  });
});

test("v1beta1 has its groups under another name", async () => {
  const asked = JSON.parse(
    review("x", worldClusters.provider, { verb: "bind", group: "apis.kcp.io", resource: "apiexports", name: "httpbin" }),
  );
  asked.apiVersion = "authorization.k8s.io/v1beta1";
  asked.spec.group = [`system:cluster:${worldClusters.team}`];
  const answer = await post("/authz", JSON.stringify(asked));
  assert.deepEqual([statusOf(answer).allowed, JSON.parse(answer.body).apiVersion], [true, "authorization.k8s.io/v1beta1"]);
});

test("what is no review is answered, and allows nothing", async () => {
  const good = review("boss", worldClusters.team, list);
  const errored = async (answer: Promise<Answered>, reason: RegExp | string): Promise<void> => {
    const status = statusOf(await answer);
    assert.equal(status["allowed"], false);
    assert.equal(status["reason"], status["evaluationError"]);
    if (typeof reason === "string") assert.equal(status["reason"], reason);
    else assert.match(String(status["reason"]), reason);
  };
  await errored(post("/authz", good, { "content-type": "text/plain" }), "contentType=text/plain, expected application/json");
  await errored(
    post("/authz", good, { "content-type": "application/json; charset=utf-8" }),
    "contentType=application/json; charset=utf-8, expected application/json",
  );
  await errored(post("/authz", good, {}), "contentType=, expected application/json");
  await errored(post("/authz", ""), "request body is empty");
  await errored(post("/authz", "{"), /cannot be read/);
  await errored(post("/authz", "[]"), /is wanted/);
  await errored(post("/authz", good.replace("/v1", "/v2")), /is wanted/);
  await errored(post("/authz", JSON.stringify({ spec: { user: ["boss"] } })), /user is no text/);
  await errored(post("/authz", JSON.stringify({ spec: { groups: "a" } })), /groups is no list/);
  await errored(post("/authz", " ".repeat(1 << 20) + good), /longer than/);
  assert.equal((await post("/authz", "", undefined, "GET")).status, 405);
  assert.equal((await post("/other", good)).status, 404);
});

test("a cluster that is not known: one more try in five minutes", async () => {
  for (const [cluster, resource, groups] of [
    ["nowhere", list, []],
    [worldClusters.provider, list, []],
    [worldClusters.provider, { verb: "bind", group: "apis.kcp.io", resource: "apiexports", name: "e" }, ["system:cluster:unborn"]],
  ] as const) {
    const asked = review("boss", cluster, resource, { groups });
    const first = await post("/authz", asked);
    assert.deepEqual([first.status, first.headers["retry-after"], first.body], [503, "1", ""]);
    for (let i = 0; i < 3; i++) assert.deepEqual(statusOf(await post("/authz", asked)), { allowed: false, reason: "NoOpinion" });
  }
});

test("an engine that is down: nothing is allowed, it is said once, and it gets well by itself", async () => {
  down = true;
  const asked = review("boss", worldClusters.team, list);
  for (let i = 0; i < 2; i++)
    assert.deepEqual(statusOf(await post("/authz", asked)), {
      allowed: false,
      reason: "NoOpinion",
      evaluationError: "the relationships cannot be asked",
    });
  down = false;
  assert.equal(statusOf(await post("/authz", asked)).allowed, true);
  assert.equal(logged.filter((line) => line.includes("cannot be asked")).length, 1);
});

test("batches: by path or id, each by itself", async () => {
  const one = (name: string, user: string, place: string, attributes: object) => ({
    metadata: { name },
    spec: { user, resourceAttributes: attributes, extra: { "authorization.kubernetes.io/cluster-path": [place] } },
  });
  const answer = await post(
    "/batch-authz",
    JSON.stringify([
      one("a", "mel", "root:orgs:acme:team", list),
      one("b", "mel", "root:orgs:acme:team", { ...list, verb: "create" }),
      one("c", "orga", worldClusters.team, list),
      one("d", "orga", "root:orgs:nowhere", list),
      null,
    ]),
  );
  assert.deepEqual(JSON.parse(answer.body), [
    { id: "a", allowed: true },
    { id: "b", allowed: false },
    { id: "c", allowed: true },
    { id: "d", allowed: false },
    { id: "", allowed: false },
  ]);
  assert.equal((await post("/batch-authz", "{}")).status, 400);
});

test("health and metrics", async () => {
  const health = await webhook.serveHealth("127.0.0.1", 0);
  for (const path of ["healthz", "readyz"]) assert.equal((await fetch(`http://127.0.0.1:${health}/${path}`)).status, 200);
  const metrics = await webhook.serveMetrics("127.0.0.1", 0);
  assert.match(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text(), /requests_total\{outcome="retry"\} 3/);
});

test("both forms decide alike", async () => {
  const users = ["mel", "boss", "orga", "orgm", "nick", "rita", "system:serviceaccount:default:ci", "system:anonymous", "*"];
  const resources = [
    ["", "namespaces", ""],
    ["", "configmaps", "lab"],
    ["", "configmaps", ""],
    ["rbac.authorization.k8s.io", "clusterroles", ""],
    ["core.platform-mesh.io", "accounts", ""],
    ["coordination.k8s.io", "leases", "lab"],
  ] as const;
  const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind"];
  let asked = 0;
  let allowed = 0;
  for (const cluster of [worldClusters.organizations, worldClusters.acme, worldClusters.team, worldClusters.rival])
    for (const user of users)
      for (const [group, resource, namespace] of resources)
        for (const verb of verbs) {
          if ((asked++ * 7) % 3 !== 0) continue; // a third of them
          const attributes = { verb, group, version: "v1", resource, namespace, name: verb === "list" ? "" : "lab" };
          const here = await decide({ user, groups: [], cluster, resource: attributes }, world.parts);
          const there = statusOf(await post("/authz", review(user, cluster, attributes)));
          assert.equal(there["allowed"], here.allowed, JSON.stringify({ cluster, user, attributes }));
          if (here.allowed) allowed++;
        }
  assert.ok(allowed > 50, String(allowed));
});
