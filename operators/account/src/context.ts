import type { KubeObject } from "@meshplane/apimachinery";
import type { Workspace, WorkspaceType } from "@meshplane/apis";
import { type Account, type AccountInfo, accountInfoName, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { resourceType, typed, type ResourceClient } from "@meshplane/client";
import type { ManagerContext } from "@meshplane/multicluster-provider";

export const accountResource = resourceType<Account>({
  group: "core.platform-mesh.io",
  version: "v1alpha1",
  resource: "accounts",
  kind: "Account",
});
export const accountInfoResource = resourceType<AccountInfo>({
  group: "core.platform-mesh.io",
  version: "v1alpha1",
  resource: "accountinfos",
  kind: "AccountInfo",
});
export const workspaceResource = resourceType<Workspace & KubeObject>({
  group: "tenancy.kcp.io",
  version: "v1alpha1",
  resource: "workspaces",
  kind: "Workspace",
});
export const workspaceTypeResource = resourceType<WorkspaceType & KubeObject>({
  group: "tenancy.kcp.io",
  version: "v1alpha1",
  resource: "workspacetypes",
  kind: "WorkspaceType",
});

/** How long until a step that waits looks again, should no change bring it back. */
export const safetyNet = { afterSeconds: 10 };

/** What the steps work with: typed access to the workspaces that the export reaches. */
export interface AccountContext {
  accounts(cluster: string): ResourceClient<Account>;
  accountInfos(cluster: string): ResourceClient<AccountInfo>;
  workspaces(cluster: string): ResourceClient<Workspace & KubeObject>;
  /** of `root:orgs`, where those of all organizations are */
  workspaceTypes(): ResourceClient<WorkspaceType & KubeObject>;
  /** As watched, a moment behind: what is newer brings the account back. Undefined when it is not known, or not made for this account. */
  knownWorkspace(cluster: string, account: Account): (Workspace & KubeObject) | undefined;
  knownAccountInfo(cluster: string): AccountInfo | undefined;
  /** path of a workspace that the export reaches */
  pathOf(cluster: string): string | undefined;
  /** certificate authority of the API server, PEM */
  readonly ca: string;
}

export const accountContext = ({ client, engaged, lister }: ManagerContext, ca: string): AccountContext => ({
  accounts: (cluster) => typed(client.cluster(cluster), accountResource),
  accountInfos: (cluster) => typed(client.cluster(cluster), accountInfoResource),
  workspaces: (cluster) => typed(client.cluster(cluster), workspaceResource),
  workspaceTypes: () => typed(client.cluster(platformMeshPaths.organizations), workspaceTypeResource),
  knownWorkspace(cluster, { metadata: { name = "", uid } }) {
    const known = lister<Workspace & KubeObject>(workspaceResource).get({ cluster, name });
    return known?.metadata.ownerReferences?.some((owner) => owner.uid === uid) ? known : undefined;
  },
  knownAccountInfo: (cluster) => lister<AccountInfo>(accountInfoResource).get({ cluster, name: accountInfoName }),
  pathOf: (cluster) => engaged(cluster)?.path,
  ca,
});
