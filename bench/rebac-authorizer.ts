/**
 * What deciding by relationships costs: decisions in process, and a GET over HTTPS as an administrator (whom a group lets in) and as an account's owner (whom
 * relationships let in), request by request in turn.
 *   node bench/rebac-authorizer.ts [--requests 4000] [--decisions 200000]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { KubeObject } from "@meshplane/apimachinery";
import { bearerToken, type ClientConfig, createClient, HttpsTransport, loadKubeconfig } from "@meshplane/client";
import { decide } from "@meshplane/rebac-authorizer";
import { relationshipWorld, worldClusters } from "@meshplane/rebac-authorizer/testing";
import { startServer } from "../test/support/start-server.ts";

const { values } = parseArgs({
  options: { requests: { type: "string", default: "4000" }, decisions: { type: "string", default: "200000" } },
});

await inProcess(Number(values.decisions));
await overHttps(Number(values.requests));

async function inProcess(count: number): Promise<void> {
  const { parts } = await relationshipWorld();
  const users = ["mel", "boss", "orga", "rita"];
  const requests = users.flatMap((user) =>
    ["get", "list", "create", "patch"].map((verb) => ({
      user,
      groups: ["system:authenticated"],
      cluster: worldClusters.team,
      resource: { verb, group: "", version: "v1", resource: "configmaps", namespace: "default", name: "c" },
    })),
  );
  for (const request of requests) await decide(request, parts);
  for (let i = 0; i < 20_000; i++) void decide(requests[i % requests.length]!, parts);
  const started = performance.now();
  let waits = 0;
  for (let i = 0; i < count; i++) if (decide(requests[i % requests.length]!, parts) instanceof Promise) waits++;
  const seconds = (performance.now() - started) / 1000;
  console.log(`in process: ${Math.round(count / seconds)} decisions a second on one core (${waits} of ${count} were not at hand)`);
}

async function overHttps(count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "meshplane-bench-"));
  writeFileSync(
    join(folder, "tokens.csv"),
    "boss-token,boss,uid-boss\nrbac-token,rbac,uid-rbac\nmasters-token,root,uid-root,system:masters\n",
  );
  const server = await startServer({
    binary: "meshplane",
    flags: ["--token-auth-file", join(folder, "tokens.csv")],
    readyWithinMs: 90_000,
  });
  const { config } = await loadKubeconfig({ path: server.kubeconfig });
  const base: ClientConfig = { server: server.url, ...(config.ca ? { ca: config.ca } : {}) };
  const boss = createClient({ ...base, credentials: bearerToken("boss-token") });
  try {
    const accounts = boss.cluster("root:orgs").resource<KubeObject & { status?: { conditions?: { type: string; status: string }[] } }>({
      group: "core.platform-mesh.io",
      version: "v1alpha1",
      resource: "accounts",
    });
    const account = {
      apiVersion: "core.platform-mesh.io/v1alpha1",
      kind: "Account",
      metadata: { name: "bench" },
      spec: { type: "org", displayName: "Bench" },
    };
    // the organizations' own store comes a moment after the server
    for (let tries = 0; ; tries++) {
      try {
        await accounts.create(account as never);
        break;
      } catch (error) {
        if (tries > 100) throw error;
        await sleep(50);
      }
    }
    while (!(await accounts.get("bench")).status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
      await sleep(20);
    const namespaces = boss.cluster("root:orgs:bench").resource<KubeObject>({ group: "", version: "v1", resource: "namespaces" });
    await namespaces.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "bench" } } as never);
    const maps = boss.cluster("root:orgs:bench").resource<KubeObject>({ group: "", version: "v1", resource: "configmaps" });
    await maps.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "bench", namespace: "bench" },
      data: { text: "x".repeat(1000) },
    } as never);
    const bindings = createClient({ ...config, server: server.url });
    await bindings
      .cluster("root:orgs:bench")
      .resource<KubeObject>({ group: "rbac.authorization.k8s.io", version: "v1", resource: "clusterrolebindings" })
      .create({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "bench" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "rbac" }],
      } as never);
    bindings.close();
    const transport = new HttpsTransport(base);
    const once = async (token: string): Promise<number> => {
      const started = performance.now();
      const answer = await transport.open({
        method: "GET",
        path: "/clusters/root:orgs:bench/api/v1/namespaces/bench/configmaps/bench",
        headers: { authorization: `Bearer ${token}`, accept: "application/json" },
        timeoutMs: 10_000,
      });
      for await (const chunk of answer.body) void chunk;
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
      return performance.now() - started;
    };
    const times: Record<string, number[]> = { "masters-token": [], "rbac-token": [], "boss-token": [] };
    for (let i = 0; i < 1_000; i++) await once(i % 2 ? "boss-token" : "masters-token");
    for (let i = 0; i < count; i++) {
      const order = i % 2 ? ["masters-token", "rbac-token", "boss-token"] : ["boss-token", "rbac-token", "masters-token"];
      for (const token of order) times[token]!.push(await once(token));
    }
    transport.close();
    const p50 = (of: number[]): number => of.toSorted((a, b) => a - b)[of.length >> 1]!;
    const [admin, bound, owner] = [p50(times["masters-token"]!), p50(times["rbac-token"]!), p50(times["boss-token"]!)];
    console.log(
      `GET over HTTPS, p50 of ${count} each: by a group ${(admin * 1000).toFixed(0)} µs, by RBAC ${(bound * 1000).toFixed(0)} µs, by relationships ${(owner * 1000).toFixed(0)} µs (${(((owner - admin) / admin) * 100).toFixed(1)} % more than by a group, ${(((owner - bound) / bound) * 100).toFixed(1)} % more than by RBAC)`,
    );
  } finally {
    boss.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
