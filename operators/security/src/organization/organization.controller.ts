import { typed } from "@meshplane/client";
import type { ControllerOptions } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { identityProviderResource, isOrganizationPath, logicalClusterResource, pathOf } from "../context.ts";
import { found } from "../found.ts";
import { type OrganizationStep, organizationOf } from "./organization-steps.ts";

/** Organizations that have begun: the same steps again, so that changed settings and lost objects come right. @see spec platform-mesh/security §7 */
export const organizationController = (manager: ManagerContext, steps: readonly OrganizationStep[]): ControllerOptions => ({
  name: "OrgLogicalClusterReconciler",
  for: logicalClusterResource,
  filter: ({ key }) => isOrganizationPath(manager.engaged(key.cluster)?.path ?? ""),
  watches: [
    {
      resource: identityProviderResource,
      initial: false,
      keys: ({ key }) => {
        const cluster = manager.engaged(`root:orgs:${key.name}`)?.name;
        return cluster ? [{ cluster, namespace: "", name: "cluster" }] : [];
      },
    },
  ],
  workers: 2,
  async reconcile({ cluster }) {
    const logicalCluster = await found(typed(manager.client.cluster(cluster), logicalClusterResource).get("cluster"));
    if (logicalCluster?.status?.phase !== "Ready" || logicalCluster.metadata.deletionTimestamp) return undefined;
    const organization = organizationOf(logicalCluster, pathOf(logicalCluster) ?? "", cluster);
    for (const step of organization ? steps : []) {
      const verdict = await step.run(organization!);
      if (verdict.kind !== "complete") return "requeueAfterMs" in verdict ? { requeueAfterMs: verdict.requeueAfterMs! } : undefined;
    }
    return undefined;
  },
});
