import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { Workspace } from "@meshplane/apis";
import { platformMeshFinalizers, type Provider } from "@meshplane/apis/platform-mesh";
import { found, typed } from "@meshplane/client";
import { complete, stopped, type LifecycleSubroutine } from "@meshplane/controller-runtime";
import { gone, safetyNet, workspaceResource, type ProviderContext } from "./context.ts";
import { whyNoWorkspaceName, workspaceNameOf } from "./workspace-name.ts";

export const providerWorkspaceStep = "ProviderWorkspaceSubroutine";

/** The provider's workspace below `root:providers`. @see spec platform-mesh/providers §2.1 step 2, §2.2 */
export const providerWorkspaceSubroutine = (context: ProviderContext): LifecycleSubroutine<Provider> => ({
  name: providerWorkspaceStep,
  finalizers: () => [platformMeshFinalizers.providerWorkspace],

  async process(provider, { cluster }) {
    const name = workspaceNameOf(provider.metadata.name!, cluster);
    const why = whyNoWorkspaceName(name);
    if (why) return stopped(why);
    const workspace = await workspaceOf(context, name);
    if (!workspace)
      await typed(context.providers, workspaceResource)
        .create({
          apiVersion: "tenancy.kcp.io/v1alpha1",
          kind: "Workspace",
          metadata: { name },
          spec: { type: { name: "provider", path: "root" } },
        } as Workspace & KubeObject)
        .catch((error: unknown) => {
          if (!hasReason(error, "AlreadyExists")) throw error;
        });
    return isUsable(workspace) ? complete() : stopped("Waiting for workspace to become Ready", safetyNet);
  },

  async finalize(provider, { cluster }) {
    const name = workspaceNameOf(provider.metadata.name!, cluster);
    if (whyNoWorkspaceName(name)) return complete();
    const workspace = await workspaceOf(context, name);
    if (!workspace) return complete();
    if (!workspace.metadata.deletionTimestamp) await gone(typed(context.providers, workspaceResource).delete(name));
    return stopped("Waiting for workspace to be deleted", safetyNet);
  },
});

export const workspaceOf = (context: ProviderContext, name: string): Promise<(Workspace & KubeObject) | undefined> =>
  found(typed(context.providers, workspaceResource).get(name));

export const isUsable = (workspace: (Workspace & KubeObject) | undefined): workspace is Workspace & KubeObject =>
  workspace !== undefined &&
  workspace.status?.phase === "Ready" &&
  !workspace.metadata.deletionTimestamp &&
  Boolean(workspace.spec.cluster);
