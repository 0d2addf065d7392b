import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@meshplane/apimachinery";
import type { ControllerOptions } from "@meshplane/controller-runtime";
import { FakeServer, until } from "@meshplane/client/testing";
import { apiExportProvider } from "./api-export-provider.ts";
import { createMultiClusterManager, type ManagerContext } from "./multi-cluster-manager.ts";
import { UnknownClusterError, type Provider } from "./provider.ts";
import { initializingWorkspacesProvider, removeInitializer } from "./workspace-lifecycle-provider.ts";

const httpBins = { group: "orchestrate.example", resource: "httpbins" };
const secrets = { group: "", resource: "secrets" };

function fakeKcp(): FakeServer {
  const kind = (group: string, version: string, resource: string, kindName: string, namespaced: boolean) => ({
    group,
    version,
    resource,
    kind: kindName,
    namespaced,
  });
  return new FakeServer({
    protocol: "http/1.1",
    resources: [
      kind("apis.kcp.io", "v1alpha1", "apiexportendpointslices", "APIExportEndpointSlice", false),
      kind("apis.kcp.io", "v1alpha2", "apibindings", "APIBinding", false),
      kind("tenancy.kcp.io", "v1alpha1", "workspacetypes", "WorkspaceType", false),
      kind("core.kcp.io", "v1alpha1", "logicalclusters", "LogicalCluster", false),
      kind("coordination.k8s.io", "v1", "leases", "Lease", true),
      kind("orchestrate.example", "v1alpha1", "httpbins", "HttpBin", true),
      kind("", "v1", "secrets", "Secret", true),
    ],
  });
}

const ready = (status: "True" | "False") => ({ conditions: [{ type: "Ready", status }] });

interface Run {
  server: FakeServer;
  url: string;
  provider: Provider;
  /** `cluster|namespace/name` of each reconcile */
  seen: string[];
  log: string[];
  context: () => ManagerContext;
  bind: (cluster: string, status?: "True" | "False", path?: string) => void;
  publish: (...urls: string[]) => void;
  httpBin: (cluster: string, name: string) => void;
  stop: () => Promise<void>;
}

async function withManager(
  options: Partial<ControllerOptions> & { before?: (run: Omit<Run, "stop" | "context">) => void },
  check: (run: Run) => Promise<void>,
): Promise<void> {
  const { before, ...controller } = options;
  const server = fakeKcp();
  const url = await server.start();
  const provider = apiExportProvider({
    config: { server: `${url}/clusters/p` },
    endpointSlice: "export",
    backOffMinMs: 10,
    backOffMaxMs: 50,
  });
  const seen: string[] = [];
  const log: string[] = [];
  const parts = {
    server,
    url,
    provider,
    seen,
    log,
    bind: (cluster: string, status: "True" | "False" = "True", path?: string) =>
      void server.put("apibindings", cluster, {
        metadata: { name: "b", ...(path ? { annotations: { "kcp.io/path": path } } : {}) },
        status: ready(status),
      }),
    publish: (...urls: string[]) =>
      void server.put("apiexportendpointslices", "p", {
        metadata: { name: "export" },
        status: { endpoints: urls.map((one) => ({ url: one })) },
      }),
    httpBin: (cluster: string, name: string) => void server.put("httpbins", cluster, { metadata: { name, namespace: "default" } }),
  };
  before?.(parts);
  let context: ManagerContext | undefined;
  const manager = createMultiClusterManager({
    provider,
    controllers: (given) => {
      context = given;
      return [
        {
          name: "httpbin",
          for: httpBins,
          reconcile: async ({ cluster, namespace, name }) => void seen.push(`${cluster}|${namespace}/${name}`),
          ...controller,
        } as ControllerOptions,
      ];
    },
    log: (line) => log.push(line),
  });
  const signal = new AbortController();
  const running = manager.run(signal.signal);
  const stop = async () => {
    signal.abort();
    await running;
  };
  try {
    await check({ ...parts, context: () => context!, stop });
  } finally {
    await stop();
    await server.stop();
  }
}

const vw = (url: string, shard = "one") => `${url}/services/apiexport/${shard}/export`;

