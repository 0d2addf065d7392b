import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "../target.ts";
import { auditDepthOf, AuditPolicyError, parseAuditPolicy } from "./audit-policy.ts";

const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";
const policy = parseAuditPolicy(`${head}omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: None, users: [robot]}
- {level: None, nonResourceURLs: [/healthz, "/api*"]}
- {level: RequestResponse, verbs: [create], resources: [{group: "", resources: [secrets/token, "*/status", "pods/*"]}], omitManagedFields: false, omitStages: [Panic]}
- {level: Request, namespaces: [a], resources: [{group: apps}]}
- {level: Request, resources: [{group: "", resources: [configmaps], resourceNames: [one]}]}
- {level: Request, namespaces: [""], resources: [{group: "", resources: ["*"]}]}
- {level: Metadata, userGroups: [team]}
`);

const user = (name: string, ...groups: string[]) => ({ name, uid: "", groups, extra: {} });
const resource = (verb: string, what: string, more: Partial<Target> = {}): Target => {
  const [name = "", subresource = ""] = what.split("/");
  return {
    kind: "resource",
    verb,
    cluster: "c",
    group: "",
    version: "v1",
    resource: name,
    subresource,
    identity: undefined,
    namespace: "n",
    name: "",
    path: "",
    ...more,
  } as Target;
};
const path = (path: string): Target => ({ kind: "nonResource", verb: "get", cluster: "", path });

const cases: [why: string, who: ReturnType<typeof user>, what: Target, level: string | undefined][] = [
  ["the first rule that matches decides", user("robot", "team"), path("/x"), undefined],
  ["a path", user("a", "team"), path("/healthz"), undefined],
  ["a path that begins so", user("a", "team"), path("/apis/x"), undefined],
  ["no longer path", user("a", "team"), path("/healthz/etcd"), "Metadata"],
  ["a subresource", user("a"), resource("create", "secrets/token"), "RequestResponse"],
  ["not its resource", user("a"), resource("create", "secrets"), undefined],
  ["a subresource of any", user("a"), resource("create", "namespaces/status"), "RequestResponse"],
  ["any of a resource", user("a"), resource("create", "pods/log"), "RequestResponse"],
  ["another verb", user("a"), resource("get", "pods/log"), undefined],
  ["a group in a namespace", user("a"), resource("get", "deployments", { group: "apps", namespace: "a" }), "Request"],
  ["a group in another", user("a"), resource("get", "deployments", { group: "apps" }), undefined],
  ["a name", user("a"), resource("get", "configmaps", { name: "one" }), "Request"],
  ["another name", user("a"), resource("get", "configmaps", { name: "two" }), undefined],
  ["without namespace", user("a"), resource("list", "secrets", { namespace: "" }), "Request"],
  ["nobody", user("a"), path("/x"), undefined],
];

for (const [why, who, what, level] of cases)
  test(`audit policy: ${why}`, () => assert.equal(auditDepthOf(policy, who, what)?.level, level));

test("audit policy: a rule adds to the stages that all omit, and has the last word on managed fields", () => {
  const secrets = auditDepthOf(policy, user("a"), resource("create", "secrets/token"))!;
  assert.deepEqual([...secrets.omitStages], ["RequestReceived", "Panic"]);
  assert.equal(secrets.omitManagedFields, false);
  assert.equal(auditDepthOf(policy, user("a", "team"), path("/x"))!.omitManagedFields, true);
});

test("audit policy: credentials that name nobody match no user", () => {
  assert.equal(auditDepthOf(policy, undefined, path("/x")), undefined);
});

const refused: [text: string, message: RegExp][] = [
  ["{", /./],
  ["[]", /not an object/],
  ["kind: Policy", /apiVersion/],
  [`${head}rules: []`, /at least one/],
  [`${head}rules: [{level: Some}]`, /rules\[0\]\.level: "Some" is none of/],
  [`${head}rules: [{level: None, user: [a]}]`, /unknown field "user"/],
  [`${head}rules: [{level: None, users: a}]`, /users is not a list/],
  [`${head}rules: [{level: None, nonResourceURLs: [/a], namespaces: [b]}]`, /for paths or for resources/],
  [`${head}rules: [{level: None, nonResourceURLs: ["/a*b"]}]`, /before its end/],
  [`${head}rules: [{level: None, nonResourceURLs: [a]}]`, /does not begin/],
  [`${head}rules: [{level: None, resources: [{resourceNames: [a]}]}]`, /names need resources/],
  [`${head}rules: [{level: None, omitStages: [Soon]}]`, /"Soon" is none of/],
];
for (const [text, message] of refused)
  test(`audit policy: refuses ${text.replace(head, "")}`, () =>
    assert.throws(
      () => parseAuditPolicy(text),
      (error: Error) => error instanceof AuditPolicyError && message.test(error.message),
    ));
