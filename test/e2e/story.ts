/** The story of the README, step by step, with the real kubectl. Used with each of the provider's controllers. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kubectl, type KubectlOptions } from "../support/kubectl.ts";
import { repository, type RunningServer } from "../support/start-server.ts";

const example = join(repository, "examples", "httpbin-provider");
export const providerWorkspace = "root:providers:httpbin-provider";
export const consumerWorkspace = "root:org-a:team-a";

const workspaceYaml = (name: string) => `apiVersion: tenancy.kcp.io/v1alpha1\nkind: Workspace\nmetadata:\n  name: ${name}\n`;

export async function must(server: RunningServer, args: string[], options: KubectlOptions = {}): Promise<string> {
  const answer = await kubectl(server, args, options);
  assert.equal(
    answer.code,
    0,
    `kubectl ${args.join(" ")}${options.workspace ? ` in ${options.workspace}` : ""}\n${answer.stdout}${answer.stderr}`,
  );
  return answer.stdout;
}

/** Asks again until the answer fits; what never comes fails with the last answer. */
export async function eventually<T>(what: string, ask: () => Promise<T>, fits: (answer: T) => boolean, withinMs = 30_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    assert.ok(performance.now() < deadline, `${what}: not within ${withinMs} ms; the last answer was ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}

/** Workspaces, the provider's API, the consumer's binding. */
export async function shareApi(server: RunningServer): Promise<void> {
  for (const [parent, name] of [
    ["root", "providers"],
    ["root:providers", "httpbin-provider"],
    ["root", "org-a"],
    ["root:org-a", "team-a"],
  ] as const) {
    await must(server, ["create", "-f", "-"], { workspace: parent, input: workspaceYaml(name) });
    await must(server, ["wait", "--for=jsonpath={.status.phase}=Ready", `workspace/${name}`, "--timeout=30s"], { workspace: parent });
  }
  await must(server, ["apply", "-f", join(example, "config")], { workspace: providerWorkspace });
  const identity = await eventually(
    "the export's identity",
    () =>
      must(server, ["get", "apiexport", "orchestrate.platform-mesh.io", "-o", "jsonpath={.status.identityHash}"], {
        workspace: providerWorkspace,
      }),
    (text) => text !== "",
  );
  assert.match(identity, /^[0-9a-f]{64}$/);
  await must(server, ["apply", "-f", join(example, "consumer", "apibinding.yaml")], { workspace: consumerWorkspace });
  await must(server, ["wait", "--for=jsonpath={.status.phase}=Bound", "apibinding/orchestrate.platform-mesh.io", "--timeout=30s"], {
    workspace: consumerWorkspace,
  });
  const url = await eventually(
    "the endpoint slice's URL",
    () =>
      must(server, ["get", "apiexportendpointslice", "orchestrate.platform-mesh.io", "-o", "jsonpath={.status.endpoints[0].url}"], {
        workspace: providerWorkspace,
      }),
    (text) => text !== "",
  );
  assert.match(url, /\/services\/apiexport\/[a-z0-9]+\/orchestrate\.platform-mesh\.io$/);
}

/** What a consumer does with the bound kind, while a provider works. */
export async function useApi(server: RunningServer): Promise<void> {
  const inConsumer = { workspace: consumerWorkspace };
  assert.match(await must(server, ["api-resources", "--api-group=orchestrate.platform-mesh.io"], inConsumer), /httpbins .* HttpBin/);
  assert.match(await must(server, ["explain", "httpbins.spec.region"], inConsumer), /Where the instance shall run/);
  await must(server, ["apply", "-f", join(example, "consumer", "httpbin.yaml")], inConsumer);
  await must(server, ["wait", "--for=condition=Ready", "httpbin/my-httpbin", "--timeout=60s"], inConsumer);
  const url = await must(server, ["get", "httpbin", "my-httpbin", "-o", "jsonpath={.status.url}"], inConsumer);
  assert.match(url, /^https?:\/\//);
  const secrets = await eventually(
    "the Secret that the provider put beside it",
    () => must(server, ["get", "secrets", "-n", "default", "-o", "name"], inConsumer),
    (text) => /my-httpbin/.test(text),
  );
  assert.match(secrets, /my-httpbin/);
  assert.match(await must(server, ["get", "httpbins"], inConsumer), /NAME\s+READY\s+URL\s+AGE\s+my-httpbin\s+true/);
  assert.match(await must(server, ["describe", "httpbin", "my-httpbin"], inConsumer), /Kind:\s+HttpBin/);
  const edited = await kubectl(
    server,
    ["patch", "httpbin", "my-httpbin", "--type=merge", "-p", '{"spec":{"region":"us-east"}}'],
    inConsumer,
  );
  assert.equal(edited.code, 0, edited.stderr);
  const refused = await kubectl(
    server,
    ["patch", "httpbin", "my-httpbin", "--type=merge", "-p", '{"spec":{"region":"Not Valid"}}'],
    inConsumer,
  );
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /spec\.region/);
  await must(server, ["delete", "httpbin", "my-httpbin", "--timeout=30s"], inConsumer);
}

/** The provider sees what was exported, claimed and accepted, and nothing else. */
export async function requireNothingElseIsSeen(server: RunningServer): Promise<void> {
  const slice = await must(
    server,
    ["get", "apiexportendpointslice", "orchestrate.platform-mesh.io", "-o", "jsonpath={.status.endpoints[0].url}"],
    {
      workspace: providerWorkspace,
    },
  );
  const view = (path: string) => kubectl(server, ["get", "--raw", new URL(`${slice}${path}`).pathname], {});
  const cluster = await must(server, ["get", "logicalcluster", "cluster", "-o", "jsonpath={.metadata.annotations.kcp\\.io/cluster}"], {
    workspace: consumerWorkspace,
  });
  const other = await must(server, ["get", "logicalcluster", "cluster", "-o", "jsonpath={.metadata.annotations.kcp\\.io/cluster}"], {
    workspace: "root:org-a",
  });
  await must(server, ["create", "configmap", "private", "--from-literal=k=v"], { workspace: consumerWorkspace });

  assert.equal((await view("/clusters/*/apis/orchestrate.platform-mesh.io/v1alpha1/httpbins")).code, 0);
  assert.match((await view(`/clusters/${cluster}/api/v1/configmaps`)).stderr, /Forbidden|forbidden/);
  assert.match((await view("/clusters/*/api/v1/configmaps")).stderr, /NotFound|not find|404/);
  assert.match((await view(`/clusters/${other}/apis/orchestrate.platform-mesh.io/v1alpha1/httpbins`)).stderr, /Forbidden|forbidden/);
}

/** A provider's controller as a process of its own; ends with the test. */
export function startProvider(
  command: string,
  args: string[],
  env: Record<string, string>,
): { process: ChildProcess; output: () => string } {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { process: child, output: () => output };
}

/** The admin's kubeconfig, pointed at a workspace. */
export const kubeconfigOf = (server: RunningServer, workspace: string): string =>
  readFileSync(server.kubeconfig, "utf8").replaceAll(/clusters\/root\b/g, `clusters/${workspace}`);
