import { hasReason } from "@meshplane/apimachinery";
import { clusterNameAnnotation, logicalClusterName, workspaceFinalizer, type LogicalCluster, type Workspace } from "@meshplane/apis";
import { ok, type Subroutine } from "@meshplane/controller-runtime";
import { find, logicalClusterResource, type ReconcilerParts } from "../parts.ts";

/** Holds the Workspace until its logical cluster has gone; waits for everybody else's finalizers first. @see spec tenancy §4.7 */
export const deletion =
  ({ client }: ReconcilerParts): Subroutine<Workspace> =>
  async (workspace) => {
    const { metadata, spec } = workspace;
    if (!metadata.deletionTimestamp || !metadata.finalizers?.includes(workspaceFinalizer)) return ok;
    const cluster = spec.cluster ?? metadata.annotations?.[clusterNameAnnotation];
    if (metadata.finalizers.length > 1) return ok;
    const logicalCluster = cluster ? await find<LogicalCluster>(client, cluster, logicalClusterResource, logicalClusterName) : undefined;
    if (!cluster || !logicalCluster || logicalCluster.spec.owner?.uid !== metadata.uid) {
      metadata.finalizers = [];
      return ok;
    }
    if (!logicalCluster.metadata.deletionTimestamp) await remove(cluster);
    return ok;

    async function remove(name: string): Promise<void> {
      try {
        await client.cluster(name).resource(logicalClusterResource).delete(logicalClusterName);
      } catch (error) {
        if (!hasReason(error, "NotFound")) throw error;
      }
    }
  };
