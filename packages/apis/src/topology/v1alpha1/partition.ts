import type { KubeObject, LabelSelectorObject } from "../../kube.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import { kindSchema, labelSelectorSchema, object } from "../../schema-parts.ts";

export const topologyGroup = "topology.kcp.io";

/** A named set of shards. @see spec tenancy §9 */
export interface Partition extends KubeObject {
  spec: { selector?: LabelSelectorObject };
}

export const partitions: ApiResource = apiResource(topologyGroup, "Partition", [
  {
    name: "v1alpha1",
    columns: [column("Owner", ".metadata.ownerReferences[*].name"), ageColumn],
    schema: kindSchema(
      "A named set of shards.",
      {
        spec: object({ selector: labelSelectorSchema("Labels of the shards that belong to it.") }),
      },
      ["spec"],
    ),
  },
]);
