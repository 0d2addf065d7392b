import type { KubeObject } from "../../../kube.ts";
import { apiResource, column, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, object, text } from "../../../schema-parts.ts";
import { refreshStatus, standardConditionsSchema } from "../../schema-parts.ts";
import type { StandardConditionObject } from "../../standard-condition.ts";
import { uiGroup } from "../../well-known.ts";

/** A piece of the portal's navigation. @see spec platform-mesh/marketplace-portal §4 */
export interface ContentConfiguration extends KubeObject {
  spec: {
    inlineConfiguration?: { contentType: "yaml" | "json"; content: string };
    remoteConfiguration?: {
      contentType: "yaml" | "json";
      url: string;
      internalUrl?: string;
      authentication?: { type?: string; secretRef?: { name: string } };
    };
  };
  status?: {
    /** JSON: what was validated, as the portal reads it */
    configurationResult?: string;
    conditions?: StandardConditionObject[];
    observedGeneration?: number;
    nextReconcileTime?: string;
  };
}

const contentType = () => text({ enum: ["yaml", "json"] });

export const contentConfigurations: ApiResource = apiResource(
  uiGroup,
  "ContentConfiguration",
  [
    {
      name: "v1alpha1",
      status: true,
      columns: [
        column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
        column("Valid", '.status.conditions[?(@.type=="Valid")].status'),
      ],
      schema: kindSchema("A piece of the portal's navigation, given here or fetched.", {
        spec: object({
          inlineConfiguration: object({ content: text(), contentType: contentType() }, ["content", "contentType"]),
          remoteConfiguration: object(
            {
              authentication: object({ secretRef: object({ name: text() }), type: text() }),
              contentType: contentType(),
              internalUrl: text(),
              url: text(),
            },
            ["contentType", "url"],
          ),
        }),
        status: object({ conditions: standardConditionsSchema, configurationResult: text(), ...refreshStatus }),
      }),
    },
  ],
  { categories: [], shortNames: ["cc"] },
);
