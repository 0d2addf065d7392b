import type { KubeObject } from "../../../kube.ts";
import { apiResource, column, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, object, text } from "../../../schema-parts.ts";
import { standardConditionsSchema, tuplesSchema } from "../../schema-parts.ts";
import type { StandardConditionObject } from "../../standard-condition.ts";
import { platformMeshCoreGroup } from "../../well-known.ts";

export interface RelationshipTuple {
  object: string;
  relation: string;
  user: string;
}

/** The relationship store of an organization (kind Store); in `root:orgs`, named as the organization. @see spec platform-mesh/security §2 */
export interface RelationshipStore extends KubeObject {
  spec: {
    /** the module that all others extend, in OpenFGA's language */
    coreModule: string;
    tuples?: RelationshipTuple[];
  };
  status?: {
    storeId?: string;
    authorizationModelId?: string;
    /** of those in spec: what was written last */
    managedTuples?: RelationshipTuple[];
    conditions?: StandardConditionObject[];
  };
}

export const relationshipStores: ApiResource = apiResource(
  platformMeshCoreGroup,
  "Store",
  [
    {
      name: "v1alpha1",
      status: true,
      columns: [column("Store ID", ".status.storeId"), column("Ready", '.status.conditions[?(@.type=="Ready")].status')],
      schema: kindSchema("A relationship store: the core of its model, and tuples that are always in it.", {
        spec: object(
          {
            coreModule: text({ description: "The module that all others extend, in OpenFGA's language." }),
            tuples: tuplesSchema("Tuples that are written and kept."),
          },
          ["coreModule"],
        ),
        status: object({
          authorizationModelId: text(),
          conditions: standardConditionsSchema,
          managedTuples: tuplesSchema("What was written of the tuples above."),
          storeId: text(),
        }),
      }),
    },
  ],
  { categories: [] },
);
