import { kcpGroups } from "@meshplane/apis";
import { deny, type Authorizer, type User } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { isServiceAccount } from "./effective-users.ts";
import { delegate } from "./delegate.ts";

const exemptGroups = [kcpGroups.logicalClusterAdmin, kcpGroups.externalLogicalClusterAdmin, kcpGroups.admin, kcpGroups.bootstrapper];

/** `01-requiredgroups`: who lacks the groups that the logical cluster asks for stays out, whatever RBAC says. @see spec authz §6 */
export const requiredGroups =
  (paths: PathIndex, next: Authorizer): Authorizer =>
  (attributes) => {
    const { user, target } = attributes;
    const wanted = paths.get(target.cluster)?.requiredGroups;
    if (isServiceAccount(user)) return delegate(next, attributes, "service account access to logical cluster");
    if (isExempt(user)) return delegate(next, attributes, "logical cluster admin access");
    if (!wanted) return delegate(next, attributes, "logical cluster does not require groups");
    if (hasGroups(user, wanted)) return delegate(next, attributes, `user is member of required groups: ${wanted}`);
    return deny(`user is not a member of required groups: ${wanted}`);
  };

const isExempt = (user: User): boolean => exemptGroups.some((group) => user.groups.includes(group));

/** `a;b,c`: a, or both b and c */
const hasGroups = (user: User, wanted: string): boolean =>
  wanted.split(";").some((alternative) => alternative.split(",").every((group) => user.groups.includes(group)));
