import { noOpinion, type Authorizer, type Decision, type Target, type User } from "@meshplane/apiserver";
import type { RbacEvaluator } from "../kcp-options.ts";
import { effectiveUsers } from "./effective-users.ts";

/** RBAC of `clusterOf(target)`, for any identity that the user counts as there. @see spec authz §5, §6 */
export const rbacAuthorizer =
  (rbac: RbacEvaluator, clusterOf: (target: Target) => string): Authorizer =>
  ({ user, target }) => {
    const home = target.cluster;
    return anyOf(effectiveUsers(user, home), (effective) => rbac.authorize(clusterOf(target), effective, target));
  };

/** The first allow or deny; most users count as one identity and are decided without a promise. */
function anyOf(users: readonly User[], ask: (user: User) => Decision | Promise<Decision>): Decision | Promise<Decision> {
  if (users.length === 1) return ask(users[0]!);
  return askInTurn();

  async function askInTurn(): Promise<Decision> {
    let last = noOpinion("");
    for (const user of users) {
      last = await ask(user);
      if (last.decision !== "noOpinion") return last;
    }
    return last;
  }
}
