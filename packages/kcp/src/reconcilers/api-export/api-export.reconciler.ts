/** An export's identity and its endpoint slice. @see spec apis §3.5 */
import { apisGroup, type APIExport } from "@meshplane/apis";
import { reconcileBySubroutines, type ControllerOptions } from "@meshplane/controller-runtime";
import { apiExportResource, type ReconcilerParts } from "../parts.ts";
import { defaultEndpointSlice } from "./default-endpoint-slice.ts";
import { identity } from "./identity.ts";

export const apiExportController = (parts: ReconcilerParts): ControllerOptions => ({
  name: "apiexports",
  for: { group: apisGroup, resource: "apiexports" },
  watches: [
    {
      // a missing or changed identity secret
      resource: { group: "", resource: "secrets" },
      keys: ({ key }) => [...parts.exports.inCluster(key.cluster)].map(({ name }) => ({ cluster: key.cluster, namespace: "", name })),
      initial: false,
    },
  ],
  reconcile: reconcileApiExport(parts),
});

export const reconcileApiExport = (parts: ReconcilerParts) =>
  reconcileBySubroutines<APIExport>({
    client: parts.client,
    resource: apiExportResource,
    subroutines: [identity(parts), defaultEndpointSlice(parts)],
  });
