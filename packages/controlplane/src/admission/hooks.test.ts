import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { KubeObject } from "@meshplane/apimachinery";
import { testCert, testKey } from "@meshplane/apiserver/testing";
import { gone, refused, startControlPlane, type ControlPlane } from "../testing/control-plane.ts";
import { checkExpression } from "./expressions.ts";

let plane: ControlPlane;
before(async () => {
  plane = await startControlPlane();
});
after(() => plane.stop());

const group = "admissionregistration.k8s.io";
const anyConfigMap = {
  apiGroups: [""],
  apiVersions: ["v1"],
  operations: ["CREATE", "UPDATE", "DELETE"],
  resources: ["configmaps"],
};

let serial = 0;
/** A logical cluster of its own for each test. */
async function newCluster() {
  const cluster = `c${++serial}`;
  const resource = (name: string, of = "") => plane.resource(name, of, "v1", cluster);
  await resource("namespaces").create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "default", labels: { wet: "yes" } } });
  const hook = (kind: string, name: string, rest: object) =>
    resource(`${kind.toLowerCase().replace(/y$/, "ie")}s`, group).create({ apiVersion: `${group}/v1`, kind, metadata: { name }, ...rest });
  const maps = resource("configmaps");
  return {
    maps,
    resource,
    hook,
    policy: (name: string, spec: object, binding: object = { validationActions: ["Deny"] }) =>
      hook("ValidatingAdmissionPolicy", name, { spec: { matchConstraints: { resourceRules: [anyConfigMap] }, ...spec } }).then(() =>
        hook("ValidatingAdmissionPolicyBinding", name, { spec: { policyName: name, ...binding } }),
      ),
  };
}

const configMap = (name: string, data: Record<string, string> = {}, metadata: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", ...metadata },
  data,
});

test("a bound policy refuses with its message and reason (golden vap-denies)", async () => {
  const { maps, policy, resource } = await newCluster();
  await policy("p", {
    validations: [
      { expression: "request.operation == 'DELETE' || !('forbidden' in object.data)", message: "no forbidden key" },
      {
        expression: "object == null || object.metadata.name.size() < 20",
        messageExpression: '"name " + object.metadata.name + " is too long"',
        reason: "Forbidden",
      },
    ],
  });
  const first = await refused(maps.create(configMap("a", { forbidden: "x" })));
  assert.equal(
    first.message,
    `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no forbidden key`,
  );
  assert.deepEqual([first.code, first.reason], [422, "Invalid"]);
  assert.deepEqual(first.status.details?.causes, [
    { message: "ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no forbidden key" },
  ]);
  const second = await refused(maps.create(configMap("a-name-that-is-far-too-long", { a: "1" })));
  assert.deepEqual([second.code, second.reason], [403, "Forbidden"]);
  assert.match(second.message, /denied request: name a-name-that-is-far-too-long is too long$/);
  await maps.create(configMap("ok", { fine: "x" }));
  assert.equal((await refused(maps.patch("ok", "merge", { data: { forbidden: "1" } }, { namespace: "default" }))).code, 422);
  await maps.delete("ok", { namespace: "default" });
  await resource("validatingadmissionpolicybindings", group).delete("p");
  await maps.create(configMap("now", { forbidden: "x" }));
});

test("variables, conditions, parameters, failures", async () => {
  const { maps, policy } = await newCluster();
  await policy(
    "limit",
    {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      matchConditions: [{ name: "not-params", expression: "object != null && object.metadata.name != 'params'" }],
      variables: [
        { name: "size", expression: "object.data.size()" },
        { name: "twice", expression: "variables.size * 2" },
      ],
      validations: [{ expression: "variables.twice <= int(params.data.max)", messageExpression: "'twice is ' + string(variables.twice)" }],
    },
    { validationActions: ["Deny"], paramRef: { name: "params", namespace: "default", parameterNotFoundAction: "Deny" } },
  );
  assert.match(
    (await refused(maps.create(configMap("x")))).message,
    /denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction$/,
  );
  await assert.rejects(maps.create(configMap("params", { max: "2" })));
});

