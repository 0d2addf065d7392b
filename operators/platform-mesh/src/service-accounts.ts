/**
 * Who the operators are: a service account each, in `root:platform-mesh-system`, that may do what its work needs and no more.
 * @see spec platform-mesh/topology §8
 */
import type { GroupVersionResource, JsonValue, KubeObject } from "@meshplane/apimachinery";
import type { PolicyRule } from "@meshplane/apis";
import { platformMeshExports, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import type { CredentialSource, HttpMultiClusterClient, MultiClusterClient } from "@meshplane/client";
import { applyObject, waitFor, type Placed } from "./apply.ts";

export const operatorNames = ["account-operator", "security-operator", "providers-operator", "rebac-authz-webhook"] as const;
export type OperatorName = (typeof operatorNames)[number];

const { system, organizations, providers } = platformMeshPaths;
const namespace = "default";
const accountName = (operator: OperatorName): string => `platform-mesh-provider-${operator}`;

/** Rules by workspace; in each of them the account may also enter. */
type Grants = Record<string, PolicyRule[]>;

const read = ["get", "list", "watch"];
const rule = (apiGroup: string, resources: string[], verbs: string[], resourceNames?: string[]): PolicyRule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
  ...(resourceNames ? { resourceNames } : {}),
});

/** through the virtual workspaces of these exports, everything that they share and that consumers let them have */
const providerOf = (...names: string[]): PolicyRule[] => [
  rule("apis.kcp.io", ["apiexports/content"], ["*"], names),
  rule("apis.kcp.io", ["apiexports"], ["get"], names),
  rule("apis.kcp.io", ["apiexportendpointslices"], read),
  // of several processes, one works
  rule("coordination.k8s.io", ["leases"], ["get", "create", "update"]),
];

const grants: Record<OperatorName, Grants> = {
  "account-operator": {
    [system]: providerOf(platformMeshExports.core),
    [organizations]: [rule("tenancy.kcp.io", ["workspacetypes"], ["use"])],
    root: [rule("tenancy.kcp.io", ["workspacetypes"], ["use"])],
  },
  "security-operator": {
    [system]: providerOf(platformMeshExports.core, platformMeshExports.system),
    [organizations]: [rule("tenancy.kcp.io", ["workspaceauthenticationconfigurations"], ["*"])],
    root: [rule("tenancy.kcp.io", ["workspacetypes"], [...read, "initialize", "terminate"])],
  },
  "providers-operator": {
    [system]: providerOf(platformMeshExports.providers),
    // what it needs inside of them, the export claims
    [providers]: [rule("tenancy.kcp.io", ["workspaces"], [...read, "create", "delete"])],
    root: [rule("tenancy.kcp.io", ["workspacetypes"], ["use"], ["provider"])],
  },
  "rebac-authz-webhook": {
    [system]: [
      rule("apis.kcp.io", ["apiexports/content"], read, [platformMeshExports.core]),
      rule("apis.kcp.io", ["apiexports"], ["get"], [platformMeshExports.core]),
      rule("apis.kcp.io", ["apiexportendpointslices"], read),
    ],
  },
};

const rbac = "rbac.authorization.k8s.io";

/** name of a service account of one workspace as other workspaces know it */
const globalName = (cluster: string, operator: OperatorName): string =>
  `system:kcp:serviceaccount:${cluster}:${namespace}:${accountName(operator)}`;

/** Applies accounts, roles and bindings. @param systemCluster logical cluster of `root:platform-mesh-system` */
export async function applyServiceAccounts(
  client: MultiClusterClient,
  systemCluster: string,
  operators: readonly OperatorName[] = operatorNames,
): Promise<void> {
  const objects = operators.flatMap((operator) => [
    place(system, "serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: accountName(operator), namespace },
    } as KubeObject),
    ...Object.entries(grants[operator]).flatMap(([workspace, rules]) => {
      const subject: Record<string, string> =
        workspace === system
          ? { kind: "ServiceAccount", name: accountName(operator), namespace }
          : { kind: "User", apiGroup: rbac, name: globalName(systemCluster, operator) };
      return [
        place(workspace, "clusterroles", {
          apiVersion: `${rbac}/v1`,
          kind: "ClusterRole",
          metadata: { name: accountName(operator) },
          rules,
        } as unknown as KubeObject),
        bindingOf(workspace, accountName(operator), accountName(operator), subject),
        bindingOf(workspace, `platform-mesh-workspace-access-${operator}`, "system:kcp:workspace:access", subject),
      ];
    }),
  ]);
  await Promise.all(objects.map((one) => applyObject(client, one)));
}

const place = (workspace: string, resource: string, object: KubeObject): Placed => ({ workspace, resource, object });

const bindingOf = (workspace: string, name: string, role: string, subject: Record<string, string>): Placed =>
  place(workspace, "clusterrolebindings", {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
    subjects: [subject],
  } as unknown as KubeObject);

const week = 7 * 24 * 3600;
const logicalClusters: GroupVersionResource = { group: "core.kcp.io", version: "v1alpha1", resource: "logicalclusters" };

/** @returns the name of a workspace's logical cluster */
export async function clusterOfPath(client: MultiClusterClient, path: string): Promise<string> {
  const found = await waitFor(
    `LogicalCluster of ${path}`,
    () => client.cluster(path).resource<KubeObject>(logicalClusters).get("cluster"),
    ({ metadata }) => Boolean(metadata.annotations?.["kcp.io/cluster"]),
  );
  return found.metadata.annotations!["kcp.io/cluster"]!;
}

/** Tokens of a week, asked for again when half of it has gone or when one is refused. @param client as somebody who may ask for them */
export function operatorCredentials(
  client: HttpMultiClusterClient,
  operator: OperatorName,
  clock: () => number = Date.now,
): CredentialSource {
  let held: { token: string; until: number } | undefined;
  let asking: Promise<string> | undefined;
  return {
    async get() {
      if (held && clock() < held.until) return { authorization: `Bearer ${held.token}` };
      asking ??= ask().finally(() => (asking = undefined));
      return { authorization: `Bearer ${await asking}` };
    },
    rejected() {
      const had = held !== undefined;
      held = undefined;
      return had;
    },
  };

  async function ask(): Promise<string> {
    const answer = (await client.cluster(system).request({
      method: "POST",
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${accountName(operator)}/token`,
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: week },
      } satisfies JsonValue,
    })) as { status: { token: string } };
    held = { token: answer.status.token, until: clock() + (week / 2) * 1000 };
    return held.token;
  }
}
