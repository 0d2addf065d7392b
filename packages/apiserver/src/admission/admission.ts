import type { KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "../resource-definition.ts";
import type { RequestContext } from "../request-context.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface AdmissionRequest {
  readonly operation: Operation;
  readonly cluster: string;
  readonly definition: ResourceDefinition;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** the object to be written, in the version of the request; a mutating plugin changes it in place. undefined for DELETE */
  readonly object: KubeObject | undefined;
  /** what is stored, in the same version; undefined for CREATE. Read-only */
  readonly oldObject: KubeObject | undefined;
  readonly options: { readonly dryRun: boolean; readonly raw?: unknown };
  readonly context: RequestContext;
}

/**
 * Looks at a write after authorization. `mutate` runs for all plugins before any `validate`.
 * Both throw a StatusError (usually `forbidden`) to refuse.
 */
export interface AdmissionPlugin {
  readonly name: string;
  handles(request: AdmissionRequest): boolean;
  mutate?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}
