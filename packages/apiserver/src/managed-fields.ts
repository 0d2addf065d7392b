import { trackUpdate } from "@meshplane/apimachinery";
import type { JsonObject, KubeObject } from "@meshplane/apimachinery";
import { timestamp } from "./prepare-object.ts";
import type { ResourceRequest } from "./resource-request.ts";
import type { WriteOptions } from "./request-options.ts";

/** The manager that a plain write's fields belong to. @see wire 53 */
export function managerOf(request: ResourceRequest, options: WriteOptions): string {
  if (options.fieldManager !== "") return options.fieldManager;
  const agent = request.userAgent;
  const slash = agent.indexOf("/");
  const name = (slash < 0 ? agent : agent.slice(0, slash)).replace(/[^\x20-\x7e]/g, "");
  return name === "" ? "unknown" : name.slice(0, 128);
}

/** Notes in `next` which fields this write has set. */
export function trackManagedFields(
  next: KubeObject,
  current: KubeObject | undefined,
  request: ResourceRequest,
  options: WriteOptions,
): void {
  trackUpdate({
    live: current as JsonObject | undefined,
    next: next as unknown as JsonObject,
    manager: managerOf(request, options),
    apiVersion: next.apiVersion,
    subresource: request.subresource || undefined,
    schema: request.definition.schema,
    now: timestamp(request.server.options.clock()),
  });
}
