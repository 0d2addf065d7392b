/** What is bound in an organization is covered by its model: one AuthorizationModel per resource and organization. @see spec platform-mesh/security §6 */
import type { APIBinding } from "@meshplane/apis";
import {
  accountInfoName,
  type AuthorizationModel,
  platformMeshExports,
  platformMeshFinalizers,
  platformMeshPaths,
} from "@meshplane/apis/platform-mesh";
import { found, typed } from "@meshplane/client";
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
import { resourceModule, type ModelledResource } from "../model/resource-module.ts";
import type { BindingIndex } from "./binding-index.ts";
import { generatedLabel, isGenerated } from "./generated.ts";

/** Names of default bindings hold their export's: these come and go with the workspace. */
const isOrdinary = (name: string): boolean => !name.includes("platform-mesh.io") && !name.includes("kcp.io");

export function modelGeneratorController(manager: ManagerContext, bindings: BindingIndex): ControllerOptions {
  return {
    name: "APIBindingReconciler",
    for: apiBindingResource,
    filter: ({ key, object, previous }) => {
      const binding = (object() ?? previous()) as APIBinding | undefined;
      return binding !== undefined && isGenerated(binding) && organizationOf(key.cluster) !== undefined;
    },
    watches: [
      // an export that gains a resource: one binding of each organization speaks for all of them
      {
        resource: apiExportResource,
        initial: false,
        keys: ({ key, deleted }) => (deleted ? [] : bindings.oneOfEach({ cluster: key.cluster, name: key.name })),
      },
      // a model that somebody deleted, or that went while another binding came
      {
        resource: authorizationModelResource,
        initial: false,
        keys: ({ key, deleted, previous }) => {
          const organization = deleted ? (previous() as AuthorizationModel | undefined)?.spec.storeRef.name : undefined;
          return organization ? bindings.oneOfEachExport(organization, key.cluster) : [];
        },
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
            if (organization) await remove(binding, organization);
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
    // by the path: what AccountInfo says could have been written by whoever rules the workspace
    const organization = organizationOf(cluster);
    const organizations = manager.engaged(platformMeshPaths.organizations)?.name;
    if (!organization || !organizations) return stopped(`${platformMeshPaths.organizations} is not there yet`, safetyNet);
    const wanted = await exportedResources(manager, home, binding.spec.reference.export!.name);
    for (const resource of wanted) await ensure(home, resource, organization, organizations);
    // what is bound is named by its export, but its schema is not there (yet)
    const bound = binding.status.boundResources ?? [];
    const missing = bound.find(({ group, resource }) => !wanted.some((one) => one.group === group && one.plural === resource));
    return missing ? stopped(`schema of ${missing.resource}.${missing.group} not found`, safetyNet) : complete();
  }

  async function ensure(home: string, resource: ModelledResource, organization: string, originClusterId: string): Promise<void> {
    let model: string;
    try {
      model = resourceModule(resource);
    } catch (error) {
      // nobody may use it, and the others are not held up
      if (error instanceof RangeError) return;
      throw error;
    }
    const spec: AuthorizationModel["spec"] = { model, storeRef: { name: organization, cluster: originClusterId } };
    const name = modelName(resource, organization);
    const known = manager.lister<AuthorizationModel>(authorizationModelResource).get({ cluster: home, name });
    // one that goes comes back to us when it has gone
    if (known?.metadata.deletionTimestamp) return;
    if (known?.spec.model === model && known.spec.storeRef.cluster === originClusterId && known.spec.storeRef.name === organization) return;
    await typed(manager.client.cluster(home), authorizationModelResource).patch(
      name,
      "apply",
      {
        apiVersion: "core.platform-mesh.io/v1alpha1",
        kind: "AuthorizationModel",
        metadata: { name, labels: { [generatedLabel]: organization } },
        spec,
      } as never,
      { fieldManager: "security-operator", force: true },
    );
  }

  /** The organization's models of what nothing else that it has bound shares. */
  async function remove(binding: APIBinding, organization: string): Promise<void> {
    const home = binding.status?.apiExportClusterName;
    const name = binding.spec.reference.export?.name;
    if (!home || !name || !manager.engaged(home) || !isGenerated(binding)) return;
    const others = bindings.exportsOf(organization, home);
    if (others.includes(name)) return;
    const shared = await exportedResources(manager, home, name);
    // also what the export shared once, and all of an export that has gone
    const bound = (binding.status?.boundResources ?? []).map(({ group, resource }) => ({ group, plural: resource }));
    const going = new Set([...shared, ...bound].map((one) => modelName(one, organization)));
    for (const other of others)
      for (const resource of await exportedResources(manager, home, other)) going.delete(modelName(resource, organization));
    const models = typed(manager.client.cluster(home), authorizationModelResource);
    for (const one of going) await found(models.delete(one));
  }
}

/** lower case, dots as dashes @see spec platform-mesh/security §6 */
export const modelName = ({ group, plural }: Pick<ModelledResource, "group" | "plural">, organization: string): string =>
  `${group}-${plural}-${organization}`
    .toLowerCase()
    .replaceAll(".", "-")
    .replaceAll(/^-+|-+$/g, "");
