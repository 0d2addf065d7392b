import { found } from "@meshplane/client";
import { equalJson, type KubeObject } from "@meshplane/apimachinery";
import type { Workspace } from "@meshplane/apis";
import {
  type Account,
  type AccountInfo,
  accountInfoName,
  type AccountLocation,
  platformMeshFinalizers,
} from "@meshplane/apis/platform-mesh";
import { complete, type LifecycleSubroutine, stopped } from "@meshplane/controller-runtime";
import { UnknownClusterError } from "@meshplane/multicluster-provider";
import { type AccountContext, safetyNet } from "./context.ts";

/** What the workspace tells about its account, written while it is still initializing: whoever initializes it reads it. @see spec platform-mesh/accounts §4 step 3 */
export function accountInfoSubroutine(context: AccountContext): LifecycleSubroutine<Account> {
  return {
    name: "ManageAccountInfoSubroutine",

    async process(account, { cluster }) {
      const workspace = context.knownWorkspace(cluster, account) ?? (await found(context.workspaces(cluster).get(account.metadata.name!)));
      const phase = workspace?.status?.phase;
      if (!workspace || (phase !== "Initializing" && phase !== "Ready")) return stopped("Workspace not ready yet", safetyNet);
      const self = locationOf(account, workspace, cluster);

      let inherited: Partial<AccountInfo["spec"]> = {};
      if (account.spec.type !== "org") {
        const parent = context.knownAccountInfo(cluster) ?? (await found(context.accountInfos(cluster).get(accountInfoName)));
        if (!parent) return stopped("Parent AccountInfo does not exist yet", safetyNet);
        const { account: parentAccount, organization, fga, oidc } = parent.spec;
        inherited = { parentAccount, organization, fga, ...(oidc ? { oidc } : {}) };
      }
      try {
        await write(self, inherited);
      } catch (error) {
        // The export reaches the new workspace once its binding stands; that brings us back.
        if (error instanceof UnknownClusterError) return stopped("Workspace not ready yet", safetyNet);
        throw error;
      }
      return complete();
    },
  };

  async function write(self: AccountLocation, inherited: Partial<AccountInfo["spec"]>): Promise<void> {
    const known = context.knownAccountInfo(self.generatedClusterId);
    // an organization's store and issuer are filled in by those who make them
    const wanted = (current: AccountInfo | undefined): AccountInfo["spec"] => ({
      ...current?.spec,
      fga: current?.spec.fga ?? { store: { id: "" } },
      account: self,
      organization: self,
      clusterInfo: { ca: context.ca },
      ...inherited,
    });
    if (known && equalJson(known.spec as unknown as KubeObject, wanted(known) as unknown as KubeObject)) return;
    const infos = context.accountInfos(self.generatedClusterId);
    const current = await found(infos.get(accountInfoName));
    const spec = wanted(current);
    if (!current)
      await infos.create({
        apiVersion: "core.platform-mesh.io/v1alpha1",
        kind: "AccountInfo",
        metadata: { name: accountInfoName, finalizers: [platformMeshFinalizers.accountInfo] },
        spec,
      });
    else if (!equalJson(current.spec as unknown as KubeObject, spec as unknown as KubeObject)) await infos.update({ ...current, spec });
  }
}

/** @throws Error when the workspace has no URL to read the path from */
function locationOf(account: Account, workspace: Workspace & KubeObject, cluster: string): AccountLocation {
  const { URL: url, cluster: generatedClusterId } = workspace.spec as { URL?: string; cluster?: string };
  if (!url || !generatedClusterId) throw new Error("workspace URL is empty");
  const path = url.slice(url.lastIndexOf("/") + 1);
  if (!path.includes(":")) throw new Error("workspace URL is invalid");
  return { name: account.metadata.name!, generatedClusterId, originClusterId: cluster, path, url, type: account.spec.type };
}
