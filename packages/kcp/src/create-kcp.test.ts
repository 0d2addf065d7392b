import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hasReason, type GroupVersionResource, type KubeObject } from "@meshplane/apimachinery";
import { claimLabelKey, claimLabelValue, type APIBinding, type APIExport, type LogicalCluster, type Workspace } from "@meshplane/apis";
import type { User } from "@meshplane/apiserver";
import { openMemoryStore } from "@meshplane/storage";
import {
  apiBindingResource,
  apiExportResource,
  endpointSliceResource,
  logicalClusterResource,
  namespaceResource,
  schemaResource,
  workspaceResource,
  workspaceTypeResource,
} from "./reconcilers/parts.ts";
import { startTestKcp, type TestKcp } from "./testing/start-test-kcp.ts";

let plane: TestKcp;
before(async () => {
  plane = await startTestKcp();
  // the first look of the controllers at root is over: what is counted below is the workspace's own
  for (let last = -1, now = 0; last !== now;) {
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 60));
    now = await plane.store.revision();
  }
});
after(() => plane.stop());

const admin: User = { name: "alice", uid: "", groups: ["system:kcp:admin", "system:authenticated"], extra: {} };
const configMaps: GroupVersionResource = { group: "", version: "v1", resource: "configmaps" };

/** polls until `isDone`, at most three seconds */
async function until<T>(read: () => Promise<T | undefined>, isDone: (value: T) => boolean): Promise<T> {
  let last: T | undefined;
  for (let waited = 0; waited < 3_000; waited += 5) {
    last = await read();
    if (last !== undefined && isDone(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`still ${JSON.stringify(last)}`);
}

const get = <T extends KubeObject>(
  cluster: string,
  resource: GroupVersionResource,
  name: string,
  namespace?: string,
): Promise<T | undefined> =>
  plane.client
    .cluster(cluster)
    .resource<T>(resource)
    .get(name, namespace ? { namespace } : {})
    .catch((error: unknown) => {
      if (hasReason(error, "NotFound")) return undefined;
      throw error;
    });

const create = (cluster: string, resource: GroupVersionResource, object: object, user = admin): Promise<KubeObject> =>
  plane
    .as(user)
    .cluster(cluster)
    .resource(resource)
    .create(object as KubeObject);

async function workspace(name: string, type?: string): Promise<string> {
  await create("root", workspaceResource, {
    apiVersion: "tenancy.kcp.io/v1alpha1",
    kind: "Workspace",
    metadata: { name },
    spec: type ? { type: { name: type } } : {},
  });
  const ready = await until(
    () => get<Workspace>("root", workspaceResource, name),
    ({ status }) => status?.phase === "Ready",
  );
  return ready.spec.cluster!;
}

const schema = (prefix: string, plural: string, kind: string) => ({
  apiVersion: "apis.kcp.io/v1alpha1",
  kind: "APIResourceSchema",
  metadata: { name: `${prefix}.${plural}.example.io` },
  spec: {
    group: "example.io",
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { type: "object", properties: { spec: { type: "object", properties: { size: { type: "integer" } } } } },
        subresources: { status: {} },
      },
    ],
  },
});

const exportOf = (name: string, plurals: string[], permissionClaims: object[] = []) => ({
  apiVersion: "apis.kcp.io/v1alpha2",
  kind: "APIExport",
  metadata: { name },
  spec: {
    resources: plurals.map((plural) => ({ name: plural, group: "example.io", schema: `v1.${plural}.example.io`, storage: { crd: {} } })),
    permissionClaims,
  },
});

const bindingTo = (name: string, path: string, exportName: string, permissionClaims: object[] = []) => ({
  apiVersion: "apis.kcp.io/v1alpha2",
  kind: "APIBinding",
  metadata: { name },
  spec: { reference: { export: { path, name: exportName } }, permissionClaims },
});

const bound = (cluster: string, name: string): Promise<APIBinding> =>
  until(
    () => get<APIBinding>(cluster, apiBindingResource, name),
    ({ status }) => status?.phase === "Bound",
  );

