import type { KubeObject, LabelSelectorObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import {
  conditionsSchema,
  groupPattern,
  integer,
  kindSchema,
  labelSelectorSchema,
  object,
  resourcePattern,
  secretIdentitySchema,
  text,
} from "../../schema-parts.ts";

export const cacheGroup = "cache.kcp.io";

/** Publishes all objects of a cluster-scoped resource for reading elsewhere. @see spec apis §10 */
export interface ClusterCachedResource extends KubeObject {
  spec: {
    group?: string;
    version?: string;
    resource: string;
    labelSelector?: LabelSelectorObject;
    identity?: { secretRef?: { namespace?: string; name?: string } };
  };
  status?: {
    phase?: string;
    identityHash?: string;
    resourceCounts?: { local: number; cache: number };
    conditions?: Condition[];
  };
}

export const clusterCachedResources: ApiResource = apiResource(cacheGroup, "ClusterCachedResource", [
  {
    name: "v1alpha1",
    status: true,
    columns: [column("Resource", ".spec.resource", "What is published"), ageColumn],
    schema: kindSchema(
      "Publishes the objects of a cluster-scoped resource, to be read elsewhere.",
      {
        spec: object(
          {
            group: text({ pattern: groupPattern }),
            identity: secretIdentitySchema,
            labelSelector: labelSelectorSchema("Which objects are published; empty: all."),
            resource: text({ pattern: resourcePattern }),
            version: text(),
          },
          ["resource"],
        ),
        status: object({
          conditions: conditionsSchema,
          identityHash: text(),
          phase: text({
            enum: ["Scheduling", "Initializing", "Ready", "Deleting", "Deleted"],
            default: "Initializing",
          }),
          resourceCounts: object({ cache: integer(), local: integer() }, ["cache", "local"]),
        }),
      },
      ["spec"],
    ),
  },
]);
