import assert from "node:assert/strict";
import { test } from "node:test";
import { allow, deny, noOpinion, type Authorizer, type ResourceTarget, type StepDecision, type User } from "@meshplane/apiserver";
import type { ExportIndex } from "../exports/export-index.ts";
import type { LogicalClusterEntry, PathIndex } from "../logical-clusters/path-index.ts";
import { authorizerChain } from "./chain.ts";

const entry: LogicalClusterEntry = {
  cluster: "c",
  path: "root:c",
  type: "root:universal",
  phase: "Ready",
  inactive: false,
  deleting: false,
  requiredGroups: undefined,
  maxTotalObjects: undefined,
};

interface Case {
  name: string;
  user?: Partial<User>;
  cluster?: Partial<LogicalClusterEntry> | undefined;
  target?: Partial<ResourceTarget>;
  /** RBAC of the cluster: `<user> <verb>` */
  grants: string[];
  want: "allow" | "deny" | "noOpinion";
}

const entering = "alice access";
const cases: Case[] = [
  { name: "access and a role together allow", grants: [entering, "alice get"], want: "allow" },
  { name: "a role without access does not", grants: ["alice get"], want: "noOpinion" },
  { name: "access without a role does not", grants: [entering], want: "noOpinion" },
  { name: "masters may everything", user: { groups: ["system:masters"] }, grants: [], want: "allow" },
  { name: "of a missing logical cluster nothing is said", cluster: undefined, grants: [entering, "alice get"], want: "noOpinion" },
  {
    name: "a group that a scope leaves outside does not count",
    cluster: { ...entry, requiredGroups: "red" },
    user: { groups: ["red", "system:kcp:logical-cluster-admin"], extra: { "authentication.kcp.io/scopes": ["cluster:other"] } },
    grants: [entering, "alice get"],
    want: "deny",
  },
  {
    name: "a scheduled one is not open yet",
    cluster: { ...entry, phase: "Scheduling" },
    grants: [entering, "alice get"],
    want: "noOpinion",
  },
  {
    name: "required groups deny",
    cluster: { ...entry, requiredGroups: "red;green,blue" },
    user: { groups: ["green"] },
    grants: [entering, "alice get"],
    want: "deny",
  },
  {
    name: "one alternative of them is enough",
    cluster: { ...entry, requiredGroups: "red;green,blue" },
    user: { groups: ["blue", "green"] },
    grants: [entering, "alice get"],
    want: "allow",
  },
  { name: "the wildcard is for masters", target: { cluster: "*" }, grants: [entering, "alice get"], want: "noOpinion" },
  {
    name: "a lifecycle group enters while initializing",
    cluster: { ...entry, phase: "Initializing" },
    user: { groups: ["system:kcp:initializer:root:x"] },
    grants: [],
    want: "allow",
  },
  { name: "and not when ready", user: { groups: ["system:kcp:initializer:root:x"] }, grants: [], want: "noOpinion" },
  {
    name: "nobody writes the status of bindings",
    target: { group: "apis.kcp.io", resource: "apibindings", subresource: "status", verb: "patch" },
    grants: [entering, "alice patch"],
    want: "deny",
  },
];

for (const { name, user, target, grants, want, ...rest } of cases)
  test(name, async () => {
    const known = "cluster" in rest ? rest.cluster : entry;
    const { authorize } = authorizerChain({
      paths: { get: (cluster: string) => (cluster === "c" ? known : undefined) } as PathIndex,
      exports: {} as ExportIndex,
      apisOf: () => ({ surface: { key: "", definitions: [], lookup: () => undefined }, bindings: [], boundBy: () => undefined }),
      rbac: {
        authorize: (cluster, who, what) =>
          cluster === "c" && grants.includes(`${who.name} ${what.verb}`) ? allow("granted") : noOpinion(""),
      },
    });
    const asked = {
      kind: "resource",
      verb: "get",
      cluster: "c",
      group: "",
      version: "v1",
      resource: "configmaps",
      subresource: "",
      name: "x",
      namespace: "",
      path: "",
      identity: undefined,
      ...target,
    } as ResourceTarget;
    const { decision } = await authorize({ user: { name: "alice", uid: "", groups: [], extra: {}, ...user }, target: asked });
    assert.equal(decision, want);
  });