test("root serves workspaces, types and shards after the first start", async () => {
  for (const name of ["universal", "organization", "team", "home", "root"]) assert.ok(await get("root", workspaceTypeResource, name), name);
  assert.ok(await get("root", { group: "core.kcp.io", version: "v1alpha1", resource: "shards" }, "root"));
});

test("a second bootstrap writes nothing", async () => {
  const before = await plane.store.revision();
  await plane.kcp.bootstrap();
  assert.equal(await plane.store.revision(), before);
});

test("what is known from the start is created with its status; who set it shows as after two writes", async () => {
  const before = await plane.store.revision();
  const cluster = await workspace("whole");
  const { events } = await plane.store.history("/", before, 200);
  const born = events.filter(
    ({ key, previous }) => key.includes(`/${cluster}/`) && /\/(apibindings|logicalclusters)\//.test(key) && !previous,
  );
  const phases = born.map(({ record }) => (JSON.parse(Buffer.from(record!.body).toString()) as APIBinding).status?.phase);
  assert.deepEqual(phases.sort(), ["Bound", "Bound", "Initializing"]);
  const { items } = await plane.client.cluster(cluster).resource<APIBinding>(apiBindingResource).list();
  for (const { metadata } of items)
    assert.deepEqual(
      metadata.managedFields?.map(({ manager, subresource }) => [manager, subresource]),
      [
        ["kcp", undefined],
        ["kcp", "status"],
      ],
    );
  const seen = events
    .filter(({ key, record }) => key.endsWith("/root//whole") && record)
    .map(({ record }) => (JSON.parse(Buffer.from(record!.body).toString()) as Workspace).status?.phase);
  assert.deepEqual([...new Set(seen)], ["Scheduling", "Initializing", "Ready"]);
});

test("a workspace becomes Ready, in at most 12 commits, with what belongs into it", async () => {
  const before = await plane.store.revision();
  const cluster = await workspace("one");
  // the first start of root goes on beside it
  const { events } = await plane.store.history("/", before, 200);
  const commits = events.filter(({ key }) => key.includes(`/${cluster}/`) || key.endsWith("/root//one")).length;
  assert.ok(commits <= 12, `${commits} commits`);
  const { spec, status, metadata } = (await get<LogicalCluster>(cluster, logicalClusterResource, "cluster"))!;
  assert.equal(status?.phase, "Ready");
  assert.deepEqual(spec.initializers, ["root:universal", "system:apibindings"]);
  assert.equal(status?.initializers, undefined);
  assert.equal(metadata.annotations?.["kcp.io/path"], "root:one");
  for (const name of ["default", "kube-system"]) assert.ok(await get(cluster, namespaceResource, name), name);
  const { items } = await plane.client.cluster(cluster).resource<APIBinding>(apiBindingResource).list();
  assert.deepEqual(
    items.map((one) => one.spec.reference.export?.name),
    ["tenancy.kcp.io", "topology.kcp.io"],
  );
  assert.deepEqual(plane.kcp.paths.resolve("root:one"), { kind: "cluster", cluster });
});

