/** Requests in accounts' workspaces, decided by relationships, as their people meet them: the whole program, over HTTPS. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hasReason, StatusError, type JsonValue, type KubeObject } from "@meshplane/apimachinery";
import { accountObject, roleAssignees, roleObject, userOf } from "@meshplane/apis/platform-mesh";
import {
  bearerToken,
  type ClientConfig,
  createClient,
  type HttpMultiClusterClient,
  HttpsTransport,
  loadKubeconfig,
} from "@meshplane/client";
import { type OpenFga, remoteOpenFga } from "@meshplane/rebac";
import { testCert, testKey } from "@meshplane/apiserver/testing";
import { repository, type RunningServer, startServer } from "../support/start-server.ts";

const people = ["boss", "mel", "rita", "out", "system.serviceaccount.default.ci"];
const folder = mkdtempSync(join(tmpdir(), "meshplane-authorizer-"));
writeFileSync(join(folder, "tokens.csv"), people.map((name, i) => `token-${i},${name},uid-${i}\n`).join(""));
after(() => rmSync(folder, { recursive: true, force: true }));

const namespaces = { group: "", version: "v1", resource: "namespaces" };
const accounts = { group: "core.platform-mesh.io", version: "v1alpha1", resource: "accounts" };
const logicalClusters = { group: "core.kcp.io", version: "v1alpha1", resource: "logicalclusters" };
const dev = "root:orgs:markeracme:dev";

interface World {
  server: RunningServer;
  config: ClientConfig;
  admin: HttpMultiClusterClient;
  fga: OpenFga;
  storeId: string;
  /** logical clusters */
  acme: string;
  devCluster: string;
  rival: string;
  as(name: string): HttpMultiClusterClient;
  tokenOf(name: string): string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** boss owns the organization markeracme and its account dev; rita owns markerrival */
async function openWorld(flags: string[], fgaUrl: string, beforeAnybody?: (server: RunningServer) => Promise<void>): Promise<World> {
  const server = await startServer({
    binary: "meshplane",
    flags: ["--token-auth-file", join(folder, "tokens.csv"), ...flags],
    readyWithinMs: 90_000,
  });
  await beforeAnybody?.(server);
  const { config } = await loadKubeconfig({ path: server.kubeconfig });
  const base: ClientConfig = { server: server.url, ...(config.ca ? { ca: config.ca } : {}) };
  const clients: HttpMultiClusterClient[] = [];
  const open = (own: ClientConfig) => {
    const client = createClient(own);
    clients.push(client);
    return client;
  };
  const tokenOf = (name: string) => `token-${people.indexOf(name)}`;
  const as = (name: string) => open({ ...base, credentials: bearerToken(tokenOf(name)) });
  const admin = open({ ...config, server: server.url });
  const make = async (who: HttpMultiClusterClient, place: string, name: string, type: string): Promise<void> => {
    await eventually(() =>
      who
        .cluster(place)
        .resource<KubeObject>(accounts)
        .create({
          apiVersion: "core.platform-mesh.io/v1alpha1",
          kind: "Account",
          metadata: { name },
          spec: { type, displayName: name },
        } as KubeObject),
    );
    await eventually(async () => {
      const account = (await admin.cluster(place).resource<KubeObject>(accounts).get(name)) as {
        status?: { conditions?: { type: string; status: string }[] };
      };
      assert.ok(
        account.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
        JSON.stringify(account.status),
      );
    });
  };
  await make(as("boss"), "root:orgs", "markeracme", "org");
  await make(as("rita"), "root:orgs", "markerrival", "org");
  await make(as("boss"), "root:orgs:markeracme", "dev", "account");
  const clusterOf = async (path: string) =>
    (await admin.cluster(path).resource<KubeObject>(logicalClusters).get("cluster")).metadata.annotations!["kcp.io/cluster"]!;
  const fga = remoteOpenFga({ url: fgaUrl });
  const { stores } = await fga.listStores({ name: "markeracme" });
  return {
    server,
    config: base,
    admin,
    fga,
    storeId: stores[0]!.id,
    acme: await clusterOf("root:orgs:markeracme"),
    devCluster: await clusterOf(dev),
    rival: await clusterOf("root:orgs:markerrival"),
    as,
    tokenOf,
    async stop() {
      for (const client of clients) client.close();
      await server.stop();
    },
  };
}

async function eventually<T>(act: () => Promise<T>, withinMs = 20_000): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(20);
    }
  }
}

async function refused(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    assert.ok(hasReason(error, "Forbidden"), String(error));
    return (error as StatusError).message;
  }
  assert.fail("it was allowed");
}

const list = (client: HttpMultiClusterClient, place: string) => client.cluster(place).resource<KubeObject>(namespaces).list({});

