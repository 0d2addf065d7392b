/** `apis.kcp.io/PermissionClaims` @see spec apis §7.2 */
import { claimLabelPrefix, coreGroup, reflexiveClaimLabelValue, type APIBinding } from "@meshplane/apis";
import { builtInIdentity, customResourcesIdentity } from "@meshplane/storage";
import type { AdmissionPlugin, AdmissionRequest, ResourceDefinition } from "@meshplane/apiserver";
import { fieldForbidden, fieldInvalid, formatFieldErrors, type FieldError } from "@meshplane/apimachinery";
import { reflexiveLabelKey } from "../definitions/binding-metadata.ts";
import type { ClusterApis, ClusterApisSource } from "../surfaces/cluster-apis.ts";
import { isWrite, refuse } from "./requests.ts";

/** Labels every object that an accepted claim is about; nobody else sets or removes such labels. */
export const permissionClaimsAdmission = (apisOf: ClusterApisSource): AdmissionPlugin => ({
  name: "apis.kcp.io/PermissionClaims",
  handles: (request) =>
    isWrite(request) && request.subresource === "" && request.definition.computed === undefined && !isFirstOfItsCluster(request),

  mutate(request) {
    const apis = apisOf(request.cluster);
    return apis instanceof Promise ? apis.then((known) => label(request, known)) : label(request, apis);
  },

  validate(request) {
    // nothing to compare in the usual case: no claims, no labels
    const apis = apisOf(request.cluster);
    return apis instanceof Promise ? apis.then((known) => check(request, known)) : check(request, apis);
  },
});

/** In a logical cluster that does not exist yet nobody has accepted anything. */
const isFirstOfItsCluster = ({ operation, definition, object }: AdmissionRequest): boolean =>
  operation === "CREATE" &&
  definition.resource === "logicalclusters" &&
  definition.group === coreGroup &&
  !Object.keys(object!.metadata.labels ?? {}).some((key) => key.startsWith(claimLabelPrefix));

function label({ object, definition }: AdmissionRequest, apis: ClusterApis): void {
  const { metadata } = object!;
  const expected = expectedLabels(object as APIBinding, definition, apis);
  const stale = Object.keys(metadata.labels ?? {}).some((key) => key.startsWith(claimLabelPrefix) && expected?.[key] === undefined);
  if (!expected && !stale) return;
  const kept = Object.entries(metadata.labels ?? {}).filter(([key]) => !key.startsWith(claimLabelPrefix) || expected?.[key] !== undefined);
  const labels = { ...Object.fromEntries(kept), ...expected };
  if (Object.keys(labels).length > 0) metadata.labels = labels;
  else delete metadata.labels;
}

function check(request: AdmissionRequest, apis: ClusterApis): void {
  const { metadata } = request.object!;
  const expected = expectedLabels(request.object as APIBinding, request.definition, apis) ?? {};
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(expected))
    if (metadata.labels?.[key] !== value)
      errors.push(fieldInvalid(`metadata.labels[${key}]`, metadata.labels?.[key] ?? "", `must be ${JSON.stringify(value)}`));
  for (const key of Object.keys(metadata.labels ?? {}))
    if (key.startsWith(claimLabelPrefix) && expected[key] === undefined)
      errors.push(fieldForbidden(`metadata.labels[${key}]`, "must not be set"));
  if (errors.length > 0) throw refuse(request, formatFieldErrors(errors));
}

/** Events of both groups are one resource. undefined: none, which is nearly always. */
export function expectedLabels(
  object: Pick<APIBinding, "metadata" | "status">,
  definition: ResourceDefinition,
  apis: ClusterApis,
): Record<string, string> | undefined {
  let labels: Record<string, string> | undefined;
  const group = definition.resource === "events" && definition.group === "events.k8s.io" ? "" : definition.group;
  const { identity } = definition.storage;
  const identityHash = identity === builtInIdentity || identity === customResourcesIdentity ? "" : identity;
  for (const binding of apis.bindings)
    for (const claim of binding.acceptedClaims) {
      const claimGroup = claim.resource === "events" && claim.group === "events.k8s.io" ? "" : claim.group;
      if (claim.resource !== definition.resource || claimGroup !== group || claim.identityHash !== identityHash) continue;
      if (claim.selector.matches(object.metadata.labels)) (labels ??= {})[claim.labelKey] = claim.labelValue;
    }
  if (definition.resource === "apibindings" && definition.group === "apis.kcp.io") {
    const key = reflexiveLabelKey(object as APIBinding);
    if (key !== undefined && labels?.[key] === undefined) (labels ??= {})[key] = reflexiveClaimLabelValue;
  }
  return labels;
}
