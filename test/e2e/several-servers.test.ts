/** Two servers before one etcd: both serve, one runs the controllers; when that one dies, the other takes over. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "@meshplane/apimachinery";
import { createClient, loadKubeconfig, type HttpMultiClusterClient } from "@meshplane/client";
import { EtcdProcess, etcdForTests } from "@meshplane/storage/testing";
import { startServer, type RunningServer } from "../support/start-server.ts";

const found = etcdForTests();
const skip = "skip" in found && found.skip;
const workspaces = { group: "tenancy.kcp.io", version: "v1alpha1", resource: "workspaces" };
const configMaps = { group: "", version: "v1", resource: "configmaps" };
const leases = { group: "coordination.k8s.io", version: "v1", resource: "leases" };

type Phased = KubeObject & { status?: { phase?: string } };
type Lease = KubeObject & { spec: { holderIdentity: string } };

let etcd: EtcdProcess | undefined;
const servers: RunningServer[] = [];

before(async () => {
  if ("binary" in found) etcd = await EtcdProcess.start(found.binary);
});
after(async () => {
  await Promise.all(servers.filter(({ process }) => process.exitCode === null && process.signalCode === null).map((it) => it.stop()));
  await etcd?.stop();
});

test("two servers serve, one leads; what it leaves undone when it is killed, the other does", { skip, timeout: 120_000 }, async () => {
  const start = async (): Promise<HttpMultiClusterClient> => {
    const server = await startServer({ binary: "meshplane", flags: ["--etcd-servers", etcd!.endpoint, "--v", "2"] });
    servers.push(server);
    const { config } = await loadKubeconfig({ path: server.kubeconfig, context: "system:admin" });
    return createClient(config);
  };
  const first = await start();
  const second = await start();

  // what one has acknowledged, the other shows
  const mapsOf = (client: HttpMultiClusterClient) => client.cluster("root").resource<KubeObject>(configMaps);
  for (const [writer, reader, name] of [
    [first, second, "a"],
    [second, first, "b"],
  ] as const) {
    const made = await mapsOf(writer).create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } });
    assert.equal((await mapsOf(reader).get(name, { namespace: "default" })).metadata.uid, made.metadata.uid);
  }

  const leaseOf = (client: HttpMultiClusterClient) =>
    client.cluster("system:admin").resource<Lease>(leases).get("kcp-controllers", { namespace: "kube-system" });
  await eventually("somebody leads", 10_000, async () => (await leaseOf(second).catch(() => undefined))?.spec.holderIdentity);
  const leads = (server: RunningServer): boolean => server.output().includes("this server runs the controllers");
  assert.deepEqual(servers.map(leads), [true, false]);

  await makeReady(second, "through-the-follower", 20_000);
  await servers[0]!.stop("SIGKILL");
  await makeReady(second, "after-the-leader", 60_000);
  assert.ok(leads(servers[1]!));

  // a server that stops gives the Lease back: nobody waits for it to expire
  const third = await start();
  assert.equal(await servers[1]!.stop(), 0, servers[1]!.output());
  assert.ok(await eventually("the third leads", 10_000, async () => leads(servers[2]!)));
  await makeReady(third, "after-a-stop", 20_000);
});

async function makeReady(client: HttpMultiClusterClient, name: string, withinMs: number): Promise<void> {
  const resource = client.cluster("root").resource<Phased>(workspaces);
  await resource.create({ apiVersion: "tenancy.kcp.io/v1alpha1", kind: "Workspace", metadata: { name } });
  await eventually(`${name} is ready`, withinMs, async () => (await resource.get(name)).status?.phase === "Ready");
}

async function eventually<T>(what: string, withinMs: number, look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(50)) {
    const value = await look();
    if (value) return value;
  }
  return assert.fail(`${what} within ${withinMs} ms\n${servers.map((server) => server.output().slice(-2_000)).join("\n--\n")}`);
}
