import type { KubeObject } from "../../../kube.ts";
import { apiResource, column, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, list, object, text } from "../../../schema-parts.ts";
import { standardConditionsSchema } from "../../schema-parts.ts";
import type { StandardConditionObject } from "../../standard-condition.ts";
import { platformMeshCoreGroup } from "../../well-known.ts";

/** Which accounts may bind an export. @see spec platform-mesh/security §2, §11 */
export interface APIExportPolicy extends KubeObject {
  spec: {
    apiExportRef: {
      name: string;
      /** path of the provider's workspace */
      clusterPath: string;
    };
    /** `:root:orgs:<org>[:<account>…][:*]` */
    allowPathExpressions: string[];
  };
  status?: { managedAllowExpressions?: string[]; conditions?: StandardConditionObject[] };
}

export const apiExportPolicies: ApiResource = apiResource(
  platformMeshCoreGroup,
  "APIExportPolicy",
  [
    {
      name: "v1alpha1",
      status: true,
      columns: [column("Export", ".spec.apiExportRef.name"), column("Ready", '.status.conditions[?(@.type=="Ready")].status')],
      schema: kindSchema("Says which accounts may bind an export.", {
        spec: object(
          {
            allowPathExpressions: list(text(), {
              minItems: 1,
              description: "Paths below root:orgs; with a star at the end: that account and all below.",
            }),
            apiExportRef: object({ clusterPath: text(), name: text() }, ["clusterPath", "name"]),
          },
          ["allowPathExpressions", "apiExportRef"],
        ),
        status: object({ conditions: standardConditionsSchema, managedAllowExpressions: list(text()) }),
      }),
    },
  ],
  { categories: [], plural: "apiexportpolicies" },
);
