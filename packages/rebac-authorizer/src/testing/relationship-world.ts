/** Two organizations with accounts, people and relationships, as the operators would have made them: for tests of this room and of those above. */
import {
  accountObject,
  organizationsStoreName,
  roleAssignees,
  roleObject,
  typeName,
  parentRelation,
  userOf,
} from "@meshplane/apis/platform-mesh";
import { embeddedOpenFga, type EmbeddedOpenFga, MemoryTupleStore, modelFromDsl, type TupleKey } from "@meshplane/rebac";
import type { ShapeOf } from "../access-request.ts";
import { AccountDirectory } from "../account-directory.ts";
import { type DecideParts, defaultOpenPrefixes } from "../decide.ts";

const resources = [
  { group: "", plural: "namespaces", singular: "namespace", namespaced: false, privileged: false },
  { group: "", plural: "configmaps", singular: "configmap", namespaced: true, privileged: false },
  { group: "apis.kcp.io", plural: "apibindings", singular: "apibinding", namespaced: false, privileged: false },
  {
    group: "authorization.k8s.io",
    plural: "selfsubjectaccessreviews",
    singular: "selfsubjectaccessreview",
    namespaced: false,
    privileged: false,
  },
  { group: "authorization.k8s.io", plural: "subjectaccessreviews", singular: "subjectaccessreview", namespaced: false, privileged: false },
  { group: "rbac.authorization.k8s.io", plural: "clusterroles", singular: "clusterrole", namespaced: false, privileged: true },
];

const account = "core_platform-mesh_io_account";

const accountRelations = `    define parent: [${account}]
    define owner: [role#assignee] or owner from parent
    define member: [role#assignee] or owner
    define get: member
    define update: member
    define patch: member
    define watch: member
    define delete: owner
    define create_core_platform-mesh_io_accounts: member
    define list_core_platform-mesh_io_accounts: member
    define watch_core_platform-mesh_io_accounts: member
    define bind_inherited: [apis_kcp_io_apiexport] or bind_inherited from parent
    define bind: [apis_kcp_io_apiexport] or bind_inherited
`;

function organizationModel(): string {
  const onParent = (namespaced: boolean): string =>
    resources
      .filter((one) => one.namespaced === namespaced)
      .map(({ group, plural }) =>
        [
          `    define ${parentRelation("create", group, plural)}: owner`,
          `    define ${parentRelation("list", group, plural)}: member`,
          `    define ${parentRelation("watch", group, plural)}: member`,
          "",
        ].join("\n"),
      )
      .join("");
  const types = resources.map(({ group, plural, singular, namespaced, privileged }) => {
    const write = privileged ? "owner" : "member";
    return `type ${typeName(group, plural, singular)}
  relations
    define parent: [${namespaced ? "core_namespace" : account}]
    define member: [role#assignee] or owner or member from parent
    define owner: [role#assignee] or owner from parent
    define get: member
    define watch: member
    define update: ${write}
    define patch: ${write}
    define delete: ${write}
${privileged ? "    define bind: owner\n    define escalate: owner\n" : ""}${plural === "namespaces" ? onParent(true) : ""}`;
  });
  return `model
  schema 1.1

type user

type role
  relations
    define assignee: [user, user:*]

type apis_kcp_io_apiexport

type ${account}
  relations
${accountRelations}${onParent(false)}
${types.join("\n")}`;
}

const organizationsModel = `model
  schema 1.1

type user

type role
  relations
    define assignee: [user, user:*]

type tenancy_kcp_io_workspace
  relations
    define member: [role#assignee]
    define create_core_platform-mesh_io_accounts: member
    define list_core_platform-mesh_io_accounts: member
    define get_core_platform-mesh_io_accounts: member
    define watch_core_platform-mesh_io_accounts: member
`;

/** logical clusters by what they are the workspace of */
export const worldClusters = {
  organizations: "orgs0",
  acme: "acme0",
  team: "team0",
  app: "app0",
  rival: "rival0",
  provider: "provider0",
} as const;

