/**
 * Kills the whole program at random points while organizations and accounts are made and deleted, and holds it to the end state each time:
 *   node test/platform/run-kills.ts [--kills 100] [--seed N] [--program bin/meshplane]
 * What exists is complete, what was deleted has left nothing, and nobody may do what no relationship says.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Random } from "../isolation/random.ts";
import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import { createClient, loadKubeconfig, type HttpMultiClusterClient } from "@meshplane/client";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    program: { type: "string", default: join(import.meta.dirname, "..", "..", "bin", "meshplane") },
  },
});
const kills = Number(values.kills);
const random = new Random(Number(values.seed));
console.log(`seed ${values.seed}, ${kills} kills`);

const core = (resource: string) => ({ group: "core.platform-mesh.io", version: "v1alpha1", resource });
const tenancy = (resource: string) => ({ group: "tenancy.kcp.io", version: "v1alpha1", resource });
const organizations = "root:orgs";

const directory = mkdtempSync(join(tmpdir(), "meshplane-kills-"));
const [port, identityPort, fgaPort] = await freePorts(3);
/** what was asked for and acknowledged: true exists, false is deleted; those in doubt are not here */
const wanted = new Map<string, boolean>();
let next = 0;
let running: { process: ChildProcess; client: HttpMultiClusterClient } | undefined;
const started = performance.now();

try {
  running = await start();
  for (let kill = 1; kill <= kills; kill++) {
    const work = act(running.client).catch(() => {}); // what is not acknowledged counts for nothing
    await sleep(Math.floor(random.next() ** 2 * 1200));
    await stop("SIGKILL");
    await work;
    running = await start();
    if (kill % 5 === 0 || kill === kills) {
      await converge(running.client);
      console.log(`${kill} kills: ${[...wanted.values()].filter(Boolean).length} exist and are complete, nothing is left of the others`);
    }
  }
  console.log(`always as it should be: ${kills} kills in ${((performance.now() - started) / 1000).toFixed(0)} s`);
} finally {
  await stop("SIGKILL").catch(() => {});
  rmSync(directory, { recursive: true, force: true });
}

/** One change, told to the record when it is acknowledged. */
async function act(client: HttpMultiClusterClient): Promise<void> {
  const alive = [...wanted].filter(([path, exists]) => exists && path.split(":").length === 1).map(([path]) => path);
  const dice = random.next();
  if (alive.length < 2 || (alive.length < 5 && dice < 0.5)) return create(client, organizations, `org${++next}`, "org", `org${next}`);
  const organization = alive[Math.floor(random.next() * alive.length)]!;
  if (dice < 0.75) return create(client, `${organizations}:${organization}`, `acc${++next}`, "account", `${organization}:acc${next}`);
  const below = [...wanted.keys()].filter((path) => path.startsWith(`${organization}:`));
  for (const path of [organization, ...below]) wanted.delete(path);
  await acknowledged(() => client.cluster(organizations).resource(core("accounts")).delete(organization));
  for (const path of [organization, ...below]) wanted.set(path, false);
}

async function create(client: HttpMultiClusterClient, workspace: string, name: string, type: string, path: string): Promise<void> {
  await acknowledged(() =>
    client
      .cluster(workspace)
      .resource(core("accounts"))
      .create({
        apiVersion: "core.platform-mesh.io/v1alpha1",
        kind: "Account",
        metadata: { name },
        spec: { type, displayName: name },
      } as KubeObject),
  );
  wanted.set(path, true);
}

async function acknowledged(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!hasReason(error, "NotFound") && !hasReason(error, "Forbidden")) throw error; // its workspace is not there (yet)
    throw new Error("not done", { cause: error });
  }
}

/** Waits until all is as was asked for, and looks at everything that belongs to an organization. */
async function converge(client: HttpMultiClusterClient): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (let problem: string | undefined; ;) {
    problem = await firstProblem(client).catch((error: unknown) => String(error));
    if (problem === undefined) return;
    if (performance.now() > deadline) throw new Error(`not as it should be after 30 s: ${problem}`);
    await sleep(100);
  }
}

