import type { KubeObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import { conditionsSchema, endpointsSchema, exportReferenceSchema, kindSchema, object, rules, text } from "../../schema-parts.ts";
import { cacheGroup } from "./cluster-cached-resource.ts";

/** Where the objects of a ClusterCachedResource are read. @see spec apis §10 */
export interface ClusterCachedResourceEndpointSlice extends KubeObject {
  spec: {
    clusterCachedResource: { path?: string; name: string };
    export: { path?: string; name: string };
    partition?: string;
  };
  status?: { endpoints?: { url: string }[]; shardSelector?: string; conditions?: Condition[] };
}

export const clusterCachedResourceEndpointSlices: ApiResource = apiResource(cacheGroup, "ClusterCachedResourceEndpointSlice", [
  {
    name: "v1alpha1",
    status: true,
    columns: [column("ClusterCachedResource", ".spec.clusterCachedResource.name"), ageColumn],
    schema: kindSchema("Where the objects of a ClusterCachedResource are read.", {
      spec: object(
        {
          clusterCachedResource: exportReferenceSchema(rules(["self == oldSelf", "ClusterCachedResource reference must not be changed"])),
          export: exportReferenceSchema(rules(["self == oldSelf", "APIExport reference must not be changed"])),
          partition: text(),
        },
        ["clusterCachedResource", "export"],
      ),
      status: object({
        conditions: conditionsSchema,
        endpoints: endpointsSchema,
        shardSelector: text(),
      }),
    }),
  },
]);
