import type { KubeObject } from "../../../kube.ts";
import { apiResource, column, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, object, text } from "../../../schema-parts.ts";
import { standardConditionsSchema } from "../../schema-parts.ts";
import type { StandardConditionObject } from "../../standard-condition.ts";
import { platformMeshCoreGroup } from "../../well-known.ts";

/** Makes somebody known to the organization's realm; it grants nothing. @see spec platform-mesh/security §10 */
export interface Invite extends KubeObject {
  spec: { email: string };
  status?: { conditions?: StandardConditionObject[] };
}

export const invites: ApiResource = apiResource(
  platformMeshCoreGroup,
  "Invite",
  [
    {
      name: "v1alpha1",
      status: true,
      columns: [column("Email", ".spec.email"), column("Ready", '.status.conditions[?(@.type=="Ready")].status')],
      schema: kindSchema("Somebody who shall be able to sign in to the organization.", {
        spec: object({ email: text({ format: "email", maxLength: 254, pattern: "^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$" }) }, [
          "email",
        ]),
        status: object({ conditions: standardConditionsSchema }),
      }),
    },
  ],
  { categories: [] },
);
