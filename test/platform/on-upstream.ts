/**
 * The operators on a real kcp: an organization and an account in it become Ready and go without leaving anything.
 *   on-upstream.ts --kcp PATH [--port N]     PATH of upstream's kcp binary; ports N to N+10, 21050 by default (below those that the system gives to clients)
 * kcp asks our authorization webhook, which knows who owns what.
 * Starts kcp, our OpenFGA, the bootstrap and the operators as processes of their own, with the service accounts that the bootstrap makes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type KubeObject } from "@meshplane/apimachinery";
import { createClient, loadKubeconfig } from "@meshplane/client";
import { servingCertificate } from "../../cmd/meshplane/src/start/certificates.ts";
import { repository } from "../support/start-server.ts";

const { values } = parseArgs({ options: { kcp: { type: "string" }, port: { type: "string", default: "21050" } } });
if (!values.kcp) {
  console.error("usage: on-upstream.ts --kcp PATH [--port N]");
  process.exit(2);
}
const port = (offset: number): number => Number(values.port) + offset;
const directory = mkdtempSync(join(tmpdir(), "meshplane-on-upstream-"));
const at = (...parts: string[]): string => join(directory, ...parts);
const children: { name: string; child: ChildProcess; output: string }[] = [];

function run(name: string, command: string, args: string[]): { child: ChildProcess; output: string } {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const one = { name, child, output: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (one.output = (one.output + chunk.toString()).slice(-200_000)));
  children.push(one);
  return one;
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null ? Promise.resolve(child.exitCode) : new Promise((resolve) => child.once("exit", resolve));

async function until<T>(what: string, ask: () => Promise<T | undefined | false>, seconds = 60): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await ask();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    const dead = children.find(({ child }) => child.exitCode !== null && child.exitCode !== 0);
    if (dead) throw new Error(`${dead.name} ended with ${dead.child.exitCode}:\n${dead.output.slice(-3000)}`);
    await sleep(20);
  }
  throw new Error(`${what}: not within ${seconds} s${last ? ` (${String(last)})` : ""}`);
}

const account = (name: string, type: string): KubeObject =>
  ({
    apiVersion: "core.platform-mesh.io/v1alpha1",
    kind: "Account",
    metadata: { name },
    spec: { type, displayName: name },
  }) as unknown as KubeObject;
type Conditioned = KubeObject & { status?: { conditions?: { type: string; status: string; reason: string; message: string }[] } };
const core = (resource: string) => ({ group: "core.platform-mesh.io", version: "v1alpha1", resource });
const tenancy = (resource: string) => ({ group: "tenancy.kcp.io", version: "v1alpha1", resource });

let failed = false;
try {
  mkdirSync(at("certs"));
  const certificate = await servingCertificate(
    at("certs"),
    ["localhost", "127.0.0.1", "portal.localhost", "*.portal.localhost"],
    Date.now(),
  );
  copyFileSync(at("certs", "apiserver.crt"), at("certs", "tls.crt"));
  copyFileSync(at("certs", "apiserver.key"), at("certs", "tls.key"));

  const authority = readFileSync(at("certs", "ca.crt")).toString("base64");
  const webhook = { server: `https://127.0.0.1:${port(10)}/authz`, "certificate-authority-data": authority };
  writeFileSync(
    at("authz.kubeconfig"),
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "webhook", cluster: webhook }],
      users: [{ name: "kcp", user: {} }],
      contexts: [{ name: "webhook", context: { cluster: "webhook", user: "kcp" } }],
      "current-context": "webhook",
    }),
  );
  run("kcp", values.kcp, [
    "start",
    `--root-directory=${at("kcp")}`,
    `--secure-port=${port(0)}`,
    "--bind-address=127.0.0.1",
    "--feature-gates=WorkspaceAuthentication=true,CacheAPIs=true",
    `--authorization-webhook-config-file=${at("authz.kubeconfig")}`,
    "--authorization-webhook-cache-authorized-ttl=1ms",
    "--authorization-webhook-cache-unauthorized-ttl=1ms",
    `--embedded-etcd-client-port=${port(5)}`,
    `--embedded-etcd-peer-port=${port(6)}`,
  ]);
  run("openfga", join(repository, "bin/openfga"), [
    "run",
    `--http-addr=127.0.0.1:${port(1)}`,
    `--grpc-addr=127.0.0.1:${port(2)}`,
    "--datastore-engine=sqlite",
    `--datastore-uri=file:${at("rebac.db")}`,
  ]);
  const kubeconfig = at("kcp", "admin.kubeconfig");
  await until("kcp's kubeconfig", async () => existsSync(kubeconfig) && readFileSync(kubeconfig, "utf8").includes("users:"));
  const { config } = await loadKubeconfig({ path: kubeconfig, context: "base" });
  const client = createClient({ ...config, server: config.server.replace(/\/clusters\/.*$/, "") });
  await until("kcp", async () => (await client.cluster("root").resource(tenancy("workspacetypes")).list()).items.length > 0, 90);
  console.log("kcp is up");

  const operator = (name: string, ...flags: string[]) => run(name, join(repository, "bin/meshplane"), ["operator", name, ...flags]);
  const quiet = (offset: number) => [
    `--health-probe-bind-address=127.0.0.1:${port(offset)}`,
    `--metrics-bind-address=127.0.0.1:${port(offset)}`,
  ];
  const domain = [`--base-domain=portal.localhost:${port(3)}`, `--domain-ca-file=${at("certs", "ca.crt")}`];
  const started = performance.now();
  const bootstrap = operator(
    "platform-mesh",
    `--kubeconfig=${kubeconfig}`,
    "--once",
    `--kubeconfig-directory=${at("operators")}`,
    "--health-probe-bind-address=0",
    "--metrics-bind-address=0",
    ...domain,
    "--idp-registration-allowed",
    `--account-webhook-url=https://127.0.0.1:${port(4)}`,
    `--security-webhook-url=https://127.0.0.1:${port(7)}`,
    `--webhooks-ca-file=${at("certs", "ca.crt")}`,
  );
  // the welcome realm's configuration is judged by the security operator's webhook: it is there before, with what the bootstrap has made so far
  const webhooks = ["--webhooks-enabled", `--webhooks-cert-dir=${at("certs")}`];
  await until("kubeconfigs of the operators", async () => existsSync(at("operators", "rebac-authz-webhook.kubeconfig")), 120);
  operator(
    "account",
    // a real kcp makes a workspace's default bindings as whoever made the workspace, and knows no service account of another workspace there:
    // an administrator, as upstream's own (topology §8)
    `--kubeconfig=${kubeconfig}`,
    ...quiet(8),
    ...webhooks,
    `--webhooks-port=${port(4)}`,
    "--webhooks-additional-account-types=account",
    "--leader-elect",
  );
  operator(
    "security",
    // it initializes workspaces and changes types in others: an administrator too
    `--kubeconfig=${kubeconfig}`,
    ...quiet(9),
    ...webhooks,
    `--webhooks-port=${port(7)}`,
    `--openfga-url=http://127.0.0.1:${port(1)}`,
    `--identity-file=${at("identity.db")}`,
    `--identity-bind-address=127.0.0.1:${port(3)}`,
    `--identity-cert-dir=${at("certs")}`,
    ...domain,
  );
  operator(
    "rebac-authz-webhook",
    `--kubeconfig=${at("operators", "rebac-authz-webhook.kubeconfig")}`,
    `--openfga-addr=http://127.0.0.1:${port(1)}`,
    `--webhook-cert-dir=${at("certs")}`,
    `--webhook-bind-address=127.0.0.1:${port(10)}`,
    "--health-probe-bind-address=0",
    "--metrics-bind-address=0",
  );
  if ((await ended(bootstrap.child)) !== 0) throw new Error(`the bootstrap failed:\n${bootstrap.output}`);
  console.log(`the topology stands after ${(performance.now() - started).toFixed(0)} ms`);

  const resources = ["stores", "identityproviderconfigurations"].map(core);
  const leftovers = async (): Promise<string[]> => {
    const lists = await Promise.all(
      [
        ...resources,
        core("accounts"),
        tenancy("workspaces"),
        tenancy("workspacetypes"),
        tenancy("workspaceauthenticationconfigurations"),
      ].map(async (resource) =>
        (await client.cluster("root:orgs").resource(resource).list()).items.map(({ metadata }) => `${resource.resource}/${metadata.name}`),
      ),
    );
    return lists.flat().sort();
  };
  const before = await leftovers();
  const ready = async (workspace: string, name: string, type: string): Promise<void> => {
    const began = performance.now();
    const accounts = client.cluster(workspace).resource<Conditioned>(core("accounts"));
    await until(`creating Account ${name}`, () => accounts.create(account(name, type) as Conditioned));
    let last: Conditioned | undefined;
    await until(`Account ${name} Ready`, async () => {
      last = await accounts.get(name);
      return last.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    }).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${JSON.stringify(last?.status?.conditions)}\n${await stateOf(`${workspace}:${name}`)}`);
    });
    console.log(`Account ${name} in ${workspace} is Ready after ${(performance.now() - began).toFixed(0)} ms`);
  };
  /** what holds a workspace back */
  const stateOf = async (workspace: string): Promise<string> => {
    const bindings = { group: "apis.kcp.io", version: "v1alpha2", resource: "apibindings" };
    const logicalClusters = { group: "core.kcp.io", version: "v1alpha1", resource: "logicalclusters" };
    const lists = await Promise.all(
      [bindings, logicalClusters].map((one) => client.cluster(workspace).resource<Conditioned>(one).list().catch(String)),
    );
    return lists
      .map((one) =>
        typeof one === "string" ? one : one.items.map(({ metadata, status }) => `${metadata.name}: ${JSON.stringify(status)}`).join("\n"),
      )
      .join("\n");
  };
  await ready("root:orgs", "acme", "org");
  await ready("root:orgs:acme", "dev", "account");
  await ready("root:orgs:acme:dev", "team", "account");

  const creator = (await client.cluster("root:orgs").resource<KubeObject & { spec: { creator?: string } }>(core("accounts")).get("acme"))
    .spec.creator!;
  const mayList = async (user: string, workspace: string): Promise<boolean> => {
    const answer = (await client.cluster(workspace).request({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user, groups: ["system:authenticated"], resourceAttributes: { verb: "list", version: "v1", resource: "namespaces" } },
      },
    })) as unknown as { status: { allowed: boolean } };
    return answer.status.allowed;
  };
  for (const workspace of ["root:orgs:acme", "root:orgs:acme:dev", "root:orgs:acme:dev:team"]) {
    await until(`${creator} allowed in ${workspace}`, () => mayList(creator, workspace), 20);
    if (await mayList("somebody", workspace)) throw new Error(`somebody may read ${workspace}`);
  }
  console.log(`kcp lets ${creator} in by the webhook, and nobody else`);

  for (const offset of [8, 9])
    for (const path of ["healthz", "readyz", "metrics"]) {
      const answer = await fetch(`http://127.0.0.1:${port(offset)}/${path}`);
      if (answer.status !== 200) throw new Error(`${path} of an operator: ${answer.status}`);
    }

  const began = performance.now();
  const accounts = client.cluster("root:orgs").resource<Conditioned>(core("accounts"));
  await accounts.delete("acme");
  await until("the organization gone", async () => (await leftovers()).join() === before.join(), 90).catch(async (error: unknown) => {
    throw new Error(`${String(error)}: left ${(await leftovers()).filter((one) => !before.includes(one)).join(", ")}`);
  });
  console.log(`Account acme with two accounts is gone after ${(performance.now() - began).toFixed(0)} ms`);
  const { stores } = (await (await fetch(`http://127.0.0.1:${port(1)}/stores`)).json()) as { stores: { name: string }[] };
  const names = stores.map(({ name }) => name);
  if (names.includes("acme")) throw new Error("the organization's relationships are left");
  console.log(`left in OpenFGA: ${names.join(", ")}`);
  client.close();
  void certificate;
} catch (error) {
  failed = true;
  console.error(error instanceof Error ? error.message : error);
  for (const { name, output } of children) if (name !== "kcp") console.error(`--- ${name}\n${output.slice(-2500)}`);
} finally {
  for (const { child } of children.toReversed()) if (child.exitCode === null) child.kill();
  await Promise.race([Promise.all(children.map(({ child }) => ended(child))), sleep(10_000)]);
  for (const { child } of children) if (child.exitCode === null) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
}
console.log(failed ? "FAILED" : "done");
process.exit(failed ? 1 : 0);
