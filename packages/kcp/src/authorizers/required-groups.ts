import { kcpGroups } from "@meshplane/apis";
import { deny, type Authorizer, type User } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { isServiceAccount } from "./effective-users.ts";

const exemptGroups = [kcpGroups.logicalClusterAdmin, kcpGroups.externalLogicalClusterAdmin, kcpGroups.admin, kcpGroups.bootstrapper];

/** `01-requiredgroups`: who lacks the groups that the logical cluster asks for stays out, whatever RBAC says. @see spec authz §6 */
export const requiredGroups =
  (paths: PathIndex, next: Authorizer): Authorizer =>
  (attributes) => {
    const { user, target } = attributes;
    const wanted = paths.get(target.cluster)?.requiredGroups;
    if (!wanted || isExempt(user) || hasGroups(user, wanted)) return next(attributes);
    return deny(`user is not a member of required groups: ${wanted}`);
  };

const isExempt = (user: User): boolean => isServiceAccount(user) || exemptGroups.some((group) => user.groups.includes(group));

/** `a;b,c`: a, or both b and c */
const hasGroups = (user: User, wanted: string): boolean =>
  wanted.split(";").some((alternative) => alternative.split(",").every((group) => user.groups.includes(group)));
