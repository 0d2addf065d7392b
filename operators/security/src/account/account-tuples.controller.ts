import { found, typed } from "@meshplane/client";
import type { ControllerOptions } from "@meshplane/controller-runtime";
import type { ManagerContext, Provider } from "@meshplane/multicluster-provider";
import { isAccountPath, logicalClusterResource, organizationOfPath, pathOf } from "../context.ts";
import type { Turns } from "../organization/turns.ts";
import { storeLost } from "../signals.ts";
import type { accountSteps } from "./account-step.ts";

/** Owners and parents of an organization's accounts, written again when its store has lost them. What people were granted besides is not known here. */
export const accountTuplesController = (
  manager: ManagerContext,
  clusters: Provider["clusters"],
  accounts: ReturnType<typeof accountSteps>,
  turns: Turns,
): ControllerOptions => ({
  name: "AccountTuplesReconciler",
  watches: [
    {
      resource: storeLost,
      initial: false,
      keys: ({ key }) =>
        clusters()
          .filter(({ path = "" }) => isAccountPath(path) && organizationOfPath(path) === key.name)
          .map(({ name }) => ({ cluster: name, namespace: "", name: "cluster" })),
    },
  ],
  workers: 2,
  reconcile: ({ cluster }) =>
    turns.take(cluster, async () => {
      const logicalCluster = await found(typed(manager.client.cluster(cluster), logicalClusterResource).get("cluster"));
      if (logicalCluster?.status?.phase !== "Ready" || logicalCluster.metadata.deletionTimestamp) return undefined;
      const verdict = await accounts.begin(logicalCluster, pathOf(logicalCluster) ?? "");
      return "requeueAfterMs" in verdict ? { requeueAfterMs: verdict.requeueAfterMs! } : undefined;
    }),
});
