import { kcpGroups } from "@meshplane/apis";
import { allow, deny, noOpinion, type Authorizer, type Decision, type NonResourceTarget, type User } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { delegate } from "./delegate.ts";
import { effectiveGroups, isInScope, isServiceAccount } from "./effective-users.ts";

const openPhases = new Set(["Initializing", "Ready", "Inactive", "Terminating", "Deleting"]);
const lifecyclePhases = new Set(["Initializing", "Terminating", "Deleting"]);

/**
 * `02-content`: entering a logical cluster needs the verb `access` on `/` there. Wildcards and system clusters are for those only whom an
 * authorizer before this one allows. @see spec authz §6
 */
export const contentAuthorizer =
  (paths: PathIndex, rbac: Authorizer, next: Authorizer): Authorizer =>
  (attributes) => {
    const { user, target } = attributes;
    const { cluster } = target;
    if (cluster === "" && target.path === "/metrics") return next({ ...attributes, target: { ...target, cluster: "root" } });
    if (cluster === "*" || cluster === "" || cluster.startsWith("system:")) return noOpinion("empty or system workspace");
    if (effectiveGroups(user, cluster).includes(kcpGroups.logicalClusterAdmin))
      return delegate(next, attributes, "logical cluster admin access");
    const entry = paths.get(cluster);
    if (!entry) return deny("LogicalCluster not found");
    if (!openPhases.has(entry.phase)) return noOpinion(`not permitted due to phase "${entry.phase}"`);
    if (lifecyclePhases.has(entry.phase) && isLifecycleUser(user)) return allow("lifecycle VW pre-authorized access");
    if (isServiceAccount(user) && isInScope(user, cluster)) return delegate(next, attributes, "local service account access");
    const entering: NonResourceTarget = { kind: "nonResource", verb: "access", cluster, path: "/" };
    const answer = rbac({ user, target: entering });
    return answer instanceof Promise ? answer.then(enter) : enter(answer);

    function enter({ decision }: Decision): Decision | Promise<Decision> {
      return decision === "allow" ? delegate(next, attributes, "user logical cluster access") : noOpinion("no verb=access permission on /");
    }
  };

/** Only the lifecycle virtual workspaces put these groups on. */
const isLifecycleUser = (user: User): boolean =>
  user.groups.some((group) => group.startsWith(kcpGroups.initializerPrefix) || group.startsWith(kcpGroups.terminatorPrefix));
