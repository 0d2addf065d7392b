import type { ResourceDefinition } from "@meshplane/apiserver";
import { mutatingPolicies, mutatingPolicyBindings, validatingPolicies, validatingPolicyBindings } from "./policies.ts";
import type { CheckExpression } from "./rules.ts";
import { webhookConfigurations } from "./webhooks.ts";

export interface AdmissionRegistrationDependencies {
  /** What is wrong with an expression of a webhook or policy; without it expressions are taken as they are. */
  checkExpression?: CheckExpression;
}

/** How a cluster's users hook into admission; the hooks themselves run elsewhere. */
export function admissionRegistration({ checkExpression = () => undefined }: AdmissionRegistrationDependencies): ResourceDefinition[] {
  return [
    mutatingPolicies(checkExpression),
    mutatingPolicyBindings,
    webhookConfigurations("Mutating", checkExpression),
    validatingPolicies(checkExpression),
    validatingPolicyBindings,
    webhookConfigurations("Validating", checkExpression),
  ];
}
