import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { Workspace, WorkspaceType } from "@meshplane/apis";
import { type Account, accountInfoName, platformMeshFinalizers, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { found } from "@meshplane/client";
import { complete, type LifecycleSubroutine, stopped, type Verdict } from "@meshplane/controller-runtime";
import { type AccountContext, safetyNet } from "./context.ts";
import { accountTypeOf, organizationTypeOf } from "./workspace-type.subroutine.ts";

/** The account's workspace, beside it and of its name. @see spec platform-mesh/accounts §4 step 2, §5 */
export function workspaceSubroutine(context: AccountContext): LifecycleSubroutine<Account> {
  return {
    name: "WorkspaceSubroutine",
    finalizers: () => [platformMeshFinalizers.account],

    async process(account, { cluster }) {
      const name = account.metadata.name!;
      const known = context.knownWorkspace(cluster, account) ?? (await found(context.workspaces(cluster).get(name)));
      if (known) return complete();
      const type = await typeOf(account, cluster);
      if (typeof type !== "string") return type;
      if (!(await isReady(context.workspaceTypes().get(type)))) return stopped("Workspace type not ready yet", safetyNet);
      await context
        .workspaces(cluster)
        .create({
          apiVersion: "tenancy.kcp.io/v1alpha1",
          kind: "Workspace",
          metadata: {
            name,
            ownerReferences: [{ apiVersion: account.apiVersion, kind: account.kind, name, uid: account.metadata.uid! }],
          },
          spec: { type: { name: type, path: platformMeshPaths.organizations } },
        } as Workspace & KubeObject)
        .catch((error: unknown) => {
          if (!hasReason(error, "AlreadyExists")) throw error;
        });
      return complete();
    },

    async finalize(account, { cluster }) {
      const workspaces = context.workspaces(cluster);
      const workspace = await found(workspaces.get(account.metadata.name!));
      if (!workspace) return complete();
      if (!workspace.metadata.deletionTimestamp)
        await workspaces.delete(account.metadata.name!).catch((error: unknown) => {
          if (!hasReason(error, "NotFound")) throw error;
        });
      return stopped("Waiting for Workspace deletion", safetyNet);
    },
  };

  /** @returns the type's name, or why it is not known yet */
  async function typeOf(account: Account, cluster: string): Promise<string | Verdict> {
    if (account.spec.type === "org") return organizationTypeOf(account.metadata.name!);
    const info = context.knownAccountInfo(cluster) ?? (await found(context.accountInfos(cluster).get(accountInfoName)));
    if (!info) return stopped("AccountInfo not found yet", safetyNet);
    const organization = info.spec.organization?.name;
    return organization ? accountTypeOf(organization) : stopped("AccountInfo organization name not set yet", safetyNet);
  }
}

/** Separate from the first: Ready comes with relationships and sign-in, and these need what the steps between write. */
export const workspaceReadySubroutine = (context: AccountContext): LifecycleSubroutine<Account> => ({
  name: "WorkspaceReadySubroutine",
  async process(account, { cluster }) {
    const workspace = context.knownWorkspace(cluster, account) ?? (await found(context.workspaces(cluster).get(account.metadata.name!)));
    return workspace?.status?.phase === "Ready" ? complete() : stopped("Workspace not ready yet", safetyNet);
  },
});

async function isReady(reading: Promise<WorkspaceType & KubeObject>): Promise<boolean> {
  const type = await found(reading);
  return type?.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
}
