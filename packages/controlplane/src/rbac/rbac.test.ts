import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError, type KubeObject } from "@meshplane/apimachinery";
import type { AdmissionRequest, ResourceTarget, Target, User } from "@meshplane/apiserver";
import { encodeKey, openMemoryStore, type Store } from "@meshplane/storage";
import { accessReviewer, rulesReviewer } from "./access-review.ts";
import { bootstrapPolicy } from "./bootstrap-policy.ts";
import { describeRights, missingRights } from "./covers.ts";
import { escalationAdmission } from "./escalation.ts";
import { rbacGroup } from "./policy.ts";
import { RbacIndex } from "./rbac-index.ts";
import { ruleAllows } from "./rule-allows.ts";

const user = (name: string, ...groups: string[]): User => ({ name, uid: "", groups, extra: {} });
const alice = user("alice", "team-blue", "system:authenticated");

const on = (verb: string, resource: string, more: Partial<ResourceTarget> = {}): Target => ({
  kind: "resource",
  verb: verb as never,
  cluster: "one",
  group: "",
  version: "v1",
  resource,
  identity: undefined,
  namespace: "",
  name: "",
  subresource: "",
  path: "",
  ...more,
});
const path = (verb: string, it: string): Target => ({ kind: "nonResource", verb, cluster: "one", path: it });

async function put(
  store: Store,
  resource: string,
  object: object & { metadata: { name: string; namespace?: string } },
  cluster = "one",
): Promise<void> {
  const { name, namespace = "" } = object.metadata;
  const key = encodeKey({ group: rbacGroup, resource, identity: "-", cluster, namespace, name });
  await store.commit({
    key,
    expect: (await store.get(key))?.revision ?? 0,
    write: {
      header: { definition: "h", uid: name, deleting: false, labels: undefined, fields: undefined },
      body: Buffer.from(JSON.stringify(object)),
    },
  });
}

async function open(bytesMax?: number): Promise<{ store: Store; rbac: RbacIndex; reads: string[] }> {
  const store = openMemoryStore();
  const reads: string[] = [];
  const counting: Store = Object.create(store, {
    range: {
      value: (prefix: string) => {
        reads.push(prefix);
        return store.range(prefix);
      },
    },
  });
  const rbac = new RbacIndex({
    store: counting,
    policyCluster: "system:admin",
    bootstrap: bootstrapPolicy(),
    ...(bytesMax ? { bytesMax } : {}),
  });
  await store.feed(0, (batch) => rbac.apply(batch));
  await rbac.load();
  return { store, rbac, reads };
}

const ref = (kind: string, name: string) => ({ apiGroup: rbacGroup, kind, name });
const bindUser = (name: string, role: { apiGroup: string; kind: string; name: string }, namespace?: string, who = "alice") => ({
  metadata: { name, ...(namespace ? { namespace } : {}) },
  roleRef: role,
  subjects: [{ kind: "User", apiGroup: rbacGroup, name: who }],
});

test("one rule: verbs, groups, resources, subresources, names, paths", () => {
  const rule = { verbs: ["get", "list"], apiGroups: [""], resources: ["configmaps", "*/scale"], resourceNames: ["one"] };
  assert.ok(ruleAllows(rule, on("get", "configmaps", { name: "one" })));
  assert.ok(!ruleAllows(rule, on("get", "configmaps", { name: "two" })));
  assert.ok(!ruleAllows(rule, on("list", "configmaps")));
  assert.ok(!ruleAllows(rule, on("delete", "configmaps", { name: "one" })));
  assert.ok(!ruleAllows(rule, on("get", "configmaps", { name: "one", subresource: "status" })));
  assert.ok(ruleAllows(rule, on("get", "things", { name: "one", subresource: "scale" })));
  assert.ok(!ruleAllows(rule, on("get", "configmaps", { name: "one", group: "apps" })));
  const urls = { verbs: ["get"], nonResourceURLs: ["/", "/custom/*", "/x*y"] };
  assert.ok(ruleAllows(urls, path("get", "/custom/deep/path")));
  assert.ok(!ruleAllows(urls, path("get", "/custom")));
  assert.ok(!ruleAllows(urls, path("post", "/custom/a")));
  assert.ok(!ruleAllows(urls, path("get", "/xzy")));
});

