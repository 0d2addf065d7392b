/** What an account needs before anybody may enter: its owner, and the account that it is in. @see spec platform-mesh/security §8 */
import { found } from "@meshplane/client";
import type { LogicalCluster } from "@meshplane/apis";
import { complete, stopped, type Verdict } from "@meshplane/controller-runtime";
import { type OpenFga, OpenFgaError } from "@meshplane/rebac";
import { accountResource, logicalClusterResource, organizationOfPath, safetyNet } from "../context.ts";
import type { StoreIds } from "../store/store-ids.ts";
import { writeTuples } from "../tuples/managed-tuples.ts";
import type { Workspaces } from "../workspaces.ts";
import { TuplesInside } from "./tuples-inside.ts";
import { type AccountPlace, ownerTuples, parentTuple, tuplesOfAccount } from "./account-tuples.ts";

export interface AccountStepParts {
  fga: OpenFga;
  workspaces: Workspaces;
  stores: StoreIds;
}

/** @returns undefined when the LogicalCluster tells too little */
export function placeOf(logicalCluster: LogicalCluster): AccountPlace | undefined {
  const { cluster, name } = logicalCluster.spec.owner ?? {};
  return cluster && name ? { originCluster: cluster, name } : undefined;
}

export function accountSteps({ fga, workspaces, stores }: AccountStepParts) {
  const inside = new TuplesInside(fga);
  return {
    async begin(logicalCluster: LogicalCluster, path: string): Promise<Verdict> {
      const place = placeOf(logicalCluster);
      if (!place) return stopped("LogicalCluster has no owner yet", safetyNet);
      const storeId = await stores.of(organizationOfPath(path)!);
      if (!storeId) return stopped("store id is empty", safetyNet);
      const accounts = workspaces.core(place.originCluster, accountResource);
      const account = accounts && (await found(accounts.get(place.name)));
      if (!account) return stopped(`Account ${place.name} not found yet`, safetyNet);
      if (!account.spec.creator) throw new Error("account creator is nil or empty");
      const parent = await found(workspaces.core(place.originCluster, logicalClusterResource)!.get("cluster"));
      const parentPlace = parent && placeOf(parent);
      if (!parentPlace) return stopped("LogicalCluster of the parent has no owner yet", safetyNet);
      await writeTuples(fga, storeId, { writes: [...ownerTuples(place, account.spec.creator), parentTuple(place, parentPlace)] });
      return complete();
    },

    /** A store that is missing already holds nothing to take away. */
    async end(logicalCluster: LogicalCluster, path: string, cluster: string): Promise<Verdict> {
      const place = placeOf(logicalCluster);
      const storeId = place && (await stores.of(organizationOfPath(path)!));
      if (!place || !storeId) return complete();
      try {
        await writeTuples(fga, storeId, { deletes: await tuplesOfAccount(fga, storeId, place) });
        await inside.remove(storeId, cluster);
      } catch (error) {
        if (!(error instanceof OpenFgaError && error.code === "store_id_not_found")) throw error;
      }
      return complete();
    },
  };
}
