import type { KubeObject, LabelSelectorObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import { atomicList, conditionsSchema, integer, kindSchema, list, mapOf, object, rules, text } from "../../schema-parts.ts";
import { topologyGroup } from "./partition.ts";

/** Makes one Partition per combination of label values. @see spec tenancy §9 */
export interface PartitionSet extends KubeObject {
  spec: { dimensions?: string[]; shardSelector?: LabelSelectorObject };
  status?: { count?: number; conditions?: Condition[] };
}

const prefixPattern = "^[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?$";
const namePattern = "^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";
/** clients see these texts in 422 answers */
const keyMessage = `Label key prefixes are optional and limited to 253 characters. They should match "${prefixPattern}". Names are limited to 63 characters and should match "${namePattern}". "/" is used as separator.`;
const valueMessage = `Label values are limited to 63 characters and should match "${namePattern}".`;
const operatorMessage =
  "There should be at least one value for In and NotIn operators. There should not be any value for Exists and DoesNotExist operators.";

const isLabelKey = (key: string): string =>
  `${key}.contains("/") ? (${key}.split("/", 2)[0].matches("${prefixPattern}") && ${key}.split("/", 2)[1].matches("${namePattern}")) : ${key}.matches("${namePattern}")`;

export const partitionSets: ApiResource = apiResource(topologyGroup, "PartitionSet", [
  {
    name: "v1alpha1",
    status: true,
    columns: [column("Count", ".status.count", "How many partitions it has"), ageColumn],
    schema: kindSchema(
      "Keeps one Partition per combination of label values that shards have.",
      {
        spec: object({
          dimensions: list(text(), { description: "Label keys whose values are told apart." }),
          shardSelector: object(
            {
              matchExpressions: {
                ...atomicList(
                  object(
                    {
                      key: text({ maxLength: 317, ...rules([isLabelKey("self"), keyMessage]) }),
                      operator: text({ enum: ["In", "NotIn", "Exists", "DoesNotExist"] }),
                      values: atomicList(text({ maxLength: 63, pattern: namePattern })),
                    },
                    ["key", "operator"],
                    rules([
                      'self.operator == "In" || self.operator == "NotIn" ? size(self.values) > 0 : !has(self.values)',
                      operatorMessage,
                    ]),
                  ),
                ),
                maxItems: 10,
              },
              matchLabels: mapOf(text({ maxLength: 380 }), {
                maxProperties: 10,
                ...rules([`self.all(k, ${isLabelKey("k")})`, keyMessage], [`self.all(k, self[k].matches("${namePattern}"))`, valueMessage]),
              }),
            },
            [],
            { "x-kubernetes-map-type": "atomic", description: "Shards that are partitioned." },
          ),
        }),
        status: object({
          conditions: conditionsSchema,
          count: integer({ description: "How many partitions it has." }),
        }),
      },
      ["spec"],
    ),
  },
]);
