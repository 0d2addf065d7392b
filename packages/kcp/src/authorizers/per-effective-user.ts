import { unionAuthorizer, type AuthorizationAttributes, type Authorizer } from "@meshplane/apiserver";
import { effectiveUsers } from "./effective-users.ts";

/**
 * Asks for every identity that the user counts as in the target's cluster, until one is allowed or denied: scopes and warrants are settled before
 * the authorizer sees anybody. @see spec authz §5
 */
export const perEffectiveUser =
  (authorize: Authorizer): Authorizer =>
  (attributes) => {
    const users = effectiveUsers(attributes.user, attributes.target.cluster);
    // most users count as themselves and nobody else: no promise is made for them
    if (users.length === 1) return authorize(users[0] === attributes.user ? attributes : { ...attributes, user: users[0]! });
    return unionAuthorizer(users.map((user) => (asked: AuthorizationAttributes) => authorize({ ...asked, user })))(attributes);
  };