test("consumers are engaged when their binding is Ready, each object is reconciled once, and what is served is told", () =>
  withManager(
    {
      before: ({ publish, url, bind, httpBin }) => {
        publish(vw(url));
        bind("c1", "True", "root:one");
        bind("c2", "False");
        for (const cluster of ["c1", "c2", "c3"]) httpBin(cluster, "x");
        httpBin("c1", "y");
      },
    },
    async ({ seen, log, bind, provider, context, httpBin, stop }) => {
      await until("told", () => log.some((line) => line.startsWith("serving")));
      await until("reconciled", () => seen.length >= 2);
      assert.deepEqual(log, ["workspace root:one joins", "serving 1 workspace, 1 endpoint, 2 httpbins.orchestrate.example"]);
      assert.deepEqual(seen.sort(), ["c1|default/x", "c1|default/y"]);
      bind("c2");
      await until("reconciled", () => seen.length === 3);
      assert.equal(seen[2], "c2|default/x");
      httpBin("c2", "z");
      await until("reconciled", () => seen.length === 4);
      assert.deepEqual(provider.engaged("root:one"), { name: "c1", path: "root:one" });
      const lister = context().lister(httpBins);
      assert.equal(lister.list({ cluster: "c2" }).length, 2);
      assert.equal(lister.list().length, 4, "c3 has not bound the API");
      assert.equal(lister.get({ cluster: "c1", namespace: "default", name: "y" })?.kind, "HttpBin");
      const found = await context()
        .client.cluster("root:one")
        .resource({ ...httpBins, version: "v1alpha1" })
        .list();
      assert.equal(found.items.length, 2);
      assert.throws(() => context().client.cluster("c3"), UnknownClusterError);
      bind("c2", "False");
      httpBin("c2", "z");
      await until("reconciled", () => seen.length === 5);
      await stop();
      assert.equal(log.at(-1), "stopped");
    },
  ));

test("nothing to serve says why; a first consumer is found as soon as its URL is published", () =>
  withManager({}, async ({ server, url, log, publish, bind, httpBin, seen, provider }) => {
    await until("told", () => log.length === 1);
    assert.equal(log[0], `serving nothing: there is no APIExportEndpointSlice "export" in ${url}/clusters/p`);
    publish();
    await until("known", () => provider.describe().includes("has no endpoints"));
    // published before its discovery is complete
    server.intercept = (request, response, { pathname }) => {
      if (!pathname.includes("/services/") || !pathname.endsWith("/apis/orchestrate.example/v1alpha1")) return false;
      response.writeHead(200).end('{"kind":"APIResourceList","groupVersion":"orchestrate.example/v1alpha1","resources":[]}');
      return request.method !== "";
    };
    publish(vw(url));
    bind("c1");
    httpBin("c1", "x");
    await until("engaged", () => provider.clusters().length === 1);
    assert.deepEqual(seen, []);
    server.intercept = undefined;
    await until("reconciled", () => seen.length === 1);
  }));

test("a cluster leaves with its binding, keys of it are dropped, and it can come back", () =>
  withManager(
    { before: ({ publish, url, bind }) => (publish(vw(url)), bind("c1")) },
    async ({ server, seen, log, bind, httpBin, provider }) => {
      await until("told", () => log.some((line) => line.startsWith("serving")));
      server.remove("apibindings", "c1", "", "b");
      await until("gone", () => provider.clusters().length === 0);
      httpBin("c1", "x");
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(seen, []);
      bind("c1");
      await until("reconciled", () => seen.length === 1);
      assert.deepEqual(
        log.filter((line) => !line.startsWith("serving")),
        ["workspace c1 joins", "workspace c1 leaves", "workspace c1 joins"],
      );
    },
  ));

test("each URL has its own watches; a URL that goes takes its clusters with it", () =>
  withManager({}, async ({ server, url, publish, bind, provider }) => {
    bind("c1");
    publish(vw(url));
    await until("engaged", () => provider.clusters().length === 1);
    const watches = () => server.requests.filter((request) => request.includes("watch=true") && request.includes("/services/"));
    assert.equal(new Set(watches().map((request) => request.split("/clusters/")[0])).size, 1);
    publish(vw(url, "two"));
    await until("moved", () => watches().some((request) => request.includes("/apiexport/two/")));
    await until("engaged again", () => provider.clusters().length === 1);
    publish();
    await until("gone", () => provider.clusters().length === 0);
    // the slice itself is still watched
    await until("unwatched", () => server.watchers === 1);
  }));

