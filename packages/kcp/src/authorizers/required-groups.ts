import { kcpGroups } from "@meshplane/apis";
import { deny, noOpinion, type Authorizer } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { delegate } from "./delegate.ts";
import { effectiveGroups, isServiceAccount } from "./effective-users.ts";

/** They always count as one more alternative. */
const privileged = [kcpGroups.admin, kcpGroups.bootstrapper];

/** `01-requiredgroups`: who lacks the groups that the logical cluster asks for stays out, whatever RBAC says. @see spec authz §6 */
export const requiredGroups =
  (paths: PathIndex, next: Authorizer): Authorizer =>
  (attributes) => {
    const { user, target } = attributes;
    const { cluster } = target;
    if (cluster === "" && target.path === "/metrics") return next(attributes); // of the shard, which asks for no groups
    if (cluster === "" || cluster === "*") return noOpinion("empty cluster name");
    const groups = effectiveGroups(user, cluster);
    if (groups.includes(kcpGroups.logicalClusterAdmin)) return delegate(next, attributes, "logical cluster admin access");
    if (isServiceAccount(user)) return delegate(next, attributes, "service account access to logical cluster");
    const entry = paths.get(cluster);
    if (!entry) return noOpinion("logical cluster not found");
    if (groups.includes(kcpGroups.externalLogicalClusterAdmin)) return delegate(next, attributes, "external logical cluster admin access");
    const { requiredGroups: wanted } = entry;
    if (wanted === undefined) return delegate(next, attributes, "logical cluster does not require groups");
    if (hasGroups(groups, wanted)) return delegate(next, attributes, `user is member of required groups: ${wanted}`);
    return deny(`user is not a member of required groups: ${wanted}`);
  };

/** `a;b,c`: a, or both b and c */
const hasGroups = (groups: readonly string[], wanted: string): boolean =>
  privileged.some((group) => groups.includes(group)) ||
  wanted.split(";").some((alternative) => alternative.split(",").every((group) => groups.includes(group)));
