import type { JsonSchema } from "@meshplane/apimachinery";
import type { KubeObject } from "../../../kube.ts";
import { apiResource, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, mapOf, object, text } from "../../../schema-parts.ts";
import { platformMeshCoreGroup } from "../../well-known.ts";

export interface AccountLocation {
  name: string;
  /** logical cluster of the account's own workspace */
  generatedClusterId: string;
  /** logical cluster that holds the Account object; with the name it identifies the account in relationships */
  originClusterId: string;
  path: string;
  url: string;
  type: string;
}

/** What everybody reads about the account whose workspace this is; one object, named `account`. @see spec platform-mesh/accounts §2 */
export interface AccountInfo extends KubeObject {
  spec: {
    fga: { store: { id: string } };
    account: AccountLocation;
    parentAccount?: AccountLocation;
    organization: AccountLocation;
    clusterInfo: { ca: string };
    oidc?: { issuerUrl: string; clients?: Record<string, { clientId: string }> };
  };
  status?: Record<string, never>;
}

const location = (description: string): JsonSchema =>
  object(
    {
      name: text(),
      generatedClusterId: text({ description: "Logical cluster of the account's workspace." }),
      originClusterId: text({ description: "Logical cluster that holds the Account." }),
      path: text(),
      url: text(),
      type: text(),
    },
    ["generatedClusterId", "name", "originClusterId", "path", "type", "url"],
    { description },
  );

export const accountInfos: ApiResource = apiResource(
  platformMeshCoreGroup,
  "AccountInfo",
  [
    {
      name: "v1alpha1",
      status: true,
      schema: kindSchema("The account whose workspace this is, and what its clients need to know.", {
        spec: object(
          {
            account: location("This account."),
            parentAccount: location("The account that this one is in; organizations have none."),
            organization: location("The organization that it belongs to."),
            clusterInfo: object({ ca: text({ description: "Certificate authority of the API server, PEM." }) }, ["ca"]),
            fga: object({ store: object({ id: text() }, ["id"]) }, ["store"], { description: "Where its relationships are kept." }),
            oidc: object(
              {
                issuerUrl: text({ description: "Who signs the tokens of its users." }),
                clients: mapOf(object({ clientId: text() }, ["clientId"]), { description: "Client ids by the clients' names." }),
              },
              ["issuerUrl"],
            ),
          },
          ["account", "clusterInfo", "fga", "organization"],
        ),
        status: object({}),
      }),
    },
  ],
  { categories: [] },
);
