import type { JsonSchema } from "@meshplane/apimachinery";
import type { KubeObject } from "../../kube.ts";
import { apiResource, type ApiResource } from "../../api-resource.ts";
import { kindSchema, list, object, rules, text } from "../../schema-parts.ts";
import { tenancyGroup } from "./workspace.ts";

export interface PrefixedClaim {
  claim?: string;
  expression?: string;
  prefix?: string;
}

export interface JWTAuthenticator {
  issuer: {
    url: string;
    discoveryURL?: string;
    certificateAuthority?: string;
    audiences?: string[];
    audienceMatchPolicy?: string;
  };
  claimValidationRules?: {
    claim?: string;
    requiredValue?: string;
    expression?: string;
    message?: string;
  }[];
  claimMappings: {
    username?: PrefixedClaim;
    groups?: PrefixedClaim;
    uid?: { claim?: string; expression?: string };
    extra?: { key: string; valueExpression: string }[];
  };
  userValidationRules?: { expression: string; message: string }[];
}

/** Token issuers that workspaces of a type accept. @see spec tenancy §11 */
export interface WorkspaceAuthenticationConfiguration extends KubeObject {
  spec: { jwt: JWTAuthenticator[] };
}

const filled = (): JsonSchema => text({ minLength: 1 });
const oneOfBoth: [string, string] = ["!(has(self.claim) && has(self.expression))", "claim and expression cannot both be specified"];
const atLeastOne: [string, string] = ["has(self.claim) || has(self.expression)", "either claim or expression must be specified"];

const prefixedClaim = (description: string): JsonSchema =>
  object({ claim: filled(), expression: filled(), prefix: text() }, [], {
    description,
    ...rules(atLeastOne, oneOfBoth, ["has(self.claim) || !has(self.prefix)", "prefix can only be specified when claim is specified"]),
  });

export const workspaceAuthenticationConfigurations: ApiResource = apiResource(tenancyGroup, "WorkspaceAuthenticationConfiguration", [
  {
    name: "v1alpha1",
    schema: kindSchema(
      "Token issuers that are trusted in workspaces whose type names this object.",
      {
        spec: object(
          {
            jwt: list(
              object(
                {
                  claimMappings: object(
                    {
                      extra: list(object({ key: text(), valueExpression: text() }, ["key", "valueExpression"])),
                      groups: prefixedClaim("Where groups come from."),
                      uid: object({ claim: filled(), expression: filled() }, [], rules(oneOfBoth)),
                      username: prefixedClaim("Where the user name comes from."),
                    },
                    [],
                    { description: "How a token becomes a user." },
                  ),
                  claimValidationRules: list(
                    object(
                      {
                        claim: filled(),
                        expression: filled(),
                        message: filled(),
                        requiredValue: filled(),
                      },
                      [],
                      rules(
                        atLeastOne,
                        oneOfBoth,
                        [
                          "(has(self.claim) && has(self.requiredValue)) || (has(self.expression) && !has(self.requiredValue))",
                          "requiredValue can only be specified when claim is specified",
                        ],
                        [
                          "(has(self.claim) && !has(self.message)) || (has(self.expression) && has(self.message))",
                          "message can only be specified when expression is specified",
                        ],
                      ),
                    ),
                    { description: "What a token must say." },
                  ),
                  issuer: object(
                    {
                      audienceMatchPolicy: text(),
                      audiences: list(text()),
                      certificateAuthority: text({ description: "PEM; empty: the system's." }),
                      discoveryURL: text(),
                      url: text({ description: "As it stands in the token." }),
                    },
                    ["url"],
                  ),
                  userValidationRules: list(object({ expression: text(), message: text() }, ["expression", "message"]), {
                    description: "What the user must be like.",
                  }),
                },
                ["claimMappings", "issuer"],
              ),
              { description: "One entry per issuer." },
            ),
          },
          ["jwt"],
        ),
      },
      ["metadata", "spec"],
    ),
  },
]);
