/** What stands in `root` after the first start. @see spec tenancy §5.2, §6, apis-served §2 */
import type { KubeObject } from "@meshplane/apimachinery";
import {
  batteryAnnotation,
  cachedObjects,
  clusterCachedResourceEndpointSlices,
  clusterCachedResources,
  createOnlyAnnotation,
  kcpGroups,
  logicalClusterDumps,
  logicalClusterMigrations,
  logicalClusters,
  maximalPermissionPolicyPrefix,
  partitions,
  partitionSets,
  shards,
  workspaceAuthenticationConfigurations,
  workspaces,
  workspaceTypes,
  type APIBinding,
  type APIExport,
  type APIResourceSchema,
  type ApiResource,
  type PolicyRule,
  type Shard,
  type WorkspaceType,
} from "@meshplane/apis";
import { authenticatedGroup } from "@meshplane/apiserver";
import type { ShardAddresses } from "../kcp-options.ts";

/** Prefixes as in upstream's releases: other tools look for these names. A changed schema needs another prefix. */
const schemaPrefixes: readonly [prefix: string, resource: ApiResource][] = [
  ["v260302-ae9fdd9c1", shards],
  ["v260522-2bf05df66", workspaces],
  ["v260519-96f2749", workspaceTypes],
  ["v250827-717cfea84", workspaceAuthenticationConfigurations],
  ["v240903-d6797056a", partitions],
  ["v240903-d6797056a", partitionSets],
  ["v250920-de0c8484d", clusterCachedResources],
  ["v260804-b35f3bb61", clusterCachedResourceEndpointSlices],
  ["v260702-7381341f5", logicalClusterDumps],
  ["v260702-7381341f5", logicalClusterMigrations],
  ["v250523-2b8c1d3c5", cachedObjects],
  ["v260522-2bf05df66", logicalClusters],
];

const schemaName = (resource: ApiResource): string =>
  `${schemaPrefixes.find(([, one]) => one === resource)![0]}.${resource.names.plural}.${resource.group}`;

export const rootSchemas = (): APIResourceSchema[] =>
  schemaPrefixes.map(([, resource]) => ({
    apiVersion: "apis.kcp.io/v1alpha1",
    kind: "APIResourceSchema",
    metadata: { name: schemaName(resource) },
    spec: resource,
  }));

function apiExport(name: string, resources: readonly ApiResource[], localPolicy = false): APIExport {
  return {
    apiVersion: "apis.kcp.io/v1alpha2",
    kind: "APIExport",
    metadata: { name },
    spec: {
      ...(localPolicy ? { maximalPermissionPolicy: { local: {} } } : {}),
      resources: resources.map((resource) => ({
        group: resource.group,
        name: resource.names.plural,
        schema: schemaName(resource),
        storage: { crd: {} },
      })),
    },
  };
}

export const rootExports = (): APIExport[] => [
  apiExport("shards.core.kcp.io", [shards]),
  apiExport("tenancy.kcp.io", [workspaceAuthenticationConfigurations, workspaces, workspaceTypes], true),
  apiExport("topology.kcp.io", [partitions, partitionSets]),
  apiExport("cache.kcp.io", [clusterCachedResourceEndpointSlices, clusterCachedResources]),
  apiExport("migration.kcp.io", [logicalClusterDumps, logicalClusterMigrations]),
];

/** exports that root binds itself, under the same name */
export const rootBindings = (cacheApis: boolean): APIBinding[] =>
  ["shards.core.kcp.io", "tenancy.kcp.io", "topology.kcp.io", ...(cacheApis ? ["cache.kcp.io"] : [])].map((name) => ({
    apiVersion: "apis.kcp.io/v1alpha2",
    kind: "APIBinding",
    metadata: { name },
    spec: { reference: { export: { path: "root", name } } },
  }));

const inRoot = (name: string): { name: string; path: string } => ({ name, path: "root" });

const workspaceType = (name: string, spec: NonNullable<WorkspaceType["spec"]>, annotations?: Record<string, string>): WorkspaceType => ({
  apiVersion: "tenancy.kcp.io/v1alpha1",
  kind: "WorkspaceType",
  metadata: { name, ...(annotations ? { annotations } : {}) },
  spec,
});

export function rootWorkspaceTypes(batteries: ReadonlySet<string>): WorkspaceType[] {
  const extend = { with: [inRoot("universal")] };
  const defaultChildWorkspaceType = inRoot("universal");
  const battery = { [batteryAnnotation]: "workspace-types" };
  const withTypes = batteries.has("workspace-types");
  return [
    workspaceType("universal", {
      initializer: true,
      defaultAPIBindings: [
        { path: "root", export: "tenancy.kcp.io" },
        { path: "root", export: "topology.kcp.io" },
      ],
    }),
    workspaceType(
      "root",
      {
        ...(withTypes ? { defaultChildWorkspaceType: inRoot("organization") } : {}),
        limitAllowedParents: { none: true },
        extend,
      },
      { [createOnlyAnnotation]: "true" },
    ),
    workspaceType("home", { extend, defaultChildWorkspaceType, limitAllowedParents: { none: true } }),
    ...(withTypes
      ? [
          workspaceType(
            "organization",
            {
              extend,
              defaultChildWorkspaceType,
              limitAllowedChildren: { types: [inRoot("universal")] },
              limitAllowedParents: { types: [inRoot("root")] },
            },
            battery,
          ),
          workspaceType(
            "team",
            { extend, defaultChildWorkspaceType, limitAllowedParents: { types: [inRoot("organization"), inRoot("team")] } },
            battery,
          ),
        ]
      : []),
  ];
}

