import assert from "node:assert/strict";
import { test } from "node:test";
import { allow, noOpinion, type ResourceTarget, type User } from "@meshplane/apiserver";
import type { ExportIndex } from "../exports/export-index.ts";
import type { LogicalClusterEntry, PathIndex } from "../logical-clusters/path-index.ts";
import { authorizerChain } from "./chain.ts";

const entry: LogicalClusterEntry = {
  cluster: "c",
  path: "root:c",
  type: "root:universal",
  phase: "Ready",
  inactive: false,
  deleting: false,
  requiredGroups: undefined,
  maxTotalObjects: undefined,
};

interface Case {
  name: string;
  user?: Partial<User>;
  cluster?: Partial<LogicalClusterEntry> | undefined;
  target?: Partial<ResourceTarget>;
  /** RBAC of the cluster: `<user> <verb>` */
  grants: string[];
  want: "allow" | "deny" | "noOpinion";
}

const entering = "alice access";
const cases: Case[] = [
  { name: "access and a role together allow", grants: [entering, "alice get"], want: "allow" },
  { name: "a role without access does not", grants: ["alice get"], want: "noOpinion" },
  { name: "access without a role does not", grants: [entering], want: "noOpinion" },
  { name: "masters may everything", user: { groups: ["system:masters"] }, grants: [], want: "allow" },
  { name: "a missing logical cluster denies", cluster: undefined, grants: [entering, "alice get"], want: "deny" },
  {
    name: "a scheduled one is not open yet",
    cluster: { ...entry, phase: "Scheduling" },
    grants: [entering, "alice get"],
    want: "noOpinion",
  },
  {
    name: "required groups deny",
    cluster: { ...entry, requiredGroups: "red;green,blue" },
    user: { groups: ["green"] },
    grants: [entering, "alice get"],
    want: "deny",
  },
  {
    name: "one alternative of them is enough",
    cluster: { ...entry, requiredGroups: "red;green,blue" },
    user: { groups: ["blue", "green"] },
    grants: [entering, "alice get"],
    want: "allow",
  },
  { name: "the wildcard is for masters", target: { cluster: "*" }, grants: [entering, "alice get"], want: "noOpinion" },
  {
    name: "a lifecycle group enters while initializing",
    cluster: { ...entry, phase: "Initializing" },
    user: { groups: ["system:kcp:initializer:root:x"] },
    grants: [],
    want: "allow",
  },
  { name: "and not when ready", user: { groups: ["system:kcp:initializer:root:x"] }, grants: [], want: "noOpinion" },
  {
    name: "nobody writes the status of bindings",
    target: { group: "apis.kcp.io", resource: "apibindings", subresource: "status", verb: "patch" },
    grants: [entering, "alice patch"],
    want: "deny",
  },
];

for (const { name, user, target, grants, want, ...rest } of cases)
  test(name, async () => {
    const known = "cluster" in rest ? rest.cluster : entry;
    const { authorize } = authorizerChain({
      paths: { get: (cluster: string) => (cluster === "c" ? known : undefined) } as PathIndex,
      exports: {} as ExportIndex,
      apisOf: () => ({ surface: { key: "", definitions: [], lookup: () => undefined }, bindings: [], boundBy: () => undefined }),
      rbac: {
        authorize: (cluster, who, what) =>
          cluster === "c" && grants.includes(`${who.name} ${what.verb}`) ? allow("granted") : noOpinion(""),
      },
    });
    const asked = {
      kind: "resource",
      verb: "get",
      cluster: "c",
      group: "",
      version: "v1",
      resource: "configmaps",
      subresource: "",
      name: "x",
      namespace: "",
      path: "",
      identity: undefined,
      ...target,
    } as ResourceTarget;
    const { decision } = await authorize({ user: { name: "alice", uid: "", groups: [], extra: {}, ...user }, target: asked });
    assert.equal(decision, want);
  });
