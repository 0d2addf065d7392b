import type { KubeObject, LabelSelectorSpec } from "@meshplane/apimachinery";
import type { MatchCondition, MatchResources, Rule } from "../kinds/admissionregistration/rules.ts";

export const hookGroup = "admissionregistration.k8s.io";

/** Objects of admissionregistration.k8s.io/v1, as far as they are read here. */
export interface Policy extends KubeObject {
  spec: {
    paramKind?: { apiVersion?: string; kind?: string };
    matchConstraints?: MatchResources;
    matchConditions?: MatchCondition[];
    variables?: { name: string; expression: string }[];
    failurePolicy?: string;
    /** of mutating ones: Never or IfNeeded */
    reinvocationPolicy?: string;
    validations?: { expression: string; message?: string; reason?: string; messageExpression?: string }[];
    auditAnnotations?: { key: string; valueExpression: string }[];
    mutations?: {
      patchType: string;
      applyConfiguration?: { expression?: string };
      jsonPatch?: { expression?: string };
    }[];
  };
}

export interface ParamRef {
  name?: string;
  namespace?: string;
  selector?: LabelSelectorSpec;
  parameterNotFoundAction?: string;
}

export interface PolicyBinding extends KubeObject {
  spec: {
    policyName?: string;
    paramRef?: ParamRef;
    matchResources?: MatchResources;
    validationActions?: string[];
  };
}

export interface Webhook {
  name: string;
  clientConfig: {
    url?: string;
    service?: { namespace: string; name: string; path?: string; port?: number };
    /** base64 of PEM */
    caBundle?: string;
  };
  rules?: Rule[];
  failurePolicy?: string;
  matchPolicy?: string;
  /** of mutating ones: Never or IfNeeded */
  reinvocationPolicy?: string;
  namespaceSelector?: LabelSelectorSpec;
  objectSelector?: LabelSelectorSpec;
  sideEffects?: string | null;
  timeoutSeconds?: number;
  matchConditions?: MatchCondition[];
}

export interface WebhookConfiguration extends KubeObject {
  webhooks?: Webhook[];
}

/** What a logical cluster's users have hooked into admission, each list in the order of names. */
export interface Hooks {
  validatingPolicies: BoundPolicy[];
  mutatingPolicies: BoundPolicy[];
  validatingWebhooks: Webhook[];
  mutatingWebhooks: Webhook[];
}

/** A policy with its bindings; without any it does nothing, and is left out. */
export interface BoundPolicy {
  policy: Policy;
  bindings: PolicyBinding[];
}
