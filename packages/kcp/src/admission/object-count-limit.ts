/** `core.kcp.io/LogicalClusterObjectCountLimit` @see spec tenancy §10 */
import type { AdmissionPlugin, ResourceDefinition } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { refuse } from "./requests.ts";

/** @param count objects of a cluster; may be as old as the scan interval */
export function objectCountLimit(paths: PathIndex, defaultLimit: number, count: (cluster: string) => Promise<number>): AdmissionPlugin {
  return {
    name: "core.kcp.io/LogicalClusterObjectCountLimit",
    handles: ({ operation, cluster, subresource, definition }) =>
      operation === "CREATE" && subresource === "" && !isExempt(cluster) && isCounted(definition) && limitOf(cluster) > 0,

    async validate(request) {
      const { cluster } = request;
      if (paths.get(cluster)?.phase !== "Ready") return;
      const limit = limitOf(cluster);
      const have = await count(cluster);
      if (have < limit) return;
      throw refuse(
        request,
        `logical cluster "${cluster}" has reached its total object count limit (${have}/${limit} objects); delete objects to free up capacity`,
      );
    },
  };

  /** the annotation wins; one that is no number does not count */
  function limitOf(cluster: string): number {
    const own = paths.get(cluster)?.maxTotalObjects;
    return own !== undefined && /^-?[0-9]{1,15}$/.test(own) ? Number(own) : defaultLimit;
  }
}

const isExempt = (cluster: string): boolean => cluster === "root" || cluster.startsWith("system:");
const isCounted = ({ resource, group, computed }: ResourceDefinition): boolean =>
  computed === undefined && !(resource === "events" && (group === "" || group === "events.k8s.io"));
