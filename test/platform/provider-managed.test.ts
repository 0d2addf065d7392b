/** A ManagedProvider: `meshplane operator providers --runtime-kubeconfig` with a workspace of ours as the cluster that Flux and OCM would work in; the test is both. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { haveKubectl, kubectl, type KubectlAnswer } from "../support/kubectl.ts";
import { repository, type RunningServer, startServer } from "../support/start-server.ts";

const runtime = "root:runtime";
const home = "root:providers:system";
const namespace = "platform-mesh-system";

const crd = (group: string, version: string, kind: string, plural: string): object => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
});
const crds = [
  crd("core.platform-mesh.io", "v1alpha1", "PlatformMesh", "platformmeshes"),
  crd("source.toolkit.fluxcd.io", "v1", "OCIRepository", "ocirepositories"),
  crd("source.toolkit.fluxcd.io", "v1", "HelmRepository", "helmrepositories"),
  crd("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases"),
  crd("delivery.ocm.software", "v1alpha1", "Repository", "repositories"),
  crd("delivery.ocm.software", "v1alpha1", "Component", "components"),
  crd("delivery.ocm.software", "v1alpha1", "Resource", "resources"),
];
const deployed =
  "helmreleases.helm.toolkit.fluxcd.io,ocirepositories.source.toolkit.fluxcd.io,helmrepositories.source.toolkit.fluxcd.io,resources.delivery.ocm.software,components.delivery.ocm.software,repositories.delivery.ocm.software";

const managed = (name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: "providers.platform-mesh.io/v1alpha1",
    kind: "ManagedProvider",
    metadata: { name, namespace },
    spec: { platformMeshRef: { name: "platform-mesh" }, ...spec },
  });
const oci = { registry: "ghcr.io/example", chart: "charts/web", version: "1.2.3", values: { replicas: 2 } };
const helm = { type: "helm", registry: "https://charts.example.com", chart: "worker", version: "4.5.6" };
const ocm = { registry: "ghcr.io/example/components", component: "example.com/portal", version: "0.1.0", referencePath: [{ name: "ui" }] };

describe("a managed provider", { skip: !haveKubectl && "no kubectl" }, () => {
  const directory = mkdtempSync(join(tmpdir(), "meshplane-managed-"));
  let server: RunningServer;
  let operator: ChildProcess | undefined;
  let said = "";

  const asked = (where: string, args: string[], input?: string): Promise<KubectlAnswer> =>
    kubectl(server, args, { workspace: where, ...(input === undefined ? {} : { input }) });
  async function done(where: string, args: string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await asked(where, args, input);
    assert.equal(code, 0, `kubectl ${args.join(" ")} in ${where}: ${stderr}\n${said}`);
    return stdout;
  }
  const inRuntime = (args: string[], input?: string) => done(runtime, ["-n", namespace, ...args], input);
  async function eventually<T>(what: string, ask: () => Promise<T>, fits: (answer: T) => boolean, withinMs = 8000): Promise<T> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const answer = await ask();
      if (fits(answer)) return answer;
      assert.ok(performance.now() < deadline, `${what}: not within ${withinMs} ms; last ${JSON.stringify(answer)}\n${said}`);
      await sleep(50);
    }
  }
  const phase = (name: string, wanted: string) =>
    eventually(
      `phase of ${name}`,
      () => inRuntime(["get", "managedprovider", name, "-o", "jsonpath={.status.phase}"]),
      (text) => text === wanted,
    );
  const setReady = (kind: string, name: string, more: object = {}) =>
    inRuntime([
      "patch",
      kind,
      name,
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status: { observedGeneration: 99, conditions: [{ type: "Ready", status: "True" }], ...more } }),
    ]);
  const specOf = async (kind: string, name: string): Promise<unknown> =>
    (JSON.parse(await inRuntime(["get", kind, name, "-o", "json"])) as { spec: unknown }).spec;
  const listed = async (): Promise<string[]> => (await inRuntime(["get", deployed, "-o", "name"])).split("\n").filter(Boolean).sort();
  const appears = (kind: string, name: string) =>
    eventually(
      `${kind} ${name}`,
      () => asked(runtime, ["-n", namespace, "get", kind, name]),
      ({ code }) => code === 0,
    );

  before(async () => {
    server = await startServer({ binary: "meshplane" });
    await done("root", ["create", "-f", "-"], '{"apiVersion":"tenancy.kcp.io/v1alpha1","kind":"Workspace","metadata":{"name":"runtime"}}');
    await done("root", ["wait", "workspace/runtime", "--for=jsonpath={.status.phase}=Ready", "--timeout=20s"]);
    await done(runtime, ["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: crds }));
    await done(runtime, ["wait", "crd", "--all", "--for=condition=Established", "--timeout=20s"]);
    await done(runtime, ["create", "namespace", namespace]);
    const kubeconfig = join(directory, "runtime.kubeconfig");
    writeFileSync(
      kubeconfig,
      readFileSync(server.kubeconfig, "utf8").replaceAll(/^( *server: https:\/\/[^/\s]+)\S*$/gm, `$1/clusters/${runtime}`),
    );
    operator = spawn(
      join(repository, "bin", "meshplane"),
      [
        ...["operator", "providers", "--kubeconfig", server.kubeconfig, "--runtime-kubeconfig", kubeconfig],
        ...["--health-probe-bind-address", "0", "--metrics-bind-address", "0"],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [operator.stdout!, operator.stderr!]) stream.on("data", (text: Buffer) => (said += String(text)));
    await eventually(
      "the kind",
      () => asked(runtime, ["get", "managedproviders", "-A"]),
      ({ code }) => code === 0,
      20_000,
    );
  });
  after(async () => {
    operator?.kill("SIGTERM");
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test("goes through its phases, each when its cause is there", async () => {
    await inRuntime(["create", "-f", "-"], managed("web", { runtimeDeployments: [{ flux: oci }, { flux: helm }] }));
    await phase("web", "WaitingForPlatformMesh");
    await inRuntime(
      ["create", "-f", "-"],
      JSON.stringify({
        apiVersion: "core.platform-mesh.io/v1alpha1",
        kind: "PlatformMesh",
        metadata: { name: "platform-mesh", namespace },
      }),
    );
    await setReady("platformmesh", "platform-mesh");
    await phase("web", "Deploying");
    assert.match(await done(home, ["get", "provider", "web", "-o", "jsonpath={.spec}"]), /"namespace":"platform-mesh-system"/);
    assert.deepEqual(await specOf("ocirepository", "web"), {
      interval: "1m",
      url: "oci://ghcr.io/example/charts/web",
      ref: { tag: "1.2.3" },
      provider: "generic",
      layerSelector: { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", operation: "copy" },
    });
    assert.deepEqual(await specOf("helmrelease", "web"), {
      interval: "5m",
      chartRef: { kind: "OCIRepository", name: "web" },
      values: { replicas: 2 },
    });
    assert.match((await asked(runtime, ["-n", namespace, "get", "helmrelease", "worker"])).stderr, /NotFound/, "in order");
    await setReady("helmrelease", "web");
    await appears("helmrelease", "worker");
    assert.deepEqual(await specOf("helmrepository", "worker"), { interval: "5m", url: "https://charts.example.com" });
    assert.deepEqual(await specOf("helmrelease", "worker"), {
      interval: "5m",
      chart: { spec: { chart: "worker", version: "4.5.6", sourceRef: { kind: "HelmRepository", name: "worker" } } },
    });
    await setReady("helmrelease", "worker");
    await phase("web", "Ready");
    const conditions = await inRuntime([
      "get",
      "managedprovider",
      "web",
      "-o",
      "jsonpath={range .status.conditions[*]}{.type}={.status} {end}",
    ]);
    assert.equal(
      conditions.trim(),
      "WaitPlatformMeshSubroutine=True ProviderResourceSubroutine=True WaitProviderSubroutine=True KubeconfigCopySubroutine=True DeploySubroutine=True Ready=True",
    );
  });

  test("has the provider's kubeconfig, which works", async () => {
    const text = await inRuntime(["get", "secret", "web-provider-kubeconfig", "-o", "jsonpath={.data.kubeconfig}"]);
    const kubeconfig = join(directory, "web.kubeconfig");
    writeFileSync(kubeconfig, Buffer.from(text, "base64"));
    assert.equal((await kubectl({ kubeconfig, url: server.url }, ["get", "apiexports"])).code, 0);
  });

  test("an entry that is taken out goes", async () => {
    await inRuntime([
      "patch",
      "managedprovider",
      "web",
      "--type=merge",
      "-p",
      JSON.stringify({ spec: { runtimeDeployments: [{ flux: oci }] } }),
    ]);
    await eventually("what is left", listed, (names) => names.length === 2);
    await phase("web", "Ready");
  });

  test("by OCM: what finds the chart first, then the chart that was found", async () => {
    await inRuntime(
      ["create", "-f", "-"],
      managed("portal", { runtimeDeployments: [{ ocm }], cleanupOnDelete: true, runtimeKubeconfigSecretName: "elsewhere" }),
    );
    // without the Secret nobody knows where to copy to
    await phase("portal", "CopyingKubeconfig");
    const elsewhere = readFileSync(join(directory, "runtime.kubeconfig"), "utf8").replaceAll(
      `/clusters/${runtime}`,
      "/clusters/root:elsewhere",
    );
    await done(
      "root",
      ["create", "-f", "-"],
      '{"apiVersion":"tenancy.kcp.io/v1alpha1","kind":"Workspace","metadata":{"name":"elsewhere"}}',
    );
    await done("root", ["wait", "workspace/elsewhere", "--for=jsonpath={.status.phase}=Ready", "--timeout=20s"]);
    await inRuntime(["create", "secret", "generic", "elsewhere", `--from-literal=kubeconfig=${elsewhere}`]);
    await inRuntime(["annotate", "managedprovider", "portal", "look=again"]);
    await appears("resources.delivery.ocm.software", "ui");
    assert.deepEqual(await specOf("repositories.delivery.ocm.software", "ui"), {
      interval: "1m",
      repositorySpec: { type: "OCIRegistry", baseUrl: "ghcr.io", subPath: "example/components" },
    });
    const component = (await specOf("components.delivery.ocm.software", "ui")) as Record<string, unknown>;
    assert.deepEqual([component["component"], component["semver"], component["downgradePolicy"]], ["example.com/portal", "0.1.0", "Deny"]);
    await setReady("resources.delivery.ocm.software", "ui", {
      resource: { access: { imageReference: "localhost:5000/example/ui:0.1.7@sha256:abc" }, version: "0.1.7" },
    });
    await appears("helmrelease", "ui");
    const source = (await specOf("ocirepository", "ui")) as { url: string; ref: object };
    assert.deepEqual([source.url, source.ref], ["oci://localhost:5000/example/ui", { tag: "0.1.7" }]);
    const release = (await specOf("helmrelease", "ui")) as { kubeConfig: object };
    assert.deepEqual(release.kubeConfig, { secretRef: { name: "elsewhere", key: "kubeconfig" } });
    await setReady("helmrelease", "ui");
    await phase("portal", "Ready");
    await done("root:elsewhere", ["get", "secret", "-n", namespace, "portal-provider-kubeconfig"]);
    assert.match((await asked(runtime, ["-n", namespace, "get", "secret", "portal-provider-kubeconfig"])).stderr, /NotFound/);
  });

  test("a runtime kubeconfig that runs a program is refused", async () => {
    const bad = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "c",
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      users: [
        {
          name: "c",
          user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "touch", args: [join(directory, "owned")] } },
        },
      ],
      contexts: [{ name: "c", context: { cluster: "c", user: "c" } }],
    });
    await inRuntime(["create", "secret", "generic", "bad", `--from-literal=kubeconfig=${bad}`]);
    await inRuntime(["create", "-f", "-"], managed("bad", { runtimeDeployments: [], runtimeKubeconfigSecretName: "bad" }));
    await eventually(
      "the condition",
      () =>
        inRuntime(["get", "managedprovider", "bad", "-o", 'jsonpath={.status.conditions[?(@.type=="KubeconfigCopySubroutine")].message}']),
      (text) => /must not have/.test(text),
    );
    await inRuntime(["delete", "managedprovider", "bad", "--timeout=20s"]);
  });

  test("neither form, or both, is refused", async () => {
    for (const entry of [{}, { flux: oci, ocm }]) {
      const { stderr } = await asked(runtime, ["create", "-f", "-"], managed("none", { runtimeDeployments: [entry] }));
      assert.match(stderr, /exactly one of flux and ocm/);
    }
  });

  test("goes: what was deployed and the copy; the Provider only when asked for", async () => {
    await inRuntime(["delete", "managedprovider", "web", "--timeout=20s"]);
    await inRuntime(["delete", "managedprovider", "portal", "--timeout=20s"]);
    assert.deepEqual(await listed(), []);
    assert.match((await asked(runtime, ["-n", namespace, "get", "secret", "web-provider-kubeconfig"])).stderr, /NotFound/);
    assert.match((await asked("root:elsewhere", ["get", "secret", "-n", namespace, "portal-provider-kubeconfig"])).stderr, /NotFound/);
    assert.match(await done(home, ["get", "providers", "-o", "name"]), /\/web\n/);
    assert.doesNotMatch(await done(home, ["get", "providers", "-o", "name"]), /portal/);
  });
});
