import type { KubeObject } from "../../../kube.ts";
import { apiResource, column, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, list, object, rules, text } from "../../../schema-parts.ts";
import { anything, refreshStatus, standardConditionsSchema } from "../../schema-parts.ts";
import type { StandardConditionObject } from "../../standard-condition.ts";
import { platformMeshCoreGroup } from "../../well-known.ts";

export type AccountType = "org" | "account";

/** A tenant: it owns the workspace of its name beside it. @see spec platform-mesh/accounts §1 */
export interface Account extends KubeObject {
  spec: {
    /** `org` in `root:orgs`, else `account`; never changes */
    type: string;
    displayName: string;
    description?: string;
    /** who made it; set by admission, whatever the client says */
    creator?: string;
    extensions?: {
      apiVersion: string;
      kind: string;
      metadataGoTemplate?: unknown;
      specGoTemplate: unknown;
      readyConditionType?: string;
    }[];
    data?: unknown;
  };
  status?: { conditions?: StandardConditionObject[]; observedGeneration?: number; nextReconcileTime?: string };
}

export const accounts: ApiResource = apiResource(
  platformMeshCoreGroup,
  "Account",
  [
    {
      name: "v1alpha1",
      status: true,
      columns: [
        column("Display Name", ".spec.displayName"),
        column("Type", ".spec.type"),
        column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
      ],
      schema: kindSchema("A tenant: an organization, or an account within one. It owns the workspace of its name.", {
        spec: object(
          {
            type: text({
              description: "org or account; it does not change.",
              ...rules(["self == oldSelf", "type is immutable: an account's workspace cannot change its type"]),
            }),
            displayName: text({ maxLength: 255, description: "The name that people see." }),
            description: text({ description: "What it is for." }),
            creator: text({ description: "Who made it, and owns it at first; set by the server." }),
            extensions: list(
              object(
                {
                  apiVersion: text(),
                  kind: text(),
                  metadataGoTemplate: anything(),
                  readyConditionType: text(),
                  specGoTemplate: anything(),
                },
                ["specGoTemplate"],
              ),
            ),
            data: anything("Whatever its users want to keep with it."),
          },
          ["displayName", "type"],
        ),
        status: object({ conditions: standardConditionsSchema, ...refreshStatus }),
      }),
    },
  ],
  { categories: [] },
);
