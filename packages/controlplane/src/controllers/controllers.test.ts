import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KubeObject } from "@meshplane/apimachinery";
import { eventually, gone, refused, startControlPlane, type ControlPlane } from "../testing/control-plane.ts";

let plane: ControlPlane;
before(async () => void (plane = await startControlPlane()));
after(() => plane.stop());

let serial = 0;
async function newNamespace(): Promise<string> {
  const name = `ns${++serial}`;
  await plane.resource("namespaces").create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return name;
}

const configMap = (name: string, namespace: string, metadata: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, ...metadata },
});

test("a namespace gets its account and the CA, and gets them back", async () => {
  const namespace = await newNamespace();
  const accounts = plane.resource("serviceaccounts");
  const maps = plane.resource("configmaps");
  await eventually("account", async () => !(await gone(accounts.get("default", { namespace }))));
  const ca = async () => (await gone(maps.get("kube-root-ca.crt", { namespace }))) || (await maps.get("kube-root-ca.crt", { namespace }));
  await eventually("CA", async () => typeof (await ca()) === "object");
  await accounts.delete("default", { namespace });
  await eventually("account again", async () => !(await gone(accounts.get("default", { namespace }))));
  await maps.patch("kube-root-ca.crt", "merge", { data: { "ca.crt": "mine" } }, { namespace });
  await eventually(
    "CA again",
    async () => ((await maps.get("kube-root-ca.crt", { namespace }))["data"] as { "ca.crt": string })["ca.crt"] === "the CA",
  );
});

test("an empty namespace goes at once, with its defaults", async () => {
  const namespace = await newNamespace();
  await eventually("account", async () => !(await gone(plane.resource("serviceaccounts").get("default", { namespace }))));
  const begun = Date.now();
  await plane.resource("namespaces").delete(namespace);
  await eventually("gone", () => gone(plane.resource("namespaces").get(namespace)));
  assert.ok(Date.now() - begun < 1000);
  assert.ok(await gone(plane.resource("configmaps").get("kube-root-ca.crt", { namespace })));
});

