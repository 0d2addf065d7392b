import type { KubeObject, LabelSelectorObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import { conditionsSchema, endpointsSchema, exportReferenceSchema, kindSchema, object, rules, text } from "../../schema-parts.ts";
import { apisGroup } from "./api-resource-schema.ts";

/** Where the consumers of an export are found. @see spec apis §4 */
export interface APIExportEndpointSlice extends KubeObject {
  spec: { export: { path?: string; name: string }; partition?: string };
  status?: {
    endpoints?: { url: string; shards?: { matchAll?: boolean; selector?: LabelSelectorObject } }[];
    shardSelector?: string;
    conditions?: Condition[];
  };
}

export const apiExportEndpointSlices: ApiResource = apiResource(apisGroup, "APIExportEndpointSlice", [
  {
    name: "v1alpha1",
    status: true,
    columns: [column("Export", ".spec.export.name"), column("Partition", ".spec.partition"), ageColumn],
    schema: kindSchema("Where a provider finds the objects of its consumers.", {
      spec: object(
        {
          export: exportReferenceSchema({
            description: "The export; it does not change.",
            ...rules(["self == oldSelf", "APIExport reference must not be changed"]),
          }),
          partition: text({
            description: "A Partition, in this workspace, that narrows the shards.",
          }),
        },
        ["export"],
      ),
      status: object({
        conditions: conditionsSchema,
        endpoints: endpointsSchema,
        shardSelector: text({ description: "The partition's selector, as text." }),
      }),
    }),
  },
]);
