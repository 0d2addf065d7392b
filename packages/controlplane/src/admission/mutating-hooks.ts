import { encodeJson } from "@meshplane/apimachinery";
import type { AdmissionPlugin, AdmissionRequest } from "@meshplane/apiserver";
import { isExempt } from "./match-hooks.ts";
import { mutateByPolicy } from "./mutating-policies.ts";
import { sourceOf, type HookDependencies } from "./policy-dispatch.ts";
import { mutateByWebhook } from "./webhooks.ts";

/** One webhook or policy of the chain. */
interface MutatingHook {
  /** `reinvocationPolicy: IfNeeded`: called once more when one after it has changed the object */
  again: boolean;
  call(): Promise<void>;
}

/**
 * MutatingWebhookConfigurations, then MutatingAdmissionPolicies: one after the other, each sees what those before it changed. Those that ask for it
 * get a second look, once, when something after them has changed the object.
 */
export function mutatingHooks(dependencies: HookDependencies): AdmissionPlugin {
  const { index } = dependencies;
  return {
    name: "MutatingAdmissionWebhook",
    handles: (request) => !isExempt(request) && index.has(sourceOf(dependencies, request)),
    async mutate(request) {
      const hooks = await hooksOf(request);
      const mayRepeat = hooks.some(({ again }) => again);
      /** called, and to be called again */
      const called: MutatingHook[] = [];
      const repeated = new Set<MutatingHook>();
      for (const hook of hooks) {
        const before = mayRepeat ? encodeJson(request.object) : "";
        await hook.call();
        if (mayRepeat && encodeJson(request.object) !== before) for (const earlier of called) repeated.add(earlier);
        if (hook.again) called.push(hook);
      }
      for (const hook of repeated) await hook.call();
    },
  };

  async function hooksOf(request: AdmissionRequest): Promise<MutatingHook[]> {
    const { mutatingWebhooks, mutatingPolicies } = await index.hooksOf(sourceOf(dependencies, request));
    const hooks = mutatingWebhooks.map((webhook) => ({
      again: webhook.reinvocationPolicy === "IfNeeded",
      call: () => mutateByWebhook(webhook, request, dependencies),
    }));
    if (request.operation === "DELETE") return hooks;
    return [
      ...hooks,
      ...mutatingPolicies.map((bound) => ({
        again: bound.policy.spec.reinvocationPolicy === "IfNeeded",
        call: () => mutateByPolicy(bound, request, dependencies),
      })),
    ];
  }
}
