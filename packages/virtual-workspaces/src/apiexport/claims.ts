/** Which accepted claim of a binding covers a request. @see spec virtual-workspaces §2.3 */
import type { PermissionClaim } from "@meshplane/apis";
import type { AcceptedClaim, BindingEntry } from "@meshplane/kcp";
import type { ExportName } from "../view-dependencies.ts";

/** Events of both groups are one resource: the core one. */
export const claimedGroup = (group: string, resource: string): string => (resource === "events" && group === "events.k8s.io" ? "" : group);

const isOf = (claim: { group?: string; resource: string }, group: string, resource: string): boolean =>
  claim.resource === resource && claimedGroup(claim.group ?? "", claim.resource) === claimedGroup(group, resource);

/** The accepted claim whose verbs, common to binding and export as literal texts, contain the verb or `*`. */
export function acceptedClaim(
  binding: Pick<BindingEntry, "acceptedClaims">,
  exported: readonly PermissionClaim[],
  group: string,
  resource: string,
  verb: string,
): AcceptedClaim | undefined {
  for (const claim of binding.acceptedClaims) {
    if (!isOf(claim, group, resource)) continue;
    for (const asked of exported) {
      if (!isOf(asked, group, resource) || (asked.identityHash ?? "") !== claim.identityHash) continue;
      const common = claim.verbs.filter((text) => asked.verbs?.includes(text));
      if (common.includes("*") || common.includes(verb)) return claim;
    }
  }
  return undefined;
}

/** Whether the binding is one of this export. While it has no status, its path decides. */
export const bindsExport = (
  binding: Pick<BindingEntry, "exportName" | "exportPath" | "exportCluster">,
  { cluster, name }: ExportName,
): boolean => binding.exportName === name && (binding.exportCluster ?? binding.exportPath) === cluster;

export const isBoundResource = (binding: BindingEntry, group: string, resource: string): boolean =>
  binding.resources.some((bound) => bound.group === group && bound.resource === resource);
