import type { Authorizer, Target } from "@meshplane/apiserver";
import type { RbacEvaluator } from "../kcp-options.ts";
import { perEffectiveUser } from "./per-effective-user.ts";

/** RBAC of `clusterOf(target)`, for any identity that the user counts as in the target's cluster. @see spec authz §5, §6 */
export const rbacAuthorizer = (rbac: RbacEvaluator, clusterOf: (target: Target) => string): Authorizer =>
  perEffectiveUser(({ user, target }) => rbac.authorize(clusterOf(target), user, target));
