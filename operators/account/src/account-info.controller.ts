import { type AccountInfo, platformMeshFinalizers } from "@meshplane/apis/platform-mesh";
import { complete, type ControllerOptions, reconcileLifecycle, stopped } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { type AccountContext, accountInfoResource, accountResource, safetyNet } from "./context.ts";

/** AccountInfo stays while accounts are in its workspace: their owners are found through it. @see spec platform-mesh/accounts §5 */
export const accountInfoController = ({ client }: ManagerContext, context: AccountContext): ControllerOptions => ({
  name: "AccountInfoReconciler",
  for: accountInfoResource,
  // the last account that goes lets the info go
  watches: [
    {
      resource: accountResource,
      initial: false,
      keys: ({ deleted, key }) => (deleted ? [{ cluster: key.cluster, namespace: "", name: "account" }] : []),
    },
  ],
  reconcile: reconcileLifecycle<AccountInfo>({
    client,
    resource: accountInfoResource,
    conditions: false,
    subroutines: [
      {
        name: "FinalizeAccountInfoSubroutine",
        finalizers: () => [platformMeshFinalizers.accountInfo],
        process: () => complete(),
        async finalize(_info, { cluster }) {
          const { items } = await context.accounts(cluster).list({ limit: 1 });
          return items.length > 0 ? stopped("Accounts still exist", safetyNet) : complete();
        },
      },
    ],
  }),
});
