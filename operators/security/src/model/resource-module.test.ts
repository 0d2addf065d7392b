import assert from "node:assert/strict";
import { test } from "node:test";
import { modelFromModules, validateModel } from "@meshplane/rebac";
import { coreModule } from "./core-module.ts";
import { type ModelledResource, resourceModule, type Template } from "./resource-module.ts";

const namespaces = resourceModule({ group: "", plural: "namespaces", singular: "namespace", namespaced: false });
const exports = resourceModule({ group: "apis.kcp.io", plural: "apiexports", singular: "apiexport", namespaced: false });

function typesWith(resource: ModelledResource, template?: Template) {
  const files = [coreModule, namespaces, exports, resourceModule(resource, template)].map((contents, i) => ({
    name: `${i}.fga`,
    contents,
  }));
  const model = modelFromModules(files, "1.2");
  validateModel(model);
  return new Map(model.type_definitions.map(({ type, relations = {} }) => [type, relations]));
}

const relationOf = (value: unknown): unknown => (value as { computedUserset?: { relation: string } }).computedUserset?.relation;

test("the standard template of a resource of the cluster: members use it, owners make it", () => {
  const types = typesWith({ group: "widgets.example.io", plural: "widgets", singular: "widget", namespaced: false });
  const widget = types.get("widgets_example_io_widget")!;
  for (const verb of ["get", "update", "delete", "patch", "watch", "get_iam_roles", "get_iam_users"])
    assert.equal(relationOf(widget[verb]), "member", verb);
  assert.equal(relationOf(widget["manage_iam_roles"]), "owner");
  const account = types.get("core_platform-mesh_io_account")!;
  assert.equal(relationOf(account["create_widgets_example_io_widgets"]), "owner");
  assert.equal(relationOf(account["list_widgets_example_io_widgets"]), "member");
  assert.equal(relationOf(account["watch_widgets_example_io_widgets"]), "member");
});

test("a namespaced one is the namespace's", () => {
  const types = typesWith({ group: "", plural: "configmaps", singular: "configmap", namespaced: true });
  assert.equal(relationOf(types.get("core_namespace")!["create_core_configmaps"]), "owner");
  assert.equal(types.get("core_platform-mesh_io_account")!["create_core_configmaps"], undefined);
});

test("the privileged template: owners change it, bind it and escalate", () => {
  const role = typesWith({ group: "rbac.authorization.k8s.io", plural: "roles", singular: "role", namespaced: true }, "privileged").get(
    "rbac_authorization_k8s_io_role",
  )!;
  for (const verb of ["update", "delete", "patch", "bind", "escalate"]) assert.equal(relationOf(role[verb]), "owner", verb);
  for (const verb of ["get", "watch"]) assert.equal(relationOf(role[verb]), "member", verb);
});

test("a group that is too long is cut from its front, in the relations and in the type", () => {
  const group = "verylonggroupname.example.io";
  const plural = "widgetdefinitions";
  const surplus = `create_${group}_${plural}`.length - 50;
  assert.ok(surplus > 0);
  const short = group.slice(surplus).replaceAll(".", "_");
  const types = typesWith({ group, plural, singular: "widgetdefinition", namespaced: false });
  const relation = `create_${short}_${plural}`;
  assert.equal(relation.length, 50);
  assert.ok(types.get("core_platform-mesh_io_account")![relation]);
  assert.ok(types.has(`${short}_widgetdefinition`));
});

test("a plural that leaves no room is refused, and says which", () => {
  assert.throws(
    () => resourceModule({ group: "x.io", plural: "p".repeat(44), singular: "p", namespaced: false }),
    (error: unknown) => error instanceof RangeError && error.message.includes("ppp"),
  );
});
