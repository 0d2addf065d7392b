import assert from "node:assert/strict";
import { test } from "node:test";
import type { User } from "@meshplane/apiserver";
import { claimedGroups, confinedUser, effectiveUsers, prefixedUser, withWarrant } from "./effective-users.ts";

const user = (name: string, groups: string[] = ["system:authenticated"], extra: Record<string, string[]> = {}): User => ({
  name,
  uid: "",
  groups,
  extra,
});
const scopes = "authentication.kcp.io/scopes";
const clusterName = "authentication.kcp.io/cluster-name";
const account = user("system:serviceaccount:default:x", ["system:authenticated"], { [clusterName]: ["home"], [scopes]: ["cluster:home"] });

const cases: { name: string; who: User; cluster: string; names: string[] }[] = [
  { name: "without scopes a user counts as it is", who: user("alice"), cluster: "c", names: ["alice"] },
  { name: "in scope too", who: user("alice", undefined, { [scopes]: ["cluster:c,cluster:d"] }), cluster: "d", names: ["alice"] },
  {
    name: "out of scope it is anonymous",
    who: user("alice", undefined, { [scopes]: ["cluster:c"] }),
    cluster: "d",
    names: ["system:anonymous"],
  },
  {
    name: "several scopes must all allow",
    who: user("alice", undefined, { [scopes]: ["cluster:c", "cluster:d"] }),
    cluster: "c",
    names: ["system:anonymous"],
  },
  {
    name: "a service account at home has its global name besides",
    who: account,
    cluster: "home",
    names: ["system:serviceaccount:default:x", "system:kcp:serviceaccount:home:default:x"],
  },
  {
    name: "abroad nothing but the global name tells who it is",
    who: account,
    cluster: "away",
    names: ["system:anonymous", "system:kcp:serviceaccount:home:default:x"],
  },
  { name: "a warrant adds an identity", who: withWarrant(user("alice"), user("bob")), cluster: "c", names: ["alice", "bob"] },
  {
    name: "a warrant of an account without a cluster is ignored",
    who: withWarrant(user("alice"), user("system:serviceaccount:a:b")),
    cluster: "c",
    names: ["alice"],
  },
];
for (const { name, who, cluster, names } of cases)
  test(name, () =>
    assert.deepEqual(
      effectiveUsers(who, cluster).map((one) => one.name),
      names,
    ),
  );

test("out of scope, groups tell the scoped clusters", () => {
  const [anonymous] = effectiveUsers(user("alice", undefined, { [scopes]: ["cluster:c"] }), "d");
  assert.deepEqual(anonymous!.groups, ["system:authenticated", "system:cluster:c"]);
});

test("policies know users and accounts by prefixed names", () => {
  assert.equal(prefixedUser(user("alice")).name, "apis.kcp.io:binding:alice");
  assert.equal(prefixedUser(account).name, "apis.kcp.io:binding:system:kcp:serviceaccount:home:default:x");
  assert.equal(prefixedUser(user("system:serviceaccount:a:b")).name, "apis.kcp.io:binding:system:anonymous");
  assert.deepEqual(prefixedUser(user("alice")).groups, ["apis.kcp.io:binding:system:authenticated"]);
});

test("an identity that is lent claims the groups of its warrants too, and is tied to one cluster with all of them", () => {
  const inner: User = { name: "inner", uid: "", groups: ["system:masters"], extra: {} };
  const outer = withWarrant({ name: "outer", uid: "", groups: ["team"], extra: {} }, inner);
  const lent = withWarrant({ name: "lent", uid: "", groups: ["guests"], extra: {} }, outer);
  assert.deepEqual(claimedGroups(lent), ["guests", "team", "system:masters"]);
  const confined = confinedUser(lent, "here");
  assert.deepEqual(
    effectiveUsers(confined, "here").map(({ name }) => name),
    ["lent", "outer", "inner"],
  );
  assert.ok(
    effectiveUsers(confined, "elsewhere").every(({ name, groups }) => name === "system:anonymous" && !groups.includes("system:masters")),
  );
});
