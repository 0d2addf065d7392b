import type { KubeObject } from "../../../kube.ts";
import { apiResource, column, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, object, text } from "../../../schema-parts.ts";
import { standardConditionsSchema, tuplesSchema } from "../../schema-parts.ts";
import type { StandardConditionObject } from "../../standard-condition.ts";
import { platformMeshCoreGroup } from "../../well-known.ts";
import type { RelationshipTuple } from "./store.ts";

/** What a provider adds to an organization's relationship model. @see spec platform-mesh/security §2 */
export interface AuthorizationModel extends KubeObject {
  spec: {
    storeRef: {
      name: string;
      /** logical cluster that holds the Store */
      cluster: string;
      /** @deprecated not read */
      path?: string;
    };
    /** a module in OpenFGA's language */
    model: string;
    tuples?: RelationshipTuple[];
  };
  status?: { managedTuples?: RelationshipTuple[]; conditions?: StandardConditionObject[] };
}

export const authorizationModels: ApiResource = apiResource(
  platformMeshCoreGroup,
  "AuthorizationModel",
  [
    {
      name: "v1alpha1",
      status: true,
      columns: [column("Store", ".spec.storeRef.name"), column("Ready", '.status.conditions[?(@.type=="Ready")].status')],
      schema: kindSchema("A module of an organization's relationship model.", {
        spec: object(
          {
            model: text({ description: "A module in OpenFGA's language that extends the core module." }),
            storeRef: object(
              {
                name: text({ description: "Name of the Store: the organization's." }),
                cluster: text({ description: "Logical cluster that holds the Store." }),
                path: text({ description: "Not read any more." }),
              },
              ["cluster", "name"],
            ),
            tuples: tuplesSchema("Tuples that are written and kept."),
          },
          ["model", "storeRef"],
        ),
        status: object({ conditions: standardConditionsSchema, managedTuples: tuplesSchema("What was written of the tuples above.") }),
      }),
    },
  ],
  { categories: [] },
);
