import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { ClusterCachedResource, ClusterCachedResourceEndpointSlice, Workspace } from "@meshplane/apis";
import type { User } from "@meshplane/apiserver";
import { apiBindingResource, apiExportResource, schemaResource, secretResource, workspaceResource } from "../reconcilers/parts.ts";
import { startTestKcp, type TestKcp } from "../testing/start-test-kcp.ts";

const crds = { group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions" };
const farms = { group: "example.com", version: "v1", resource: "farms" };
const cachedResources = { group: "cache.kcp.io", version: "v1alpha1", resource: "clustercachedresources" };
const slices = { ...cachedResources, resource: "clustercachedresourceendpointslices" };
const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const names = { plural: "farms", singular: "farm", kind: "Farm", listKind: "FarmList" };

type Resource = typeof farms;
const ended: string[] = [];
let plane: TestKcp;
let provider: string;
let consumer: string;

before(async () => {
  plane = await startTestKcp({
    cacheApis: true,
    endWatches: (cluster, of) => void ended.push(`${cluster} ${of?.resource ?? "all"}`),
  });
  [provider, consumer] = await Promise.all([workspace("provider"), workspace("consumer")]);
  const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: open }, subresources: { status: {} } }];
  await create(provider, crds, "apiextensions.k8s.io/v1", "CustomResourceDefinition", {
    metadata: { name: "farms.example.com" },
    spec: { group: "example.com", scope: "Cluster", names, versions },
  });
  await until(provider, crds, "farms.example.com", (crd) => isTrue(crd as never, "Established"));
});
after(() => plane.stop());

const create = (cluster: string, resource: Resource, apiVersion: string, kind: string, object: object): Promise<KubeObject> =>
  plane.client
    .cluster(cluster)
    .resource(resource)
    .create({ apiVersion, kind, ...object } as KubeObject);

async function workspace(name: string): Promise<string> {
  await create("root", workspaceResource, "tenancy.kcp.io/v1alpha1", "Workspace", { metadata: { name }, spec: {} });
  return (await until<Workspace>("root", workspaceResource, name, ({ status }) => status?.phase === "Ready")).spec.cluster!;
}

