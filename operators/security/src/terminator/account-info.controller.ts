import { type AccountInfo, platformMeshFinalizers } from "@meshplane/apis/platform-mesh";
import { typed } from "@meshplane/client";
import { complete, type ControllerOptions, reconcileLifecycle, stopped } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { accountInfoResource, apiBindingResource } from "../context.ts";

/** AccountInfo stays while bindings need it to find their organization. @see spec platform-mesh/accounts §5 */
export const accountInfoController = (manager: ManagerContext): ControllerOptions => ({
  name: "AccountInfoReconciler",
  for: accountInfoResource,
  watches: [
    {
      resource: apiBindingResource,
      initial: false,
      keys: ({ key, deleted }) => (deleted ? [{ cluster: key.cluster, namespace: "", name: "account" }] : []),
    },
  ],
  reconcile: reconcileLifecycle<AccountInfo>({
    client: manager.client,
    resource: accountInfoResource,
    conditions: false,
    subroutines: [
      {
        name: "AccountInfoFinalizer",
        finalizers: () => [platformMeshFinalizers.accountInfoBindings],
        process: () => complete(),
        async finalize(_info, { cluster }) {
          const { items } = await typed(manager.client.cluster(cluster), apiBindingResource).list();
          const held = items.some(({ metadata }) => metadata.finalizers?.includes(platformMeshFinalizers.apiBinding));
          return held ? stopped("bindings still exist", { afterSeconds: 5 }) : complete();
        },
      },
    ],
  }),
});
