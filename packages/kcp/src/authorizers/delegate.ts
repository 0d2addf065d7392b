import { allow, type AuthorizationAttributes, type Authorizer, type Decision } from "@meshplane/apiserver";

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

const granted = allow("access granted");
const denied = "access denied";

/** Clients learn no more of RBAC's reasons than these; whoever asks for a trace does. */
export const anonymized =
  (authorize: Authorizer): Authorizer =>
  (attributes) => {
    const answer = authorize(attributes);
    if (attributes.trace) return answer;
    return answer instanceof Promise ? answer.then(hide) : hide(answer);
  };

function hide(decision: Decision): Decision {
  return decision.decision === "allow" ? granted : { ...decision, reason: denied };
}

function withReason(answer: Decision | Promise<Decision>, reasonOf: (decision: Decision) => string): Decision | Promise<Decision> {
  return answer instanceof Promise ? answer.then(change) : change(answer);

  function change(decision: Decision): Decision {
    return { ...decision, reason: reasonOf(decision) };
  }
}

/** Somebody reads the reasons. */
const isTold = ({ annotate, trace }: AuthorizationAttributes): boolean => annotate !== undefined || trace !== undefined;
