/**
 * Once a provider's request is allowed, it acts in the consumer's cluster with full rights there and nowhere else: a warrant of an identity that is
 * scoped to that cluster. Its own identity stays what admission and audit see. @see spec virtual-workspaces §2.4, authz §5
 */
import { extraKeys, kcpGroups } from "@meshplane/apis";
import type { User } from "@meshplane/apiserver";

export function withWarrant(user: User, cluster: string): User {
  const warrant = JSON.stringify({
    user: "system:serviceaccount:default:rest",
    groups: [kcpGroups.admin],
    extra: { [extraKeys.clusterName]: [cluster] },
  });
  const held = Object.hasOwn(user.extra, extraKeys.warrant) ? user.extra[extraKeys.warrant]! : [];
  return { ...user, extra: { ...user.extra, [extraKeys.warrant]: [...held, warrant] } };
}