test("a claimed resource leads to the objects it belongs to; failures back off and do not block others", () => {
  const failures = new Map<string, number>();
  const done: string[] = [];
  return withManager(
    {
      before: ({ publish, url, bind, httpBin }) => {
        publish(vw(url));
        bind("c1");
        for (const name of ["good", "poison"]) httpBin("c1", name);
      },
      watches: [
        {
          resource: secrets,
          keys: ({ key }) => [{ ...key, name: key.name.replace("-credentials", "") }],
        },
      ],
      reconcile: async ({ name }) => {
        if (name === "poison") {
          failures.set(name, (failures.get(name) ?? 0) + 1);
          throw new Error("no good");
        }
        done.push(name);
        return undefined;
      },
    },
    async ({ server, log }) => {
      await until("done", () => done.length === 1 && (failures.get("poison") ?? 0) > 2);
      server.put("secrets", "c1", { metadata: { name: "good-credentials", namespace: "default" } });
      await until("done again", () => done.length === 2);
      assert.ok(log.some((line) => line === "httpbin: c1|default/poison: Error: no good (failure 1)"));
    },
  );
});

test("a stop waits for running reconciles", () => {
  let finished = false;
  let begun = false;
  return withManager(
    {
      before: ({ publish, url, bind, httpBin }) => (publish(vw(url)), bind("c1"), httpBin("c1", "x")),
      reconcile: async () => {
        begun = true;
        await new Promise((resolve) => setTimeout(resolve, 100));
        finished = true;
        return undefined;
      },
    },
    async ({ stop }) => {
      await until("begun", () => begun);
      await stop();
      assert.equal(finished, true);
    },
  );
});

test("initializing workspaces: engaged while the initializer is there, let go when it is removed", async () => {
  const server = fakeKcp();
  const url = await server.start();
  server.put("workspacetypes", "p", {
    metadata: { name: "team" },
    status: {
      virtualWorkspaces: [
        { url: `${url}/services/initializingworkspaces/p:team` },
        { url: `${url}/services/terminatingworkspaces/p:team` },
      ],
    },
  });
  const initializing = (cluster: string, initializers: string[]) =>
    server.put("logicalclusters", cluster, { metadata: { name: "cluster" }, status: { initializers } });
  initializing("w1", ["p:team", "root:universal"]);
  const provider = initializingWorkspacesProvider({
    config: { server: `${url}/clusters/p` },
    workspaceType: "team",
    backOffMinMs: 10,
  });
  assert.throws(() => provider.source.subscribe(secrets, () => {}), TypeError);
  const seen: string[] = [];
  const manager = createMultiClusterManager({
    provider,
    controllers: ({ client }) => [
      {
        name: "team",
        for: { group: "core.kcp.io", resource: "logicalclusters" },
        reconcile: async ({ cluster }) => {
          seen.push(cluster);
          await removeInitializer(client, cluster, "p:team");
          return undefined;
        },
      },
    ],
  });
  const signal = new AbortController();
  const running = manager.run(signal.signal);
  const left = () =>
    (server.object("logicalclusters", "w1", "", "cluster") as KubeObject & { status: { initializers: string[] } }).status.initializers;
  await until("done", () => left().length === 1);
  assert.deepEqual(left(), ["root:universal"]);
  assert.ok(server.requests.some((request) => request.startsWith("PATCH /services/initializingworkspaces/p:team/clusters/w1/")));
  // before the object leaves the view
  await until("gone", () => provider.clusters().length === 0);
  assert.deepEqual(seen, ["w1"]);
  signal.abort();
  await running;
  await server.stop();
});

test("two replicas: one works, the other takes over when it stops", async () => {
  const server = fakeKcp();
  const url = await server.start();
  server.put("apiexportendpointslices", "p", { metadata: { name: "export" }, status: { endpoints: [{ url: vw(url) }] } });
  server.put("apibindings", "c1", { metadata: { name: "b" }, status: ready("True") });
  server.put("httpbins", "c1", { metadata: { name: "x", namespace: "default" } });
  const config = { server: `${url}/clusters/p` };
  const seen: string[] = [];
  const replicas = ["a", "b"].map((replica) => {
    const stop = new AbortController();
    const manager = createMultiClusterManager({
      provider: apiExportProvider({ config, endpointSlice: "export", backOffMinMs: 10 }),
      controllers: () => [{ name: "httpbin", for: httpBins, reconcile: async () => (seen.push(replica), undefined) }],
      leaderElection: { config, name: "httpbin", leaseMs: 1000, renewDeadlineMs: 700, retryMs: 50 },
    });
    return { replica, stop, running: manager.run(stop.signal) };
  });
  await until("one works", () => seen.length === 1);
  const leader = replicas.find(({ replica }) => replica === seen[0])!;
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(seen.length, 1);
  leader.stop.abort();
  await leader.running;
  await until("the other works", () => seen.length === 2);
  assert.notEqual(seen[1], seen[0]);
  for (const { stop, running } of replicas) {
    stop.abort();
    await running;
  }
  await server.stop();
});
