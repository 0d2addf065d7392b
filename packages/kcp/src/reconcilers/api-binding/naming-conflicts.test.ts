import assert from "node:assert/strict";
import { test } from "node:test";
import type { APIResourceSchemaSpec } from "@meshplane/apis";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { printLocks, readLocks, writeLocks } from "./locks.ts";
import { namingConflict } from "./naming-conflicts.ts";

const names = { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList", shortNames: ["w"] };
const spec = { group: "example.io", names, scope: "Cluster", versions: [] } satisfies APIResourceSchemaSpec;
const other = (over: Partial<ResourceDefinition>): ResourceDefinition =>
  ({
    resource: "things",
    singular: "thing",
    kind: "Thing",
    listKind: "ThingList",
    shortNames: [],
    ...over,
  }) as unknown as ResourceDefinition;

const cases: { name: string; over: Partial<ResourceDefinition>; conflict?: string }[] = [
  { name: "other names do not matter", over: {} },
  { name: "the plural is somebody's short name", over: { shortNames: ["widgets"] }, conflict: "spec.names.plural=widgets is forbidden" },
  { name: "the short name is somebody's singular", over: { singular: "w" }, conflict: "spec.names.shortNames=w is forbidden" },
  { name: "the kind is taken", over: { kind: "Widget" }, conflict: "spec.names.kind=Widget is forbidden" },
  { name: "the list kind is taken as a kind", over: { kind: "WidgetList" }, conflict: "spec.names.listKind=WidgetList is forbidden" },
];
for (const { name, over, conflict } of cases)
  test(name, () =>
    assert.equal(
      namingConflict(spec, [{ by: 'APIBinding "b" bound to APIExport root:x:e', definition: other(over) }]),
      conflict && `naming conflict with APIBinding "b" bound to APIExport root:x:e: ${conflict}`,
    ),
  );

test("locks are written sorted, only when they change, and printed as Go does", () => {
  const cluster = { apiVersion: "", kind: "", metadata: {}, spec: {} };
  const locks = readLocks(cluster);
  locks.set("widgets.example.io", { n: "first" });
  locks.set("gears.example.io", { c: true });
  assert.equal(writeLocks(cluster, locks), true);
  assert.deepEqual(cluster.metadata, {
    annotations: { "internal.apis.kcp.io/resource-bindings": '{"gears.example.io":{"c":true},"widgets.example.io":{"n":"first"}}' },
  });
  assert.equal(writeLocks(cluster, readLocks(cluster)), false);
  assert.equal(printLocks(locks), "map[gears.example.io:{ true} widgets.example.io:{first false}]");
});
