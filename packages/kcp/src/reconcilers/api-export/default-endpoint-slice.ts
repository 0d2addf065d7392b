import { pathAnnotation, skipEndpointSliceAnnotation, type APIExport, type APIExportEndpointSlice } from "@meshplane/apis";
import { ok, type Subroutine } from "@meshplane/controller-runtime";
import { endpointSliceResource, ensure, find, type ReconcilerParts } from "../parts.ts";

/** An endpoint slice of the export's name that goes when the export goes, unless the provider wants none. */
export const defaultEndpointSlice =
  ({ client }: ReconcilerParts): Subroutine<APIExport> =>
  async ({ metadata }, { cluster }) => {
    if (metadata.deletionTimestamp || metadata.annotations?.[skipEndpointSliceAnnotation] !== undefined) return ok;
    if (await find(client, cluster, endpointSliceResource, metadata.name!)) return ok;
    const path = metadata.annotations?.[pathAnnotation];
    const slice: APIExportEndpointSlice = {
      apiVersion: "apis.kcp.io/v1alpha1",
      kind: "APIExportEndpointSlice",
      metadata: {
        name: metadata.name!,
        ownerReferences: [{ apiVersion: "apis.kcp.io/v1alpha1", kind: "APIExport", name: metadata.name!, uid: metadata.uid! }],
      },
      spec: { export: { name: metadata.name!, ...(path ? { path } : {}) } },
    };
    await ensure(client, cluster, endpointSliceResource, slice);
    return ok;
  };
