import { equalJson } from "@meshplane/apimachinery";
import { type APIBinding, type LogicalCluster } from "@meshplane/apis";
import { markTrue, ok, type Subroutine } from "@meshplane/controller-runtime";
import { apiBindingResource, find, type ReconcilerParts } from "../parts.ts";
import { acceptedClaims, bindingOf, maintainedBindingsOf } from "./default-bindings.ts";

/** Types may ask that their bindings' claims stay as the exports say. @see spec tenancy §5.1 */
export const maintainedBindings =
  (parts: ReconcilerParts): Subroutine<LogicalCluster> =>
  async (logicalCluster, { cluster }) => {
    if (logicalCluster.status?.phase !== "Ready" || logicalCluster.metadata.deletionTimestamp) return ok;
    const wanted = await maintainedBindingsOf(logicalCluster, cluster, parts).catch(() => []);
    const maintained = wanted.filter(({ claims }) => claims !== undefined);
    for (const binding of maintained) {
      const found = await find<APIBinding>(parts.client, cluster, apiBindingResource, binding.name);
      const client = parts.client.cluster(cluster).resource<APIBinding>(apiBindingResource);
      if (!found) await client.create(bindingOf(binding));
      else if (!sameClaims(found.spec.permissionClaims ?? [], acceptedClaims(binding.claims!)))
        await client.update({ ...found, spec: { ...found.spec, permissionClaims: acceptedClaims(binding.claims!) } });
    }
    if (maintained.length > 0) markTrue(logicalCluster, "APIBindingsReconciled");
    return ok;
  };

const sameClaims = (a: object[], b: object[]): boolean => equalJson(a.map(withoutEmpty), b.map(withoutEmpty));
const withoutEmpty = (claim: object): object => Object.fromEntries(Object.entries(claim).filter(([, value]) => value !== ""));
