/**
 * Third question, for resources claimed by identity: does the maximal permission policy of the exports that provide them allow it to this provider?
 * @see spec virtual-workspaces §2.3
 */
import { allow, deny, type AuthorizationAttributes, type Authorizer, type Decision, type ResourceTarget } from "@meshplane/apiserver";
import type { ExportName, ViewDependencies } from "../view-dependencies.ts";

type Parts = Pick<ViewDependencies, "exports" | "deepAuthorize" | "policyUser">;

export const claimedPolicyAuthorizer =
  (parts: Parts, { cluster, name }: ExportName): Authorizer =>
  ({ user, target }) => {
    if (target.kind === "nonResource") return allow("no resource");
    const entry = parts.exports.get(cluster, name);
    const own = entry?.resources.some((r) => r.group === target.group && r.name === target.resource);
    const identity = own
      ? undefined
      : entry?.permissionClaims.find((c) => (c.group ?? "") === target.group && c.resource === target.resource && c.identityHash)
          ?.identityHash;
    if (!identity) return allow("not claimed by identity");
    return withinPolicies(parts, identity, user, target);
  };

async function withinPolicies(
  parts: Parts,
  identity: string,
  user: AuthorizationAttributes["user"],
  target: ResourceTarget,
): Promise<Decision> {
  let known = false;
  for (const provider of parts.exports.withIdentity(identity)) {
    known = true;
    if (!provider.localPolicy) continue;
    const { decision } = await parts.deepAuthorize({ user: parts.policyUser(user), target: { ...target, cluster: provider.cluster } });
    if (decision !== "allow") return deny("access not permitted by maximal permission policy");
  }
  return known ? allow("maximal permission policies allow it") : deny("no APIExport has the claimed identity");
}
