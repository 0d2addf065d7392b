import { inactiveAnnotation, legacyInactiveAnnotation, shardAnnotation, type LogicalCluster } from "@meshplane/apis";
import { ok, type Subroutine } from "@meshplane/controller-runtime";
import { withoutSlash, type ReconcilerParts } from "../parts.ts";

/** Address, shard, and the phases that follow from annotations and deletion. */
export const activity =
  ({ shard, endWatches }: ReconcilerParts): Subroutine<LogicalCluster> =>
  (logicalCluster, { cluster }) => {
    const { metadata } = logicalCluster;
    const status = (logicalCluster.status ??= {});
    status.URL = `${withoutSlash(shard.externalURL)}/clusters/${cluster}`;
    if (metadata.annotations?.[shardAnnotation] !== shard.name)
      metadata.annotations = { ...metadata.annotations, [shardAnnotation]: shard.name };
    if (metadata.deletionTimestamp) {
      const next = status.terminators?.length ? "Terminating" : "Deleting";
      if (next === "Deleting" && status.phase !== "Deleting") endWatches(cluster);
      status.phase = next;
      return ok;
    }
    if (!status.phase || status.phase === "Scheduling") status.phase = "Initializing"; // it exists, so it has been scheduled
    const inactive = metadata.annotations?.[inactiveAnnotation] === "true" || metadata.annotations?.[legacyInactiveAnnotation] === "true";
    if (status.phase === "Ready" && inactive) {
      status.phase = "Inactive";
      endWatches(cluster);
      endWatches("*"); // theirs show the cluster too
    } else if (status.phase === "Inactive" && !inactive) status.phase = "Ready";
    return ok;
  };
