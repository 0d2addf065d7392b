import type { Decision, StepDecision } from "@meshplane/apiserver";

/** on a SubjectAccessReview, "true": say why */
export const explainAnnotation = "meshplane.io/explain";
export const explanationAnnotation = "meshplane.io/explanation";

interface ExplainedStep {
  name: string;
  decision: string;
  reason?: string;
  /** by what it was decided */
  evidence?: object;
  steps?: ExplainedStep[];
}

/** its reasons are those of the provider's workspace */
const ofOthers: ReadonlySet<string> = new Set(["04-maxpermissionpolicy"]);

/** What each step said, in order, in words that are about this workspace only. */
export function explanationOf({ decision }: Decision, steps: readonly StepDecision[]): object {
  return {
    decision,
    ...(decision === "noOpinion" ? {} : { decidedBy: steps.find((step) => step.decision !== "noOpinion")?.name }),
    steps: steps.map(explained),
  };
}

const explained = ({ name, decision, reason, error, evidence, steps }: StepDecision): ExplainedStep => ({
  name,
  decision,
  ...(error !== undefined ? { reason: "could not be asked" } : reason && !ofOthers.has(name) ? { reason } : {}),
  ...(evidence ? { evidence } : {}),
  ...(steps ? { steps: steps.map(explained) } : {}),
});
