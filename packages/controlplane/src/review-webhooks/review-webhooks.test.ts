import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import type { ResourceTarget, User } from "@meshplane/apiserver";
import { TokenError } from "../authentication/token-authenticator.ts";
import { ReviewWebhook } from "./review-webhook.ts";
import { webhookAuthorizer, type WebhookAuthorizerOptions } from "./webhook-authorizer.ts";
import { webhookTokens } from "./webhook-tokens.ts";

interface Review {
  kind: string;
  apiVersion: string;
  spec: Record<string, unknown>;
}

let server: Server;
let url: string;
let asked: { review: Review; path: string | undefined; type: string | undefined }[];
let answer: (review: Review) => { code?: number; headers?: Record<string, string>; body?: unknown };

before(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const review = JSON.parse(Buffer.concat(chunks).toString()) as Review;
      asked.push({ review, path: request.url, type: request.headers["content-type"] });
      const { code = 200, headers = {}, body } = answer(review);
      response.writeHead(code, headers).end(body === undefined ? "" : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/authz`;
});
after(() => server.close());
beforeEach(() => (asked = []));

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const alice: User = { name: "alice", uid: "u1", groups: ["dev", "system:authenticated"], extra: { team: ["red"] } };
const target: ResourceTarget = {
  kind: "resource",
  verb: "get",
  cluster: "abc",
  group: "",
  version: "v1",
  resource: "configmaps",
  identity: undefined,
  namespace: "default",
  name: "one",
  subresource: "",
  path: "/api/v1/namespaces/default/configmaps/one",
};
const status = (status: object) => () => ({ body: { kind: "SubjectAccessReview", status } });

function authorizerOf(options: Partial<WebhookAuthorizerOptions> = {}, webhookUrl = url) {
  return webhookAuthorizer({
    webhook: new ReviewWebhook({ server: webhookUrl }, { retryMs: 1 }),
    version: "v1",
    authorizedMs: 300_000,
    unauthorizedMs: 30_000,
    alwaysAllowGroups: ["system:masters"],
    extraOf: (cluster) => ({ "authorization.kubernetes.io/cluster-name": [cluster] }),
    clock: Date.now,
    log: silent,
    ...options,
  });
}

test("a request as a SubjectAccessReview, in both versions", async () => {
  answer = status({ allowed: true, reason: "because" });
  assert.deepEqual(await authorizerOf()({ user: alice, target }), { decision: "allow", reason: "because" });
  await authorizerOf({ version: "v1beta1" })({ user: alice, target });
  await authorizerOf()({ user: { ...alice, uid: "" }, target: { kind: "nonResource", verb: "get", cluster: "", path: "/version" } });
  const [one, two, three] = asked;
  assert.equal(one?.type, "application/json");
  assert.equal(one?.path, "/authz?timeout=30s");
  assert.equal(one?.review.apiVersion, "authorization.k8s.io/v1");
  assert.deepEqual(one?.review.spec, {
    resourceAttributes: { namespace: "default", verb: "get", version: "v1", resource: "configmaps", name: "one" },
    user: "alice",
    groups: ["dev", "system:authenticated"],
    extra: { team: ["red"], "authorization.kubernetes.io/cluster-name": ["abc"] },
    uid: "u1",
  });
  assert.equal(two?.review.apiVersion, "authorization.k8s.io/v1beta1");
  assert.deepEqual(two?.review.spec["group"], alice.groups);
  assert.equal(two?.review.spec["groups"], undefined);
  assert.deepEqual(three?.review.spec, {
    nonResourceAttributes: { path: "/version", verb: "get" },
    user: "alice",
    groups: alice.groups,
    extra: { team: ["red"] },
  });
});

test("selectors of a collection", async () => {
  answer = status({ allowed: true });
  const authorize = authorizerOf();
  const list = { ...target, verb: "list" as const, name: "" };
  await authorize({ user: alice, target: list, selectors: { field: "metadata.name!=x,spec.y=z", label: "a=b,c in (e,d),!f,g" } });
  await authorize({ user: alice, target: list, selectors: { field: "", label: "=broken((" } });
  assert.deepEqual(asked[0]?.review.spec["resourceAttributes"], {
    namespace: "default",
    verb: "list",
    version: "v1",
    resource: "configmaps",
    fieldSelector: {
      requirements: [
        { key: "metadata.name", operator: "NotIn", values: ["x"] },
        { key: "spec.y", operator: "In", values: ["z"] },
      ],
    },
    labelSelector: {
      requirements: [
        { key: "a", operator: "In", values: ["b"] },
        { key: "c", operator: "In", values: ["d", "e"] },
        { key: "f", operator: "DoesNotExist" },
        { key: "g", operator: "Exists" },
      ],
    },
  });
  assert.deepEqual(Object.keys(asked[1]?.review.spec["resourceAttributes"] as object), ["namespace", "verb", "version", "resource"]);
});

test("a user's own extra cannot say which logical cluster it is", async () => {
  answer = status({ allowed: false });
  await authorizerOf()({ user: { ...alice, extra: { "authorization.kubernetes.io/cluster-name": ["other"] } }, target });
  assert.deepEqual(asked[0]?.review.spec["extra"], { "authorization.kubernetes.io/cluster-name": ["abc"] });
});

test("denied, no opinion, both at once", async () => {
  answer = status({ allowed: false, denied: true, reason: "no" });
  assert.deepEqual(await authorizerOf()({ user: alice, target }), { decision: "deny", reason: "no" });
  answer = status({ allowed: false, reason: "NoOpinion" });
  assert.deepEqual(await authorizerOf()({ user: alice, target }), { decision: "noOpinion", reason: "NoOpinion" });
  answer = status({ allowed: true, denied: true });
  assert.equal((await authorizerOf()({ user: alice, target })).decision, "deny");
});

test("masters are not asked about", async () => {
  answer = status({ denied: true });
  assert.equal((await authorizerOf()({ user: { ...alice, groups: ["system:masters"] }, target })).decision, "allow");
  assert.equal(asked.length, 0);
});

test("answers are believed for a while, each its own; many equal questions are one", async () => {
  let now = 0;
  answer = status({ allowed: true });
  const authorize = authorizerOf({ clock: () => now });
  await Promise.all(Array.from({ length: 10 }, () => authorize({ user: alice, target })));
  assert.equal(asked.length, 1);
  answer = status({ allowed: false });
  assert.equal((await authorize({ user: alice, target })).decision, "allow");
  await authorize({ user: { ...alice, name: "bob" }, target });
  assert.equal(asked.length, 2);
  await authorize({ user: alice, target: { ...target, cluster: "def" } });
  assert.equal(asked.length, 3);
  now = 29_999;
  await authorize({ user: { ...alice, name: "bob" }, target });
  assert.equal(asked.length, 3);
  now = 30_000;
  await authorize({ user: { ...alice, name: "bob" }, target });
  assert.equal(asked.length, 4);
  now = 300_000;
  assert.equal((await authorize({ user: alice, target })).decision, "noOpinion");
  assert.equal(asked.length, 5);
  const long = { ...target, name: "x".repeat(20_000) };
  await authorize({ user: alice, target: long });
  await authorize({ user: alice, target: long });
  assert.equal(asked.length, 7);
});

test("a webhook that asks for patience is asked again; one that is away has no opinion, which is said and not kept", async () => {
  let times = 0;
  answer = () => (++times < 3 ? { code: 503, headers: { "retry-after": "0" } } : { body: { status: { allowed: true } } });
  assert.equal((await authorizerOf()({ user: alice, target })).decision, "allow");
  assert.equal(asked.length, 3);

  answer = () => ({ code: 404 });
  const refused = await authorizerOf()({ user: alice, target });
  assert.equal(refused.decision, "noOpinion");
  assert.match(refused.error ?? "", /responded with the status code 404/);
  assert.equal(asked.length, 4);

  const away = authorizerOf({}, "http://127.0.0.1:1/authz");
  const unreachable = await away({ user: alice, target });
  assert.equal(unreachable.decision, "noOpinion");
  assert.match(
    unreachable.error ?? "",
    /^Post "http:\/\/127\.0\.0\.1:1\/authz\?timeout=30s": dial tcp 127\.0\.0\.1:1: connect: connection refused$/,
  );

  const authorize = authorizerOf();
  answer = () => ({ body: { nothing: true } });
  assert.match((await authorize({ user: alice, target })).error ?? "", /has no status/);
  answer = status({ allowed: true });
  assert.equal((await authorize({ user: alice, target })).decision, "allow");
});

test("tokens by TokenReview: users, refusals, audiences, memory", async () => {
  let now = 0;
  const authenticate = webhookTokens({
    webhook: new ReviewWebhook({ server: url }, { retryMs: 1 }),
    version: "v1beta1",
    cacheMs: 120_000,
    audiences: ["https://kcp.default.svc"],
    clock: () => now,
    log: silent,
  });
  const wanted = ["https://kcp.default.svc"];
  answer = ({ spec }) =>
    spec["token"] === "good"
      ? { body: { status: { authenticated: true, user: { username: "carol", uid: "7", groups: ["g"], extra: { k: ["v"] } } } } }
      : spec["token"] === "bad"
        ? { body: { status: { authenticated: false, error: "revoked" } } }
        : spec["token"] === "elsewhere"
          ? { body: { status: { authenticated: true, audiences: ["vault"], user: { username: "carol" } } } }
          : spec["token"] === "nameless"
            ? { body: { status: { authenticated: true, user: {} } } }
            : { body: { status: { authenticated: false } } };
  assert.deepEqual(await authenticate("good", wanted, ""), {
    user: { name: "carol", uid: "7", groups: ["g", "system:authenticated"], extra: { k: ["v"] } },
    audiences: wanted,
  });
  assert.deepEqual(asked[0]?.review, {
    kind: "TokenReview",
    apiVersion: "authentication.k8s.io/v1beta1",
    spec: { token: "good", audiences: wanted },
    metadata: {},
    status: { user: {} },
  });
  await authenticate("good", wanted, "");
  assert.equal(asked.length, 1);
  now = 120_000;
  await authenticate("good", wanted, "");
  assert.equal(asked.length, 2);
  await assert.rejects(async () => authenticate("bad", wanted, ""), /^TokenError: revoked$/);
  await assert.rejects(async () => authenticate("nameless", wanted, ""), TokenError);
  assert.equal(await authenticate("elsewhere", wanted, ""), undefined);
  assert.equal(await authenticate("unknown", wanted, ""), undefined);
  answer = () => ({ code: 400 });
  await assert.rejects(async () => authenticate("other", wanted, ""), /status code 400/);
});
