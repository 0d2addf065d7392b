import assert from "node:assert/strict";
import { test } from "node:test";
import { providerOfPath, providerOfWorkspace, whyNoWorkspaceName, workspaceNameOf } from "./workspace-name.ts";

test("a Provider is found again by its workspace", () => {
  const name = workspaceNameOf("my-service", "2ab3");
  assert.equal(whyNoWorkspaceName(name), undefined);
  assert.deepEqual(providerOfWorkspace(name), { cluster: "2ab3", namespace: "", name: "my-service" });
  assert.deepEqual(providerOfPath(`root:providers:${name}`), { cluster: "2ab3", namespace: "", name: "my-service" });
});

test("other workspaces are nobody's", () => {
  for (const name of ["system", "-a", "a-"]) assert.equal(providerOfWorkspace(name), undefined, name);
  for (const path of [undefined, "", "root", "root:providers", "root:orgs:a-b", "root:providers:a-b:c-d"])
    assert.equal(providerOfPath(path), undefined, String(path));
});

test("what no workspace can be called is said", () => {
  assert.equal(whyNoWorkspaceName("a".repeat(63)), undefined);
  assert.match(whyNoWorkspaceName("a".repeat(64))!, /64 characters; at most 63/);
  assert.match(whyNoWorkspaceName("a.b-c")!, /hyphens only/);
});
