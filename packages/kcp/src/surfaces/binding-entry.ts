import { labelSelectorFrom, everything, nothing, type LabelSelector } from "@meshplane/apimachinery";
import {
  claimLabelPrefix,
  claimLabelValue,
  exportLabel,
  type APIBinding,
  type AcceptablePermissionClaim,
  type BoundAPIResource,
} from "@meshplane/apis";

/** What is known of one APIBinding of a logical cluster. */
export interface BindingEntry {
  readonly name: string;
  readonly deleting: boolean;
  /** as the reference says; "" is the binding's own cluster */
  readonly exportPath: string;
  readonly exportName: string;
  /** undefined until the controller has found it */
  readonly exportCluster: string | undefined;
  readonly phase: string;
  readonly resources: readonly BoundAPIResource[];
  /** accepted by the consumer; the export may ask for less */
  readonly acceptedClaims: readonly AcceptedClaim[];
}

export interface AcceptedClaim {
  readonly group: string;
  readonly resource: string;
  readonly identityHash: string;
  readonly verbs: readonly string[];
  readonly selector: LabelSelector;
  readonly labelKey: string;
  readonly labelValue: string;
}

export function bindingEntryOf(binding: APIBinding, deleting: boolean): BindingEntry {
  const { metadata, spec, status } = binding;
  const { path = "", name = "" } = spec.reference?.export ?? {};
  const exportCluster = status?.apiExportClusterName || undefined;
  // admission has put the digest of the export here: claims count from the first moment, before the controller has found the export
  const label = metadata.labels?.[exportLabel];
  const accepted = (spec.permissionClaims ?? []).filter(({ state }) => state === "Accepted");
  return {
    name: metadata.name!,
    deleting,
    exportPath: path,
    exportName: name,
    exportCluster,
    phase: status?.phase ?? "",
    resources: status?.boundResources ?? [],
    acceptedClaims: label ? accepted.map((claim) => acceptedClaimOf(claim, claimLabelPrefix + label)) : [],
  };
}

const acceptedClaimOf = (claim: AcceptablePermissionClaim, labelKey: string): AcceptedClaim => ({
  group: claim.group ?? "",
  resource: claim.resource,
  identityHash: claim.identityHash ?? "",
  verbs: claim.verbs ?? [],
  selector: claimSelector(claim.selector),
  labelKey,
  labelValue: claimLabelValue(claim),
});

/** An invalid selector selects nothing. */
export function claimSelector(selector: AcceptablePermissionClaim["selector"] | undefined): LabelSelector {
  if (!selector || selector.matchAll) return selector ? everything : nothing;
  try {
    return labelSelectorFrom(selector);
  } catch {
    return nothing;
  }
}
