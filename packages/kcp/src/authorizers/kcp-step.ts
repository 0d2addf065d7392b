import { traced, type Authorizer, type Decision } from "@meshplane/apiserver";

const auditWords: Record<Decision["decision"], string> = { allow: "Allowed", deny: "Denied", noOpinion: "NoOpinion" };
const auditDomain = "request.auth.kcp.io";

/** A step of kcp's own chain: named in traces, and on the audit event of the request under `request.auth.kcp.io/<name>-…`. @see spec authz §10 */
export function kcpStep(name: string, authorize: Authorizer): Authorizer {
  const step = traced(name, authorize);
  return (attributes) => {
    const { annotate } = attributes;
    if (!annotate) return step(attributes);
    const answer = step(attributes);
    return answer instanceof Promise ? answer.then(note) : note(answer);

    function note(decision: Decision): Decision {
      const { reason, error } = decision;
      annotate!(`${auditDomain}/${name}-decision`, auditWords[decision.decision]);
      annotate!(`${auditDomain}/${name}-reason`, error === undefined ? reason : `reason: ${reason}, error: ${error}`);
      return decision;
    }
  };
}
