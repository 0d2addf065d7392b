/**
 * Once a provider's request is allowed, it acts in the consumer's cluster with full rights there and nowhere else: a warrant of an identity that is
 * scoped to that cluster. Its own identity stays what admission and audit see. @see spec virtual-workspaces §2.4, authz §5
 */
import { extraKeys, kcpGroups } from "@meshplane/apis";
import type { User } from "@meshplane/apiserver";
import { withWarrant } from "@meshplane/kcp";

export const withConsumerWarrant = (user: User, cluster: string): User =>
  withWarrant(user, {
    name: "system:serviceaccount:default:rest",
    uid: "",
    groups: [kcpGroups.admin],
    extra: { [extraKeys.clusterName]: [cluster] },
  });
