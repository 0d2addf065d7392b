/** Workspaces that begin: what their kind of account needs is made, then they are let go. @see spec platform-mesh/security §7, §8 */
import type { APIBinding, LogicalCluster } from "@meshplane/apis";
import { platformMeshExports, securityInitializer } from "@meshplane/apis/platform-mesh";
import { found, typed } from "@meshplane/client";
import type { ControllerOptions, ObjectKey, Result, Verdict } from "@meshplane/controller-runtime";
import { removeInitializer, type FleetClient } from "@meshplane/multicluster-provider";
import type { accountSteps } from "../account/account-step.ts";
import {
  accountInfoResource,
  identityProviderResource,
  inviteResource,
  isAccountPath,
  isOrganizationPath,
  logicalClusterResource,
  pathOf,
  storeResource,
} from "../context.ts";
import type { Workspaces } from "../workspaces.ts";
import { type OrganizationStep, organizationOf } from "./organization-steps.ts";
import type { Turns } from "./turns.ts";

export interface InitializerParts {
  /** the initializing workspaces */
  client: FleetClient;
  workspaces: Workspaces;
  steps: readonly OrganizationStep[];
  accounts: ReturnType<typeof accountSteps>;
  turns: Turns;
}

export function initializerController({ client, workspaces, steps, accounts, turns }: InitializerParts): ControllerOptions {
  return {
    name: "LogicalClusterInitializer",
    for: logicalClusterResource,
    watches: [
      // an organization waits for what the other controllers make of these, all of them named as it is
      ...[storeResource, identityProviderResource].map((resource) => ({
        resource,
        initial: false,
        keys: ({ key }: { key: ObjectKey }) => ofOrganization(key.name),
      })),
      ...[accountInfoResource, inviteResource].map((resource) => ({
        resource,
        initial: false,
        keys: ({ key }: { key: ObjectKey }) => [{ cluster: key.cluster, namespace: "", name: "cluster" }],
      })),
      // the core export reaches the workspace now
      {
        resource: { group: "apis.kcp.io", resource: "apibindings" },
        initial: false,
        keys: ({ key, object }) => {
          const binding = object() as APIBinding | undefined;
          const isCore = binding?.spec.reference.export?.name === platformMeshExports.core && binding.status?.phase === "Bound";
          return isCore ? [{ cluster: key.cluster, namespace: "", name: "cluster" }] : [];
        },
      },
    ],
    workers: 8,
    reconcile: ({ cluster }) => turns.take(cluster, () => begin(cluster)),
  };

  async function begin(cluster: string): Promise<Result> {
    const logicalCluster = await found(typed(client.cluster(cluster), logicalClusterResource).get("cluster"));
    if (!logicalCluster?.status?.initializers?.includes(securityInitializer)) return undefined;
    // deleted before it was ever ready: nothing is made for it any more, and nothing holds it
    const verdict = logicalCluster.metadata.deletionTimestamp ? undefined : await initialize(logicalCluster, cluster);
    if (verdict && verdict.kind !== "complete")
      return "requeueAfterMs" in verdict ? { requeueAfterMs: verdict.requeueAfterMs! } : undefined;
    await removeInitializer(client, cluster, securityInitializer);
    return undefined;
  }

  /** undefined: nothing of ours */
  async function initialize(logicalCluster: LogicalCluster, cluster: string): Promise<Verdict | undefined> {
    const path = pathOf(logicalCluster) ?? "";
    if (isAccountPath(path)) return accounts.begin(logicalCluster, path);
    if (!isOrganizationPath(path)) return undefined;
    const organization = organizationOf(logicalCluster, path, cluster);
    if (!organization) return { kind: "stopped", message: "LogicalCluster has no owner yet", requeueAfterMs: 1000 };
    for (const step of steps) {
      const verdict = await step.run(organization);
      if (verdict.kind !== "complete") return verdict;
    }
    return undefined;
  }

  function ofOrganization(name: string): ObjectKey[] {
    const cluster = workspaces.clusterOf(`root:orgs:${name}`);
    return cluster ? [{ cluster, namespace: "", name: "cluster" }] : [];
  }
}
