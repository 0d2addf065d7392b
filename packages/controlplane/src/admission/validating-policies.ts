import { forbidden, type StatusError } from "@meshplane/apimachinery";
import type { AdmissionPlugin, AdmissionRequest } from "@meshplane/apiserver";
import { ExpressionFailure, HookEvaluation } from "./hook-evaluation.ts";
import type { BoundPolicy, Policy, PolicyBinding } from "./hook-kinds.ts";
import { inVersion, isExempt } from "./match-hooks.ts";
import { ConfigurationFailure, constraintsMatch, namespaceObjectOf, paramsOf, sourceOf, type HookDependencies } from "./policy-dispatch.ts";

const messageMax = 5 * 1024;
const annotationMax = 10 * 1024;

const codes: Readonly<Record<string, number>> = {
  __proto__: null as never,
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

interface Denial {
  message: string;
  reason: string;
}

/** ValidatingAdmissionPolicies: expressions that must hold (golden admission-policies). */
export function validatingPolicies(dependencies: HookDependencies): AdmissionPlugin {
  const { index } = dependencies;
  return {
    name: "ValidatingAdmissionPolicy",
    handles: (request) => !isExempt(request) && index.has(sourceOf(dependencies, request)),
    async validate(request) {
      const { validatingPolicies: bound } = await index.hooksOf(sourceOf(dependencies, request));
      let first: StatusError | undefined;
      for (const one of bound) {
        const denied = await refusalBy(one, request, dependencies);
        first ??= denied;
      }
      if (first) throw first;
    },
  };
}

async function refusalBy(
  { policy, bindings }: BoundPolicy,
  request: AdmissionRequest,
  dependencies: HookDependencies,
): Promise<StatusError | undefined> {
  const matched = await constraintsMatch(policy.spec.matchConstraints, request, dependencies);
  if (!matched) return undefined;
  let evaluation: HookEvaluation | undefined;
  const annotations = new Map<string, string[]>();
  let first: StatusError | undefined;
  for (const binding of bindings) {
    if (!(await constraintsMatch(binding.spec.matchResources, request, dependencies))) continue;
    let denials: Denial[];
    try {
      denials = [];
      for (const params of await paramsOf(policy, binding, request, dependencies)) {
        evaluation ??= new HookEvaluation({
          request,
          matched,
          object: await inVersion(request.object, request.definition, matched),
          oldObject: await inVersion(request.oldObject, request.definition, matched),
          namespaceObject: await namespaceObjectOf(request, dependencies.local()),
          authorize: dependencies.authorize,
        });
        denials.push(...(await judge(policy, evaluation, params, annotations)));
      }
    } catch (error) {
      if (!(error instanceof ConfigurationFailure)) throw error;
      if (policy.spec.failurePolicy === "Ignore") continue;
      first ??= refusal(policy, binding, { message: `failed to configure binding: ${error.message}`, reason: "" }, request);
      continue;
    }
    for (const [i, denial] of denials.entries()) {
      for (const action of binding.spec.validationActions ?? []) {
        if (action === "Deny") first ??= refusal(policy, binding, denial, request);
        if (action === "Warn") {
          request.context.warn(
            `Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}': ${denial.message}`,
          );
        }
        if (action === "Audit") annotateFailure(policy, binding, denial, i, request);
      }
    }
  }
  for (const [key, values] of annotations) {
    request.context.annotate(`${policy.metadata.name}/${key}`, values.join(", "));
  }
  return first;
}

async function judge(
  { spec }: Policy,
  evaluation: HookEvaluation,
  params: KubeObjectOrNone,
  annotations: Map<string, string[]>,
): Promise<Denial[]> {
  const denied = (error: unknown): Denial[] => {
    if (!(error instanceof ExpressionFailure)) throw error;
    return spec.failurePolicy === "Ignore" ? [] : [{ message: error.message, reason: "" }];
  };
  try {
    if (!(await evaluation.matchConditions(spec.matchConditions, spec, params))) return [];
  } catch (error) {
    return denied(error);
  }
  return evaluation.run(spec, params, (evaluate) => {
    const denials: Denial[] = [];
    for (const { expression, message, messageExpression, reason = "" } of spec.validations ?? []) {
      try {
        if (evaluate(expression, "bool") === true) continue;
      } catch (error) {
        denials.push(...denied(error));
        continue;
      }
      denials.push({ message: own(messageExpression) || message?.trim() || `failed expression: ${expression.trim()}`, reason });
    }
    for (const { key, valueExpression } of spec.auditAnnotations ?? []) {
      try {
        const value = evaluate(valueExpression.trim(), "stringOrNull");
        if (typeof value !== "string" || value.trim() === "") continue;
        const values = annotations.get(key) ?? [];
        const text = value.trim().slice(0, annotationMax);
        if (!values.includes(text)) annotations.set(key, [...values, text]);
      } catch (error) {
        denials.push(...denied(error));
      }
    }
    return denials;

    /** A message that cannot be had is no reason for another outcome. */
    function own(text: string | undefined): string | undefined {
      if (!text) return undefined;
      try {
        const value = evaluate(text, "string");
        if (typeof value !== "string") return undefined;
        const trimmed = value.trim();
        return trimmed.length > messageMax || /[\r\n]/.test(trimmed) ? undefined : trimmed;
      } catch (error) {
        if (error instanceof ExpressionFailure) return undefined;
        throw error;
      }
    }
  });
}

type KubeObjectOrNone = Parameters<HookEvaluation["run"]>[1];

function refusal(policy: Policy, binding: PolicyBinding, denial: Denial, { definition, name }: AdmissionRequest): StatusError {
  const message = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${denial.message}`;
  const error = forbidden({ group: definition.group, resource: definition.resource }, name, message, [{ message }]);
  const reason = denial.reason || "Invalid";
  error.status.reason = reason;
  error.status.code = codes[reason] ?? 422;
  return error;
}

function annotateFailure(
  policy: Policy,
  binding: PolicyBinding,
  { message }: Denial,
  expressionIndex: number,
  { context }: AdmissionRequest,
): void {
  const failure = {
    message,
    policy: policy.metadata.name,
    binding: binding.metadata.name,
    expressionIndex,
    validationActions: binding.spec.validationActions,
  };
  context.annotate("validation.policy.admission.k8s.io/validation_failure", JSON.stringify([failure]));
}
