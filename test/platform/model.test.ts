/** What a provider shares is covered by the model of whoever binds it, at once, and nobody else's model breaks. @see spec platform-mesh/security §6, §11 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { haveKubectl, kubectl, type KubectlAnswer } from "../support/kubectl.ts";
import { type RunningServer, startServer } from "../support/start-server.ts";

const options = { skip: !haveKubectl && "no kubectl" };
const orgs = "root:orgs";
const acme = `${orgs}:acme`;
const dev = `${acme}:dev`;
let server: RunningServer;

before(async () => {
  if (!haveKubectl) return;
  server = await startServer({ binary: "meshplane" });
  await makeAccount("acme", "org", orgs);
  await makeAccount("dev", "account", acme);
  for (const name of ["one", "two"]) await makeProvider(name);
});
after(() => server?.stop());

const run = (args: string[], workspace: string, object?: object): Promise<KubectlAnswer> =>
  kubectl(server, args, { workspace, ...(object ? { input: JSON.stringify(object) } : {}) });

async function done(args: string[], workspace: string, object?: object): Promise<string> {
  const { code, stdout, stderr } = await run(args, workspace, object);
  assert.equal(code, 0, `kubectl ${args.join(" ")} in ${workspace}: ${stderr}\n${server.output()}`);
  return stdout;
}

/** until it is so */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `${what} did not come about\n${server.output()}`);
    await sleep(50);
  }
}

async function makeAccount(name: string, type: string, workspace: string): Promise<void> {
  const apiVersion = "core.platform-mesh.io/v1alpha1";
  await done(["create", "--as", "ada@example.com", "-f", "-"], workspace, {
    apiVersion,
    kind: "Account",
    metadata: { name },
    spec: { type, displayName: name },
  });
  await done(["wait", `account/${name}`, "--for", "condition=Ready", "--timeout", "20s"], workspace);
}

async function makeProvider(name: string): Promise<void> {
  await done(["create", "-f", "-"], "root:providers", {
    apiVersion: "tenancy.kcp.io/v1alpha1",
    kind: "Workspace",
    metadata: { name },
    spec: { type: { name: "provider", path: "root" } },
  });
  await done(["wait", `workspace/${name}`, "--for", "jsonpath={.status.phase}=Ready", "--timeout", "20s"], "root:providers");
  for (const [plural, kind] of [
    ["widgets", "Widget"],
    ["gadgets", "Gadget"],
  ] as const)
    await done(["create", "-f", "-"], provider(name), {
      apiVersion: "apis.kcp.io/v1alpha1",
      kind: "APIResourceSchema",
      metadata: { name: `v1.${plural}.example.io` },
      spec: {
        group: "example.io",
        names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
        scope: "Cluster",
        versions: [{ name: "v1", served: true, storage: true, schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } }],
      },
    });
  await share(name, ["widgets"]);
  await done(["create", "-f", "-"], orgs, {
    apiVersion: "core.platform-mesh.io/v1alpha1",
    kind: "APIExportPolicy",
    metadata: { name },
    spec: { apiExportRef: { name: "example.io", clusterPath: provider(name) }, allowPathExpressions: [":root:orgs:*"] },
  });
  await done(["wait", `apiexportpolicy/${name}`, "--for", "condition=Ready", "--timeout", "20s"], orgs);
}

const provider = (name: string): string => `root:providers:${name}`;

const share = (name: string, plurals: string[]): Promise<string> =>
  done(["apply", "-f", "-"], provider(name), {
    apiVersion: "apis.kcp.io/v1alpha2",
    kind: "APIExport",
    metadata: { name: "example.io" },
    spec: {
      resources: plurals.map((plural) => ({ group: "example.io", name: plural, schema: `v1.${plural}.example.io`, storage: { crd: {} } })),
    },
  });

const binding = (name: string): object => ({
  apiVersion: "apis.kcp.io/v1alpha2",
  kind: "APIBinding",
  metadata: { name: "example" },
  spec: { reference: { export: { name: "example.io", path: provider(name) } } },
});

const models = async (name: string): Promise<string[]> =>
  (await done(["get", "authorizationmodels", "-o", "name"], provider(name)))
    .split("\n")
    .filter(Boolean)
    .map((line) => line.slice(line.indexOf("/") + 1));

const object = (kind: string, name: string): object => ({ apiVersion: "example.io/v1", kind, metadata: { name } });
const may = async (user: string, verb: string, resource: string, workspace: string): Promise<boolean> =>
  (await run(["auth", "can-i", verb, `${resource}.example.io`, "--as", user], workspace)).stdout.trim() === "yes";

test("an owner binds, and uses what was bound; a member uses it and does not make it; others see nothing", options, async () => {
  await done(["create", "--as", "ada@example.com", "-f", "-"], dev, binding("one"));
  const bound = performance.now();
  await until("owner may create", () => may("ada@example.com", "create", "widgets", dev));
  console.log(`# model: what was bound was covered after ${(performance.now() - bound).toFixed(0)} ms, kubectl included`);
  assert.deepEqual(await models("one"), ["example-io-widgets-acme"]);
  await done(["create", "--as", "ada@example.com", "-f", "-"], dev, object("Widget", "w"));

  const origin = JSON.parse(await done(["get", "accountinfo", "account", "-o", "json"], dev)) as {
    spec: { account: { originClusterId: string } };
  };
  const place = `${origin.spec.account.originClusterId}/dev`;
  const role = `role:core_platform-mesh_io_account/${place}/member`;
  const tuples = [
    { op: "add", path: "/spec/tuples/-", value: { object: role, relation: "assignee", user: "user:mia@example.com" } },
    {
      op: "add",
      path: "/spec/tuples/-",
      value: { object: `core_platform-mesh_io_account:${place}`, relation: "member", user: `${role}#assignee` },
    },
  ];
  await done(["patch", "store", "acme", "--type", "json", "-p", JSON.stringify(tuples)], orgs);
  await until("member may get", async () => /^w\b/m.test((await run(["get", "widgets", "--as", "mia@example.com"], dev)).stdout));
  const refused = await run(["create", "--as", "mia@example.com", "-f", "-"], dev, object("Widget", "mine"));
  assert.match(refused.stderr, /Forbidden/);
  assert.match(refused.stderr, /create_example_io_widgets/);
  assert.match((await run(["get", "widgets", "--as", "eve@example.com"], dev)).stderr, /Forbidden/);
});