test("a deleted workspace takes its logical cluster along", async () => {
  const cluster = await workspace("gone");
  await create(cluster, configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" } });
  // namespaces are emptied by a controller of another room
  await plane.client.cluster(cluster).resource(configMaps).delete("a", { namespace: "default" });
  for (const name of ["default", "kube-system"]) {
    const namespaces = plane.client.cluster(cluster).resource(namespaceResource);
    await namespaces.patch(name, "merge", { spec: { finalizers: [] } }).catch(() => {});
  }
  await plane.client.cluster("root").resource(workspaceResource).delete("gone");
  const deleting = await until(
    () => get<LogicalCluster>(cluster, logicalClusterResource, "cluster"),
    ({ status }) => status?.phase === "Deleting",
  );
  assert.ok(deleting.metadata.deletionTimestamp);
});

test("an export is bound, served, and its provider's claims label objects", async () => {
  const provider = await workspace("provider", "universal");
  const consumer = await workspace("consumer", "universal");
  await create(provider, schemaResource, schema("v1", "widgets", "Widget"));
  await create(provider, apiExportResource, exportOf("widgets", ["widgets"], [{ group: "", resource: "configmaps", verbs: ["*"] }]));
  const made = await until(
    () => get<APIExport>(provider, apiExportResource, "widgets"),
    ({ status }) => status?.identityHash !== undefined,
  );
  assert.match(made.status!.identityHash!, /^[0-9a-f]{64}$/);
  await until(
    () => get(provider, endpointSliceResource, "widgets"),
    () => true,
  );

  await create(consumer, configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "before", namespace: "default" } });
  const claim = { group: "", resource: "configmaps", verbs: ["*"], selector: { matchAll: true }, state: "Accepted" };
  await create(consumer, apiBindingResource, bindingTo("w", "root:provider", "widgets", [claim]));
  const binding = await bound(consumer, "w");
  assert.deepEqual(
    binding.status?.boundResources?.map(({ resource, storageVersions }) => [resource, storageVersions]),
    [["widgets", ["v1"]]],
  );

  const widgets = { group: "example.io", version: "v1", resource: "widgets" };
  await create(consumer, widgets, {
    apiVersion: "example.io/v1",
    kind: "Widget",
    metadata: { name: "a", namespace: "default" },
    spec: { size: 1 },
  });
  const prefix = `/example.io/widgets/${made.status!.identityHash}/${consumer}/default/`;
  assert.equal((await plane.store.range(prefix)).records.length, 1, "it lies under the export's identity");

  const [key, value] = [claimLabelKey(provider, "widgets"), claimLabelValue({ resource: "configmaps" })];
  await create(consumer, configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "after", namespace: "default" } });
  for (const name of ["before", "after"])
    assert.equal((await get(consumer, configMaps, name, "default"))?.metadata.labels?.[key], value, name);

  const slice = await until(
    () => get<KubeObject & { status?: { endpoints?: { url: string }[] } }>(provider, endpointSliceResource, "widgets"),
    ({ status }) => (status?.endpoints?.length ?? 0) > 0,
  );
  assert.equal(slice.status!.endpoints![0]!.url, `https://127.0.0.1:6443/services/apiexport/${provider}/widgets`);
});

test("of two exports with one resource the second waits for the first binding to go", async () => {
  const consumer = await workspace("contested", "universal");
  for (const name of ["p1", "p2"]) {
    const provider = await workspace(name, "universal");
    await create(provider, schemaResource, schema("v1", "gears", "Gear"));
    await create(provider, apiExportResource, exportOf("gears", ["gears"]));
    await until(
      () => get<APIExport>(provider, apiExportResource, "gears"),
      ({ status }) => status?.identityHash !== undefined,
    );
  }
  await create(consumer, apiBindingResource, bindingTo("first", "root:p1", "gears"));
  await bound(consumer, "first");
  await create(consumer, apiBindingResource, bindingTo("second", "root:p2", "gears"));
  const waiting = await until(
    () => get<APIBinding>(consumer, apiBindingResource, "second"),
    ({ status }) => status?.conditions?.some(({ reason }) => reason === "NamingConflicts") ?? false,
  );
  assert.equal(waiting.status?.phase, "Binding");
  await plane.client.cluster(consumer).resource(apiBindingResource).delete("first");
  await bound(consumer, "second");
});

