/** `apis.kcp.io/APIBinding` @see spec apis §5.2 */
import { equalJson, fieldInvalid, fieldRequired, type FieldError } from "@meshplane/apimachinery";
import {
  apisGroup,
  exportLabel,
  exportLabelValue,
  v1alpha2Annotations,
  type APIBinding,
  type APIBindingV1alpha1,
  type PermissionClaimSelector,
} from "@meshplane/apis";
import type { AdmissionPlugin, AdmissionRequest, Authorizer } from "@meshplane/apiserver";
import type { ExportIndex } from "../exports/export-index.ts";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { refuseClaimsAnnotation } from "./api-export.ts";
import { listText } from "./field-errors.ts";
import { exportClusterOf, mayBind } from "./may-bind.ts";
import { isOn, isWrite, refuse } from "./requests.ts";

export const apiBindingAdmission = (paths: PathIndex, exports: ExportIndex, deepAuthorize: Authorizer): AdmissionPlugin => ({
  name: "apis.kcp.io/APIBinding",
  handles: (request) => isOn(request, apisGroup, "apibindings") && isWrite(request),

  mutate(request) {
    const binding = request.object as APIBinding;
    if (request.definition.version === "v1alpha1") requireReadableAnnotations(request, binding as unknown as APIBindingV1alpha1);
    else tidyClaims(binding);
    if (!binding.spec?.reference?.export || !isNewReference(request)) return;
    const cluster = exportClusterOf(completed(binding), request.cluster, paths, exports);
    if (cluster === undefined) throw noPermission(request);
    const { metadata } = binding;
    metadata.labels = { ...metadata.labels, [exportLabel]: exportLabelValue(cluster, completed(binding).name) };
  },

  async validate(request) {
    const binding = request.object as APIBinding;
    const errors = validateBinding(binding, request.oldObject as APIBinding | undefined, request.definition.version);
    if (errors.length > 0) throw refuse(request, listText(errors));
    if (!isNewReference(request)) return;
    const reference = completed(binding);
    const cluster = exportClusterOf(reference, request.cluster, paths, exports);
    if (cluster === undefined || !(await mayBind(deepAuthorize, request.context.user, cluster, reference.name)))
      throw noPermission(request);
    const expected = exportLabelValue(cluster, reference.name);
    const value = binding.metadata.labels?.[exportLabel] ?? "";
    if (value !== expected) {
      const field = `metadata.labels[${exportLabel}]`;
      throw refuse(request, `${field}: ${fieldInvalid(field, value, `must be set to ${JSON.stringify(expected)}`).detail}`);
    }
  },
});

const completed = ({ spec }: APIBinding): { path?: string; name: string } => ({ name: "", ...spec.reference.export });

/** The reference is new, or somebody changed the label that follows from it. */
function isNewReference({ operation, object, oldObject }: AdmissionRequest): boolean {
  if (operation === "CREATE") return true;
  const [next, old] = [object as APIBinding, oldObject as APIBinding];
  return !equalJson(next.spec.reference, old.spec.reference) || next.metadata.labels?.[exportLabel] !== old.metadata.labels?.[exportLabel];
}

/** One text for everything that can be wrong: it must not tell what exists. */
function noPermission(request: AdmissionRequest): Error {
  const { path, name } = completed(request.object as APIBinding);
  const action = request.operation === "CREATE" ? "create" : "update";
  return refuse(request, `unable to ${action} APIBinding: no permission to bind to export ${path ? `${path}:` : ""}${name}`);
}

function requireReadableAnnotations(request: AdmissionRequest, { metadata, spec }: APIBindingV1alpha1): void {
  const why = refuseClaimsAnnotation(metadata.annotations, v1alpha2Annotations.permissionClaims, spec?.permissionClaims ?? []);
  if (why !== undefined) throw refuse(request, why);
}

/** Claims lose empty values and get what is required: what the schema then complains about, clients know. */
function tidyClaims({ spec }: APIBinding): void {
  const claims = spec?.permissionClaims as unknown;
  if (claims === undefined) return;
  if (!Array.isArray(claims) || claims.length === 0) {
    if (claims === null || Array.isArray(claims)) delete spec.permissionClaims;
    return;
  }
  for (const claim of claims as Record<string, unknown>[]) {
    if (typeof claim !== "object" || claim === null) continue;
    if (claim["group"] === "") delete claim["group"];
    if (claim["identityHash"] === "") delete claim["identityHash"];
    claim["verbs"] ??= null;
    claim["selector"] ??= {};
    claim["state"] ??= "";
  }
}

function validateBinding(binding: APIBinding, old: APIBinding | undefined, version: string): FieldError[] {
  const errors: FieldError[] = [];
  const reference = binding.spec?.reference?.export;
  if (!reference) errors.push(fieldRequired("spec.reference.export"));
  if (version !== "v1alpha1")
    for (const [i, { selector }] of (binding.spec?.permissionClaims ?? []).entries())
      errors.push(...validateSelector(selector ?? {}, `spec.permissionClaims[${i}].selector`));
  if (old?.status?.phase && binding.status && !binding.status.phase)
    errors.push(fieldInvalid("status.phase", binding.status.phase ?? "", 'cannot transition to ""'));
  return errors;
}

function validateSelector(selector: PermissionClaimSelector, field: string): FieldError[] {
  const { matchAll, matchLabels = {}, matchExpressions = [] } = selector;
  const [labels, expressions] = [Object.keys(matchLabels).length > 0, matchExpressions.length > 0];
  if (!matchAll && !labels && !expressions)
    return [fieldRequired(field, "either one of matchAll, matchLabels, or matchExpressions must be set")];
  const errors: FieldError[] = [];
  const printed = { ...(labels ? { matchLabels } : {}), ...(expressions ? { matchExpressions } : {}), ...(matchAll ? { matchAll } : {}) };
  if (matchAll && labels) errors.push(fieldInvalid(`${field}.matchLabels`, printed, "matchLabels cannot be used with matchAll"));
  if (matchAll && expressions)
    errors.push(fieldInvalid(`${field}.matchExpressions`, printed, "matchExpressions cannot be used with matchAll"));
  return errors;
}