test("parameters once they are there; an expression without a value", async () => {
  const { maps, policy } = await newCluster();
  await maps.create(configMap("params", { max: "2" }));
  await policy(
    "limit",
    {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      variables: [{ name: "size", expression: "object.data.size()" }],
      validations: [{ expression: "variables.size <= int(params.data.max)", message: "too many" }],
    },
    { validationActions: ["Deny"], paramRef: { selector: {}, namespace: "default", parameterNotFoundAction: "Deny" } },
  );
  await refused(maps.create(configMap("x", { a: "1", b: "2", c: "3" })));
  await policy("broken", { validations: [{ expression: "object.data.nothing == 'x'" }] });
  assert.match(
    (await refused(maps.create(configMap("y", { a: "1" })))).message,
    /'broken' with binding 'broken' denied request: expression 'object\.data\.nothing == 'x'' resulted in error: no such key: nothing$/,
  );
});

test("selectors, the namespace, the caller and the authorizer", async () => {
  const { maps, policy } = await newCluster();
  await policy("p", {
    matchConstraints: {
      resourceRules: [anyConfigMap],
      namespaceSelector: { matchLabels: { wet: "yes" } },
      objectSelector: { matchExpressions: [{ key: "ghost", operator: "DoesNotExist" }] },
    },
    validations: [
      { expression: "namespaceObject.metadata.labels.wet == 'no'", message: "wet" },
      { expression: "authorizer.group('').resource('configmaps').namespace('default').check('get').allowed()", message: "rights" },
      { expression: "authorizer.requestResource.check('create').allowed() && 'system:masters' in request.userInfo.groups" },
    ],
  });
  assert.match((await refused(maps.create(configMap("a")))).message, /denied request: wet$/);
  await maps.create(configMap("b", {}, { labels: { ghost: "1" } }));
});

test("Warn lets pass; Ignore forgives a failing expression, not a false one", async () => {
  const { maps, policy } = await newCluster();
  await policy("w", { validations: [{ expression: "false" }] }, { validationActions: ["Warn", "Audit"] });
  await policy("i", { failurePolicy: "Ignore", validations: [{ expression: "object.data.x == '1'" }] });
  await maps.create(configMap("a"));
  await refused(maps.create(configMap("b", { x: "2" })));
});

test("mutating policies merge and patch, each on top of the one before", async () => {
  const { maps, hook } = await newCluster();
  const rule = { ...anyConfigMap, operations: ["CREATE", "UPDATE"] };
  const mutating = async (name: string, spec: object) => {
    await hook("MutatingAdmissionPolicy", name, {
      spec: { matchConstraints: { resourceRules: [rule] }, reinvocationPolicy: "Never", ...spec },
    });
    await hook("MutatingAdmissionPolicyBinding", name, { spec: { policyName: name } });
  };
  await mutating("a-label", {
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"touched": "by-policy"}}}' },
      },
    ],
  });
  await mutating("b-data", {
    matchConditions: [{ name: "want", expression: "has(object.data) && 'want' in object.data" }],
    mutations: [
      {
        patchType: "JSONPatch",
        jsonPatch: {
          expression:
            '[JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("got.it"), value: object.data.want + object.metadata.labels.touched}]',
        },
      },
    ],
  });
  const made = await maps.create(configMap("x", { want: "w" }));
  assert.deepEqual(made["data"], { want: "w", "got.it": "wby-policy" });
  assert.deepEqual(made.metadata.labels, { touched: "by-policy" });
});

test("who wants a second look gets one when something after it has changed the object", async () => {
  for (const [reinvocationPolicy, data] of [
    ["IfNeeded", { calls: "2" }],
    ["Never", { calls: "1" }],
  ] as const) {
    const { maps, hook } = await newCluster();
    const mutating = async (name: string, policy: string, expression: string) => {
      await hook("MutatingAdmissionPolicy", name, {
        spec: {
          matchConstraints: { resourceRules: [{ ...anyConfigMap, operations: ["CREATE"] }] },
          reinvocationPolicy: policy,
          mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression } }],
        },
      });
      await hook("MutatingAdmissionPolicyBinding", name, { spec: { policyName: name } });
    };
    const count = "has(object.data) && 'calls' in object.data ? string(int(object.data.calls) + 1) : '1'";
    await mutating("a-counts", reinvocationPolicy, `Object{data: {"calls": ${count}}}`);
    await mutating("b-changes", "IfNeeded", 'Object{metadata: Object.metadata{labels: {"touched": "yes"}}}');
    await mutating("c-changes-nothing", "IfNeeded", 'Object{metadata: Object.metadata{labels: {"touched": "yes"}}}');
    assert.deepEqual((await maps.create(configMap("x")))["data"], data);
  }
});