test("bindings count where they are, and their changes at once", async () => {
  const { store, rbac } = await open();
  const allowed = async (who: User, target: Target) => rbac.allows("one", who, target);
  await put(store, "clusterroles", {
    metadata: { name: "cms" },
    rules: [{ verbs: ["*"], apiGroups: [""], resources: ["configmaps"] }],
  } as never);
  await put(store, "rolebindings", bindUser("cms", ref("ClusterRole", "cms"), "default"));
  assert.ok(await allowed(alice, on("list", "configmaps", { namespace: "default" })));
  assert.ok(!(await allowed(alice, on("list", "configmaps"))));
  assert.ok(!(await allowed(alice, on("list", "configmaps", { namespace: "other" }))));
  assert.ok(!(await rbac.allows("two", alice, on("list", "configmaps", { namespace: "default" }))));
  await put(store, "clusterrolebindings", {
    metadata: { name: "cms" },
    roleRef: ref("ClusterRole", "cms"),
    subjects: [
      { kind: "Group", name: "team-red" },
      { kind: "ServiceAccount", name: "robot", namespace: "default" },
    ],
  } as never);
  assert.ok(await allowed(user("bob", "team-red"), on("list", "configmaps")));
  assert.ok(await allowed(user("system:serviceaccount:default:robot"), on("list", "configmaps")));
  assert.ok(!(await allowed(user("system:serviceaccount:other:robot"), on("list", "configmaps"))));
  const key = encodeKey({ group: rbacGroup, resource: "clusterrolebindings", identity: "-", cluster: "one", namespace: "", name: "cms" });
  await store.commit({ key, expect: (await store.get(key))!.revision, write: "delete" });
  assert.ok(!(await allowed(user("bob", "team-red"), on("list", "configmaps"))));
});

test("a cluster is compiled once, decisions are synchronous then, and the bootstrap policy is shared", async () => {
  const { store, rbac, reads } = await open();
  await put(store, "clusterrolebindings", bindUser("a", ref("ClusterRole", "view")));
  assert.ok(rbac.authorize("one", alice, on("list", "configmaps")) instanceof Promise);
  await rbac.authorize("one", alice, on("list", "configmaps"));
  reads.length = 0;
  const decision = rbac.authorize("one", alice, on("list", "configmaps"));
  assert.deepEqual(decision, {
    decision: "allow",
    reason: 'RBAC: allowed by ClusterRoleBinding "a" of ClusterRole "view" to User "alice"',
  });
  assert.equal(reads.length, 0);
  assert.ok(rbac.bytes > 0);
  const basic = rbac.authorize("system:admin", alice, path("get", "/api"));
  assert.ok(!(basic instanceof Promise) && basic.decision === "allow");
  await put(store, "clusterrolebindings", bindUser("b", ref("ClusterRole", "nowhere")));
  assert.deepEqual(await rbac.authorize("one", alice, on("delete", "configmaps")), {
    decision: "noOpinion",
    reason: 'RBAC: ClusterRole "nowhere" not found',
  });
});

test("old clusters give way when memory is short", async () => {
  const { rbac } = await open(5000);
  for (let i = 0; i < 50; i++) await rbac.allows(`c${i}`, alice, on("list", "configmaps"));
  assert.ok(rbac.bytes <= 5000);
});

test("stored roles of the policy cluster win over built-in ones", async () => {
  const { store, rbac } = await open();
  assert.ok(await rbac.allows("system:admin", alice, path("get", "/version")));
  await put(
    store,
    "clusterrolebindings",
    { metadata: { name: "system:public-info-viewer" }, roleRef: ref("ClusterRole", "x"), subjects: [] } as never,
    "system:admin",
  );
  await put(
    store,
    "clusterrolebindings",
    { metadata: { name: "system:discovery" }, roleRef: ref("ClusterRole", "x"), subjects: [] } as never,
    "system:admin",
  );
  assert.ok(!(await rbac.allows("system:admin", alice, path("get", "/version"))));
});

