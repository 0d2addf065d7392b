/** Who may bind an export: by APIExportPolicy, and by nothing else. @see spec platform-mesh/security §11 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { haveKubectl, kubectl, type KubectlAnswer } from "../support/kubectl.ts";
import { type RunningServer, startServer } from "../support/start-server.ts";

const options = { skip: !haveKubectl && "no kubectl" };
const orgs = "root:orgs";
const provider = "root:providers:shop";
let server: RunningServer;

before(async () => {
  if (!haveKubectl) return;
  server = await startServer({ binary: "meshplane" });
  await makeAccount("acme", "org", orgs);
  await makeAccount("dev", "account", `${orgs}:acme`);
  await makeAccount("globex", "org", orgs);
  await done(["create", "-f", "-"], "root:providers", {
    apiVersion: "tenancy.kcp.io/v1alpha1",
    kind: "Workspace",
    metadata: { name: "shop" },
    spec: { type: { name: "provider", path: "root" } },
  });
  await done(["wait", "workspace/shop", "--for", "jsonpath={.status.phase}=Ready", "--timeout", "20s"], "root:providers");
  await done(["create", "-f", "-"], provider, {
    apiVersion: "apis.kcp.io/v1alpha1",
    kind: "APIResourceSchema",
    metadata: { name: "v1.goods.shop.io" },
    spec: {
      group: "shop.io",
      names: { kind: "Good", listKind: "GoodList", plural: "goods", singular: "good" },
      scope: "Cluster",
      versions: [{ name: "v1", served: true, storage: true, schema: { type: "object" } }],
    },
  });
  await done(["create", "-f", "-"], provider, {
    apiVersion: "apis.kcp.io/v1alpha2",
    kind: "APIExport",
    metadata: { name: "shop.io" },
    spec: { resources: [{ group: "shop.io", name: "goods", schema: "v1.goods.shop.io", storage: { crd: {} } }] },
  });
});
after(() => server?.stop());

const run = (args: string[], workspace: string, object?: object): Promise<KubectlAnswer> =>
  kubectl(server, args, { workspace, ...(object ? { input: JSON.stringify(object) } : {}) });

async function done(args: string[], workspace: string, object?: object): Promise<string> {
  const { code, stdout, stderr } = await run(args, workspace, object);
  assert.equal(code, 0, `kubectl ${args.join(" ")} in ${workspace}: ${stderr}\n${server.output()}`);
  return stdout;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `${what} did not come about\n${server.output()}`);
    await sleep(50);
  }
}

async function makeAccount(name: string, type: string, workspace: string): Promise<void> {
  await done(["create", "--as", "ada@example.com", "-f", "-"], workspace, {
    apiVersion: "core.platform-mesh.io/v1alpha1",
    kind: "Account",
    metadata: { name },
    spec: { type, displayName: name },
  });
  await done(["wait", `account/${name}`, "--for", "condition=Ready", "--timeout", "20s"], workspace);
}

const apply = (name: string, allowPathExpressions: string[]): Promise<string> =>
  done(["apply", "-f", "-"], orgs, {
    apiVersion: "core.platform-mesh.io/v1alpha1",
    kind: "APIExportPolicy",
    metadata: { name },
    spec: { apiExportRef: { name: "shop.io", clusterPath: provider }, allowPathExpressions },
  });

interface Policy {
  status?: { managedAllowExpressions?: string[]; conditions?: { type: string; status: string; message: string }[] };
}
const policy = async (name: string): Promise<Policy> =>
  JSON.parse(await done(["get", "apiexportpolicy", name, "-o", "json"], orgs)) as Policy;
const ready = async (name: string, status: string): Promise<boolean> =>
  (await policy(name)).status?.conditions?.some((one) => one.type === "Ready" && one.status === status) ?? false;
const managed = async (name: string): Promise<string[]> => [...((await policy(name)).status?.managedAllowExpressions ?? [])].sort();

/** whether the owner may bind the export in a workspace now; nothing is kept */
async function mayBind(workspace: string): Promise<boolean> {
  const { code, stderr } = await run(["create", "--as", "ada@example.com", "--dry-run=server", "-f", "-"], workspace, {
    apiVersion: "apis.kcp.io/v1alpha2",
    kind: "APIBinding",
    metadata: { name: "shop" },
    spec: { reference: { export: { name: "shop.io", path: provider } } },
  });
  if (code !== 0) assert.match(stderr, /no permission to bind to export/);
  return code === 0;
}

const acme = `${orgs}:acme`;
const dev = `${acme}:dev`;
const globex = `${orgs}:globex`;

test(
  "nobody binds without a policy; each expression allows what it says, and one that fails keeps none from counting",
  options,
  async () => {
    assert.equal(await mayBind(acme), false);
    await apply("shop", [":root:orgs:late", ":root:elsewhere:x", ":root:orgs:acme"]);
    await until("it says what is missing", () => ready("shop", "False"));
    const message = (await policy("shop")).status!.conditions!.find(({ type }) => type === "APIExportPolicySubroutine")!.message;
    assert.match(message, /root:orgs:late/);
    assert.match(message, /root:elsewhere:x: invalid path expression: must start with root:orgs/);
    assert.deepEqual(await managed("shop"), ["root:orgs:acme"]);
    assert.deepEqual([await mayBind(acme), await mayBind(dev), await mayBind(globex)], [true, false, false]);

    await apply("shop", [":root:orgs:late", ":root:orgs:acme:*"]);
    await until("the account below", () => mayBind(dev));
    assert.deepEqual([await mayBind(acme), await mayBind(globex)], [true, false]);
  },
);

test("a path that comes later is allowed when it comes", options, async () => {
  await makeAccount("late", "org", orgs);
  await until("all is in place", () => ready("shop", "True"));
  assert.deepEqual(await managed("shop"), ["root:orgs:acme:*", "root:orgs:late"]);
  assert.equal(await mayBind(`${orgs}:late`), true);
});

test("everybody means those to come too; what another policy allows outlives this one", options, async () => {
  await apply("all", [":root:orgs:*"]);
  await until("globex", () => mayBind(globex));
  await makeAccount("newcomer", "org", orgs);
  await until("newcomer", () => mayBind(`${orgs}:newcomer`));
  await done(["delete", "apiexportpolicy", "all", "--timeout", "10s"], orgs);
  assert.deepEqual([await mayBind(globex), await mayBind(`${orgs}:newcomer`)], [false, false]);
  assert.deepEqual([await mayBind(acme), await mayBind(dev)], [true, true]);
});

test("an expression that is taken back, and a policy that is deleted", options, async () => {
  await apply("shop", [":root:orgs:late"]);
  await until("acme is out", async () => !(await mayBind(acme)));
  assert.equal(await mayBind(dev), false);
  assert.deepEqual(await managed("shop"), ["root:orgs:late"]);
  await done(["delete", "apiexportpolicy", "shop", "--timeout", "10s"], orgs);
  assert.equal(await mayBind(`${orgs}:late`), false);
  await apply("shop", [":root:orgs:gone"]);
  await until("it waits", () => ready("shop", "False"));
  await done(["delete", "apiexportpolicy", "shop", "--timeout", "10s"], orgs);
});