test("an export that gains a resource is followed", options, async () => {
  await share("one", ["widgets", "gadgets"]);
  await until("owner may create the new one", () => may("ada@example.com", "create", "gadgets", dev));
  assert.deepEqual(await models("one"), ["example-io-gadgets-acme", "example-io-widgets-acme"]);
});

test("two providers of one resource in one organization: neither breaks the other, nor the organization", options, async () => {
  await makeAccount("ops", "account", acme);
  const ops = `${acme}:ops`;
  await done(["create", "--as", "ada@example.com", "-f", "-"], ops, binding("two"));
  await until("the second provider's model", async () => (await models("two")).includes("example-io-widgets-acme"));
  await until("owner may create there", () => may("ada@example.com", "create", "widgets", ops));
  await until("it says why it is left out", async () => {
    const condition = 'jsonpath={.status.conditions[?(@.type=="ModelSubroutine")].message}';
    return /left out of the model/.test(
      await done(["get", "authorizationmodel", "example-io-widgets-acme", "-o", condition], provider("two")),
    );
  });
  await done(["wait", "store/acme", "--for", "condition=Ready", "--timeout", "5s"], orgs);
  assert.ok(await may("ada@example.com", "create", "widgets", dev));
  assert.match(await done(["get", "widgets", "--as", "mia@example.com"], dev), /^w\b/m);

  // the first goes: the second takes its place
  await done(["delete", "apibinding", "example", "--timeout", "20s"], dev);
  assert.deepEqual(await models("one"), []);
  await until("the second counts", async () => {
    await done(["wait", "authorizationmodel/example-io-widgets-acme", "--for", "condition=Ready", "--timeout", "10s"], provider("two"));
    return may("ada@example.com", "create", "widgets", ops);
  });
  await done(["delete", "apibinding", "example", "--timeout", "20s"], ops);
  assert.deepEqual(await models("two"), []);
});

test("a provider's own model: nothing of what others have, and only for those who have bound", options, async () => {
  const home = JSON.parse(await done(["get", "accountinfo", "account", "-o", "json"], acme)) as {
    spec: { account: { originClusterId: string } };
  };
  const cluster = home.spec.account.originClusterId;
  const model = (name: string, text: string, tuples: object[] = []): object => ({
    apiVersion: "core.platform-mesh.io/v1alpha1",
    kind: "AuthorizationModel",
    metadata: { name },
    spec: { storeRef: { name: "acme", cluster }, model: text, tuples },
  });
  const message = (name: string) =>
    done(["get", "authorizationmodel", name, "-o", "jsonpath={.status.conditions[*].message}"], provider("two"));
  const thief = [
    { object: `core_platform-mesh_io_account:${cluster}/acme`, relation: "owner", user: "role:x#assignee" },
    { object: `role:core_platform-mesh_io_account/${cluster}/acme/owner`, relation: "assignee", user: "user:eve@example.com" },
  ];
  await done(["create", "-f", "-"], provider("two"), model("thief", "module thief\n", thief));
  const everybody = "module m\n\nextend type core_platform-mesh_io_account\n  relations\n    define create_example_io_gadgets: [user:*]\n";
  await done(["create", "-f", "-"], provider("two"), model("unbound", everybody));
  for (const name of ["thief", "unbound"])
    await until(`${name} is refused`, async () => /no resource that the organization has bound/.test(await message(name)));
  assert.match((await run(["get", "accountinfos", "--as", "eve@example.com"], acme)).stderr, /Forbidden/);
  await done(["wait", "store/acme", "--for", "condition=Ready", "--timeout", "5s"], orgs);

  // an organization that wants to go is not held by them
  await done(["delete", "account", "acme", "--timeout", "30s"], orgs);
  assert.equal(await done(["get", "stores", "-o", "name"], orgs), "store.core.platform-mesh.io/orgs\n");
  await done(["delete", "authorizationmodels", "--all", "--timeout", "20s"], provider("two"));
});

test("an account that is deleted while its workspace is still beginning goes whole", options, async () => {
  for (let i = 0; i < 4; i++) {
    const name = `brief${i}`;
    const apiVersion = "core.platform-mesh.io/v1alpha1";
    await done(["create", "--as", "ada@example.com", "-f", "-"], orgs, {
      apiVersion,
      kind: "Account",
      metadata: { name },
      spec: { type: "org", displayName: name },
    });
    await sleep(i * 60);
    await done(["delete", "account", name, "--timeout", "20s"], orgs);
  }
  const kinds = "accounts,stores,identityproviderconfigurations,workspaces,workspacetypes,workspaceauthenticationconfigurations,secrets";
  const names = await done(["get", kinds, "-o", "jsonpath={range .items[*]}{.kind}/{.metadata.name} {end}"], orgs);
  assert.doesNotMatch(names, /brief/);
});
