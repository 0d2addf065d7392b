/** `apis.kcp.io/APIExportEndpointSlice` @see spec apis §4 */
import { apisGroup, type APIExportEndpointSlice } from "@meshplane/apis";
import type { AdmissionPlugin, Authorizer } from "@meshplane/apiserver";
import type { ExportIndex } from "../exports/export-index.ts";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { mayBind } from "./may-bind.ts";
import { isOn, refuse } from "./requests.ts";

export const apiExportEndpointSliceAdmission = (paths: PathIndex, exports: ExportIndex, deepAuthorize: Authorizer): AdmissionPlugin => ({
  name: "apis.kcp.io/APIExportEndpointSlice",
  handles: (request) => isOn(request, apisGroup, "apiexportendpointslices") && request.operation === "CREATE",

  async validate(request) {
    const { path, name } = (request.object as APIExportEndpointSlice).spec.export;
    const cluster = path ? paths.clusterOf(path) : request.cluster;
    if (cluster !== undefined && exports.get(cluster, name) && (await mayBind(deepAuthorize, request.context.user, cluster, name))) return;
    const shown = path ? `${path}:${name}` : name;
    throw refuse(request, `unable to create APIExportEndpointSlice: no permission to bind to export ${shown}`);
  },
});
