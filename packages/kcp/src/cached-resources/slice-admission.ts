import { cacheGroup, type ClusterCachedResourceEndpointSlice } from "@meshplane/apis";
import type { AdmissionPlugin, Authorizer } from "@meshplane/apiserver";
import { isAllowed } from "../admission/may-bind.ts";
import { isOn, refuse } from "../admission/requests.ts";
import type { PathIndex } from "../logical-clusters/path-index.ts";

/**
 * Whoever passes on what another workspace publishes may see it there. Upstream asks nobody: there, any workspace's published objects can be had
 * by whoever knows their identity. The reference never changes, so its creation is the moment to ask.
 */
export const cachedSliceAdmission = (paths: PathIndex, deepAuthorize: Authorizer): AdmissionPlugin => ({
  name: "cache.kcp.io/ClusterCachedResourceEndpointSlice",
  handles: (request) => isOn(request, cacheGroup, "clustercachedresourceendpointslices") && request.operation === "CREATE",

  async validate(request) {
    const { path, name } = (request.object as ClusterCachedResourceEndpointSlice).spec.clusterCachedResource;
    const cluster = path ? paths.clusterOf(path) : request.cluster;
    if (cluster === request.cluster) return;
    const question = { verb: "get", cluster: cluster ?? "", group: cacheGroup, resource: "clustercachedresources", name };
    if (cluster !== undefined && (await isAllowed(deepAuthorize, request.context.user, question))) return;
    throw refuse(
      request,
      `unable to create ClusterCachedResourceEndpointSlice: no permission to get ClusterCachedResource ${path}:${name}`,
    );
  },
});
