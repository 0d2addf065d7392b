import type { KubeObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import { conditionsSchema, kindSchema, list, mapList, object, rules, secretIdentitySchema, setOf, text } from "../../schema-parts.ts";
import { apisGroup } from "../v1alpha1/api-resource-schema.ts";
import { permissionClaimSchema, permissionClaimV1alpha1Schema, type PermissionClaim } from "./permission-claim.ts";

export interface ResourceSchemaReference {
  name: string;
  group: string;
  /** name of an APIResourceSchema in the same cluster */
  schema: string;
  storage?: {
    crd?: Record<string, never>;
    virtual?: {
      reference: { apiGroup?: string; kind: string; name: string };
      identityHash: string;
    };
  };
}

/** APIs and claims that a provider offers under one identity. @see spec apis §3 */
export interface APIExport extends KubeObject {
  spec?: {
    resources?: ResourceSchemaReference[];
    identity?: { secretRef?: { namespace?: string; name?: string } };
    maximalPermissionPolicy?: { local?: Record<string, never> };
    permissionClaims?: PermissionClaim[];
  };
  status?: {
    identityHash?: string;
    conditions?: Condition[];
    virtualWorkspaces?: { url: string }[];
  };
}

const statusSchema = object({
  conditions: conditionsSchema,
  identityHash: text({ description: "Digest of the identity; part of where the objects lie." }),
  virtualWorkspaces: list(object({ url: text({ minLength: 1 }) }, ["url"]), {
    description: "No longer filled; see APIExportEndpointSlice.",
  }),
});

const policySchema = object({ local: { type: "object" } }, [], {
  oneOf: [{ required: ["local"] }],
  description: "The most that consumers can allow each other on these APIs.",
});

export const apiExports: ApiResource = apiResource(apisGroup, "APIExport", [
  {
    name: "v1alpha1",
    status: true,
    columns: [ageColumn, column("Ready", '.status.conditions[?(@.type=="VirtualWorkspaceURLsReady")].status')],
    schema: kindSchema("APIs and claims that a provider offers under one identity.", {
      spec: object({
        identity: secretIdentitySchema,
        latestResourceSchemas: setOf(text(), {
          description: "Names of APIResourceSchemas beside the export.",
        }),
        maximalPermissionPolicy: policySchema,
        permissionClaims: mapList(["group", "resource"], permissionClaimV1alpha1Schema({ groupDefault: true }), {
          description: "What the provider asks of its consumers.",
        }),
      }),
      status: statusSchema,
    }),
  },
  {
    name: "v1alpha2",
    storage: true,
    status: true,
    columns: [ageColumn],
    schema: kindSchema("APIs and claims that a provider offers under one identity.", {
      spec: object({
        identity: secretIdentitySchema,
        maximalPermissionPolicy: policySchema,
        permissionClaims: mapList(["group", "resource"], permissionClaimSchema(), {
          description: "What the provider asks of its consumers.",
        }),
        resources: mapList(
          ["name", "group"],
          object(
            {
              group: text(),
              name: text({ description: "Plural name." }),
              schema: text({ description: "Name of an APIResourceSchema beside the export." }),
              storage: object(
                {
                  crd: { type: "object" },
                  virtual: object(
                    {
                      identityHash: text(),
                      reference: object({ apiGroup: text(), kind: text(), name: text() }, ["kind", "name"], {
                        "x-kubernetes-map-type": "atomic",
                      }),
                    },
                    ["identityHash", "reference"],
                  ),
                },
                [],
                {
                  default: { crd: {} },
                  description: "Where the objects lie: with the consumer, or computed.",
                  oneOf: [{ required: ["crd"] }, { required: ["virtual"] }],
                  ...rules(["has(self.virtual) != has(self.crd)", "Exactly one of crd or virtual must be set"]),
                },
              ),
            },
            ["group", "name", "schema"],
          ),
          { description: "The APIs." },
        ),
      }),
      status: statusSchema,
    }),
  },
]);
