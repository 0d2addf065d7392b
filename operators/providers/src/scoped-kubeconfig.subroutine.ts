import { platformMeshFinalizers, type Provider } from "@meshplane/apis/platform-mesh";
import { typed } from "@meshplane/client";
import { complete, stopped, type LifecycleSubroutine } from "@meshplane/controller-runtime";
import { ensureAccess, ensureNamespace, ensureSecretKey, removeAccess } from "./access-objects.ts";
import { gone, safetyNet, secretResource, type ProviderContext } from "./context.ts";
import { isUsable, workspaceOf } from "./provider-workspace.subroutine.ts";
import { scopedKubeconfig } from "./scoped-kubeconfig.ts";
import { workspaceNameOf } from "./workspace-name.ts";

export const scopedKubeconfigStep = "ScopedKubeconfigSubroutine";

/** A kubeconfig of the provider's workspace, beside the Provider. @see spec platform-mesh/providers §2.1 steps 3 to 5 */
export const scopedKubeconfigSubroutine = (context: ProviderContext): LifecycleSubroutine<Provider> => ({
  name: scopedKubeconfigStep,
  finalizers: () => [platformMeshFinalizers.scopedKubeconfig],

  async process(provider, { cluster }) {
    const name = provider.metadata.name!;
    const workspace = await workspaceOf(context, workspaceNameOf(name, cluster));
    if (!isUsable(workspace)) return stopped("Waiting for workspace to become Ready", safetyNet);
    const id = workspace.spec.cluster!;
    const inside = context.inside(id);
    if (!inside) return stopped("Waiting for the workspace's API bindings", safetyNet);
    const { data } = await ensureAccess(inside, name);
    const token = decoded(data, "token");
    const ca = decoded(data, "ca.crt");
    if (!token || !ca) return stopped("Waiting for the service account's token", safetyNet);

    const target = kubeconfigSecretOf(provider);
    const host = (provider.spec.hostOverride || context.host).replace(/\/+$/, "");
    const beside = context.beside(cluster);
    await ensureNamespace(beside, target.namespace);
    await ensureSecretKey(beside, target, scopedKubeconfig({ server: `${host}/clusters/${id}`, ca, token }));
    const status = (provider.status ??= {});
    const before = status.providerKubeconfigSecretRef;
    if (before && (before.name !== target.name || before.namespace !== target.namespace))
      await gone(typed(beside, secretResource).delete(before.name, { namespace: before.namespace }));
    status.providerKubeconfigSecretRef = { name: target.name, namespace: target.namespace };
    return complete();
  },

  async finalize(provider, { cluster }) {
    const name = provider.metadata.name!;
    const workspace = await workspaceOf(context, workspaceNameOf(name, cluster));
    // in one that is going already they go too
    const inside = isUsable(workspace) ? context.inside(workspace.spec.cluster!) : undefined;
    if (inside) await removeAccess(inside, name);
    // only what we have written
    const written = provider.status?.providerKubeconfigSecretRef;
    if (written) await gone(typed(context.beside(cluster), secretResource).delete(written.name, { namespace: written.namespace }));
    return complete();
  },
});

export const kubeconfigSecretOf = ({ metadata, spec }: Provider): { name: string; namespace: string; key: string } =>
  spec.providerKubeconfigSecret ?? { name: `${metadata.name}-provider-kubeconfig`, namespace: "default", key: "kubeconfig" };

const decoded = (data: Record<string, string> | undefined, key: string): string =>
  data && Object.hasOwn(data, key) ? Buffer.from(data[key]!, "base64").toString("utf8") : "";
