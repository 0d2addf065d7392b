import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { StatusError, type KubeObject } from "@meshplane/apimachinery";
import type { APIExport } from "@meshplane/apis";
import type { Endpoint, HttpRequest, ResourceDefinition, ResourceTarget, User } from "@meshplane/apiserver";
import { startTestKcp, type TestKcp } from "@meshplane/kcp/testing";
import { cacheView } from "./cache-view.ts";

const exports = { group: "apis.kcp.io", version: "v1alpha2", resource: "apiexports" };
const masters: User = { name: "m", uid: "", groups: ["system:masters"], extra: {} };
const somebody: User = { name: "s", uid: "", groups: ["system:authenticated", "system:kcp:admin"], extra: {} };

let plane: TestKcp;
let resolve: (rest: string) => Endpoint | Error | number | undefined;
before(async () => {
  plane = await startTestKcp();
  const { kcp, store } = plane;
  const view = cacheView({
    ...kcp.views,
    store,
    authorize: kcp.authorize,
    deepAuthorize: kcp.deepAuthorize,
    surfaces: kcp.surfaces,
    generation: () => 0,
    clusterOfPath: (path) => kcp.paths.clusterOf(path),
  });
  resolve = (rest) => {
    try {
      const answer = view.resolve({ method: "GET", path: `/services/cache${rest}`, headers: {} } as unknown as HttpRequest, rest);
      if (answer && "status" in answer) return answer.status;
      return answer as Endpoint | undefined;
    } catch (error) {
      return error as Error;
    }
  };
});
after(() => plane.stop());

async function definitionAt(rest: string): Promise<ResourceDefinition> {
  const endpoint = resolve(rest) as Endpoint;
  const surface = await endpoint.surfaces(endpoint.cluster);
  return surface.lookup(exports.group, exports.version, exports.resource)!;
}

test("what a URL leads to", () => {
  const { cluster, path } = resolve("/shards/root/clusters/c1/apis/x") as Endpoint;
  assert.deepEqual([cluster, path], ["c1", "/apis/x"]);
  assert.equal((resolve("/shards/%2A/clusters/%2A/apis") as Endpoint).cluster, "*");
  assert.equal((resolve("/livez") as Endpoint).path, "/livez");
  assert.equal(resolve("/shards/root/clusters/c1/metrics"), 501);
  assert.equal(resolve("/shards/root/apis"), undefined);
  assert.equal(resolve("/shards/root/clusters/root:org/apis"), undefined);
  for (const [rest, message] of [
    ["/apis", "a shard name is required"],
    ["/shards//clusters/c1/apis", "a shard name is required"],
    ["/shards/UP/clusters/c1/apis", 'invalid shard: "UP" does not match the regex'],
  ] as const) {
    const error = resolve(rest);
    assert.ok(error instanceof StatusError);
    assert.deepEqual([error.code, error.message], [400, message]);
  }
});

test("for system:masters only; health is for all", async () => {
  const { authorize } = resolve("/shards/root/clusters/root/apis") as Endpoint;
  const target = { kind: "resource", verb: "list", ...exports, cluster: "root", path: "/apis" } as unknown as ResourceTarget;
  assert.equal((await authorize({ user: masters, target })).decision, "allow");
  assert.equal((await authorize({ user: somebody, target })).decision, "deny");
  const health = { kind: "nonResource", verb: "get", cluster: "", path: "/livez" } as never;
  assert.equal((await authorize({ user: somebody, target: health })).decision, "allow");
});

test("a copy says where it comes from; what is written to it does not last", async () => {
  const resource = await definitionAt("/shards/root/clusters/root/apis");
  const original = (await plane.client.cluster("root").resource(exports).get("tenancy.kcp.io")) as APIExport;
  const at = { user: masters, cluster: "root", resource, name: "tenancy.kcp.io" } as const;
  const copy = (await plane.server.local.object({ ...at, verb: "get" })) as KubeObject;
  assert.equal(copy.metadata.annotations?.["kcp.io/shard"], "root");
  assert.equal(copy.metadata.annotations?.["cache.kcp.io/original-resource-version"], original.metadata.resourceVersion);
  assert.equal(copy.metadata.annotations?.["cache.kcp.io/original-resource-UID"], original.metadata.uid);
  assert.deepEqual(copy["spec"], original.spec);

  const changed = { ...copy, metadata: { ...copy.metadata, annotations: { ...copy.metadata.annotations, mine: "yes" } } };
  const answer = (await plane.server.local.object({ ...at, verb: "update", object: changed })) as KubeObject;
  assert.equal(answer.metadata.annotations?.["mine"], "yes");
  await plane.server.local.object({ ...at, verb: "delete" });
  assert.deepEqual(await plane.client.cluster("root").resource(exports).get("tenancy.kcp.io"), original);
});

test("another shard has nothing", async () => {
  const list = async (rest: string) =>
    (await plane.server.local.list({ verb: "list", user: masters, cluster: "root", resource: await definitionAt(rest) })).items.length;
  assert.equal(await list("/shards/root/clusters/root/apis"), 5);
  assert.equal(await list("/shards/amber/clusters/root/apis"), 0);
});
