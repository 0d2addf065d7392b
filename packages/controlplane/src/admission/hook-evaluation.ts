import { randomUUID } from "node:crypto";
import type { KubeObject } from "@meshplane/apimachinery";
import type { AdmissionRequest, Authorizer, ResourceDefinition } from "@meshplane/apiserver";
import { CelCostExceeded, CelEvalError, jsonFromCel, type CelValue } from "@meshplane/cel";
import type { ExpressionUse, MatchCondition } from "../kinds/admissionregistration/rules.ts";
import { userInfoOf } from "../kinds/reviews/authentication-reviews.ts";
import { AnswerPending, AuthorizerQuestions, CelAuthorizer, ResourceCheck } from "./cel-authorizer.ts";
import { callCostMax, LazyVariables, programOf, requestCostMax } from "./expressions.ts";
import type { Policy } from "./hook-kinds.ts";

/** admission.k8s.io/v1 AdmissionRequest without objects: the variable `request`, and what webhooks are sent. */
export function describeRequest(request: AdmissionRequest, matched: ResourceDefinition): Record<string, unknown> {
  const kind = ({ group, version, kind: it }: ResourceDefinition) => ({ group, version, kind: it });
  const resource = ({ group, version, resource: it }: ResourceDefinition) => ({ group, version, resource: it });
  const { definition, subresource, name, namespace, operation } = request;
  return {
    uid: randomUUID(),
    kind: kind(matched),
    resource: resource(matched),
    ...(subresource ? { subResource: subresource } : {}),
    requestKind: kind(definition),
    requestResource: resource(definition),
    ...(subresource ? { requestSubResource: subresource } : {}),
    ...(name ? { name } : {}),
    ...(namespace ? { namespace } : {}),
    operation,
    userInfo: userInfoOf(request.context.user),
    dryRun: request.options.dryRun,
    options: optionsOf(request),
  };
}

function optionsOf({ operation, options }: AdmissionRequest): unknown {
  if (options.raw && typeof options.raw === "object") return options.raw;
  const kind = operation === "CREATE" ? "CreateOptions" : operation === "UPDATE" ? "UpdateOptions" : "DeleteOptions";
  return { kind, apiVersion: "meta.k8s.io/v1", ...(options.dryRun ? { dryRun: ["All"] } : {}) };
}

export interface EvaluationInput {
  request: AdmissionRequest;
  matched: ResourceDefinition;
  object: KubeObject | undefined;
  oldObject: KubeObject | undefined;
  namespaceObject: KubeObject | undefined;
  authorize: Authorizer;
}

/** An expression that has no value here. The message is upstream's. */
export class ExpressionFailure extends Error {
  constructor(expression: string, message: string) {
    super(`expression '${expression}' resulted in error: ${message}`);
    this.name = "ExpressionFailure";
  }
}

/** Runs the expressions of one hook about one request, within the cost that a hook may have. */
export class HookEvaluation {
  readonly #bindings: Record<string, unknown>;
  #costLeft = requestCostMax;

  constructor({ request, matched, object, oldObject, namespaceObject, authorize }: EvaluationInput) {
    const { cluster, subresource, namespace, name, context } = request;
    const { group, version, resource } = matched;
    const authorizer = new CelAuthorizer(new AuthorizerQuestions(authorize), context.user, cluster);
    this.#bindings = {
      object: object ?? null,
      oldObject: oldObject ?? null,
      request: describeRequest(request, matched),
      namespaceObject: namespaceObject ?? null,
      authorizer,
      "authorizer.requestResource": new ResourceCheck(authorizer, { group, version, resource, subresource, namespace, name }),
    };
  }

  /**
   * Runs `work` again whenever it had to wait for an authorizer's answer.
   * @param policy whose variables and parameters expressions may use
   */
  async run<T>(
    policy: Policy["spec"] | undefined,
    params: KubeObject | undefined,
    work: (evaluate: (expression: string, returns: ExpressionUse["returns"]) => CelValue) => T,
  ): Promise<T> {
    for (;;) {
      const use = { hasParams: policy?.paramKind !== undefined, hasAuthorizer: true };
      const evaluateIn = (bindings: Record<string, unknown>, expression: string, returns: ExpressionUse["returns"]) =>
        this.#evaluate(bindings, expression, { ...use, returns });
      const bindings: Record<string, unknown> = { ...this.#bindings };
      if (use.hasParams) bindings["params"] = params ?? null;
      bindings["variables"] = new LazyVariables(policy?.variables ?? [], (expression) => evaluateIn(bindings, expression, "any"));
      try {
        return work((expression, returns) => {
          try {
            return evaluateIn(bindings, expression, returns);
          } catch (error) {
            if (error instanceof AnswerPending) throw error;
            if (error instanceof CelEvalError) throw new ExpressionFailure(expression, noSuchKey(error.message, expression, bindings));
            if (error instanceof CelCostExceeded) {
              throw new ExpressionFailure(expression, "operation cancelled: actual cost limit exceeded");
            }
            throw new ExpressionFailure(expression, `compilation error: ${(error as Error).message}`);
          }
        });
      } catch (error) {
        if (!(error instanceof AnswerPending)) throw error;
        await error.answer;
      }
    }
  }

  /** Whether all conditions hold. @throws ExpressionFailure when none is false and one has no value */
  matchConditions(conditions: readonly MatchCondition[] | undefined, policy?: Policy["spec"], params?: KubeObject): Promise<boolean> {
    if (!conditions?.length) return Promise.resolve(true);
    return this.run(policy && { ...policy, variables: [] }, params, (evaluate) => {
      let failure: ExpressionFailure | undefined;
      for (const { expression } of conditions) {
        try {
          if (evaluate(expression, "bool") !== true) return false;
        } catch (error) {
          if (!(error instanceof ExpressionFailure)) throw error;
          failure ??= error;
        }
      }
      if (failure) throw failure;
      return true;
    });
  }

  #evaluate(
    bindings: Record<string, unknown>,
    expression: string,
    use: Pick<ExpressionUse, "hasParams" | "hasAuthorizer" | "returns">,
  ): CelValue {
    const limit = Math.min(callCostMax, this.#costLeft);
    const { value, cost } = programOf(expression, use).evaluate(bindings, { costLimit: limit });
    this.#costLeft -= cost;
    return value;
  }
}

/** A field of a variable that is null is, in upstream's words, a key that is not there. */
function noSuchKey(message: string, expression: string, bindings: Readonly<Record<string, unknown>>): string {
  if (!message.includes("null_type")) return message;
  for (const [, name, field] of expression.matchAll(/\b([a-zA-Z]+)\.([a-zA-Z_]\w*)/g)) {
    if (Object.hasOwn(bindings, name!) && bindings[name!] === null) return `no such key: ${field}`;
  }
  return message;
}

export const toJson = (value: CelValue): unknown => jsonFromCel(value);