test("aggregated roles of the bootstrap policy are filled", () => {
  const { clusterRoles } = bootstrapPolicy({});
  const rulesOf = (name: string) => clusterRoles.find((role) => role.metadata.name === name)!.rules!;
  const may = (name: string, target: Target) => rulesOf(name).some((rule) => ruleAllows(rule, target));
  assert.ok(may("view", on("list", "configmaps")) && !may("view", on("list", "secrets")));
  assert.ok(may("edit", on("list", "configmaps")) && may("edit", on("create", "secrets")));
  assert.ok(may("admin", on("create", "rolebindings", { group: rbacGroup })) && may("admin", on("delete", "secrets")));
  assert.ok(!may("edit", on("create", "rolebindings", { group: rbacGroup })));
});

test("what is missing, said in upstream's words", () => {
  const held = [
    { verbs: ["get", "list"], apiGroups: [""], resources: ["configmaps"] },
    { verbs: ["get"], nonResourceURLs: ["/a/*"] },
    { verbs: ["update"], apiGroups: ["*"], resources: ["*/status"], resourceNames: ["x"] },
  ];
  const granted = [
    { verbs: ["get", "delete", "patch"], apiGroups: [""], resources: ["configmaps", "secrets"] },
    { verbs: ["get"], nonResourceURLs: ["/a/b", "/b"] },
    { verbs: ["update"], apiGroups: ["g"], resources: ["w/status"], resourceNames: ["x", "y"] },
  ];
  assert.deepEqual(describeRights(missingRights(held, granted)), [
    '{APIGroups:[""], Resources:["configmaps"], Verbs:["delete" "patch"]}',
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete" "patch"]}',
    '{APIGroups:["g"], Resources:["w/status"], ResourceNames:["y"], Verbs:["update"]}',
    '{NonResourceURLs:["/b"], Verbs:["get"]}',
  ]);
  assert.deepEqual(missingRights([{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }], granted.slice(0, 1)), []);
  assert.equal(
    missingRights([{ verbs: ["*"], apiGroups: ["*"], resources: ["a"] }], [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]).length,
    1,
  );
});

async function escalation() {
  const fixture = await open();
  const plugin = escalationAdmission({
    rbac: fixture.rbac,
    authorize: async ({ user: who, target }) => fixture.rbac.authorize("one", who, target),
  });
  const ask = async (who: User, resource: string, object: object, oldObject?: object): Promise<string | undefined> => {
    const { name, namespace = "" } = (object as KubeObject).metadata;
    const request = {
      operation: oldObject ? "UPDATE" : "CREATE",
      cluster: "one",
      definition: { group: rbacGroup, resource },
      subresource: "",
      namespace,
      name,
      object,
      oldObject,
      context: { user: who },
    } as unknown as AdmissionRequest;
    try {
      if (plugin.handles(request)) await plugin.mutate!(request);
      return undefined;
    } catch (error) {
      assert.ok(error instanceof StatusError, String(error));
      return `${error.code} ${error.status.message}`;
    }
  };
  return { ...fixture, ask };
}

const grants = (name: string, ...verbs: string[]) => ({
  metadata: { name },
  rules: [{ verbs, apiGroups: [""], resources: ["secrets"] }],
});