test("a held namespace says what holds it, refuses new content, and goes with the last of it", async () => {
  const namespace = await newNamespace();
  const maps = plane.resource("configmaps");
  await maps.create(configMap("held", namespace, { finalizers: ["example.com/hold"] }));
  await maps.create(configMap("loose", namespace));
  await plane.resource("namespaces").delete(namespace);
  type Condition = { type: string; status: string; reason: string; message: string };
  const conditions = await eventually("conditions", async () => {
    const found = (await plane.resource("namespaces").get(namespace))["status"] as { conditions?: Condition[] };
    return found.conditions?.[3]?.message.includes("has 1 resource") && found.conditions;
  });
  assert.deepEqual(
    conditions.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ["NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"],
      ["NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed"],
      ["NamespaceDeletionContentFailure", "False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
      ["NamespaceContentRemaining", "True", "SomeResourcesRemain", "Some resources are remaining: configmaps. has 1 resource instances"],
      [
        "NamespaceFinalizersRemaining",
        "True",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
      ],
    ],
  );
  const refusal = await refused(maps.create(configMap("late", namespace)));
  assert.match(refusal.message, /is forbidden: unable to create new content in namespace ns\d+ because it is being terminated/);
  assert.deepEqual(refusal.status.details?.causes, [
    { reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" },
  ]);
  await maps.patch("held", "merge", { metadata: { finalizers: null } }, { namespace });
  await eventually("gone", () => gone(plane.resource("namespaces").get(namespace)));
});

test("no content without a namespace, and some namespaces stay", async () => {
  assert.equal((await refused(plane.resource("configmaps").create(configMap("a", "nowhere")))).message, 'namespaces "nowhere" not found');
  await plane.resource("namespaces").create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
  assert.equal(
    (await refused(plane.resource("namespaces").delete("default"))).message,
    'namespaces "default" is forbidden: this namespace may not be deleted',
  );
});

const owner = (object: KubeObject, more: object = {}) => ({
  apiVersion: "v1",
  kind: object.kind,
  name: object.metadata.name!,
  uid: object.metadata.uid!,
  ...more,
});

test("dependents go after their owner in the background", async () => {
  const namespace = await newNamespace();
  const maps = plane.resource("configmaps");
  const first = await maps.create(configMap("o", namespace));
  const second = await maps.create(configMap("d", namespace, { ownerReferences: [owner(first)] }));
  await maps.create(configMap("dd", namespace, { ownerReferences: [owner(second)] }));
  await maps.delete("o", { namespace, propagationPolicy: "Background" });
  await eventually("dependents", () => gone(maps.get("dd", { namespace })));
  assert.ok(await gone(maps.get("d", { namespace })));
});

test("dependents go before their owner in the foreground", async () => {
  const namespace = await newNamespace();
  const maps = plane.resource("configmaps");
  const first = await maps.create(configMap("o", namespace));
  await maps.create(
    configMap("d", namespace, { finalizers: ["example.com/hold"], ownerReferences: [owner(first, { blockOwnerDeletion: true })] }),
  );
  await maps.create(configMap("free", namespace, { ownerReferences: [owner(first)] }));
  await maps.delete("o", { namespace, propagationPolicy: "Foreground" });
  await eventually("marked", async () => Boolean((await maps.get("d", { namespace })).metadata.deletionTimestamp));
  await eventually("free", () => gone(maps.get("free", { namespace })));
  assert.deepEqual((await maps.get("o", { namespace })).metadata.finalizers, ["foregroundDeletion"]);
  await maps.patch("d", "merge", { metadata: { finalizers: null } }, { namespace });
  await eventually("owner", () => gone(maps.get("o", { namespace })));
});

test("orphans lose the reference and stay", async () => {
  const namespace = await newNamespace();
  const maps = plane.resource("configmaps");
  const first = await maps.create(configMap("o", namespace));
  await maps.create(configMap("e", namespace, { ownerReferences: [owner(first)] }));
  await maps.delete("o", { namespace, propagationPolicy: "Orphan" });
  await eventually("owner", () => gone(maps.get("o", { namespace })));
  assert.equal((await maps.get("e", { namespace })).metadata.ownerReferences, undefined);
});

test("an owner that never was, under another name, or of an unknown kind", async () => {
  const namespace = await newNamespace();
  const maps = plane.resource("configmaps");
  const real = await maps.create(configMap("real", namespace));
  const never = owner(configMap("never", namespace, { uid: "99999999-9999-9999-9999-999999999999" }));
  await maps.create(configMap("lost", namespace, { ownerReferences: [never] }));
  await maps.create(configMap("misnamed", namespace, { ownerReferences: [{ ...owner(real), name: "other" }] }));
  await maps.create(configMap("keeps", namespace, { ownerReferences: [never, owner(real)] }));
  await maps.create(configMap("odd", namespace, { ownerReferences: [{ apiVersion: "x.y/v1", kind: "Z", name: "z", uid: "1" }] }));
  await eventually("lost", () => gone(maps.get("lost", { namespace })));
  await eventually("misnamed", () => gone(maps.get("misnamed", { namespace })));
  await eventually("keeps", async () => (await maps.get("keeps", { namespace })).metadata.ownerReferences?.length === 1);
  assert.ok(await maps.get("odd", { namespace }));
});

test("another cluster's objects are nobody's dependents here", async () => {
  const namespace = await newNamespace();
  await plane.resource("namespaces", "", "v1", "two").create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "there" } });
  const there = plane.resource("configmaps", "", "v1", "two");
  const maps = plane.resource("configmaps");
  const first = await maps.create(configMap("o", namespace));
  const held = await there.create(configMap("held", "there"));
  await there.create(configMap("d", "there", { ownerReferences: [owner(first), owner(held)] }));
  await eventually("reference", async () => (await there.get("d", { namespace: "there" })).metadata.ownerReferences?.length === 1);
  await maps.delete("o", { namespace });
  assert.ok(await there.get("d", { namespace: "there" }));
});

