/** Workspaces that end: what was made for their account is unmade, then they are let go. @see spec platform-mesh/accounts §5, security §8 */
import type { KubeObject } from "@meshplane/apimachinery";
import { platformMeshPaths, securityInitializer } from "@meshplane/apis/platform-mesh";
import { found, type ResourceClient, typed } from "@meshplane/client";
import { complete, type ControllerOptions, type ObjectKey, type Result, stopped, type Verdict } from "@meshplane/controller-runtime";
import { removeTerminator, type FleetClient } from "@meshplane/multicluster-provider";
import type { accountSteps } from "../account/account-step.ts";
import {
  authenticationConfigurationResource,
  identityProviderResource,
  isAccountPath,
  isOrganizationPath,
  logicalClusterResource,
  pathOf,
  safetyNet,
  storeResource,
} from "../context.ts";
import type { Turns } from "../organization/turns.ts";
import type { Workspaces } from "../workspaces.ts";

export interface TerminatorParts {
  /** the terminating workspaces */
  client: FleetClient;
  workspaces: Workspaces;
  accounts: ReturnType<typeof accountSteps>;
  turns: Turns;
  /** logical cluster of an organization whose workspace is ending, by its name */
  terminatingOf: (organization: string) => string | undefined;
}

export function terminatorController({ client, workspaces, accounts, turns, terminatingOf }: TerminatorParts): ControllerOptions {
  return {
    name: "LogicalClusterTerminator",
    for: logicalClusterResource,
    // the store and the realm have gone: their organization may go on
    watches: [storeResource, identityProviderResource].map((resource) => ({
      resource,
      initial: false,
      keys: ({ key, deleted }) => {
        const cluster = deleted ? terminatingOf(key.name) : undefined;
        return cluster ? [{ cluster, namespace: "", name: "cluster" } satisfies ObjectKey] : [];
      },
    })),
    workers: 8,
    // what begins the workspace may still be at work: it makes nothing again once we have had our turn
    reconcile: ({ cluster }) => turns.take(cluster, () => end(cluster)),
  };

  async function end(cluster: string): Promise<Result> {
    const logicalCluster = await found(typed(client.cluster(cluster), logicalClusterResource).get("cluster"));
    if (!logicalCluster?.status?.terminators?.includes(securityInitializer)) return undefined;
    const path = pathOf(logicalCluster) ?? "";
    const verdict = isAccountPath(path)
      ? await accounts.end(logicalCluster, path, cluster)
      : isOrganizationPath(path)
        ? await endOrganization(path.slice(path.lastIndexOf(":") + 1))
        : complete();
    if (verdict.kind !== "complete") return "requeueAfterMs" in verdict ? { requeueAfterMs: verdict.requeueAfterMs! } : undefined;
    await removeTerminator(client, cluster, securityInitializer);
    return undefined;
  }

  async function endOrganization(name: string): Promise<Verdict> {
    const gone = await Promise.all([
      remove(workspaces.core(platformMeshPaths.organizations, storeResource)!, name),
      remove(workspaces.identityProviders(), name),
      remove(workspaces.organizations(authenticationConfigurationResource), name),
    ]);
    return gone.every(Boolean) ? complete() : stopped("waiting for the organization's store and realm to go", safetyNet);
  }
}

/** @returns whether it has gone */
async function remove<T extends KubeObject>(resource: ResourceClient<T>, name: string): Promise<boolean> {
  const current = await found(resource.get(name));
  if (!current) return true;
  if (!current.metadata.deletionTimestamp) await found(resource.delete(name));
  return (await found(resource.get(name))) === undefined;
}