function chainWith(order: readonly string[] | undefined, webhook: Authorizer) {
  const paths = { get: (cluster: string) => (cluster === "c" ? entry : undefined) } as unknown as PathIndex;
  const grants = new Set([entering, "alice get"]);
  return authorizerChain({
    paths,
    exports: { get: () => undefined } as unknown as ExportIndex,
    apisOf: () => ({ boundBy: () => undefined }) as never,
    rbac: {
      authorize: (cluster, user, { verb }) =>
        cluster !== "system:admin" && grants.has(`${user.name} ${verb}`) ? allow(`role of ${user.name}`) : noOpinion(""),
    },
    steps: [{ name: "Webhook", authorize: webhook }],
    order,
  });
}

const reading: ResourceTarget = {
  kind: "resource",
  verb: "get",
  cluster: "c",
  group: "",
  version: "v1",
  resource: "configmaps",
  identity: undefined,
  namespace: "",
  name: "",
  subresource: "",
  path: "",
};
const called = (name: string, groups: string[] = []): User => ({ name, uid: "", groups, extra: {} });

test("steps are asked in their order, and only those that it names", async () => {
  const denying: Authorizer = () => deny("not today");
  const decisionOf = async (order: readonly string[] | undefined, user: User) =>
    (await chainWith(order, denying).authorize({ user, target: reading })).decision;
  assert.equal(await decisionOf(undefined, called("alice")), "allow");
  assert.equal(await decisionOf(undefined, called("bob")), "deny");
  assert.equal(await decisionOf(["AlwaysAllowGroups", "Webhook", "RBAC"], called("alice")), "deny");
  assert.equal(await decisionOf(["Webhook", "AlwaysAllowGroups"], called("root", ["system:masters"])), "deny");
  assert.equal(await decisionOf(["RBAC"], called("root", ["system:masters"])), "noOpinion");
  assert.throws(() => chainWith(["RBAC", "Oracle"], denying), /^Error: invalid authorizer: "Oracle"$/);
});

test("explaining asks every step and decides as the chain does", async () => {
  const failing: Authorizer = () => ({ decision: "noOpinion", reason: "", error: "unreachable" });
  for (const user of [called("alice"), called("bob"), called("root", ["system:masters"])]) {
    for (const webhook of [failing, () => allow("a friend"), () => deny("an enemy")]) {
      const chain = chainWith(undefined, webhook);
      const { decision, error } = await chain.authorize({ user, target: reading });
      const explained = await chain.explain({ user, target: reading });
      assert.equal(explained.decision, decision);
      assert.equal(explained.error, error);
      assert.deepEqual(
        explained.steps.map(({ name }) => name),
        ["AlwaysAllowGroups", "AlwaysAllowPaths", "RBAC", "Webhook"],
      );
    }
  }
  const { steps, decidedBy, reason } = await chainWith(undefined, failing).explain({ user: called("alice"), target: reading });
  assert.equal(decidedBy, "RBAC");
  assert.match(reason, /^delegating due to /);
  const names = [];
  let inner: readonly StepDecision[] = steps.filter(({ name }) => name === "RBAC");
  for (; inner.length > 0; inner = inner[0]!.steps ?? []) names.push(inner.map(({ name, decision }) => `${name} ${decision}`).join(", "));
  assert.deepEqual(names, [
    "RBAC allow",
    "01-requiredgroups allow",
    "02-content allow",
    "03-systemcrd allow",
    "04-maxpermissionpolicy allow",
    "05-bootstrap noOpinion, 05-local allow",
  ]);
  assert.equal(steps[3]!.error, "unreachable");
});

test("clients read a webhook's reasons and none of RBAC's", async () => {
  const shown = async (order: readonly string[] | undefined, webhook: Authorizer, user = called("bob")) => {
    const { decision, reason, shown: text } = await chainWith(order, webhook).authorize({ user, target: reading });
    return [decision, reason, text];
  };
  assert.deepEqual(await shown(undefined, () => noOpinion("unknown here")), [
    "noOpinion",
    "access denied\nunknown here",
    "access denied\nunknown here",
  ]);
  assert.deepEqual(await shown(["Webhook", "RBAC"], () => deny("not today")), ["deny", "not today", "not today"]);
  assert.deepEqual(await shown(undefined, () => noOpinion("")), ["noOpinion", "access denied", "access denied"]);
  assert.deepEqual(await shown(undefined, () => noOpinion(""), called("alice")), ["allow", "access granted", undefined]);
  assert.deepEqual(await shown(undefined, () => noOpinion(""), called("root", ["system:masters"])), ["allow", "", undefined]);
});
