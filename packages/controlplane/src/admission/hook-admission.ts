import type { AdmissionPlugin } from "@meshplane/apiserver";
import { mutatingHooks } from "./mutating-hooks.ts";
import type { HookDependencies } from "./policy-dispatch.ts";
import { validatingPolicies } from "./validating-policies.ts";
import { validatingWebhooks } from "./webhooks.ts";

/** Webhooks and policies in the order that they run (spec authz §8.1). `index` belongs among the server's projections. */
export const hookAdmission = (dependencies: HookDependencies): AdmissionPlugin[] => [
  mutatingHooks(dependencies),
  validatingPolicies(dependencies),
  validatingWebhooks(dependencies),
];
