import assert from "node:assert/strict";
import { test } from "node:test";
import { homeClusterName } from "@meshplane/apis";
import type { FeedBatch } from "@meshplane/storage";
import { PathIndex, type Resolved } from "./path-index.ts";

let revision = 0;
const batchOf = (key: string, object: object | undefined): FeedBatch => {
  const header = { definition: "", uid: "u", deleting: false, labels: undefined, fields: undefined };
  const record = object && { key, revision: ++revision, header, body: Buffer.from(JSON.stringify(object)) };
  return { events: [{ revision: ++revision, key, record, previous: undefined }], progress: revision };
};
const logicalCluster = (cluster: string, path: string): FeedBatch =>
  batchOf(`/core.kcp.io/logicalclusters/-/${cluster}//cluster`, {
    metadata: { annotations: { "kcp.io/path": path } },
    status: { phase: "Ready" },
  });
const workspace = (parent: string, name: string, spec: object, phase = "Ready", identity = "tenancy"): FeedBatch =>
  batchOf(`/tenancy.kcp.io/workspaces/${identity}/${parent}//${name}`, { metadata: { name }, spec, status: { phase } });

const index = new PathIndex(() => "tenancy");
for (const batch of [
  logicalCluster("root", "root"),
  logicalCluster("c1", "root:org"),
  logicalCluster("c2", "root:org:team"),
  logicalCluster("c4", "root:broken:below"),
  logicalCluster(homeClusterName("bob"), "user:bob"),
  workspace("root", "org", { cluster: "c1" }),
  workspace("c1", "team", { cluster: "c2" }),
  workspace("c1", "new", { cluster: "c3" }, "Scheduling"),
  workspace("root", "broken", { cluster: "c2" }, "Unavailable"),
  workspace("root", "mounted", { mount: { ref: {} }, URL: "https://elsewhere/clusters/x" }),
  workspace("root", "forged", { cluster: "c1" }, "Ready", "somebody"),
])
  index.apply(batch);

const unavailable: Resolved = { kind: "unavailable" };
const cases: [path: string, to: Resolved | undefined][] = [
  ["root", { kind: "cluster", cluster: "root" }],
  ["root:org", { kind: "cluster", cluster: "c1" }],
  ["root:org:team", { kind: "cluster", cluster: "c2" }],
  ["c1:team", { kind: "cluster", cluster: "c2" }],
  ["root:org:nosuch", undefined],
  ["nosuch:org", undefined],
  ["root:org:new", undefined],
  ["root:broken", unavailable],
  ["root:mounted:what:ever", { kind: "mount", url: "https://elsewhere/clusters/x" }],
  ["root:forged", undefined],
  ["user:bob", { kind: "cluster", cluster: homeClusterName("bob") }],
  ["user:carol", undefined],
  ["system:admin", { kind: "cluster", cluster: "system:admin" }],
];
for (const [path, to] of cases) test(`${path} leads to ${JSON.stringify(to)}`, () => assert.deepEqual(index.resolve(path), to));

test("what is deleted leads nowhere", () => {
  index.apply(workspace("root", "brief", { cluster: "c1" }));
  assert.ok(index.resolve("root:brief"));
  index.apply(batchOf("/tenancy.kcp.io/workspaces/tenancy/root//brief", undefined));
  assert.equal(index.resolve("root:brief"), undefined);
});
