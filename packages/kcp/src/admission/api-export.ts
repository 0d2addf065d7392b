/** `apis.kcp.io/APIExport` @see spec apis §3.4 */
import { equalJson, fieldInvalid } from "@meshplane/apimachinery";
import {
  apisGroup,
  exportToV1alpha2,
  isClaimableBuiltin,
  v1alpha2Annotations,
  type APIExport,
  type APIExportV1alpha1,
  type PermissionClaim,
  type ResourceSchemaReference,
} from "@meshplane/apis";
import type { AdmissionPlugin } from "@meshplane/apiserver";
import { isOn, isWrite, refuse } from "./requests.ts";

export const apiExportAdmission: AdmissionPlugin = {
  name: "apis.kcp.io/APIExport",
  handles: (request) => isOn(request, apisGroup, "apiexports") && isWrite(request),

  validate(request) {
    const isOld = request.definition.version === "v1alpha1";
    const why = isOld
      ? (refuseAnnotations(request.object as APIExportV1alpha1) ?? refusal(asV1alpha2(request.object as APIExportV1alpha1)))
      : refusal(request.object as APIExport);
    if (why !== undefined) throw refuse(request, why);
  },
};

const asV1alpha2 = (object: APIExportV1alpha1): APIExport => exportToV1alpha2(object);

function refusal({ spec }: APIExport): string | undefined {
  for (const [i, { group = "", resource, identityHash }] of (spec?.permissionClaims ?? []).entries()) {
    if (identityHash || group === apisGroup || isClaimableBuiltin({ group, resource })) continue;
    return text(`spec.permissionClaims[${i}].identityHash`, "", "identityHash is required for API types that are not built-in");
  }
  for (const [i, { group, name, schema }] of (spec?.resources ?? []).entries()) {
    const suffix = `.${name}.${group || "core"}`;
    if (!schema.endsWith(suffix)) return text(`spec.resources[${i}].schema`, schema, `must end in ${suffix}`);
  }
  return undefined;
}

/** What v1alpha1 carries for v1alpha2 must be readable and fit to the rest. */
function refuseAnnotations({ metadata, spec }: APIExportV1alpha1): string | undefined {
  const schemas = metadata.annotations?.[v1alpha2Annotations.resourceSchemas];
  if (schemas !== undefined) {
    const field = `metadata.annotations[${v1alpha2Annotations.resourceSchemas}]`;
    const carried = parseList<ResourceSchemaReference>(schemas);
    if (!carried) return text(field, schemas, "failed to decode overhanging resource schemas");
    const all = [...carried.map(({ schema }) => schema), ...(spec?.latestResourceSchemas ?? [])];
    if (new Set(all).size !== all.length) return text(field, schemas, "duplicate resource schema");
  }
  return refuseClaimsAnnotation(metadata.annotations, v1alpha2Annotations.permissionClaims, spec?.permissionClaims ?? []);
}

/** Claims in an annotation must be among those of the spec. */
export function refuseClaimsAnnotation(
  annotations: Record<string, string> | undefined,
  key: string,
  claims: readonly Pick<PermissionClaim, "group" | "resource" | "identityHash">[],
): string | undefined {
  const value = annotations?.[key];
  if (value === undefined) return undefined;
  const field = `metadata.annotations[${key}]`;
  const carried = parseList<PermissionClaim>(value);
  if (!carried) return text(field, value, "failed to decode overhanging permission claims");
  const ids = claims.map(claimId);
  return carried.every((claim) => ids.some((id) => equalJson(id, claimId(claim))))
    ? undefined
    : text(field, value, "permission claims defined in annotation do not match permission claims defined in spec");
}

const claimId = ({ group = "", resource, identityHash = "" }: Pick<PermissionClaim, "group" | "resource" | "identityHash">) => [
  group,
  resource,
  identityHash,
];

function parseList<T>(json: string): T[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return value === null ? [] : Array.isArray(value) ? (value as T[]) : undefined;
  } catch {
    return undefined;
  }
}

const text = (field: string, value: unknown, detail: string): string => `${field}: ${fieldInvalid(field, value, detail).detail}`;
