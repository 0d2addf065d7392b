import { allow, noOpinion, type Authorizer } from "@meshplane/apiserver";

/** system:masters may do everything. @see spec authz §6 */
export const alwaysAllowGroups =
  (groups: readonly string[]): Authorizer =>
  ({ user, trace }) => {
    for (const group of groups) if (user.groups.includes(group)) return allow(trace ? `member of ${group}` : "");
    return noOpinion("");
  };