test("nobody grants what he does not have (golden rbac-objects)", async () => {
  const { store, ask } = await escalation();
  await put(store, "clusterrolebindings", bindUser("access", ref("ClusterRole", "system:access")));
  assert.equal(
    await ask(alice, "clusterroles", grants("more", "get", "list")),
    '403 clusterroles.rbac.authorization.k8s.io "more" is forbidden: user "alice" (groups=["team-blue" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}; resolution errors: [clusterroles.rbac.authorization.k8s.io "system:access" not found]',
  );
  assert.equal(await ask(user("root", "system:masters"), "clusterroles", grants("more", "get")), undefined);
  await put(store, "clusterroles", grants("secrets", "get") as never);
  await put(store, "rolebindings", bindUser("secrets", ref("ClusterRole", "secrets"), "default"));
  assert.match((await ask(alice, "clusterroles", grants("more", "get")))!, /^403/);
  const local = { ...grants("more", "get"), metadata: { name: "more", namespace: "default" } };
  assert.equal(await ask(alice, "roles", local), undefined);
  const owned = { ...local, rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] };
  const touched = { ...owned, metadata: { ...owned.metadata, finalizers: ["a"] } };
  assert.equal(await ask(alice, "roles", touched, owned), undefined);
  assert.match((await ask(alice, "roles", { ...touched, metadata: { ...touched.metadata, labels: { a: "b" } } }, owned))!, /^403/);
});

test("escalate and bind lift the bar; a role that is not here cannot be bound", async () => {
  const { store, ask } = await escalation();
  await put(store, "clusterroles", grants("secretive", "get") as never);
  const binding = (role: string, kind = "ClusterRole") => ({ metadata: { name: "grab" }, roleRef: ref(kind, role) });
  assert.match(
    (await ask(alice, "clusterrolebindings", binding("secretive")))!,
    /^403 clusterrolebindings\.rbac\.authorization\.k8s\.io "grab" is forbidden: user "alice"/,
  );
  assert.equal(
    await ask(alice, "clusterrolebindings", binding("cluster-admin")),
    '404 clusterrolebindings.rbac.authorization.k8s.io "cluster-admin" not found',
  );
  assert.equal(await ask(alice, "clusterrolebindings", binding("x", "")), '500 unsupported role reference kind: ""');
  await put(store, "clusterroles", {
    metadata: { name: "verbs" },
    rules: [
      { verbs: ["bind"], apiGroups: [rbacGroup], resources: ["clusterroles"], resourceNames: ["secretive"] },
      { verbs: ["escalate"], apiGroups: [rbacGroup], resources: ["clusterroles"] },
    ],
  } as never);
  await put(store, "clusterrolebindings", bindUser("verbs", ref("ClusterRole", "verbs")));
  assert.equal(await ask(alice, "clusterrolebindings", binding("secretive")), undefined);
  assert.equal(await ask(alice, "clusterroles", grants("all", "*")), undefined);
  await put(store, "clusterroles", grants("all", "*") as never);
  assert.match((await ask(alice, "clusterrolebindings", binding("all")))!, /^403/);
});

test("an aggregation rule may gather anything, so it needs everything", async () => {
  const { ask } = await escalation();
  const role = { metadata: { name: "sum" }, rules: [], aggregationRule: { clusterRoleSelectors: [{}] } };
  assert.equal(
    await ask(alice, "clusterroles", role),
    '403 clusterroles.rbac.authorization.k8s.io "sum" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  );
});

test("reviews", async () => {
  const { store, rbac } = await open();
  await put(store, "roles", {
    metadata: { name: "r", namespace: "default" },
    rules: [{ verbs: ["get"], apiGroups: [""], resources: ["configmaps"], resourceNames: ["one"] }],
  } as never);
  await put(store, "rolebindings", bindUser("r", ref("Role", "r"), "default"));
  const context = { cluster: "one" } as never;
  const rules = await rulesReviewer({ rbac, policyCluster: "system:admin" })(alice, "default", context);
  assert.deepEqual(rules.resourceRules[0], { verbs: ["get"], apiGroups: [""], resources: ["configmaps"], resourceNames: ["one"] });
  assert.equal(rules.resourceRules.length, 3);
  assert.deepEqual(
    rules.nonResourceRules.map(({ nonResourceURLs }) => nonResourceURLs!.length),
    [11, 5],
  );
  const review = accessReviewer(
    () =>
      ({ user: who, target }) =>
        rbac.authorize("one", who, target),
  );
  const target = on("get", "configmaps", { namespace: "default", name: "one" });
  assert.equal((await review(alice, target, context)).decision, "allow");
  assert.equal((await review(user("bob"), target, context)).decision, "noOpinion");
});
