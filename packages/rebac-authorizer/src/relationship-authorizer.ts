import { traced, type AuthorizationAttributes, type Authorizer, type Decision } from "@meshplane/apiserver";
import type { AccessRequest } from "./access-request.ts";
import { explainAnswer } from "./explain-answer.ts";
import { type Answer, decide, type DecideParts } from "./decide.ts";

/** what its permissions stand on; watches that were opened by them are asked about again when relationships change */
export const relationshipsGround = "relationships";

export interface RelationshipAuthorizerParts extends DecideParts {
  /** why the engine could not be asked; clients are not told */
  onFailure?: (failure: string) => void;
}

/**
 * The decision in process. It never denies: what it does not allow, a later step might. An engine that cannot be asked is said to be so, and the request
 * fails closed.
 */
export const relationshipAuthorizer =
  (parts: RelationshipAuthorizerParts): Authorizer =>
  (attributes) => {
    if (attributes.trace) return explaining(parts)(attributes);
    const answer = decide(accessRequestOf(attributes), parts);
    const told = (it: Answer): Decision => decisionOf(it, attributes, parts);
    return answer instanceof Promise ? answer.then(told) : told(answer);
  };

/** Each identity that is asked about is a step of its own. */
const explaining = (parts: RelationshipAuthorizerParts): Authorizer =>
  traced("relationships", async (attributes) => {
    const request = accessRequestOf(attributes);
    const answer = await decide(request, parts);
    const evidence = await explainAnswer(request, answer, parts);
    return { ...decisionOf(answer, attributes, parts), ...(evidence ? { evidence } : {}) };
  });

export function accessRequestOf({ user, target }: Pick<AuthorizationAttributes, "user" | "target">): AccessRequest {
  const { name, groups } = user;
  const { cluster } = target;
  if (target.kind === "nonResource") return { user: name, groups, cluster, nonResource: { path: target.path, verb: target.verb } };
  const { verb, group, version, resource, namespace, name: object } = target;
  return { user: name, groups, cluster, resource: { verb, group, version, resource, namespace, name: object } };
}

/** The step's reason reaches the client: only whoever asks for a trace learns more than the request said itself. */
function decisionOf(
  { allowed, reason, shown = "", failure }: Answer,
  { trace }: AuthorizationAttributes,
  parts: RelationshipAuthorizerParts,
): Decision {
  if (allowed) return { decision: "allow", reason, ground: relationshipsGround };
  if (failure !== undefined) parts.onFailure?.(failure);
  return {
    decision: "noOpinion",
    reason: trace ? reason : shown,
    ...(failure === undefined ? {} : { error: "the relationships cannot be asked" }),
  };
}