test("a type that maintains its bindings keeps their claims as the export says", async () => {
  const provider = await workspace("maintainer", "universal");
  await create(provider, apiExportResource, exportOf("kept", [], [{ group: "", resource: "configmaps", verbs: ["get"] }]));
  await until(
    () => get<APIExport>(provider, apiExportResource, "kept"),
    ({ status }) => status?.identityHash !== undefined,
  );
  await create(provider, workspaceTypeResource, {
    apiVersion: "tenancy.kcp.io/v1alpha1",
    kind: "WorkspaceType",
    metadata: { name: "kept" },
    spec: { defaultAPIBindings: [{ path: "root:maintainer", export: "kept" }], defaultAPIBindingLifecycle: "Maintain" },
  });
  await create(provider, workspaceResource, {
    apiVersion: "tenancy.kcp.io/v1alpha1",
    kind: "Workspace",
    metadata: { name: "child" },
    spec: { type: { name: "kept" } },
  });
  const child = await until(
    () => get<Workspace>(provider, workspaceResource, "child"),
    ({ status }) => status?.phase === "Ready",
  );
  const { items } = await plane.client.cluster(child.spec.cluster!).resource<APIBinding>(apiBindingResource).list();
  assert.deepEqual(
    items[0]!.spec.permissionClaims?.map(({ resource, state }) => [resource, state]),
    [["configmaps", "Accepted"]],
  );
  await plane.client
    .cluster(provider)
    .resource(apiExportResource)
    .patch("kept", "merge", { spec: { permissionClaims: [{ group: "", resource: "secrets", verbs: ["get"] }] } });
  await until(
    () => get<APIBinding>(child.spec.cluster!, apiBindingResource, items[0]!.metadata.name!),
    ({ spec }) => spec.permissionClaims?.[0]?.resource === "secrets",
  );
});

test("what was begun is finished after a restart", async () => {
  const store = openMemoryStore();
  const first = await startTestKcp({ store });
  const names = Array.from({ length: 5 }, (_, i) => `half-${i}`);
  for (const name of names) {
    await first.as(admin).cluster("root").resource(workspaceResource).create({
      apiVersion: "tenancy.kcp.io/v1alpha1",
      kind: "Workspace",
      metadata: { name },
      spec: {},
    });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await first.stop();
  const second = await startTestKcp({ store });
  for (const name of names) {
    const { status, spec } = await until(
      () => second.client.cluster("root").resource<Workspace>(workspaceResource).get(name),
      (found) => found.status?.phase === "Ready",
    );
    assert.equal(status?.phase, "Ready");
    assert.deepEqual(second.kcp.paths.resolve(`root:${name}`), { kind: "cluster", cluster: spec.cluster });
  }
  await second.stop();
  await store.close();
});

const refusals: { name: string; cluster: string; resource: GroupVersionResource; object: object; message: RegExp }[] = [
  {
    name: "an object in a logical cluster that there is not",
    cluster: "nosuchcluster1",
    resource: namespaceResource,
    object: { metadata: { name: "x" } },
    message: /LogicalCluster not found$/,
  },
  {
    name: "a type that nobody has",
    cluster: "root",
    resource: workspaceResource,
    object: { metadata: { name: "x" }, spec: { type: { name: "nosuchtype" } } },
    message: /workspace type "nosuchtype" cannot be resolved$/,
  },
  {
    name: "a cluster that a user chooses",
    cluster: "root",
    resource: workspaceResource,
    object: { metadata: { name: "x" }, spec: { cluster: "mine" } },
    message: /spec.Cluster can only be set by system privileged users$/,
  },
  {
    name: "a binding to an export that does not exist",
    cluster: "root",
    resource: apiBindingResource,
    object: bindingTo("x", "root:nowhere", "nosuch"),
    message: /unable to create APIBinding: no permission to bind to export root:nowhere:nosuch$/,
  },
  {
    name: "a schema whose name does not end with its resource",
    cluster: "root",
    resource: schemaResource,
    object: { ...schema("v1", "widgets", "Widget"), metadata: { name: "v1.gadgets.example.io" } },
    message: /is forbidden: \[metadata.name: Invalid value: "v1.gadgets.example.io": must end in .widgets.example.io\]$/,
  },
  {
    name: "a reserved name of a type",
    cluster: "root",
    resource: workspaceTypeResource,
    object: { metadata: { name: "any" }, spec: {} },
    message: /metadata.name: Invalid value: "any": name is reserved$/,
  },
];
for (const { name, cluster, resource, object, message } of refusals)
  test(`403 for ${name}`, () => assert.rejects(create(cluster, resource, object), { message }));
