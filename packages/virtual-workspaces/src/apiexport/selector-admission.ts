/**
 * What a provider writes through a claim with a label selector stays within that selector. @see spec virtual-workspaces §2.5
 */
import { forbidden, type LabelSelector } from "@meshplane/apimachinery";
import { groupResourceOf, type AdmissionPlugin, type AdmissionRequest } from "@meshplane/apiserver";

/** @param selectorOf the accepted claim's selector for the request; undefined where nothing is to be kept */
export function selectorAdmission(selectorOf: (request: AdmissionRequest) => Promise<LabelSelector | undefined>): AdmissionPlugin {
  return {
    name: "apis.kcp.io/PermissionClaimSelector",
    handles: (request) => request.cluster !== "*",
    async mutate(request) {
      if (!request.object || (request.operation !== "CREATE" && request.operation !== "UPDATE")) return;
      const selector = await selectorOf(request);
      if (!selector || selector.empty) return;
      const labels = { ...request.object.metadata.labels };
      for (const { key, value } of fixedLabels(selector)) {
        if (!Object.hasOwn(labels, key)) labels[key] = value;
        else if (labels[key] !== value)
          throw forbidden(groupResourceOf(request.definition), request.name, `protected label ${key} must have value ${value}`);
      }
      request.object.metadata.labels = labels;
    },
    async validate(request) {
      const selector = await selectorOf(request);
      if (!selector || selector.empty) return;
      const concerned = request.operation === "DELETE" ? [request.oldObject] : [request.object, request.oldObject];
      for (const object of concerned)
        if (object && !selector.matches(object.metadata.labels))
          throw forbidden(groupResourceOf(request.definition), request.name, "object does not match required labels");
    },
  };
}

/** What matchLabels says; matchExpressions are checked and never filled in. */
function* fixedLabels(selector: LabelSelector): Generator<{ key: string; value: string }> {
  for (const { key, operator, values } of selector.requirements)
    if (operator === "=" && values.length === 1) yield { key, value: values[0]! };
}
