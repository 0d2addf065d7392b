import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KubeObject } from "@meshplane/apimachinery";
import type { Workspace } from "@meshplane/apis";
import { workspaceResource } from "../reconcilers/parts.ts";
import { startTestKcp, type TestKcp } from "../testing/start-test-kcp.ts";

const crds = { group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions" };
const farms = { group: "example.com", version: "v1", resource: "farms" };
const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

let plane: TestKcp;
before(async () => {
  plane = await startTestKcp({ workspaceMounts: true });
  await create(crds, {
    metadata: { name: "farms.example.com" },
    spec: {
      group: "example.com",
      scope: "Cluster",
      names: { plural: "farms", singular: "farm", kind: "Farm", listKind: "FarmList" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: open }, subresources: { status: {} } }],
    },
  });
  while ((await plane.kcp.surfaces("root")).lookup("example.com", "v1", "farms") === undefined)
    await new Promise((resolve) => setTimeout(resolve, 5));
});
after(() => plane.stop());

const inRoot = (resource: typeof farms) => plane.client.cluster("root").resource<KubeObject & { status?: object }>(resource);

const kinds: Record<string, string> = { customresourcedefinitions: "CustomResourceDefinition", farms: "Farm", workspaces: "Workspace" };
const create = (resource: typeof farms, object: object): Promise<KubeObject> =>
  inRoot(resource).create({
    apiVersion: `${resource.group}/${resource.version}`,
    kind: kinds[resource.resource]!,
    ...object,
  } as KubeObject);

const mountOf = (name: string) => ({
  metadata: { name },
  spec: { mount: { ref: { apiVersion: "example.com/v1", kind: "Farm", name } } },
});

async function say(name: string, status: object): Promise<void> {
  const farm = await inRoot(farms).get(name);
  await inRoot(farms).updateStatus({ ...farm, status });
}

async function becomes(name: string, phase: string, reason?: string): Promise<Workspace> {
  let last: Workspace | undefined;
  for (let waited = 0; waited < 2_000; waited += 5) {
    last = (await plane.client.cluster("root").resource<Workspace>(workspaceResource).get(name)) as Workspace;
    const ready = last.status?.conditions?.find(({ type }) => type === "WorkspaceMountReady");
    if (last.status?.phase === phase && ready?.reason === reason) return last;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`still ${JSON.stringify(last)}`);
}

const url = "https://127.0.0.1:6443/clusters/root";
const message = ({ status }: Workspace): string | undefined =>
  status?.conditions?.find(({ type }) => type === "WorkspaceMountReady")?.message;

test("a mount follows its object at once: missing, connecting, ready, gone again", async () => {
  await create(workspaceResource, mountOf("one"));
  assert.equal(message(await becomes("one", "Unavailable", "MountObjectNotFound")), 'Farm "/one" not found');
  await create(farms, { metadata: { name: "one" } });
  assert.equal(
    message(await becomes("one", "Unavailable", "MountObjectNotReady")),
    'Mount is not reporting ready. See Farm "one" status for more details',
  );
  await say("one", { phase: "Ready", URL: url });
  assert.equal((await becomes("one", "Ready")).spec.URL, url);
  assert.deepEqual(plane.kcp.paths.resolve("root:one"), { kind: "mount", url });
  await say("one", { phase: "Connecting", URL: url });
  await becomes("one", "Unavailable", "MountObjectNotReady");
  assert.deepEqual(plane.kcp.paths.resolve("root:one"), { kind: "unavailable" });
  await inRoot(farms).delete("one");
  await becomes("one", "Unavailable", "MountObjectNotFound");
});

test("a mounted workspace goes at once", async () => {
  await create(farms, { metadata: { name: "two" } });
  await say("two", { phase: "Ready", URL: url });
  await create(workspaceResource, mountOf("two"));
  await becomes("two", "Ready");
  await inRoot(workspaceResource).delete("two");
  await assert.rejects(inRoot(workspaceResource).get("two"));
  assert.equal(plane.kcp.paths.resolve("root:two"), undefined);
});
