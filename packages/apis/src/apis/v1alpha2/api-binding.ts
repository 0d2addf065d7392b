import type { JsonSchema } from "@meshplane/apimachinery";
import type { KubeObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import { conditionsSchema, exportReferenceSchema, kindSchema, list, mapList, object, rules, setOf, text } from "../../schema-parts.ts";
import { apisGroup } from "../v1alpha1/api-resource-schema.ts";
import {
  acceptablePermissionClaimSchema,
  permissionClaimSchema,
  permissionClaimV1alpha1Schema,
  scopedPermissionClaimSchema,
  type AcceptablePermissionClaim,
  type PermissionClaim,
  type ScopedPermissionClaim,
} from "./permission-claim.ts";

export interface BoundAPIResource {
  group: string;
  resource: string;
  schema: { name: string; UID: string; identityHash: string };
  storageVersions?: string[];
}

export interface ExportBindingReference {
  path?: string;
  name: string;
}

/** Makes the APIs of an export part of this cluster, and answers its claims. @see spec apis §5 */
export interface APIBinding extends KubeObject {
  spec: {
    reference: { export?: ExportBindingReference };
    permissionClaims?: AcceptablePermissionClaim[];
  };
  status?: {
    phase?: "" | "Binding" | "Bound";
    apiExportClusterName?: string;
    boundResources?: BoundAPIResource[];
    exportPermissionClaims?: PermissionClaim[];
    appliedPermissionClaims?: ScopedPermissionClaim[];
    conditions?: Condition[];
  };
}

const referenceSchema = (extra: Omit<JsonSchema, "type"> = {}): JsonSchema =>
  object({ export: exportReferenceSchema() }, [], {
    description: "The export that is bound; it does not change.",
    ...rules(["self == oldSelf", "APIExport reference must not be changed"]),
    ...extra,
  });

const statusSchema = (applied: JsonSchema, exported: JsonSchema): JsonSchema =>
  object({
    apiExportClusterName: text({ description: "Logical cluster of the export." }),
    appliedPermissionClaims: applied,
    boundResources: mapList(
      ["group", "resource"],
      object(
        {
          group: text(),
          resource: text(),
          schema: object(
            {
              UID: text({ minLength: 1 }),
              identityHash: text({ minLength: 1 }),
              name: text({ minLength: 1 }),
            },
            ["UID", "identityHash", "name"],
          ),
          storageVersions: setOf(text()),
        },
        ["group", "resource", "schema"],
      ),
      { description: "The APIs that this binding makes available." },
    ),
    conditions: conditionsSchema,
    exportPermissionClaims: exported,
    phase: text({ enum: ["", "Binding", "Bound"] }),
  });

const columns = [ageColumn, column("Ready", '.status.conditions[?(@.type=="Ready")].status')];
const claimKeys = ["group", "resource", "identityHash"];
const about = "Makes the APIs of an export part of this workspace, and answers its claims.";

export const apiBindings: ApiResource = apiResource(apisGroup, "APIBinding", [
  {
    name: "v1alpha1",
    status: true,
    columns,
    schema: kindSchema(
      about,
      {
        spec: object(
          {
            permissionClaims: list(permissionClaimV1alpha1Schema({ withState: true }), {
              description: "The answers to the export's claims.",
            }),
            reference: referenceSchema({ oneOf: [{ required: ["export"] }] }),
          },
          ["reference"],
        ),
        status: statusSchema(list(permissionClaimV1alpha1Schema()), list(permissionClaimV1alpha1Schema())),
      },
      ["spec"],
    ),
  },
  {
    name: "v1alpha2",
    storage: true,
    status: true,
    columns,
    schema: kindSchema(
      about,
      {
        spec: object(
          {
            permissionClaims: mapList(claimKeys, acceptablePermissionClaimSchema(), {
              description: "The answers to the export's claims.",
            }),
            reference: referenceSchema(),
          },
          ["reference"],
        ),
        status: statusSchema(mapList(claimKeys, scopedPermissionClaimSchema()), list(permissionClaimSchema())),
      },
      ["spec"],
    ),
  },
]);
