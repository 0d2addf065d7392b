import type { AuthorizationAttributes, Authorizer, Decision } from "@meshplane/apiserver";

/** Leaves the decision to the next step, and says why on the audit event: the reason of whoever decides stands there under its own name. @see spec authz §10 */
export function delegate(next: Authorizer, attributes: AuthorizationAttributes, why: string): Decision | Promise<Decision> {
  const answer = next(attributes);
  return isTold(attributes) ? withReason(answer, () => `delegating due to ${why}`) : answer;
}

/** Tells the reasons of two policies apart on the audit event. */
export const policyOf =
  (nameOf: (attributes: AuthorizationAttributes) => string, authorize: Authorizer): Authorizer =>
  (attributes) => {
    const answer = authorize(attributes);
    return isTold(attributes) ? withReason(answer, ({ reason }) => `${nameOf(attributes)} policy: ${reason}`) : answer;
  };

/** The request's own reason on its audit event says no more than clients are told. */
export const anonymized =
  (authorize: Authorizer): Authorizer =>
  (attributes) => {
    const answer = authorize(attributes);
    return attributes.annotate ? withReason(answer, ({ decision }) => (decision === "allow" ? "access granted" : "access denied")) : answer;
  };

function withReason(answer: Decision | Promise<Decision>, reasonOf: (decision: Decision) => string): Decision | Promise<Decision> {
  return answer instanceof Promise ? answer.then(change) : change(answer);

  function change(decision: Decision): Decision {
    return { ...decision, reason: reasonOf(decision) };
  }
}

/** Somebody reads the reasons. */
const isTold = ({ annotate, trace }: AuthorizationAttributes): boolean => annotate !== undefined || trace !== undefined;