const { organizations, acme, team, app, rival, provider } = worldClusters;
const facts: Record<string, { path: string; ownerCluster: string | undefined }> = {
  [organizations]: { path: "root:orgs", ownerCluster: "root" },
  [acme]: { path: "root:orgs:acme", ownerCluster: organizations },
  [team]: { path: "root:orgs:acme:team", ownerCluster: acme },
  [app]: { path: "root:orgs:acme:team:app", ownerCluster: team },
  [rival]: { path: "root:orgs:rival", ownerCluster: organizations },
  [provider]: { path: "root:providers:httpbin", ownerCluster: "providers0" },
};

export const accountsOfWorld = {
  acme: accountObject(organizations, "acme"),
  team: accountObject(acme, "team"),
  app: accountObject(team, "app"),
  rival: accountObject(organizations, "rival"),
};

/** what makes somebody owner or member of an account */
export function roleTuples(originCluster: string, name: string, role: "owner" | "member", users: readonly string[]): TupleKey[] {
  const id = roleObject(account, originCluster, name, role);
  return [
    { user: roleAssignees(id), relation: role, object: accountObject(originCluster, name) },
    ...users.map((user) => ({ user: userOf(user), relation: "assignee", object: id })),
  ];
}

export interface RelationshipWorld {
  fga: EmbeddedOpenFga;
  directory: AccountDirectory;
  parts: DecideParts;
  stores: Record<"orgs" | "acme" | "rival", string>;
}

/**
 * `orga` owns acme, `orgm` is member of acme alone; `boss` owns team, `mel` is its member; `nick` owns the namespace `lab` of team; `rita` owns rival.
 * The provider's export `httpbin` may be bound in acme and below.
 */
export async function relationshipWorld(): Promise<RelationshipWorld> {
  const fga = embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  const storeOf = async (name: string, dsl: string, writes: TupleKey[]): Promise<string> => {
    const { id: storeId } = await fga.createStore({ name });
    await fga.writeAuthorizationModel({ storeId, model: modelFromDsl(dsl) });
    await fga.write({ storeId, writes });
    return storeId;
  };
  const lab = roleObject("core_namespace", team, "lab", "owner");
  const stores = {
    orgs: await storeOf(organizationsStoreName, organizationsModel, [
      { user: "user:*", relation: "assignee", object: "role:authenticated" },
      { user: "role:authenticated#assignee", relation: "member", object: `tenancy_kcp_io_workspace:${organizationsStoreName}` },
    ]),
    acme: await storeOf("acme", organizationModel(), [
      { user: accountsOfWorld.acme, relation: "parent", object: accountsOfWorld.team },
      { user: accountsOfWorld.team, relation: "parent", object: accountsOfWorld.app },
      ...roleTuples(organizations, "acme", "owner", ["orga"]),
      ...roleTuples(organizations, "acme", "member", ["orgm"]),
      ...roleTuples(acme, "team", "owner", ["boss"]),
      ...roleTuples(acme, "team", "member", ["mel", "system:serviceaccount:default:ci"]),
      { user: roleAssignees(lab), relation: "owner", object: `core_namespace:${team}/lab` },
      { user: userOf("nick"), relation: "assignee", object: lab },
      { user: `apis_kcp_io_apiexport:${provider}/httpbin`, relation: "bind_inherited", object: accountsOfWorld.acme },
    ]),
    rival: await storeOf("rival", organizationModel(), roleTuples(organizations, "rival", "owner", ["rita"])),
  };
  const directory = new AccountDirectory({
    readLogicalCluster: async (cluster) => (Object.hasOwn(facts, cluster) ? facts[cluster] : undefined),
    readStoreId: async (name) => stores[name as keyof typeof stores],
  });
  return {
    fga,
    directory,
    stores,
    parts: { fga, directory, shapeOf: worldShapeOf, organizationsCluster: () => organizations, openPrefixes: defaultOpenPrefixes },
  };
}

const served = [
  ...resources,
  { group: "core.platform-mesh.io", plural: "accounts", singular: "account", namespaced: false },
  { group: "coordination.k8s.io", plural: "leases", singular: "lease", namespaced: true },
];

export const worldShapeOf: ShapeOf = (_cluster, group, _version, resource) =>
  served.find((one) => one.group === group && one.plural === resource);
