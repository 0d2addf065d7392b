import assert from "node:assert/strict";
import { test } from "node:test";
import { everything } from "@meshplane/apimachinery";
import type { PermissionClaim } from "@meshplane/apis";
import type { AcceptedClaim } from "@meshplane/kcp";
import { acceptedClaim, bindsExport } from "./claims.ts";

const accepted = (changes: Partial<AcceptedClaim> = {}): AcceptedClaim => ({
  group: "",
  resource: "secrets",
  identityHash: "",
  verbs: ["*"],
  selector: everything,
  labelKey: "k",
  labelValue: "v",
  ...changes,
});
const asked = (changes: Partial<PermissionClaim> = {}): PermissionClaim =>
  ({ group: "", resource: "secrets", verbs: ["*"], ...changes }) as PermissionClaim;

const cases: { name: string; claims: AcceptedClaim[]; exported: PermissionClaim[]; verb: string; allowed: boolean }[] = [
  { name: "both say everything", claims: [accepted()], exported: [asked()], verb: "get", allowed: true },
  {
    name: "both name the verb",
    claims: [accepted({ verbs: ["get", "list"] })],
    exported: [asked({ verbs: ["get"] })],
    verb: "get",
    allowed: true,
  },
  {
    name: "only the binding names the verb",
    claims: [accepted({ verbs: ["get", "list"] })],
    exported: [asked({ verbs: ["get"] })],
    verb: "list",
    allowed: false,
  },
  {
    name: "texts are compared as they are: * and get have nothing in common",
    claims: [accepted()],
    exported: [asked({ verbs: ["get"] })],
    verb: "get",
    allowed: false,
  },
  { name: "never accepted by the binding", claims: [], exported: [asked()], verb: "get", allowed: false },
  { name: "no longer asked by the export", claims: [accepted()], exported: [], verb: "get", allowed: false },
  {
    name: "another identity",
    claims: [accepted({ identityHash: "a" })],
    exported: [asked({ identityHash: "b" })],
    verb: "get",
    allowed: false,
  },
];
for (const { name, claims, exported, verb, allowed } of cases)
  test(`a claim: ${name}`, () =>
    assert.equal(acceptedClaim({ acceptedClaims: claims }, exported, "", "secrets", verb) !== undefined, allowed));

test("events of either group are the core claim", () => {
  const binding = { acceptedClaims: [accepted({ resource: "events" })] };
  assert.ok(acceptedClaim(binding, [asked({ resource: "events" })], "events.k8s.io", "events", "create"));
});

test("a binding belongs to the export that its status names, and to its path's while it has none", () => {
  const binding = { exportName: "widgets", exportPath: "c1" };
  assert.equal(bindsExport({ ...binding, exportCluster: "c2" }, { cluster: "c1", name: "widgets" }), false);
  assert.equal(bindsExport({ ...binding, exportCluster: "c1" }, { cluster: "c1", name: "widgets" }), true);
  assert.equal(bindsExport({ ...binding, exportCluster: undefined }, { cluster: "c1", name: "widgets" }), true);
  assert.equal(bindsExport({ ...binding, exportCluster: undefined }, { cluster: "c1", name: "gadgets" }), false);
});