const membership = (world: World, user: string) => {
  const role = roleObject("core_platform-mesh_io_account", world.acme, "dev", "member");
  return {
    grant: async () => {
      const granted = { user: roleAssignees(role), relation: "member", object: accountObject(world.acme, "dev") };
      await world.fga.write({
        storeId: world.storeId,
        writes: [granted, { user: userOf(user), relation: "assignee", object: role }],
        onDuplicate: "ignore",
      });
    },
    take: async () =>
      void (await world.fga.write({ storeId: world.storeId, deletes: [{ user: userOf(user), relation: "assignee", object: role }] })),
  };
};

interface OpenWatch {
  lines: string[];
  ended: Promise<number>;
  isOpen(): boolean;
  close(): void;
}

async function watchAs(world: World, user: string): Promise<OpenWatch> {
  const transport = new HttpsTransport(world.config);
  const answer = await transport.open({
    method: "GET",
    path: `/clusters/${dev}/api/v1/namespaces?watch=true`,
    headers: { authorization: `Bearer ${world.tokenOf(user)}`, accept: "application/json" },
    timeoutMs: 10_000,
  });
  assert.equal(answer.status, 200);
  let open = true;
  let text = "";
  const lines: string[] = [];
  return {
    lines,
    isOpen: () => open,
    close: () => transport.close(),
    ended: (async () => {
      try {
        for await (const chunk of answer.body) {
          text += Buffer.from(chunk).toString();
          lines.splice(0, lines.length, ...text.split("\n").filter(Boolean));
        }
      } catch {
        // cut: as good as ended
      }
      open = false;
      return performance.now();
    })(),
  };
}

async function losesItsWatch(world: World): Promise<void> {
  const mel = world.as("mel");
  await refused(list(mel, dev));
  const member = membership(world, "mel");
  await member.grant();
  await list(mel, dev);
  const [hers, his] = await Promise.all([watchAs(world, "mel"), watchAs(world, "boss")]);
  try {
    await sleep(700);
    assert.ok(hers.isOpen() && his.isOpen());
    await member.take();
    const taken = performance.now();
    await refused(list(mel, dev));
    const ended = await Promise.race([hers.ended, sleep(5_000).then(() => undefined)]);
    assert.ok(
      ended !== undefined && ended - taken < 1_000,
      `the watch ended ${ended === undefined ? "never" : `${Math.round(ended - taken)} ms later`}`,
    );
    const last = JSON.parse(hers.lines.at(-1)!) as { type: string; object: { code: number; reason: string; message: string } };
    assert.deepEqual([last.type, last.object.code, last.object.reason], ["ERROR", 403, "Forbidden"]);
    await sleep(300);
    assert.ok(his.isOpen());
  } finally {
    hers.close();
    his.close();
  }
}

