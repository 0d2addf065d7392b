import type { KubeObject } from "../../../kube.ts";
import { apiResource, column, type ApiResource } from "../../../api-resource.ts";
import { flag, kindSchema, list, mapOf, object, text } from "../../../schema-parts.ts";
import { standardConditionsSchema } from "../../schema-parts.ts";
import type { StandardConditionObject } from "../../standard-condition.ts";
import { platformMeshCoreGroup } from "../../well-known.ts";

export interface SecretReference {
  name: string;
  namespace: string;
}

export interface IdentityProviderClient {
  clientType: "confidential" | "public";
  clientName: string;
  redirectUris: string[];
  postLogoutRedirectUris?: string[];
  /** a Secret in `root:orgs` */
  secretRef: SecretReference;
}

/** A realm and its clients; the object's name is the realm's. @see spec platform-mesh/security §2, §9 */
export interface IdentityProviderConfiguration extends KubeObject {
  spec: { registrationAllowed?: boolean; clients: IdentityProviderClient[] };
  status?: {
    /** by the clients' names */
    managedClients?: Record<string, { clientId: string; registrationClientUri?: string; secretRef: SecretReference }>;
    conditions?: StandardConditionObject[];
  };
}

const secretRef = () => object({ name: text(), namespace: text() }, ["name", "namespace"]);

export const identityProviderConfigurations: ApiResource = apiResource(
  platformMeshCoreGroup,
  "IdentityProviderConfiguration",
  [
    {
      name: "v1alpha1",
      status: true,
      columns: [column("Ready", '.status.conditions[?(@.type=="Ready")].status')],
      schema: kindSchema("A realm of the identity provider, and its clients.", {
        spec: object(
          {
            clients: list(
              object(
                {
                  clientName: text(),
                  clientType: text({ enum: ["confidential", "public"] }),
                  postLogoutRedirectUris: list(text()),
                  redirectUris: list(text()),
                  secretRef: secretRef(),
                },
                ["clientName", "clientType", "redirectUris", "secretRef"],
              ),
            ),
            registrationAllowed: flag({ description: "Whether people may sign up by themselves." }),
          },
          ["clients"],
        ),
        status: object({
          conditions: standardConditionsSchema,
          managedClients: mapOf(
            object({ clientId: text(), registrationClientUri: text(), secretRef: secretRef() }, ["clientId", "secretRef"]),
          ),
        }),
      }),
    },
  ],
  { categories: [] },
);
