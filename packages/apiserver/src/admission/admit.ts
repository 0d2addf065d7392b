import type { KubeObject } from "@meshplane/apimachinery";
import type { ResourceRequest } from "../resource-request.ts";
import type { AdmissionPlugin, AdmissionRequest, Operation } from "./admission.ts";

/** The admission request of a write. Object and name may still be filled in by the stages. */
export function admissionRequestOf(
  request: ResourceRequest,
  operation: Operation,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
  dryRun: boolean,
  raw?: unknown,
): AdmissionRequest {
  return {
    operation,
    cluster: request.cluster,
    definition: request.definition,
    subresource: request.subresource,
    namespace: request.namespace,
    name: request.name || object?.metadata.name || oldObject?.metadata.name || "",
    object,
    oldObject,
    options: { dryRun, raw },
    context: request.context,
  };
}

/** Lets each plugin that handles it look, in order. Without a promise while the plugins answer at once. @throws StatusError of the first that refuses */
export function admit(plugins: readonly AdmissionPlugin[], phase: "mutate" | "validate", request: AdmissionRequest): void | Promise<void> {
  for (let i = 0; i < plugins.length; i++) {
    const plugin = plugins[i]!;
    if (!plugin[phase] || !plugin.handles(request)) continue;
    const looked = plugin[phase](request);
    if (looked instanceof Promise) return looked.then(() => admit(plugins.slice(i + 1), phase, request));
  }
}