type Review = { request: { uid: string; object: KubeObject | null; operation: string } };

async function withWebhook(answer: (review: Review) => object, work: (url: string, reviews: Review[]) => Promise<void>): Promise<void> {
  const reviews: Review[] = [];
  const server: Server = createServer({ key: testKey, cert: testCert }, (request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      const review = JSON.parse(text) as Review;
      reviews.push(review);
      response.end(JSON.stringify({ kind: "AdmissionReview", response: { uid: review.request.uid, ...answer(review) } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`https://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, reviews);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const webhook = (url: string, more: object = {}) => ({
  webhooks: [
    {
      name: "a.hook.example.com",
      clientConfig: { url, caBundle: Buffer.from(testCert).toString("base64") },
      rules: [anyConfigMap],
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      ...more,
    },
  ],
});

test("a mutating webhook changes, a validating one refuses", async () => {
  const { maps, hook } = await newCluster();
  const patch = Buffer.from(JSON.stringify([{ op: "add", path: "/data/hooked", value: "yes" }])).toString("base64");
  await withWebhook(
    ({ request }) => (request.operation === "CREATE" ? { allowed: true, patchType: "JSONPatch", patch } : { allowed: true }),
    async (url, reviews) => {
      await hook("MutatingWebhookConfiguration", "m", webhook(url));
      const made = await maps.create(configMap("a", { own: "1" }));
      assert.deepEqual(made["data"], { own: "1", hooked: "yes" });
      assert.equal(reviews[0]!.request.object!.metadata.annotations!["kcp.io/cluster"], `c${serial}`);
    },
  );
  await plane.resource("mutatingwebhookconfigurations", group, "v1", `c${serial}`).delete("m");
  await withWebhook(
    () => ({ allowed: false, status: { message: "not today", code: 403, reason: "Forbidden" } }),
    async (url) => {
      await hook("ValidatingWebhookConfiguration", "v", webhook(url));
      const denied = await refused(maps.create(configMap("b")));
      assert.deepEqual(
        [denied.code, denied.reason, denied.message],
        [403, "Forbidden", 'admission webhook "a.hook.example.com" denied the request: not today'],
      );
      assert.ok(await gone(maps.get("b", { namespace: "default" })));
    },
  );
});

test("an unreachable webhook refuses or is ignored (golden admission-webhooks)", async () => {
  const { maps, hook, resource } = await newCluster();
  await hook(
    "ValidatingWebhookConfiguration",
    "v",
    webhook("https://127.0.0.1:1/hook", {
      objectSelector: { matchLabels: { hook: "yes" } },
      matchConditions: [{ name: "not-me", expression: "object.metadata.name != 'me'" }],
    }),
  );
  const labels = { labels: { hook: "yes" } };
  const failed = await refused(maps.create(configMap("a", {}, labels)));
  assert.equal(failed.code, 500);
  assert.equal(
    failed.message,
    'Internal error occurred: failed calling webhook "a.hook.example.com": failed to call webhook: Post "https://127.0.0.1:1/hook?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused',
  );
  await maps.create(configMap("plain"));
  await maps.create(configMap("me", {}, labels));
  assert.equal(
    (await refused(maps.delete("me", { namespace: "default" }))).message,
    "configmaps \"me\" is forbidden: expression 'object.metadata.name != 'me'' resulted in error: no such key: metadata",
  );
  await resource("validatingwebhookconfigurations", group).patch("v", "json", [
    { op: "replace", path: "/webhooks/0/failurePolicy", value: "Ignore" },
  ]);
  await maps.create(configMap("b", {}, labels));
});

test("what is said of an expression", () => {
  const use = { hasParams: false, hasAuthorizer: true, returns: "bool" as const, variables: [] };
  assert.equal(checkExpression("object.metadata.name == 'a'", use), undefined);
  assert.equal(checkExpression("1 + 1", use), "must evaluate to bool but got int");
  assert.equal(
    checkExpression("nothing == 1", use),
    "compilation failed: ERROR: <input>:1:1: undeclared reference to 'nothing' (in container '')\n | nothing == 1\n | ^",
  );
  assert.match(checkExpression("params.a == 1", use)!, /undeclared reference to 'params'/);
  assert.equal(checkExpression("variables.a", { ...use, returns: "any" }), undefined);
  assert.equal(checkExpression("Object{spec: Object.spec{a: 1}}", { ...use, returns: "applyConfiguration" }), undefined);
});
