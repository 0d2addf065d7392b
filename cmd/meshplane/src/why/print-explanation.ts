export interface ExplainedStep {
  name: string;
  decision: string;
  reason?: string;
  evidence?: Evidence;
  steps?: ExplainedStep[];
}

export interface ReviewExplanation {
  decision: string;
  decidedBy?: string;
  steps: ExplainedStep[];
}

interface Tuple {
  user: string;
  relation: string;
  object: string;
  contextual?: boolean;
}

interface Evidence {
  object: string;
  relation: string;
  user: string;
  allowed: boolean;
  path?: Tuple[];
  missing?: { object: string; relation: string; why: string }[];
}

const words: Record<string, string> = { allow: "allows", deny: "denies", noOpinion: "has no opinion" };

export function printExplanation(question: string, allowed: boolean, { decidedBy, steps }: ReviewExplanation): string {
  const lines = [`${question}: ${allowed ? "allowed" : "not allowed"}${decidedBy ? ` by ${decidedBy}` : ", nobody allows it"}`, ""];
  steps.forEach((step, i) => lines.push(...stepLines(step, `${i + 1}. `, "   ")));
  return lines.join("\n");
}

function stepLines({ name, decision, reason, evidence, steps = [] }: ExplainedStep, bullet: string, indent: string): string[] {
  const lines = [`${bullet}${name} ${words[decision] ?? decision}${reason ? `: ${reason.replaceAll("\n", "; ")}` : ""}`];
  if (evidence) lines.push(...evidenceLines(evidence).map((line) => indent + line));
  for (const step of steps) lines.push(...stepLines(step, `${indent}- `, `${indent}  `));
  return lines;
}

function evidenceLines({ object, relation, user, allowed, path, missing }: Evidence): string[] {
  const lines = [`asked: is ${user} ${relation} of ${object}? ${allowed ? "yes" : "no"}`];
  if (path?.length) {
    lines.push("because:");
    for (const tuple of path)
      lines.push(`  ${tuple.user} is ${tuple.relation} of ${tuple.object}${tuple.contextual ? " (by where it lies)" : ""}`);
  }
  if (missing?.length) {
    lines.push("any of these would grant it:");
    for (const one of missing) lines.push(`  ${one.relation} of ${one.object}: ${one.why}`);
  }
  return lines;
}