const rbacVersion = "rbac.authorization.k8s.io/v1";
const rbacGroup = "rbac.authorization.k8s.io";

const role = (name: string, ...rules: PolicyRule[]): KubeObject => ({
  apiVersion: rbacVersion,
  kind: "ClusterRole",
  metadata: { name },
  rules,
});

const roleBinding = (name: string, roleName: string, ...groups: string[]): KubeObject => ({
  apiVersion: rbacVersion,
  kind: "ClusterRoleBinding",
  metadata: { name },
  roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: roleName },
  subjects: groups.map((group) => ({ apiGroup: rbacGroup, kind: "Group", name: group })),
});

const bindRole = (name: string, exportName: string): KubeObject =>
  role(name, { apiGroups: ["apis.kcp.io"], resources: ["apiexports"], resourceNames: [exportName], verbs: ["bind"] });

export function rootRoles(homeCreatorGroups: readonly string[]): KubeObject[] {
  const boundAuthenticated = maximalPermissionPolicyPrefix + authenticatedGroup;
  const tenancy = ["tenancy.kcp.io"];
  const prefix = "system:kcp:apiexport";
  const binding = "system:kcp:authenticated:apiexport";
  return [
    bindRole(`${prefix}:tenancy:bind`, "tenancy.kcp.io"),
    roleBinding(`${binding}:tenancy:bind`, `${prefix}:tenancy:bind`, authenticatedGroup),
    bindRole(`${prefix}:topology:bind`, "topology.kcp.io"),
    roleBinding(`${binding}:topology:bind`, `${prefix}:topology:bind`, authenticatedGroup),
    role(
      `${prefix}:tenancy:maximal-permission-policy`,
      { apiGroups: tenancy, verbs: ["*"], resources: ["workspaces", "workspaceauthenticationconfigurations", "workspacetypes"] },
      { apiGroups: tenancy, verbs: ["list", "watch", "get"], resources: ["workspaces/status", "workspacetypes/status"] },
    ),
    roleBinding(`${binding}:tenancy:maximal-permission-policy`, `${prefix}:tenancy:maximal-permission-policy`, boundAuthenticated),
    role(`${prefix}:topology:maximal-permission-policy`, {
      apiGroups: ["topology.kcp.io"],
      verbs: ["*"],
      resources: ["partitions", "partitionsets"],
    }),
    roleBinding(`${binding}:topology:maximal-permission-policy`, `${prefix}:topology:maximal-permission-policy`, boundAuthenticated),
    role(`${prefix}:kcp-admin:maximal-permission-policy`, { apiGroups: tenancy, verbs: ["*"], resources: ["*"] }),
    roleBinding(
      `${binding}:kcp-admin:maximal-permission-policy`,
      `${prefix}:kcp-admin:maximal-permission-policy`,
      maximalPermissionPolicyPrefix + kcpGroups.admin,
    ),
    role("system:kcp:home-clusterworkspace-create", {
      apiGroups: tenancy,
      resources: ["workspaces"],
      resourceNames: ["~"],
      verbs: ["get", "create"],
    }),
    roleBinding(
      "system:kcp:configured-group:home-clusterworkspace-create",
      "system:kcp:home-clusterworkspace-create",
      ...homeCreatorGroups,
    ),
    role("system:kcp:universal-workspacetype-use", {
      apiGroups: tenancy,
      resources: ["workspacetypes"],
      resourceNames: ["universal", "organization", "team"],
      verbs: ["use"],
    }),
    roleBinding("system:kcp:authenticated:universal-workspacetype-use", "system:kcp:universal-workspacetype-use", authenticatedGroup),
    roleBinding("system:kcp:tenancy:authenticated:access", "system:kcp:workspace:access", authenticatedGroup),
    roleBinding("system:kcp:authenticated:tenancy:reader", "system:kcp:tenancy:reader", authenticatedGroup),
  ];
}

export const rootNamespace = (): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "default", annotations: { [createOnlyAnnotation]: "true" } },
});

export const shardObject = ({ name, baseURL, externalURL, virtualWorkspaceURL }: ShardAddresses): Shard => ({
  apiVersion: "core.kcp.io/v1alpha1",
  kind: "Shard",
  metadata: { name, labels: { name } },
  spec: { baseURL, externalURL, virtualWorkspaceURL },
});
