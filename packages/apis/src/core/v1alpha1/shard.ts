import type { KubeObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import { conditionsSchema, kindSchema, mapOf, object, text } from "../../schema-parts.ts";
import { coreGroup } from "./logical-cluster.ts";

/** A server that hosts logical clusters. @see spec tenancy §9 */
export interface Shard extends KubeObject {
  spec: { baseURL: string; externalURL?: string; virtualWorkspaceURL?: string };
  status?: { conditions?: Condition[]; capacity?: Record<string, string | number> };
}

const url = (description: string) => text({ format: "uri", minLength: 1, description });
const quantityPattern =
  "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$";

export const shards: ApiResource = apiResource(coreGroup, "Shard", [
  {
    name: "v1alpha1",
    status: true,
    columns: [
      column("Region", ".metadata.labels['region']", "Where it stands"),
      column("URL", ".spec.baseURL", "Its own address"),
      column("External URL", ".spec.externalURL", "The address that workspaces on it carry"),
      ageColumn,
    ],
    schema: kindSchema("A server that hosts logical clusters.", {
      spec: object(
        {
          baseURL: url("Its own address, for other parts of the control plane."),
          externalURL: url("The address that users see."),
          virtualWorkspaceURL: url("Where its virtual workspaces are served."),
        },
        ["baseURL"],
      ),
      status: object({
        capacity: mapOf({
          anyOf: [{ type: "integer" }, { type: "string" }],
          pattern: quantityPattern,
          "x-kubernetes-int-or-string": true,
        }),
        conditions: conditionsSchema,
      }),
    }),
  },
]);
