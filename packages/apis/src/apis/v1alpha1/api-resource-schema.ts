import type { JsonSchema } from "@meshplane/apimachinery";
import type { KubeObject } from "../../kube.ts";
import { ageColumn, apiResource, type ApiResource } from "../../api-resource.ts";
import { atomicList, flag, integer, kindSchema, mapList, object, rules, text, versionPattern } from "../../schema-parts.ts";

export const apisGroup = "apis.kcp.io";

export interface APIResourceVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  /** the schema itself, not below `openAPIV3Schema` */
  schema: JsonSchema;
  subresources?: {
    status?: Record<string, never>;
    scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  };
  additionalPrinterColumns?: {
    name: string;
    type: string;
    format?: string;
    description?: string;
    priority?: number;
    jsonPath: string;
  }[];
  selectableFields?: { jsonPath: string }[];
}

export interface APIResourceSchemaSpec {
  group: string;
  names: {
    plural: string;
    singular?: string;
    kind: string;
    listKind?: string;
    shortNames?: string[];
    categories?: string[];
  };
  scope: "Cluster" | "Namespaced";
  nameValidation?: "DNS1123Subdomain" | "PathSegmentName";
  versions: APIResourceVersion[];
  conversion?: {
    strategy: "None" | "Webhook";
    webhook?: {
      clientConfig?: { url?: string; caBundle?: string };
      conversionReviewVersions: string[];
    };
  };
}

/** An API to be exported; immutable. @see spec apis §1 */
export interface APIResourceSchema extends KubeObject {
  spec: APIResourceSchemaSpec;
}

export const apiResourceSchemas: ApiResource = apiResource(apisGroup, "APIResourceSchema", [
  {
    name: "v1alpha1",
    columns: [ageColumn],
    schema: kindSchema("An API that exports can offer. It does not change once it is written.", {
      spec: object(
        {
          conversion: object(
            {
              strategy: text({ enum: ["None", "Webhook"] }),
              webhook: object(
                {
                  clientConfig: object({
                    caBundle: text({ format: "byte" }),
                    url: text({ format: "uri" }),
                  }),
                  conversionReviewVersions: atomicList(text()),
                },
                ["conversionReviewVersions"],
              ),
            },
            ["strategy"],
            {
              description: "How objects get from one version to another.",
              ...rules([
                "self.strategy == 'None' ? !has(self.webhook) : (self.strategy == 'Webhook' && has(self.webhook))",
                "Webhook must be specified if strategy=Webhook",
              ]),
            },
          ),
          group: text({ description: "Group of the API; empty: the core group." }),
          nameValidation: text({
            enum: ["DNS1123Subdomain", "PathSegmentName"],
            default: "DNS1123Subdomain",
            description: "Which object names are valid.",
          }),
          names: object(
            {
              categories: atomicList(text()),
              kind: text(),
              listKind: text(),
              plural: text(),
              shortNames: atomicList(text()),
              singular: text(),
            },
            ["kind", "plural"],
          ),
          scope: text({ enum: ["Cluster", "Namespaced"] }),
          versions: mapList(
            ["name"],
            object(
              {
                additionalPrinterColumns: mapList(
                  ["name"],
                  object(
                    {
                      description: text(),
                      format: text(),
                      jsonPath: text(),
                      name: text(),
                      priority: integer({ format: "int32" }),
                      type: text(),
                    },
                    ["jsonPath", "name", "type"],
                  ),
                ),
                deprecated: flag(),
                deprecationWarning: text(),
                name: text({ minLength: 1, pattern: versionPattern }),
                schema: {
                  type: "object",
                  description: "OpenAPI v3 schema of the objects.",
                  "x-kubernetes-map-type": "atomic",
                  "x-kubernetes-preserve-unknown-fields": true,
                },
                selectableFields: atomicList(object({ jsonPath: text() }, ["jsonPath"])),
                served: flag({ default: true }),
                storage: flag(),
                subresources: object({
                  scale: object(
                    {
                      labelSelectorPath: text(),
                      specReplicasPath: text(),
                      statusReplicasPath: text(),
                    },
                    ["specReplicasPath", "statusReplicasPath"],
                  ),
                  status: { type: "object" },
                }),
              },
              ["name", "schema", "served", "storage"],
            ),
            { minItems: 1, description: "Versions of the API; exactly one is stored." },
          ),
        },
        ["group", "names", "scope", "versions"],
        rules([
          "size(self.versions) == 1 || (has(self.conversion) && size(self.versions) > 1)",
          "Conversion must be specified when multiple versions exist",
        ]),
      ),
    }),
  },
]);
