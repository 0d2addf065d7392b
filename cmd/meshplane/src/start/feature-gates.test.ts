import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultFlags, FlagError, parseFlags } from "./flags.ts";
import { featureGates } from "./feature-gates.ts";

test("gates are on, off, refused or without effect", () => {
  const { on, refused, ignored } = featureGates({
    WorkspaceMounts: true,
    CacheAPIs: false,
    LogicalClusterMigration: true,
    EnableDeprecatedAPIExportVirtualWorkspacesUrls: true,
    WatchList: true,
  });
  assert.deepEqual([...on], ["WorkspaceMounts"]);
  assert.deepEqual(refused, ["EnableDeprecatedAPIExportVirtualWorkspacesUrls"]);
  assert.deepEqual(ignored, ["LogicalClusterMigration", "WatchList"]);
});

test("a gate that nothing stands behind stops the start; one that changes nothing is named", () => {
  const parse = (gates: string) => parseFlags([`--feature-gates=${gates}`], defaultFlags("/tmp"));
  assert.throws(() => parse("CacheAPIs=true,EnableDeprecatedAPIExportVirtualWorkspacesUrls=true"), FlagError);
  assert.deepEqual(parse("CacheAPIs=true,EnableDeprecatedAPIExportVirtualWorkspacesUrls=false").notices, []);
  assert.match(parse("WatchList=true").notices[0]!, /WatchList/);
});
