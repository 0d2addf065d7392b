import type { User } from "../user.ts";
import type { Target } from "../target.ts";

export interface AuthorizationAttributes {
  readonly user: User;
  readonly target: Target;
}

export interface Decision {
  readonly decision: "allow" | "deny" | "noOpinion";
  /** for the audit line and `why`; the client gets an anonymised text */
  readonly reason: string;
}

/** Allow and deny end a chain; noOpinion asks the next. May answer synchronously: the hot path stays free of promises. */
export type Authorizer = (attributes: AuthorizationAttributes) => Decision | Promise<Decision>;

export const allow = (reason: string): Decision => ({ decision: "allow", reason });
export const deny = (reason: string): Decision => ({ decision: "deny", reason });
export const noOpinion = (reason: string): Decision => ({ decision: "noOpinion", reason });

/** Asks each in order until one decides. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return (attributes) => askFrom(0, attributes, []);

  function askFrom(start: number, attributes: AuthorizationAttributes, reasons: string[]): Decision | Promise<Decision> {
    for (let i = start; i < authorizers.length; i++) {
      const answer = authorizers[i]!(attributes);
      if (answer instanceof Promise) {
        return answer.then((decision) => {
          if (decision.decision !== "noOpinion") return decision;
          return askFrom(i + 1, attributes, decision.reason ? [...reasons, decision.reason] : reasons);
        });
      }
      if (answer.decision !== "noOpinion") return answer;
      if (answer.reason) reasons = [...reasons, answer.reason];
    }
    return noOpinion(reasons.join("\n"));
  }
}
