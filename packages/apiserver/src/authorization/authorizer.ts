import type { User } from "../user.ts";
import type { Target } from "../target.ts";

export interface AuthorizationAttributes {
  readonly user: User;
  readonly target: Target;
  /** of a request for a collection, as text; for authorizers that allow a part of one */
  readonly selectors?: { readonly field: string; readonly label: string } | undefined;
  /** notes something on the request's audit event; absent when it is not audited, and for questions inside the chain */
  readonly annotate?: ((key: string, value: string) => void) | undefined;
  /** every traced step that is asked leaves its answer here; absent for requests, whose path costs nothing then */
  readonly trace?: StepDecision[] | undefined;
}

export interface Decision {
  readonly decision: "allow" | "deny" | "noOpinion";
  /** for the audit line and `why`; the client gets an anonymised text */
  readonly reason: string;
  /** what the client may read of it, when that is not just "access denied" */
  readonly shown?: string;
  /** of an allow that may be taken back: on what it stands. A watch that it opened ends when `recheckWatches` finds it gone */
  readonly ground?: string;
  /** by what it was decided, as JSON; only for whoever asks for a trace */
  readonly evidence?: object;
  /** it could not be asked (properly): when nobody else allows, that is no refusal but a failure */
  readonly error?: string;
}

/** Allow and deny end a chain; noOpinion asks the next. May answer synchronously: the hot path stays free of promises. */
export type Authorizer = (attributes: AuthorizationAttributes) => Decision | Promise<Decision>;

/** A part of a chain that can be traced, put in order and asked by itself. */
export interface AuthorizerStep {
  readonly name: string;
  readonly authorize: Authorizer;
}

/** What one step said; `steps`: what those inside it said before, in the order of their answers. */
export interface StepDecision extends Decision {
  readonly name: string;
  readonly steps?: readonly StepDecision[];
}

/** What a chain says, and each of its steps by itself. */
export interface Explanation extends Decision {
  /** all steps in order, those after the decisive one too: what would they have said? */
  readonly steps: readonly StepDecision[];
  /** the step whose answer counts; undefined when none has an opinion */
  readonly decidedBy: string | undefined;
}

export const allow = (reason: string): Decision => ({ decision: "allow", reason });
export const deny = (reason: string): Decision => ({ decision: "deny", reason });
export const noOpinion = (reason: string): Decision => ({ decision: "noOpinion", reason });

/** Asks each in order until one decides. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return (attributes) => askFrom(0, attributes, [], []);

  function askFrom(start: number, attributes: AuthorizationAttributes, reasons: string[], errors: string[]): Decision | Promise<Decision> {
    for (let i = start; i < authorizers.length; i++) {
      const answer = authorizers[i]!(attributes);
      if (answer instanceof Promise) {
        return answer.then((decision) => {
          if (decision.decision !== "noOpinion") return decision;
          note(decision, reasons, errors);
          return askFrom(i + 1, attributes, reasons, errors);
        });
      }
      if (answer.decision !== "noOpinion") return answer;
      note(answer, reasons, errors);
    }
    return undecided(reasons, errors);
  }
}

/** The same under a name, which the trace of whoever asks for one shows with everything traced inside. */
export const traced =
  (name: string, authorize: Authorizer): Authorizer =>
  (attributes) => {
    const { trace } = attributes;
    if (!trace) return authorize(attributes);
    const steps: StepDecision[] = [];
    const answer = authorize({ ...attributes, trace: steps });
    return answer instanceof Promise ? answer.then(leave) : leave(answer);

    function leave(decision: Decision): Decision {
      trace!.push({ name, ...decision, ...(steps.length > 0 ? { steps } : {}) });
      return decision;
    }
  };

export const unionOfSteps = (steps: readonly AuthorizerStep[]): Authorizer =>
  unionAuthorizer(steps.map(({ name, authorize }) => traced(name, authorize)));

/** Asks every step, in order. The answer is what `unionOfSteps` of the same steps gives. */
export async function explainSteps(
  steps: readonly AuthorizerStep[],
  { user, target, selectors }: AuthorizationAttributes,
): Promise<Explanation> {
  const trace: StepDecision[] = [];
  for (const { name, authorize } of steps) await traced(name, authorize)({ user, target, selectors, trace });
  const decisive = trace.find(({ decision }) => decision !== "noOpinion");
  if (decisive) {
    const { decision, reason, error } = decisive;
    return { decision, reason, ...(error === undefined ? {} : { error }), steps: trace, decidedBy: decisive.name };
  }
  const reasons: string[] = [];
  const errors: string[] = [];
  for (const step of trace) note(step, reasons, errors);
  return { ...undecided(reasons, errors), steps: trace, decidedBy: undefined };
}

function note({ reason, error }: Decision, reasons: string[], errors: string[]): void {
  if (reason) reasons.push(reason);
  if (error !== undefined) errors.push(error);
}

function undecided(reasons: readonly string[], errors: readonly string[]): Decision {
  const [first, ...others] = errors;
  const text = reasons.join("\n");
  if (first === undefined) return noOpinion(text);
  return { decision: "noOpinion", reason: text, error: others.length === 0 ? first : `[${errors.join(", ")}]` };
}