async function firstProblem(client: HttpMultiClusterClient): Promise<string | undefined> {
  const inOrganizations = client.cluster(organizations);
  const names = async (resource: { group: string; version: string; resource: string }) =>
    new Set((await inOrganizations.resource(resource).list()).items.map(({ metadata }) => metadata.name!));
  const accounts = (await inOrganizations.resource<KubeObject & { status?: Conditions }>(core("accounts")).list()).items;
  const [workspaces, types, stores, realms, issuers] = await Promise.all([
    names(tenancy("workspaces")),
    names(tenancy("workspacetypes")),
    names(core("stores")),
    names(core("identityproviderconfigurations")),
    names(tenancy("workspaceauthenticationconfigurations")),
  ]);
  const engine = new Set(await engineStores());
  const present = new Set(accounts.map(({ metadata }) => metadata.name!));
  for (const [path, exists] of wanted) {
    if (path.includes(":")) continue;
    if (exists && !present.has(path)) return `organization ${path} was acknowledged and is lost`;
    if (!exists && present.has(path)) return `organization ${path} is still there`;
  }
  for (const account of accounts) {
    const name = account.metadata.name!;
    if (account.metadata.deletionTimestamp) return `organization ${name} is still being deleted`;
    if (!isReady(account)) return `organization ${name} is not Ready: ${JSON.stringify(account.status)}`;
  }
  const expected = [...present];
  const sets: [string, Set<string>, string[]][] = [
    ["workspaces", workspaces, expected],
    ["workspace types", types, expected.flatMap((name) => [`${name}-org`, `${name}-account`])],
    ["stores", stores, [...expected, "orgs"]],
    ["realms", realms, expected],
    ["issuers", issuers, expected],
    ["stores of the engine", engine, [...expected, "orgs"]],
  ];
  for (const [what, found, should] of sets) {
    for (const name of should) if (!found.has(name)) return `${what}: ${name} is missing`;
    for (const name of found) if (!should.includes(name)) return `${what}: ${name} is left over`;
  }
  for (const [path, exists] of wanted) {
    const [organization, name] = path.split(":");
    if (!exists || name === undefined || !present.has(organization!)) continue;
    const nested = await client
      .cluster(`${organizations}:${organization}`)
      .resource<KubeObject & { status?: Conditions }>(core("accounts"))
      .get(name);
    if (!isReady(nested)) return `account ${path} is not Ready: ${JSON.stringify(nested.status)}`;
  }
  return strangersMayNothing(client, expected);
}

/** Somebody without any relationship, in each organization. */
async function strangersMayNothing(client: HttpMultiClusterClient, names: string[]): Promise<string | undefined> {
  for (const name of names) {
    const review = (await client.cluster(`${organizations}:${name}`).request({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: {
          user: "stranger@example.com",
          groups: ["system:authenticated"],
          resourceAttributes: {
            verb: "get",
            group: "core.platform-mesh.io",
            version: "v1alpha1",
            resource: "accountinfos",
            name: "account",
          },
        },
      },
    })) as { status?: { allowed?: boolean } };
    if (review.status?.allowed !== false) return `a stranger may read ${name}: ${JSON.stringify(review.status)}`;
  }
  return undefined;
}

interface Conditions {
  conditions?: { type: string; status: string }[];
}
function isReady({ status }: { status?: Conditions }): boolean {
  return status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
}

async function engineStores(): Promise<string[]> {
  const found: string[] = [];
  for (let token = ""; ;) {
    const answer = await fetch(`http://127.0.0.1:${fgaPort}/stores?page_size=100&continuation_token=${encodeURIComponent(token)}`);
    const page = (await answer.json()) as { stores: { name: string }[]; continuation_token: string };
    found.push(...page.stores.map(({ name }) => name));
    if (!page.continuation_token) return found;
    token = page.continuation_token;
  }
}

async function start(): Promise<{ process: ChildProcess; client: HttpMultiClusterClient }> {
  const child = spawn(
    values.program!,
    [
      "start",
      "--root-directory",
      directory,
      "--secure-port",
      String(port),
      "--base-domain",
      `portal.localhost:${identityPort}`,
      "--openfga-http-addr",
      `127.0.0.1:${fgaPort}`,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream!.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-20_000)));
  const deadline = performance.now() + 30_000;
  const kubeconfig = join(directory, "admin.kubeconfig");
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${output}`);
    if (/ is ready/.test(output) && existsSync(kubeconfig)) break;
    if (performance.now() > deadline) throw new Error(`not ready after 30 s:\n${output}`);
    await sleep(20);
  }
  const { config } = await loadKubeconfig({ path: kubeconfig, context: "base" });
  return { process: child, client: createClient(config) };
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  if (!running) return;
  const { process: child, client } = running;
  running = undefined;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await gone;
  }
  client.close();
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<import("node:net").Server>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
