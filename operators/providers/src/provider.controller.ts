/** Where a Provider becomes a workspace and a kubeconfig: the chain of steps, and what brings a Provider back to it. @see spec platform-mesh/providers §2 */
import type { Provider, ProviderPhase } from "@meshplane/apis/platform-mesh";
import {
  reconcileLifecycle,
  type Change,
  type ControllerMetrics,
  type ControllerOptions,
  type ObjectKey,
} from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { accountNameOf, bindingResource, tokenSecretNameOf } from "./access-objects.ts";
import { providerResource, secretResource, serviceAccountResource, workspaceResource, type ProviderContext } from "./context.ts";
import { providerWorkspaceStep, providerWorkspaceSubroutine } from "./provider-workspace.subroutine.ts";
import { kubeconfigSecretOf, scopedKubeconfigSubroutine } from "./scoped-kubeconfig.subroutine.ts";
import { providerOfPath, providerOfWorkspace } from "./workspace-name.ts";

export function providerController(manager: ManagerContext, context: ProviderContext, metrics?: ControllerMetrics): ControllerOptions {
  return {
    name: "ProviderReconciler",
    for: providerResource,
    watches: [
      // of `root:providers` only
      { resource: workspaceResource, initial: false, keys: ({ key }) => known(providerOfWorkspace(key.name)) },
      // providers' workspaces bind the export too, so it shows what is in them
      { resource: { group: "apis.kcp.io", resource: "apibindings" }, initial: false, keys: ofWorkspace },
      { resource: serviceAccountResource, initial: false, keys: ofAccess },
      { resource: bindingResource, initial: false, keys: ofAccess },
      { resource: secretResource, initial: false, keys: (change) => [...ofAccess(change), ...ofSecret(change.key)] },
    ],
    ...(metrics ? { metrics } : {}),
    reconcile: reconcileLifecycle<Provider>({
      client: manager.client,
      resource: providerResource,
      subroutines: [providerWorkspaceSubroutine(context), scopedKubeconfigSubroutine(context)],
      conclude(provider, { ready, deleting }) {
        const status = (provider.status ??= {});
        status.phase = phaseOf(provider, ready, deleting);
        status.observedGeneration = provider.metadata.generation ?? 0;
      },
    }),
  };

  function known(key: ObjectKey | undefined): ObjectKey[] {
    return key && manager.lister<Provider>(providerResource).get({ cluster: key.cluster, name: key.name }) ? [key] : [];
  }

  /** the Provider whose workspace it changed in */
  function ofWorkspace({ key }: Change): ObjectKey[] {
    return known(providerOfPath(manager.engaged(key.cluster)?.path));
  }

  /** the same, of what has one of the names that the access to it has; a provider has more accounts and Secrets than these */
  function ofAccess(change: Change): ObjectKey[] {
    return ofWorkspace(change).filter(({ name }) => change.key.name === accountNameOf(name) || change.key.name === tokenSecretNameOf(name));
  }

  /** the Providers whose kubeconfig is in that Secret */
  function ofSecret({ cluster, namespace, name }: ObjectKey): ObjectKey[] {
    return manager
      .lister<Provider>(providerResource)
      .list({ cluster })
      .filter((provider) => {
        const target = kubeconfigSecretOf(provider);
        return target.name === name && target.namespace === namespace;
      })
      .map(({ metadata }) => ({ cluster, namespace: "", name: metadata.name! }));
  }
}

function phaseOf({ status }: Provider, ready: boolean, deleting: boolean): ProviderPhase {
  if (deleting) return "Deleting";
  if (ready) return "Ready";
  const hasWorkspace = status?.conditions?.some((one) => one.type === providerWorkspaceStep && one.status === "True");
  return hasWorkspace ? "ProvisioningKubeconfig" : "ProvisioningWorkspace";
}