describe("with the embedded engine", () => {
  let world: World;
  before(async () => {
    const port = await freePort();
    world = await openWorld(["--openfga-http-addr", `127.0.0.1:${port}`], `http://127.0.0.1:${port}`);
  });
  after(() => world?.stop());

  test("owners work in their account; next door they are told which relation is missing", async () => {
    await list(world.as("boss"), dev);
    const text = await refused(list(world.as("boss"), "root:orgs:markerrival"));
    assert.match(text, /relation list_core_namespaces on the workspace's account is missing/);
  });

  test("a role that is taken away: the next request is refused, the watch ends, others' go on", () => losesItsWatch(world));

  test("refusals are alike for workspaces of others and those that are not there", async () => {
    const out = world.as("out");
    const texts = new Set<string>();
    for (const cluster of [world.acme, world.devCluster, world.rival, "1nowhere1nowher1"])
      texts.add((await refused(list(out, cluster))).replaceAll(cluster, "X"));
    assert.equal(texts.size, 1, [...texts].join("\n"));
    for (const text of texts) assert.doesNotMatch(text, /marker/);
  });

  test("why: the path of tuples, or what is missing, and no other tenant", async () => {
    const review = (client: HttpMultiClusterClient, place: string, user: string, more: object = {}) =>
      client.cluster(place).request({
        method: "POST",
        path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        body: {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SubjectAccessReview",
          metadata: { annotations: { "meshplane.io/explain": "true" } },
          spec: {
            user,
            groups: ["system:authenticated"],
            resourceAttributes: { verb: "list", version: "v1", resource: "namespaces" },
            ...more,
          },
        } as unknown as JsonValue,
      }) as unknown as Promise<{ metadata: { annotations: Record<string, string> }; status: { allowed: boolean; reason?: string } }>;
    const boss = world.as("boss");
    const granted = await review(boss, dev, "boss");
    const text = granted.metadata.annotations["meshplane.io/explanation"]!;
    const told = JSON.parse(text) as {
      decidedBy: string;
      steps: { name: string; decision: string; steps?: { evidence?: { path?: object[]; missing?: object[] } }[] }[];
    };
    assert.deepEqual(
      told.steps.map(({ name }) => name),
      ["AlwaysAllowGroups", "AlwaysAllowPaths", "RBAC", "Webhook"],
    );
    assert.equal(told.decidedBy, "Webhook");
    assert.ok(told.steps[3]!.steps![0]!.evidence!.path!.length > 0, text);
    const denied = await review(boss, dev, "rita");
    const why = denied.metadata.annotations["meshplane.io/explanation"]!;
    assert.equal(denied.status.allowed, false);
    assert.match(why, /"missing":\[\{/);
    for (const one of [text, why]) {
      assert.doesNotMatch(one, /markerrival/);
      assert.ok(!one.includes(world.rival), one);
    }
    // a consumer's name is not for the provider to guess
    const guess = await review(boss, dev, "boss", {
      groups: ["system:authenticated", `system:cluster:${world.rival}`],
      resourceAttributes: { verb: "bind", group: "apis.kcp.io", resource: "apiexports", name: "x" },
    });
    assert.doesNotMatch(guess.metadata.annotations["meshplane.io/explanation"]!, /markerrival/);
    await refused(review(world.as("mel"), dev, "boss"));
    await refused(review(world.as("rita"), dev, "boss"));
  });

  test("meshplane why", async () => {
    const run = (...args: string[]) =>
      new Promise<{ code: number | null; output: string }>((resolve) => {
        const child = spawn(join(repository, "bin", "meshplane"), ["why", "--kubeconfig", world.server.kubeconfig, "-w", dev, ...args]);
        let output = "";
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.on("close", (code) => resolve({ code, output }));
      });
    const yes = await run("--as", "boss", "create", "configmaps/x", "-n", "default");
    assert.equal(yes.code, 0, yes.output);
    assert.match(yes.output, /allowed by Webhook/);
    assert.match(yes.output, /user:boss is assignee of role:/);
    const no = await run("--as", "rita", "list", "namespaces");
    assert.equal(no.code, 1, no.output);
    assert.match(no.output, /nobody allows it[^]*relation list_core_namespaces on the workspace's account is missing/);
    assert.doesNotMatch(no.output, /markerrival/);
  });

  test("headers and other names make nobody more than they are", async () => {
    const transport = new HttpsTransport(world.config);
    const get = async (headers: Record<string, string>) => {
      const answer = await transport.open({
        method: "GET",
        path: `/clusters/${dev}/api/v1/namespaces`,
        headers: { accept: "application/json", ...headers },
        timeoutMs: 10_000,
      });
      for await (const chunk of answer.body) void chunk;
      return answer.status;
    };
    try {
      const out = { authorization: `Bearer ${world.tokenOf("out")}` };
      for (const user of ["boss", "system:admin"])
        for (const name of [
          "x-remote-user",
          "x_remote_user",
          "x-remote-group",
          "x-remote-extra-authorization.kubernetes.io%2fcluster-name",
          "x-forwarded-user",
          "remote-user",
        ])
          assert.equal(await get({ ...out, [name]: name.includes("group") ? "system:masters" : user }), 403, name);
      const boss = { authorization: `Bearer ${world.tokenOf("boss")}` };
      for (const group of [
        "system:masters",
        "system:kcp:admin",
        "system:kcp:logical-cluster-admin",
        "system:kcp:external-logical-cluster-admin",
        "system:kcp:workspace:bootstrapper",
      ])
        assert.equal(await get({ ...boss, "impersonate-user": "boss", "impersonate-group": group }), 403, group);
      assert.equal(await get({ authorization: `Bearer ${world.tokenOf("boss")}` }), 200);
    } finally {
      transport.close();
    }
    const ci = membership(world, "system:serviceaccount:default:ci");
    await ci.grant();
    await refused(list(world.as("system.serviceaccount.default.ci"), dev));
    await ci.take();
  });

  test("names with delimiters reach nothing else", async () => {
    const transport = new HttpsTransport(world.config);
    try {
      for (const name of ["%2A", "a%23owner", "a%3Ab", "..%2Fdev", "a%20b", "%25", "x".repeat(600)])
        for (const path of [`/api/v1/namespaces/${name}`, `/api/v1/namespaces/${name}/configmaps/${name}`]) {
          const answer = await transport.open({
            method: "GET",
            path: `/clusters/${world.devCluster}${path}`,
            headers: { authorization: `Bearer ${world.tokenOf("out")}`, accept: "application/json" },
            timeoutMs: 10_000,
          });
          for await (const chunk of answer.body) void chunk;
          assert.ok([307, 400, 403, 404].includes(answer.status), `${path}: ${answer.status}`);
        }
    } finally {
      transport.close();
    }
  });
});

describe("with an OpenFGA server of its own", () => {
  let world: World;
  let engine: ChildProcess;
  let port: number;
  const startEngine = async (): Promise<void> => {
    engine = spawn(
      join(repository, "bin", "openfga"),
      [
        "run",
        "--http-addr",
        `127.0.0.1:${port}`,
        "--grpc-addr",
        "127.0.0.1:0",
        "--datastore-engine",
        "sqlite",
        "--datastore-uri",
        join(folder, "openfga.db"),
      ],
      { stdio: "ignore" },
    );
    await eventually(async () => assert.equal((await fetch(`http://127.0.0.1:${port}/stores`)).status, 200));
  };
  const stopEngine = async (): Promise<void> => {
    const ended = new Promise((resolve) => engine.once("exit", resolve));
    engine.kill();
    await ended;
  };
  before(async () => {
    port = await freePort();
    await startEngine();
    world = await openWorld(["--openfga-url", `http://127.0.0.1:${port}`], `http://127.0.0.1:${port}`);
  });
  after(async () => {
    await world?.stop();
    if (engine?.exitCode === null) await stopEngine();
  });

  test("a role that is taken away: the next request is refused, the watch ends, others' go on", () => losesItsWatch(world));

  test("an engine that is down: closed, said so, and well again without a restart", async () => {
    const boss = world.as("boss");
    await list(boss, dev);
    await stopEngine();
    await assert.rejects(list(boss, dev), (error: Error) => {
      assert.match(error.message, /the relationships cannot be asked/);
      assert.doesNotMatch(error.message, /127\.0\.0\.1:\d+ cannot/);
      return true;
    });
    await list(world.admin, dev);
    await startEngine();
    await eventually(() => list(boss, dev), 3_000);
  });
});

describe("through the webhook, a process of its own", () => {
  let world: World;
  let webhook: ChildProcess;
  let said = "";
  before(async () => {
    const [fga, port, health] = [await freePort(), await freePort(), await freePort()];
    writeFileSync(join(folder, "tls.crt"), testCert);
    writeFileSync(join(folder, "tls.key"), testKey);
    const config = join(folder, "webhook.kubeconfig");
    const authority = Buffer.from(testCert).toString("base64");
    writeFileSync(
      config,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "w", cluster: { server: `https://127.0.0.1:${port}/authz`, "certificate-authority-data": authority } }],
        contexts: [{ name: "w", context: { cluster: "w", user: "" } }],
        "current-context": "w",
        users: [],
      }),
    );
    const ttl = "--authorization-webhook-cache-";
    world = await openWorld(
      [
        "--openfga-http-addr",
        `127.0.0.1:${fga}`,
        "--authorization-webhook-config-file",
        config,
        `${ttl}authorized-ttl`,
        "1ms",
        `${ttl}unauthorized-ttl`,
        "1ms",
      ],
      `http://127.0.0.1:${fga}`,
      async ({ kubeconfig }) => {
        webhook = spawn(
          join(repository, "bin", "meshplane"),
          [
            ...["operator", "rebac-authz-webhook", "--kubeconfig", kubeconfig, "--openfga-addr", `127.0.0.1:${fga}`],
            ...["--webhook-cert-dir", folder, "--webhook-bind-address", `127.0.0.1:${port}`],
            ...["--health-probe-bind-address", `127.0.0.1:${health}`, "--metrics-bind-address", "0"],
          ],
          { stdio: ["ignore", "pipe", "pipe"] },
        );
        for (const stream of [webhook.stdout, webhook.stderr]) stream!.on("data", (chunk: Buffer) => (said += chunk.toString()));
        await eventually(async () => assert.equal((await fetch(`http://127.0.0.1:${health}/readyz`)).status, 200, said)).catch(
          (error: unknown) => {
            throw new Error(`the webhook is not ready: ${said}`, { cause: error });
          },
        );
      },
    );
  });
  after(async () => {
    await world?.stop();
    webhook?.kill();
  });

  test("it decides as the step in process does", async () => {
    await list(world.as("boss"), dev);
    await refused(list(world.as("rita"), dev));
    await refused(list(world.as("mel"), dev));
    const member = membership(world, "mel");
    await member.grant();
    await list(world.as("mel"), dev);
    const create = (name: string) =>
      world
        .as(name)
        .cluster(dev)
        .resource<KubeObject>(namespaces)
        .create({ apiVersion: "v1", kind: "Namespace", metadata: { name: `of-${name}` } } as KubeObject);
    await refused(create("mel"));
    await create("boss");
    await member.take();
    await sleep(5);
    await refused(list(world.as("mel"), dev));
  });
});
