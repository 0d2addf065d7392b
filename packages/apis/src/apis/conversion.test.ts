import assert from "node:assert/strict";
import { test } from "node:test";
import { bindingToV1alpha1, bindingToV1alpha2, exportToV1alpha1, exportToV1alpha2 } from "./conversion.ts";
import type { APIBinding } from "./v1alpha2/api-binding.ts";
import type { APIExportV1alpha1 } from "./v1alpha1/api-export.ts";

const old: APIExportV1alpha1 = {
  apiVersion: "apis.kcp.io/v1alpha1",
  kind: "APIExport",
  metadata: { name: "old" },
  spec: {
    latestResourceSchemas: ["v1.widgets.example.io", "v1.pods.core"],
    permissionClaims: [
      { group: "", resource: "configmaps", all: true },
      { group: "", resource: "secrets", resourceSelector: [{ name: "a", namespace: "b" }] },
    ],
  },
};

test("an APIExport of v1alpha1 keeps its claims in an annotation", () => {
  const next = exportToV1alpha2(old);
  assert.deepEqual(
    next.spec?.resources?.map(({ group, name }) => [group, name]),
    [
      ["example.io", "widgets"],
      ["", "pods"],
    ],
  );
  assert.equal(
    next.metadata.annotations?.["apis.v1alpha2.kcp.io/v1alpha1-permission-claims"],
    '[{"resource":"configmaps","all":true},{"resource":"secrets","resourceSelector":[{"name":"a","namespace":"b"}]}]',
  );
  assert.deepEqual(
    next.spec?.permissionClaims?.map(({ verbs }) => verbs),
    [["*"], ["*"]],
  );
});

test("there and back again, an APIExport is as it was", () => {
  const back = exportToV1alpha1(exportToV1alpha2(old));
  assert.deepEqual(back.metadata, { name: "old" });
  assert.deepEqual(back.spec, {
    latestResourceSchemas: old.spec!.latestResourceSchemas,
    permissionClaims: [
      { resource: "configmaps", all: true },
      { resource: "secrets", resourceSelector: [{ name: "a", namespace: "b" }] },
    ],
  });
});

test("a schema name needs three segments", () => {
  assert.throws(() => exportToV1alpha2({ ...old, spec: { latestResourceSchemas: ["widgets"] } }), {
    message: 'failed to convert v1alpha1 APIExport to v1alpha2: invalid schema "widgets": must have at least 3 dot-separated segments',
  });
});

test("an APIBinding with verbs and selectors survives a round trip through v1alpha1", () => {
  const binding: APIBinding = {
    apiVersion: "apis.kcp.io/v1alpha2",
    kind: "APIBinding",
    metadata: { name: "b", annotations: { keep: "me" } },
    spec: {
      reference: { export: { name: "e" } },
      permissionClaims: [
        {
          resource: "configmaps",
          verbs: ["get"],
          selector: { matchLabels: { a: "b" } },
          state: "Accepted",
        },
        { resource: "secrets", verbs: ["*"], selector: { matchAll: true }, state: "Rejected" },
      ],
    },
    status: {
      appliedPermissionClaims: [{ resource: "configmaps", verbs: ["get"], selector: { matchLabels: { a: "b" } } }],
    },
  };
  const old = bindingToV1alpha1(binding);
  assert.deepEqual(old.spec.permissionClaims, [
    { resource: "configmaps", state: "Accepted" },
    { resource: "secrets", all: true, state: "Rejected" },
  ]);
  const back = bindingToV1alpha2(old);
  assert.deepEqual(back.spec, binding.spec);
  assert.deepEqual(back.status, binding.status);
  assert.deepEqual(back.metadata, binding.metadata);
});
