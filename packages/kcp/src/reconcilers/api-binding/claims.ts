/** Accepted claims: what is granted, what is wrong with it, and the labels on objects that are there already. @see spec apis §7 */
import { equalJson } from "@meshplane/apimachinery";
import type { APIBinding, AcceptablePermissionClaim, PermissionClaim, ScopedPermissionClaim } from "@meshplane/apis";
import { markFalse, markTrue, ok, type Subroutine } from "@meshplane/controller-runtime";
import { relabel } from "./relabel.ts";
import type { ReconcilerParts } from "../parts.ts";

/** how many wrong claims a message names */
const shownMax = 10;

export const claims =
  (parts: ReconcilerParts): Subroutine<APIBinding> =>
  async (binding, { cluster }) => {
    const { status, metadata, spec } = binding;
    if (metadata.deletionTimestamp || !status?.apiExportClusterName) return ok;
    const exported = new Map((status.exportPermissionClaims ?? []).map((claim) => [idOf(claim), claim]));
    const accepted = (spec.permissionClaims ?? []).filter(({ state }) => state === "Accepted");
    const granted = accepted.filter((claim) => exported.has(idOf(claim))).map(scoped);
    judge(binding, accepted, exported);

    const before = status.appliedPermissionClaims ?? [];
    const changed = [
      ...granted.filter((claim) => !before.some((one) => sameScope(one, claim))),
      ...before.filter((claim) => !granted.some((one) => sameScope(one, claim))),
    ];
    try {
      await relabel(cluster, changed, parts);
    } catch (error) {
      markFalse(binding, "PermissionClaimsApplied", "InternalError", "Error", (error as Error).message);
      throw error;
    }
    if (granted.length > 0) status.appliedPermissionClaims = granted;
    else delete status.appliedPermissionClaims;
    markTrue(binding, "PermissionClaimsApplied");
    return ok;
  };

const idOf = ({ group = "", resource, identityHash = "" }: PermissionClaim): string => `${resource}/${group}/${identityHash}`;

function scoped(claim: AcceptablePermissionClaim): ScopedPermissionClaim {
  const { state: _state, ...rest } = claim;
  return rest;
}

const sameScope = (a: ScopedPermissionClaim, b: ScopedPermissionClaim): boolean => idOf(a) === idOf(b) && equalJson(a.selector, b.selector);

function judge(binding: APIBinding, accepted: readonly AcceptablePermissionClaim[], exported: ReadonlyMap<string, PermissionClaim>): void {
  const unexpected = accepted.filter((claim) => !exported.has(idOf(claim)));
  if (unexpected.length > 0) {
    const shown = unexpected.slice(0, shownMax);
    const texts = shown.map(
      ({ resource, group = "", identityHash = "" }) =>
        `unexpected/invalid claim for ${resource}.${group} (identity ${JSON.stringify(identityHash)})`,
    );
    const intro = `${unexpected.length} unexpected and/or invalid permission claims (showing first ${shown.length})`;
    markFalse(binding, "PermissionClaimsValid", "InvalidPermissionClaims", "Error", `${intro}: ${texts.join(", ")}`);
    return;
  }
  const mismatches = accepted.flatMap((claim) => mismatch(claim, exported.get(idOf(claim))!));
  if (mismatches.length === 0) return markTrue(binding, "PermissionClaimsValid");
  const shown = mismatches.slice(0, shownMax);
  const intro = `${mismatches.length} permission claim(s) have mismatched verbs or selectors (showing first ${shown.length})`;
  markFalse(binding, "PermissionClaimsValid", "PermissionClaimsMismatch", "Warning", `${intro}: ${shown.join(", ")}`);
}

function mismatch(claim: AcceptablePermissionClaim, exported: PermissionClaim): string[] {
  const texts: string[] = [];
  const all = claim.verbs.includes("*") || exported.verbs.includes("*");
  if (!all && !equalJson([...claim.verbs].sort(), [...exported.verbs].sort()))
    texts.push(`verbs: accepted [${claim.verbs.join(" ")}], exported [${exported.verbs.join(" ")}]`);
  if (exported.defaultSelector && !equalJson(claim.selector, exported.defaultSelector)) texts.push("selector differs from defaultSelector");
  return texts.length > 0 ? [`${claim.resource}.${claim.group ?? ""} (${texts.join("; ")})`] : [];
}
