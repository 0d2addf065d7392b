/** `apis.kcp.io/ClusterCachedResource` @see spec authz §8.2, apis §10 */
import { decodeJson, fieldInvalid } from "@meshplane/apimachinery";
import { cacheGroup, type ClusterCachedResource } from "@meshplane/apis";
import type { AdmissionPlugin } from "@meshplane/apiserver";
import { builtInIdentity, keyPrefix, type Store } from "@meshplane/storage";
import type { ClusterApisSource } from "../surfaces/cluster-apis.ts";
import { isOn, refuse } from "./requests.ts";

/** One per resource of a cluster, and only for cluster-scoped ones. */
export const clusterCachedResourceAdmission = (store: Store, apisOf: ClusterApisSource): AdmissionPlugin => ({
  name: "apis.kcp.io/ClusterCachedResource",
  handles: (request) => isOn(request, cacheGroup, "clustercachedresources") && request.operation === "CREATE",

  async validate(request) {
    const { group = "", version = "", resource } = (request.object as ClusterCachedResource).spec;
    const { surface } = await apisOf(request.cluster);
    if (surface.lookup(group, version, resource)?.namespaced)
      throw refuse(
        request,
        `spec: ${fieldInvalid("", resource, "Resource referenced in ClusterCachedResource must be cluster-scoped").detail}`,
      );
    const { records } = await store.range(keyPrefix(cacheGroup, "clustercachedresources", builtInIdentity, request.cluster));
    for (const { body } of records) {
      const { metadata, spec } = decodeJson(body).value as unknown as ClusterCachedResource;
      if (spec.resource === resource && (spec.group ?? "") === group && (spec.version ?? "") === version)
        throw refuse(request, `ClusterCachedResource ${metadata.name} already publishes this resource`);
    }
  },
});