async function until<T extends KubeObject>(cluster: string, resource: Resource, name: string, isDone: (object: T) => boolean): Promise<T> {
  let last: T | undefined;
  for (let waited = 0; waited < 3_000; waited += 5) {
    last = await plane.client
      .cluster(cluster)
      .resource<T>(resource)
      .get(name)
      .catch(() => undefined);
    if (last && isDone(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`still ${JSON.stringify(last)}`);
}

const isTrue = (object: { status?: { conditions?: { type: string; status: string }[] } }, type: string): boolean =>
  object.status?.conditions?.some((one) => one.type === type && one.status === "True") ?? false;

const farm = (name: string, labels: Record<string, string> = { shown: "yes" }) =>
  create(provider, farms, "example.com/v1", "Farm", { metadata: { name, labels }, spec: { area: 1 } });

const shownTo = async (cluster: string): Promise<KubeObject[]> => (await plane.client.cluster(cluster).resource(farms).list()).items;

test("what is published is counted, has an identity, and follows changes", async () => {
  await farm("one");
  await farm("hidden", {});
  await create(provider, cachedResources, "cache.kcp.io/v1alpha1", "ClusterCachedResource", {
    metadata: { name: "farms" },
    spec: { group: "example.com", version: "v1", resource: "farms", labelSelector: { matchLabels: { shown: "yes" } } },
  });
  const ready = await until<ClusterCachedResource>(provider, cachedResources, "farms", (one) => isTrue(one, "ReplicationStarted"));
  assert.deepEqual(ready.status?.resourceCounts, { local: 1, cache: 1 });
  assert.equal(ready.status?.phase, "Ready");
  assert.equal(ready.metadata.annotations?.["cache.kcp.io/resource-kind"], "Farm");
  assert.deepEqual(ready.spec.identity, { secretRef: { namespace: "kcp-system", name: "farms" } });
  assert.equal((await plane.client.cluster(provider).resource(secretResource).get("farms", { namespace: "kcp-system" })).kind, "Secret");
  await farm("two");
  await until<ClusterCachedResource>(provider, cachedResources, "farms", ({ status }) => status?.resourceCounts?.cache === 2);
});

test("a consumer of an export with virtual storage sees the published objects, to read, as its own", async () => {
  const { status } = (await plane.client.cluster(provider).resource(cachedResources).get("farms")) as ClusterCachedResource;
  await create(provider, schemaResource, "apis.kcp.io/v1alpha1", "APIResourceSchema", {
    metadata: { name: "v1.farms.example.com" },
    spec: {
      group: "example.com",
      scope: "Cluster",
      names,
      versions: [{ name: "v1", served: true, storage: true, schema: open, subresources: { status: {} } }],
    },
  });
  const reference = { apiGroup: "cache.kcp.io", kind: "ClusterCachedResourceEndpointSlice", name: "farms" };
  await create(provider, apiExportResource, "apis.kcp.io/v1alpha2", "APIExport", {
    metadata: { name: "farms" },
    spec: {
      resources: [
        {
          group: "example.com",
          name: "farms",
          schema: "v1.farms.example.com",
          storage: { virtual: { reference, identityHash: status!.identityHash } },
        },
      ],
    },
  });
  await create(consumer, apiBindingResource, "apis.kcp.io/v1alpha2", "APIBinding", {
    metadata: { name: "farms" },
    spec: { reference: { export: { path: provider, name: "farms" } } },
  });
  await until(consumer, apiBindingResource, "farms", (one) => isTrue(one as never, "InitialBindingCompleted"));
  await assert.rejects(shownTo(consumer), (error: Error) => {
    assert.match(error.message, /error resolving resource farms\.example\.com; please contact APIExport owner to resolve/);
    return true;
  });
  await create(provider, slices, "cache.kcp.io/v1alpha1", "ClusterCachedResourceEndpointSlice", {
    metadata: { name: "farms" },
    spec: { clusterCachedResource: { name: "farms" }, export: { name: "farms" } },
  });
  const slice = await until<ClusterCachedResourceEndpointSlice>(provider, slices, "farms", ({ status: it }) => !!it?.endpoints?.length);
  assert.deepEqual(slice.status?.endpoints, [{ url: `https://127.0.0.1:6443/services/replication/${provider}/farms` }]);

  assert.deepEqual(
    (await shownTo(consumer)).map(({ metadata }) => [metadata.name, metadata.annotations?.["kcp.io/cluster"]]),
    [
      ["one", consumer],
      ["two", consumer],
    ],
  );
  const theirs = plane.client.cluster(consumer).resource(farms);
  await assert.rejects(theirs.get("hidden"), (error) => hasReason(error, "NotFound"));
  assert.equal((await plane.client.cluster(provider).resource(farms).get("one")).metadata.annotations?.["kcp.io/cluster"], provider);
  const { definitions } = await plane.kcp.surfaces(consumer);
  assert.deepEqual(definitions.find(({ resource }) => resource === "farms")?.verbs, ["get", "list", "watch"]);
});

test("nobody passes on what another workspace publishes without seeing it there", async () => {
  const mallory: User = { name: "mallory", uid: "", groups: ["system:authenticated"], extra: {} };
  const objects = plane.as(mallory).cluster(consumer).resource(slices);
  await assert.rejects(
    objects.create({
      apiVersion: "cache.kcp.io/v1alpha1",
      kind: "ClusterCachedResourceEndpointSlice",
      metadata: { name: "stolen" },
      spec: { clusterCachedResource: { path: "root:provider", name: "farms" }, export: { name: "mine" } },
    } as KubeObject),
    (error) => hasReason(error, "Forbidden"),
  );
});

test("what is no longer published is no longer shown, and watches of it end", async () => {
  assert.equal(ended.includes(`${provider} farms`), false);
  await plane.client.cluster(provider).resource(cachedResources).delete("farms");
  for (let waited = 0; ; waited += 5) {
    const refused = await shownTo(consumer).then(
      () => false,
      () => true,
    );
    if (refused) break;
    assert.ok(waited < 3_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(ended.includes(`${provider} farms`), true);
  assert.equal((await shownTo(provider)).length, 3);
  await until<ClusterCachedResourceEndpointSlice>(provider, slices, "farms", ({ status }) => status?.endpoints === undefined);
});
