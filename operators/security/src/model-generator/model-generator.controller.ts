/** What is bound in an organization is covered by its model: one AuthorizationModel per resource and organization. @see spec platform-mesh/security §6 */
import { hasReason } from "@meshplane/apimachinery";
import type { APIBinding } from "@meshplane/apis";
import {
  type AccountInfo,
  accountInfoName,
  type AuthorizationModel,
  platformMeshExports,
  platformMeshFinalizers,
} from "@meshplane/apis/platform-mesh";
import { typed } from "@meshplane/client";
import { complete, type ControllerOptions, reconcileLifecycle, stopped, type Verdict } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { exportedResources } from "../authorization-model/extensions.ts";
import {
  accountInfoResource,
  apiBindingResource,
  apiExportResource,
  authorizationModelResource,
  organizationOfPath,
  safetyNet,
} from "../context.ts";
import { found } from "../found.ts";
import { resourceModule, type ModelledResource } from "../model/resource-module.ts";
import type { BindingIndex } from "./binding-index.ts";

const ownExports: ReadonlySet<string> = new Set([platformMeshExports.core, platformMeshExports.system]);

/** exports whose resources are in every model already, or in none */
const isGenerated = ({ spec }: APIBinding): boolean => {
  const name = spec.reference.export?.name;
  return name !== undefined && !ownExports.has(name) && !name.endsWith("kcp.io");
};

/** Names of default bindings hold their export's: these come and go with the workspace. */
const isOrdinary = (name: string): boolean => !name.includes("platform-mesh.io") && !name.includes("kcp.io");

export function modelGeneratorController(manager: ManagerContext, bindings: BindingIndex): ControllerOptions {
  return {
    name: "APIBindingReconciler",
    for: apiBindingResource,
    filter: ({ key }) => organizationOf(key.cluster) !== undefined,
    watches: [
      // an export that gains a resource: whoever has bound it is looked at again
      {
        resource: apiExportResource,
        initial: false,
        keys: ({ key, deleted }) =>
          deleted
            ? []
            : manager
                .lister<APIBinding>(apiBindingResource)
                .list()
                .filter(({ spec, status }) => status?.apiExportClusterName === key.cluster && spec.reference.export?.name === key.name)
                .map(({ metadata }) => ({
                  cluster: metadata.annotations?.["kcp.io/cluster"] ?? "",
                  namespace: "",
                  name: metadata.name!,
                })),
      },
    ],
    reconcile: reconcileLifecycle<APIBinding>({
      client: manager.client,
      resource: apiBindingResource,
      conditions: false,
      subroutines: [
        {
          name: "AuthorizationModelGeneration",
          finalizers: (binding) => (isGenerated(binding) && isOrdinary(binding.metadata.name!) ? [platformMeshFinalizers.apiBinding] : []),
          process: (binding, { cluster }) => generate(binding, cluster),
          async finalize(binding, key) {
            const organization = organizationOf(key.cluster);
            if (organization && !bindings.hasOther(key, binding, organization)) await remove(binding, organization);
            return complete();
          },
        },
      ],
    }),
  };

  function organizationOf(cluster: string): string | undefined {
    const path = manager.engaged(cluster)?.path;
    return path === undefined ? undefined : organizationOfPath(path);
  }

  async function generate(binding: APIBinding, cluster: string): Promise<Verdict> {
    if (!isGenerated(binding)) return complete();
    const home = binding.status?.apiExportClusterName;
    if (binding.status?.phase !== "Bound" || !home) return stopped("binding is not Bound yet");
    const info = await found(typed(manager.client.cluster(cluster), accountInfoResource).get(accountInfoName));
    if (!info) return stopped("AccountInfo not found yet", safetyNet);
    if (!manager.engaged(home)) return stopped(`the export's workspace does not use ${platformMeshExports.core}`, safetyNet);
    for (const resource of await exportedResources(manager, home, binding.spec.reference.export!.name)) await ensure(home, resource, info);
    return complete();
  }

  async function ensure(home: string, resource: ModelledResource, info: AccountInfo): Promise<void> {
    const { name: organization, originClusterId } = info.spec.organization;
    const spec: AuthorizationModel["spec"] = {
      model: resourceModule(resource),
      storeRef: { name: organization, cluster: originClusterId },
    };
    const name = modelName(resource, organization);
    const known = manager.lister<AuthorizationModel>(authorizationModelResource).get({ cluster: home, name });
    if (known?.spec.model === spec.model && known.spec.storeRef.cluster === originClusterId) return;
    await typed(manager.client.cluster(home), authorizationModelResource).patch(
      name,
      "apply",
      { apiVersion: "core.platform-mesh.io/v1alpha1", kind: "AuthorizationModel", metadata: { name }, spec } as never,
      { fieldManager: "security-operator", force: true },
    );
  }

  async function remove(binding: APIBinding, organization: string): Promise<void> {
    const home = binding.status?.apiExportClusterName;
    if (!home || !manager.engaged(home) || !isGenerated(binding)) return;
    let resources: ModelledResource[];
    try {
      resources = await exportedResources(manager, home, binding.spec.reference.export!.name);
    } catch (error) {
      // the export has gone: what it was bound as is known from the binding
      if (!hasReason(error, "NotFound")) throw error;
      resources = (binding.status?.boundResources ?? []).map(({ group, resource }) => ({
        group,
        plural: resource,
        singular: resource,
        namespaced: false,
      }));
    }
    const models = typed(manager.client.cluster(home), authorizationModelResource);
    for (const resource of resources) await found(models.delete(modelName(resource, organization)));
  }
}

/** lower case, dots as dashes @see spec platform-mesh/security §6 */
export const modelName = ({ group, plural }: Pick<ModelledResource, "group" | "plural">, organization: string): string =>
  `${group}-${plural}-${organization}`
    .toLowerCase()
    .replaceAll(".", "-")
    .replaceAll(/^-+|-+$/g, "");
