import type { KubeObject } from "../../../kube.ts";
import { apiResource, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, list, mapOf, object, text } from "../../../schema-parts.ts";
import { anything, standardConditionsSchema } from "../../schema-parts.ts";
import type { StandardConditionObject } from "../../standard-condition.ts";
import { providersGroup } from "../../well-known.ts";

/** What a provider wants for its resources in place of the standard relations. @see spec platform-mesh/security §12 */
export interface ProviderPermissions extends KubeObject {
  spec: {
    apiExportRef: { name: string };
    /** by `<resource>.<group>` */
    permissions?: Record<string, { defaultPermissions?: Record<string, string>; additionalPermissions?: Record<string, string> }>;
    roles?: { groupResource: string; roles: { id: string; displayName?: string; description?: string; definition?: string }[] }[];
  };
  status?: { conditions?: StandardConditionObject[] };
}

export const providerPermissions: ApiResource = apiResource(
  providersGroup,
  "ProviderPermissions",
  [
    {
      name: "v1alpha1",
      status: true,
      schema: kindSchema("Who may do what with a provider's resources.", {
        spec: object(
          {
            apiExportRef: object({ name: text() }, ["name"]),
            permissions: mapOf(object({ additionalPermissions: mapOf(text()), defaultPermissions: anything() })),
            roles: list(
              object(
                {
                  groupResource: text(),
                  roles: list(object({ definition: text(), description: text(), displayName: text(), id: text() }, ["id"])),
                },
                ["groupResource", "roles"],
              ),
            ),
          },
          ["apiExportRef"],
        ),
        status: object({ conditions: standardConditionsSchema }),
      }),
    },
  ],
  { categories: [], plural: "providerpermissions" },
);
