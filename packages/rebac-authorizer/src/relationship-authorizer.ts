import { allow, type AuthorizationAttributes, type Authorizer, type Decision } from "@meshplane/apiserver";
import type { AccessRequest } from "./access-request.ts";
import { type Answer, decide, type DecideParts } from "./decide.ts";

/**
 * The decision in process. It never denies: what it does not allow, a later step might. An engine that cannot be asked is said to be so, and the request
 * fails closed.
 */
export const relationshipAuthorizer =
  (parts: DecideParts): Authorizer =>
  (attributes) => {
    const answer = decide(accessRequestOf(attributes), parts);
    return answer instanceof Promise ? answer.then(decisionOf) : decisionOf(answer);
  };

export function accessRequestOf({ user, target }: AuthorizationAttributes): AccessRequest {
  const { name, groups } = user;
  const { cluster } = target;
  if (target.kind === "nonResource") return { user: name, groups, cluster, nonResource: { path: target.path, verb: target.verb } };
  const { verb, group, version, resource, namespace, name: object } = target;
  return { user: name, groups, cluster, resource: { verb, group, version, resource, namespace, name: object } };
}

function decisionOf({ allowed, reason, asked, failure }: Answer): Decision {
  if (allowed) return allow(reason);
  return {
    decision: "noOpinion",
    reason,
    // only of what the requester named himself
    ...(asked ? { shown: `access denied: ${reason}` } : {}),
    ...(failure === undefined ? {} : { error: failure }),
  };
}