test("token secrets are filled in, and go with the account", async () => {
  const namespace = await newNamespace();
  const accounts = plane.resource("serviceaccounts");
  const secrets = plane.resource("secrets");
  await accounts.create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "robot", namespace } });
  const secret = (name: string, account: string): KubeObject => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, annotations: { "kubernetes.io/service-account.name": account } },
    type: "kubernetes.io/service-account-token",
  });
  await secrets.create(secret("s", "robot"));
  await secrets.create(secret("stray", "nobody"));
  const data = await eventually("token", async () => (await secrets.get("s", { namespace }))["data"] as Record<string, string> | undefined);
  assert.deepEqual(Object.keys(data).sort(), ["ca.crt", "namespace", "token"]);
  const token = Buffer.from(data["token"]!, "base64").toString();
  const identity = await plane.tokens.authenticate(token, [], "one");
  assert.equal(identity?.user.name, `system:serviceaccount:${namespace}:robot`);
  await eventually("stray", () => gone(secrets.get("stray", { namespace })));
  await accounts.delete("robot", { namespace });
  await eventually("secret", () => gone(secrets.get("s", { namespace })));
});

test("aggregated roles follow the roles they select", async () => {
  const roles = plane.resource("clusterroles", "rbac.authorization.k8s.io");
  const role = (name: string, more: object): KubeObject => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name },
    ...more,
  });
  const rule = (resource: string) => ({ apiGroups: [""], resources: [resource], verbs: ["list"] });
  await roles.create(role("sum", { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { sum: "true" } }] }, rules: [] }));
  await roles.create(role("part-b", { metadata: { name: "part-b", labels: { sum: "true" } }, rules: [rule("secrets")] }));
  await roles.create(role("part-a", { metadata: { name: "part-a", labels: { sum: "true" } }, rules: [rule("configmaps")] }));
  const resources = async () =>
    ((await roles.get("sum"))["rules"] as { resources: string[] }[] | null)?.map((it) => it.resources[0]).join();
  await eventually("both", async () => (await resources()) === "configmaps,secrets");
  await roles.delete("part-a");
  await eventually("one", async () => (await resources()) === "secrets");
});

test("quotas count objects", async () => {
  const namespace = await newNamespace();
  const maps = plane.resource("configmaps");
  const quotas = plane.resource("resourcequotas");
  await eventually("CA", async () => !(await gone(maps.get("kube-root-ca.crt", { namespace }))));
  await quotas.create({
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "q", namespace },
    spec: { hard: { "count/configmaps": "3", configmaps: "1" } },
  });
  const used = async () => ((await quotas.get("q", { namespace }))["status"] as { used?: Record<string, string> }).used;
  await eventually("counted", async () => (await used())?.["count/configmaps"] === "1");
  await Promise.all([maps.create(configMap("a", namespace)), maps.create(configMap("b", namespace))]);
  assert.deepEqual(await used(), { "count/configmaps": "3" });
  assert.equal(
    (await refused(maps.create(configMap("c", namespace)))).message,
    'configmaps "c" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=3, limited: count/configmaps=3',
  );
  assert.equal((await refused(maps.create(configMap("c", namespace), { dryRun: true }))).code, 403);
  await maps.delete("a", { namespace });
  await eventually("freed", async () => (await used())?.["count/configmaps"] === "2");
  await maps.create(configMap("c", namespace));
});

test("what one quota refuses is not charged to another", async () => {
  const namespace = await newNamespace();
  const quotas = plane.resource("resourcequotas");
  const create = (name: string, limit: string) =>
    quotas.create({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name, namespace },
      spec: { hard: { "count/secrets": limit } },
    });
  const used = async (name: string) =>
    ((await quotas.get(name, { namespace }))["status"] as { used?: Record<string, string> }).used?.["count/secrets"];
  await create("loose", "5");
  await create("tight", "0");
  await eventually("counted", async () => (await used("loose")) === "0" && (await used("tight")) === "0");
  const secret: KubeObject = { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace } };
  assert.match((await refused(plane.resource("secrets").create(secret))).message, /exceeded quota: tight/);
  assert.equal(await used("loose"), "0");
});
