import assert from "node:assert/strict";
import { test } from "node:test";
import { accountObject, groupName, parentRelation, resourceObject, roleObject, typeName, userOf } from "./fga-names.ts";

test("users: no two names are alike, look-alikes of system names least of all", () => {
  assert.equal(userOf("alice@example.com"), "user:alice@example.com");
  assert.equal(userOf("system:serviceaccount:default:ci.bot"), "user:system.serviceaccount.default.ci.bot");
  const names = [
    "system:serviceaccount:a:b",
    "system.serviceaccount.a.b",
    "system%2Eserviceaccount.a.b",
    "system:a:b",
    "system:a.b",
    "a:b",
    "a.b",
    "a%3Ab",
    "*",
    "%2A",
    "x#assignee",
    "x y",
  ];
  const encoded = names.map(userOf);
  assert.equal(new Set(encoded).size, names.length);
  for (const user of encoded) assert.match(user, /^user:[^\s:#*]+$/);
});

test("objects: slashes and delimiters of names stay within their part", () => {
  assert.equal(accountObject("c1", "acme"), "core_platform-mesh_io_account:c1/acme");
  assert.equal(roleObject("core_platform-mesh_io_account", "c1", "acme", "owner"), "role:core_platform-mesh_io_account/c1/acme/owner");
  assert.equal(
    resourceObject("rbac_authorization_k8s_io_clusterrole", "c", "system:a/b"),
    "rbac_authorization_k8s_io_clusterrole:c/system%3Aa%2Fb",
  );
});

test("relations of at most 50 characters; the group loses its front", () => {
  assert.equal(typeName("", "namespaces", "namespace"), "core_namespace");
  assert.equal(typeName("core.platform-mesh.io", "accounts", "account"), "core_platform-mesh_io_account");
  const long = parentRelation("create", "verylonggroupname.and.more.example.io", "widgetdefinitions");
  assert.equal(long.length, 50);
  assert.equal(long, `create_${groupName("verylonggroupname.and.more.example.io", "widgetdefinitions")}_widgetdefinitions`);
  assert.throws(() => groupName("a.io", "x".repeat(60)), RangeError);
});
