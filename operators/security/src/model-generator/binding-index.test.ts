import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@meshplane/apimachinery";
import { type Change, changeOf } from "@meshplane/controller-runtime";
import { apiBindingResource } from "../context.ts";
import { BindingIndex } from "./binding-index.ts";

function indexed() {
  const changes: string[] = [];
  const index = new BindingIndex((organization) => changes.push(organization));
  let tell: (change: Change) => void = () => {};
  index.follow({ subscribe: (_, onChange) => void (tell = onChange), start: async () => {}, stop() {} }, (cluster) =>
    cluster.startsWith("acme") ? "acme" : cluster.startsWith("globex") ? "globex" : undefined,
  );
  const binding = (cluster: string, name: string, exporter: string | undefined, exportName: string, deleting = false): KubeObject =>
    ({
      apiVersion: "apis.kcp.io/v1alpha2",
      kind: "APIBinding",
      metadata: { name, annotations: { "kcp.io/cluster": cluster }, ...(deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
      spec: { reference: { export: { name: exportName, path: "root:providers:p" } } },
      ...(exporter ? { status: { apiExportClusterName: exporter } } : {}),
    }) as KubeObject;
  return {
    index,
    changes,
    put: (...of: Parameters<typeof binding>) => tell(changeOf(apiBindingResource, binding(...of), undefined)),
    remove: (...of: Parameters<typeof binding>) => tell(changeOf(apiBindingResource, undefined, binding(...of))),
  };
}

test("who has bound what, by organization; told when that changes, and only then", () => {
  const { index, changes, put, remove } = indexed();
  put("acme-1", "w", undefined, "widgets.io");
  assert.deepEqual(changes, [], "where the export is, is not known yet");
  put("acme-1", "w", "p", "widgets.io");
  put("acme-2", "w", "p", "widgets.io");
  put("globex-1", "w", "p", "widgets.io");
  put("elsewhere", "w", "p", "widgets.io");
  assert.deepEqual(changes, ["acme", "globex"]);
  assert.deepEqual(index.exportsOf("acme", "p"), ["widgets.io"]);
  assert.deepEqual(index.exportsOf("acme", "q"), []);
  assert.deepEqual(
    index.oneOfEach({ cluster: "p", name: "widgets.io" }).map(({ cluster }) => cluster),
    ["acme-1", "globex-1"],
  );
  remove("acme-1", "w", "p", "widgets.io");
  assert.deepEqual(changes, ["acme", "globex"]);
  put("acme-2", "w", "p", "widgets.io", true);
  assert.deepEqual(changes, ["acme", "globex", "acme"], "a binding that is going does not count");
  assert.deepEqual(index.exportsOf("acme", "p"), []);
  assert.deepEqual(index.oneOfEachExport("globex", "p"), [{ cluster: "globex-1", namespace: "", name: "w" }]);
});

test("the platform's own exports do not count; a workspace that is not seen any more is forgotten", () => {
  const { index, put } = indexed();
  put("acme-1", "c", "system", "core.platform-mesh.io");
  put("acme-1", "t", "root", "tenancy.kcp.io");
  assert.deepEqual(index.exportsOf("acme", "system"), []);
  assert.deepEqual(index.exportsOf("acme", "root"), []);
  put("acme-1", "w", "p", "widgets.io");
  index.forget("acme-1");
  assert.deepEqual(index.exportsOf("acme", "p"), []);
});
