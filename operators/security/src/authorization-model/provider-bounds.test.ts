import assert from "node:assert/strict";
import { test } from "node:test";
import { ProviderBounds } from "./provider-bounds.ts";

const reserved = new Set(["core_platform-mesh_io_account", "core_namespace", "core_secret", "apis_kcp_io_apibinding"]);
const account = "core_platform-mesh_io_account";
const widgets = { group: "widgets.example.io", plural: "widgets", singular: "widget" };
const bounds = (...exported: { group: string; plural: string; singular: string }[]) => new ProviderBounds(exported, reserved);

test("a module may bring the types of what its workspace exports, and its relations on accounts and namespaces", () => {
  assert.equal(
    bounds(widgets).refuseModule({
      types: ["widgets_example_io_widget"],
      relations: [
        { type: "widgets_example_io_widget", relation: "get" },
        { type: account, relation: "create_widgets_example_io_widgets" },
        { type: "core_namespace", relation: "list_widgets_example_io_widgets" },
        { type: account, relation: "widgets_example_io_auditor" },
      ],
    }),
    undefined,
  );
});

test("a module may touch nothing else", () => {
  const refused = (type: string, relation: string) => bounds(widgets).refuseModule({ types: [], relations: [{ type, relation }] });
  assert.match(bounds(widgets).refuseModule({ types: ["gadgets_example_io_gadget"], relations: [] })!, /gadgets_example_io_gadget/);
  assert.match(refused("core_secret", "get")!, /may not be extended/);
  assert.match(refused("role", "assignee")!, /may not be extended/);
  assert.match(refused(account, "create_gadgets_example_io_gadgets")!, /no resource/);
  assert.match(refused(account, "owner")!, /no resource/);
  assert.match(refused(account, "bind")!, /no resource/);
});

test("an export of a resource named as the platform's own owns nothing of it", () => {
  const thief = bounds(
    { group: "core.platform-mesh.io", plural: "accounts", singular: "account" },
    { group: "core", plural: "namespaces", singular: "namespace" },
    { group: "core", plural: "secrets", singular: "secret" },
  );
  for (const object of [
    `${account}:o/acme`,
    "core_namespace:c/default",
    "core_secret:c/s",
    `role:${account}/o/acme/owner`,
    "role:authenticated",
  ])
    assert.match(thief.refuseTuple({ object, relation: "owner", user: "user:eve" }) ?? "", /no resource/, object);
  assert.match(thief.refuseModule({ types: [], relations: [{ type: account, relation: "get" }] })!, /no resource/);
});

test("a group that begins as a verb does not decide about somebody else's resource", () => {
  const thief = bounds({ group: "create.widgets.example.io", plural: "xs", singular: "x" });
  const refusal = thief.refuseModule({ types: [], relations: [{ type: account, relation: "create_widgets_example_io_widgets" }] });
  assert.match(refusal!, /no resource/);
});

test("tuples are about the provider's own resources and their roles", () => {
  const { refuseTuple } = bindAll(bounds(widgets));
  assert.equal(refuseTuple("widgets_example_io_widget:c/w", "owner"), undefined);
  assert.equal(refuseTuple("role:widgets_example_io_widget/c/w/owner", "assignee"), undefined);
  for (const object of [
    `${account}:o/acme`,
    "apis_kcp_io_apiexport:c/x",
    `role:${account}/o/acme/member`,
    "role:authenticated",
    "nonsense",
    "role:",
    "",
  ])
    assert.match(refuseTuple(object, "owner") ?? "", /no resource/, object);
});

function bindAll(one: ProviderBounds) {
  return { refuseTuple: (object: string, relation: string) => one.refuseTuple({ object, relation, user: "user:eve" }) };
}

test("what every workspace serves and no model covers stays nobody's, also by a group that is cut to the same name", () => {
  const long = (group: string, singular: string) => ({ group: `x.${group}`, plural: "p".repeat(50 - `create_${group}_`.length), singular });
  for (const [exported, type] of [
    [{ group: "tenancy.kcp.io", plural: "workspaces", singular: "workspace" }, "tenancy_kcp_io_workspace"],
    [long("tenancy.kcp.io", "workspace"), "tenancy_kcp_io_workspace"],
    [long("core.platform-mesh.io", "store"), "core_platform-mesh_io_store"],
    [long("ration.k8s.io", "validatingwebhookconfiguration"), "ration_k8s_io_validatingwebhookconfiguration"],
    [long("coordination.k8s.io", "lease"), "coordination_k8s_io_lease"],
  ] as const) {
    assert.match(bounds(exported).refuseModule({ types: [type], relations: [] }) ?? "", /no resource/, type);
    assert.match(bounds(exported).refuseTuple({ object: `${type}:c/x`, relation: "owner", user: "user:eve" }) ?? "", /no resource/, type);
  }
  // a provider's own group below the platform's domain, and Kubernetes' that no workspace serves by itself
  for (const group of ["orchestrate.platform-mesh.io", "networking.k8s.io", "x.example.io"])
    assert.equal(
      bounds({ group, plural: "xs", singular: "x" }).refuseModule({ types: [`${group.replaceAll(".", "_")}_x`], relations: [] }),
      undefined,
      group,
    );
});
