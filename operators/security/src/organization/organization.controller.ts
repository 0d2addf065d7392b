import { found, typed } from "@meshplane/client";
import { platformMeshPaths } from "@meshplane/apis/platform-mesh";
import type { Change, ControllerOptions, Result } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { identityProviderResource, isOrganizationPath, logicalClusterResource, pathOf, storeResource } from "../context.ts";
import { type OrganizationStep, organizationOf } from "./organization-steps.ts";
import type { Turns } from "./turns.ts";

/** Organizations that have begun: the same steps again, so that changed settings and lost objects come right. @see spec platform-mesh/security §7 */
export const organizationController = (manager: ManagerContext, steps: readonly OrganizationStep[], turns: Turns): ControllerOptions => ({
  name: "OrgLogicalClusterReconciler",
  for: logicalClusterResource,
  filter: ({ key }) => isOrganizationPath(manager.engaged(key.cluster)?.path ?? ""),
  watches: [
    ...[identityProviderResource, storeResource].map((resource) => ({
      resource,
      initial: false,
      keys: ({ key }: Change) => {
        const cluster = manager.engaged(`${platformMeshPaths.organizations}:${key.name}`)?.name;
        return cluster ? [{ cluster, namespace: "", name: "cluster" }] : [];
      },
    })),
  ],
  workers: 2,
  reconcile: ({ cluster }) =>
    turns.take(cluster, async (): Promise<Result> => {
      const logicalCluster = await found(typed(manager.client.cluster(cluster), logicalClusterResource).get("cluster"));
      if (logicalCluster?.status?.phase !== "Ready" || logicalCluster.metadata.deletionTimestamp) return undefined;
      const organization = organizationOf(logicalCluster, pathOf(logicalCluster) ?? "", cluster);
      for (const step of organization ? steps : []) {
        const verdict = await step.run(organization!);
        if (verdict.kind !== "complete") return "requeueAfterMs" in verdict ? { requeueAfterMs: verdict.requeueAfterMs! } : undefined;
      }
      return undefined;
    }),
});
