import {
  applyJsonPatch,
  forbidden,
  formatGroupVersion,
  serverSideApply,
  StatusError,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "@meshplane/apimachinery";
import type { AdmissionRequest, ResourceDefinition } from "@meshplane/apiserver";
import type { CelValue } from "@meshplane/cel";
import { ExpressionFailure, HookEvaluation, toJson } from "./hook-evaluation.ts";
import type { BoundPolicy, Policy, PolicyBinding } from "./hook-kinds.ts";
import { replaceContents } from "./replace-contents.ts";
import { ConfigurationFailure, constraintsMatch, namespaceObjectOf, paramsOf, type HookDependencies } from "./policy-dispatch.ts";

/** A MutatingAdmissionPolicy: expressions that give an apply configuration or a JSON patch. @throws StatusError 422 */
export async function mutateByPolicy(
  { policy, bindings }: BoundPolicy,
  request: AdmissionRequest,
  dependencies: HookDependencies,
): Promise<void> {
  // Other versions of the resource are not matched here: a change would have to find its way back.
  const matched = await constraintsMatch(policy.spec.matchConstraints, request, dependencies);
  if (matched !== request.definition || !request.object) return;
  for (const binding of bindings) {
    if (!(await constraintsMatch(binding.spec.matchResources, request, dependencies))) continue;
    try {
      for (const params of await paramsOf(policy, binding, request, dependencies)) {
        await applyMutations(policy, params, request, dependencies);
      }
    } catch (error) {
      const foreseen = error instanceof ConfigurationFailure || error instanceof ExpressionFailure || error instanceof StatusError;
      if (!foreseen) throw error;
      if (policy.spec.failurePolicy === "Ignore") continue;
      throw refusal(policy, binding, error, request);
    }
  }
}

async function applyMutations(
  { spec }: Policy,
  params: KubeObject | undefined,
  request: AdmissionRequest,
  dependencies: HookDependencies,
): Promise<void> {
  const namespaceObject = await namespaceObjectOf(request, dependencies.local());
  const evaluationNow = (): HookEvaluation =>
    new HookEvaluation({
      request,
      matched: request.definition,
      object: request.object,
      oldObject: request.oldObject,
      namespaceObject,
      authorize: dependencies.authorize,
    });
  if (!(await evaluationNow().matchConditions(spec.matchConditions, spec, params))) return;
  for (const { patchType, jsonPatch, applyConfiguration } of spec.mutations ?? []) {
    const object = request.object!;
    // Each sees what the one before it did.
    const next =
      patchType === "JSONPatch"
        ? applyJsonPatch(object as unknown as JsonValue, await patchOf(jsonPatch?.expression))
        : applied(object, await configurationOf(applyConfiguration?.expression), request.definition);
    replaceContents(object, next as unknown as KubeObject);
  }

  async function patchOf(expression = ""): Promise<JsonValue> {
    return evaluationNow().run(spec, params, (evaluate) => toJson(evaluate(expression.trim(), "jsonPatch")) as JsonValue);
  }

  async function configurationOf(expression = ""): Promise<JsonObject> {
    const value = await evaluationNow().run(spec, params, (evaluate): CelValue => evaluate(expression.trim(), "applyConfiguration"));
    return toJson(value) as JsonObject;
  }
}

/** Merged as an apply would, with nobody's ownership changed. */
function applied(object: KubeObject, configuration: JsonObject, definition: ResourceDefinition): JsonObject {
  const { managedFields, ...metadata } = object.metadata;
  const apiVersion = formatGroupVersion(definition);
  const { object: merged } = serverSideApply({
    live: { ...object, metadata } as unknown as JsonObject,
    applied: { ...configuration, apiVersion, kind: definition.kind },
    manager: "admission-policy",
    force: true,
    apiVersion,
    schema: definition.schema,
    now: "1970-01-01T00:00:00Z",
  });
  const next = merged["metadata"] as JsonObject;
  delete next["managedFields"];
  if (managedFields) next["managedFields"] = managedFields as unknown as JsonValue;
  return merged;
}

function refusal(policy: Policy, binding: PolicyBinding, error: Error, { definition, name }: AdmissionRequest): StatusError {
  const message = `policy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${error.message}`;
  const status = forbidden({ group: definition.group, resource: definition.resource }, name, message, [{ message }]);
  status.status.reason = "Invalid";
  status.status.code = 422;
  return status;
}
