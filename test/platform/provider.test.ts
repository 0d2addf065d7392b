/** A provider's journey with kubectl: from a Provider to an API that consumers use where a policy lets them, and back to nothing. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { haveKubectl, kubectl, type KubectlAnswer } from "../support/kubectl.ts";
import { repository, type RunningServer, startServer } from "../support/start-server.ts";

const example = join(repository, "examples", "httpbin-provider");
const api = "orchestrate.platform-mesh.io";
const home = "root:providers:system";
const orgs = "root:orgs";

const yaml = (apiVersion: string, kind: string, name: string, spec: object): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name }, spec });
const provider = (name: string, spec: object = {}): string => yaml("providers.platform-mesh.io/v1alpha1", "Provider", name, spec);

describe("a provider", { skip: !haveKubectl && "no kubectl" }, () => {
  const directory = mkdtempSync(join(tmpdir(), "meshplane-provider-"));
  let server: RunningServer;
  let controller: ChildProcess | undefined;
  let controllerOutput = "";
  /** path of the provider's workspace */
  let workspace = "";
  /** whoever has the kubeconfig that the Provider got */
  let scoped: { kubeconfig: string; url: string };

  before(async () => {
    server = await startServer({ binary: "meshplane" });
  });
  after(async () => {
    controller?.kill("SIGTERM");
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const asked = (where: string, args: string[], input?: string): Promise<KubectlAnswer> =>
    kubectl(server, args, { workspace: where, ...(input === undefined ? {} : { input }) });
  async function done(where: string, args: string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await asked(where, args, input);
    assert.equal(code, 0, `kubectl ${args.join(" ")} in ${where}: ${stderr}\n${server.output()}\n${controllerOutput}`);
    return stdout;
  }
  async function eventually<T>(what: string, ask: () => Promise<T>, fits: (answer: T) => boolean, withinMs = 20_000): Promise<T> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const answer = await ask();
      if (fits(answer)) return answer;
      assert.ok(
        performance.now() < deadline,
        `${what}: not within ${withinMs} ms; last ${JSON.stringify(answer)}\n${server.output()}\n${controllerOutput}`,
      );
      await sleep(50);
    }
  }
  async function kubeconfigOf(name: string, secret: string[], key = "kubeconfig"): Promise<{ kubeconfig: string; url: string }> {
    const text = await done(home, ["get", "secret", ...secret, "-o", `jsonpath={.data.${key}}`]);
    const kubeconfig = join(directory, `${name}.kubeconfig`);
    writeFileSync(kubeconfig, Buffer.from(text, "base64"));
    return { kubeconfig, url: server.url };
  }
  const bindingYaml = (): string =>
    readFileSync(join(example, "consumer", "apibinding.yaml"), "utf8").replace("root:providers:httpbin-provider", workspace);

  test("gets a workspace and a kubeconfig of it", async () => {
    const started = performance.now();
    await done(home, ["apply", "-f", "-"], provider("httpbin"));
    await done(home, ["wait", "provider/httpbin", "--for=condition=Ready", "--timeout=20s"]);
    console.log(`# a Provider was Ready after ${(performance.now() - started).toFixed(0)} ms, kubectl twice included`);
    const cluster = await done(home, ["get", "provider", "httpbin", "-o", "jsonpath={.metadata.annotations.kcp\\.io/cluster}"]);
    workspace = `root:providers:httpbin-${cluster}`;
    assert.match(await done(home, ["get", "provider", "httpbin"]), /httpbin\s+Ready\s+httpbin-provider-kubeconfig\s+True/);
    const { status, metadata } = JSON.parse(await done(home, ["get", "provider", "httpbin", "-o", "json"])) as {
      metadata: { finalizers: string[] };
      status: { phase: string; observedGeneration: number; conditions: { type: string; status: string }[] };
    };
    assert.deepEqual([status.phase, status.observedGeneration], ["Ready", 1]);
    assert.deepEqual(
      status.conditions.map(({ type, status }) => `${type}=${status}`),
      ["ProviderWorkspaceSubroutine=True", "ScopedKubeconfigSubroutine=True", "Ready=True"],
    );
    assert.deepEqual(metadata.finalizers, [
      "providers.platform-mesh.io/provider-workspace",
      "providers.platform-mesh.io/scoped-kubeconfig",
    ]);
    assert.equal(
      await done("root:providers", ["get", "workspace", `httpbin-${cluster}`, "-o", "jsonpath={.spec.type.path}:{.spec.type.name}"]),
      "root:provider",
    );
    scoped = await kubeconfigOf("httpbin", ["httpbin-provider-kubeconfig"]);
    assert.match(readFileSync(scoped.kubeconfig, "utf8"), new RegExp(`"server": "${server.url}/clusters/[a-z0-9]+"`));
  });

  test("is administrator there and nobody elsewhere", async () => {
    assert.equal((await kubectl(scoped, ["auth", "can-i", "*", "*"])).stdout.trim(), "yes");
    // everybody who is signed in, anywhere, may look around in root itself: kcp has it so
    for (const [where, what] of [
      ["root", "secrets"],
      ["root:providers", "workspaces"],
      [home, "secrets"],
      [home, "providers"],
      [orgs, "accounts"],
      ["root:platform-mesh-system", "secrets"],
    ] as const) {
      const { code, stderr } = await kubectl(scoped, ["get", what], { workspace: where });
      assert.equal(code, 1, `${what} in ${where}`);
      assert.match(stderr, /Forbidden/, `${what} in ${where}`);
    }
    assert.match((await kubectl(scoped, ["create", "-f", "-"], { workspace: orgs, input: organization("mine") })).stderr, /[Ff]orbidden/);
  });

  test("what is taken from it comes back", async () => {
    const names = async (where: string, kind: string): Promise<string> =>
      done(where, ["get", kind, "-o", 'jsonpath={range .items[*]}{.metadata.uid}/{.metadata.name}{"\\n"}{end}']);
    for (const [where, kind, name] of [
      [workspace, "secrets", "httpbin-provider-token"],
      [home, "secrets", "httpbin-provider-kubeconfig"],
      [workspace, "clusterrolebindings", "httpbin-provider"],
      [workspace, "serviceaccounts", "httpbin-provider"],
    ] as const) {
      const uid = new RegExp(`^(.*)/${name}$`, "m").exec(await names(where, kind))![1]!;
      await done(where, ["delete", kind, name]);
      await eventually(
        `${kind}/${name}`,
        () => names(where, kind),
        (text) => text.includes(`/${name}\n`) && !text.includes(uid),
        5000,
      );
    }
    await eventually(
      "a kubeconfig that works",
      async () => {
        scoped = await kubeconfigOf("httpbin", ["httpbin-provider-kubeconfig", "--ignore-not-found"]);
        return (await kubectl(scoped, ["get", "apiexports"])).code;
      },
      (code) => code === 0,
    );
  });

  test("chooses its Secret and its host; the Secret it had goes", async () => {
    const chosen = { name: "mine", namespace: "elsewhere", key: "config" };
    await done(home, ["apply", "-f", "-"], provider("chooser", {}));
    await done(home, ["wait", "provider/chooser", "--for=condition=Ready", "--timeout=20s"]);
    await done(
      home,
      ["apply", "-f", "-"],
      provider("chooser", { providerKubeconfigSecret: chosen, hostOverride: "https://front.example:8443/" }),
    );
    await eventually(
      "the Secret",
      () => asked(home, ["get", "secret", "mine", "-n", "elsewhere"]),
      ({ code }) => code === 0,
    );
    await kubeconfigOf("chooser", ["mine", "-n", "elsewhere"], "config");
    assert.match(readFileSync(join(directory, "chooser.kubeconfig"), "utf8"), /"https:\/\/front\.example:8443\/clusters\/[a-z0-9]+"/);
    await eventually(
      "the first Secret gone",
      () => asked(home, ["get", "secret", "chooser-provider-kubeconfig"]),
      ({ code }) => code === 1,
    );
    await done(home, ["delete", "provider", "chooser", "--timeout=20s"]);
    assert.match((await asked(home, ["get", "secret", "mine", "-n", "elsewhere"])).stderr, /NotFound/);
  });

  test("of a name that no workspace can have says so, and can be deleted", async () => {
    for (const [name, why] of [
      ["x".repeat(60), /at most 63/],
      ["with.dots", /letters, digits and hyphens/],
    ] as const) {
      await done(home, ["apply", "-f", "-"], provider(name));
      const message = `jsonpath={.status.conditions[?(@.type=="ProviderWorkspaceSubroutine")].message}`;
      const text = await eventually(
        "why",
        () => done(home, ["get", "provider", name, "-o", message]),
        (one) => /name/.test(one),
      );
      assert.match(text, why);
      await done(home, ["delete", "provider", name, "--timeout=10s"]);
    }
  });

  test("publishes its API, and a policy says who may bind it", async () => {
    const applied = await kubectl(scoped, ["apply", "-f", join(example, "config")]);
    assert.equal(applied.code, 0, applied.stderr);
    for (const [name, owner] of [
      ["acme", "alice@example.com"],
      ["rival", "rita@example.com"],
    ] as const) {
      await done(orgs, ["create", "-f", "-", "--as", owner], organization(name));
      await done(orgs, ["wait", `account/${name}`, "--for=condition=Ready", "--timeout=30s"]);
      await done(`${orgs}:${name}`, ["create", "-f", "-", "--as", owner], account("dev"));
      await done(`${orgs}:${name}`, ["wait", "account/dev", "--for=condition=Ready", "--timeout=30s"]);
    }
    const refused = await asked(`${orgs}:acme:dev`, ["create", "-f", "-", "--as", "alice@example.com"], bindingYaml());
    assert.match(refused.stderr, /forbidden/, "without a policy nobody binds");
    await done(
      orgs,
      ["apply", "-f", "-"],
      yaml("core.platform-mesh.io/v1alpha1", "APIExportPolicy", "httpbin", {
        apiExportRef: { name: api, clusterPath: workspace },
        allowPathExpressions: [":root:orgs:acme:*"],
      }),
    );
    await done(orgs, ["wait", "apiexportpolicy/httpbin", "--for=condition=Ready", "--timeout=20s"]);
    await done(`${orgs}:acme:dev`, ["create", "-f", "-", "--as", "alice@example.com"], bindingYaml());
    await done(`${orgs}:acme:dev`, ["wait", `apibinding/${api}`, "--for=jsonpath={.status.phase}=Bound", "--timeout=20s"]);
    const outside = await asked(`${orgs}:rival:dev`, ["create", "-f", "-", "--as", "rita@example.com"], bindingYaml());
    assert.equal(outside.code, 1);
    assert.match(outside.stderr, /forbidden/);
  });

  test("serves its consumers with the kubeconfig that it got", async () => {
    controller = spawn(
      process.execPath,
      [join(repository, "examples", "httpbin-provider-ts", "src", "main.ts"), "--kubeconfig", scoped.kubeconfig],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [controller.stdout!, controller.stderr!]) stream.on("data", (text: Buffer) => (controllerOutput += String(text)));
    const dev = `${orgs}:acme:dev`;
    const alice = ["--as", "alice@example.com"];
    const instance = readFileSync(join(example, "consumer", "httpbin.yaml"), "utf8");
    await eventually(
      "a kind that the organization's model knows",
      () => asked(dev, ["create", "-f", "-", ...alice], instance),
      ({ code, stderr }) => code === 0 || /AlreadyExists/.test(stderr),
    );
    await done(dev, ["wait", "httpbin/my-httpbin", "--for=condition=Ready", "--timeout=30s"]);
    assert.match(await done(dev, ["get", "httpbin", "my-httpbin", "-o", "jsonpath={.status.url}", ...alice]), /^https?:/);
    await done(dev, ["get", "secret", "my-httpbin-credentials", ...alice]);
    assert.match((await asked(dev, ["get", "httpbins", "--as", "rita@example.com"])).stderr, /forbidden/);
  });

  test("is refused new consumers when the expression goes; those of before stay", async () => {
    await done(orgs, [
      "patch",
      "apiexportpolicy",
      "httpbin",
      "--type=merge",
      "-p",
      '{"spec":{"allowPathExpressions":[":root:orgs:rival:dev"]}}',
    ]);
    await eventually(
      "rival may bind",
      () => asked(`${orgs}:rival:dev`, ["apply", "-f", "-", "--as", "rita@example.com"], bindingYaml()),
      ({ code }) => code === 0,
    );
    await done(`${orgs}:acme`, ["create", "-f", "-", "--as", "alice@example.com"], account("late"));
    await done(`${orgs}:acme`, ["wait", "account/late", "--for=condition=Ready", "--timeout=30s"]);
    const late = await asked(`${orgs}:acme:late`, ["create", "-f", "-", "--as", "alice@example.com"], bindingYaml());
    assert.match(late.stderr, /forbidden/);
    await done(`${orgs}:acme:dev`, ["get", "httpbin", "my-httpbin", "--as", "alice@example.com"]);
  });

  test("goes with its workspace, its kubeconfig and its API", async () => {
    controller?.kill("SIGTERM");
    await done(home, ["delete", "provider", "httpbin", "--timeout=30s"]);
    assert.doesNotMatch(await done("root:providers", ["get", "workspaces", "-o", "name"]), /httpbin/);
    assert.match((await asked(home, ["get", "secret", "httpbin-provider-kubeconfig"])).stderr, /NotFound/);
    assert.match((await kubectl(scoped, ["get", "secrets"])).stderr, /Unauthorized|[Ff]orbidden/);
  });
});

const organization = (name: string): string => yaml("core.platform-mesh.io/v1alpha1", "Account", name, { type: "org", displayName: name });
const account = (name: string): string => yaml("core.platform-mesh.io/v1alpha1", "Account", name, { type: "account", displayName: name });
