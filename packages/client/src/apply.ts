import type { JsonValue, KubeObject } from "@meshplane/apimachinery";
import type { PatchOptions, ResourceClient } from "./object-client.ts";

export interface ApplyOptions extends Omit<PatchOptions, "fieldManager"> {
  /** in whose name the fields are set */
  fieldManager: string;
}

/**
 * Server-side apply: makes the object have these fields, creating it when it is missing.
 * @param object what the manager wants, and nothing else; with apiVersion, kind and name
 * @throws StatusError Conflict when other managers own some of the fields: its `status.details.causes` names them; `force` takes them over
 */
export function apply<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: Partial<T> & Pick<KubeObject, "apiVersion" | "kind" | "metadata">,
  options: ApplyOptions,
): Promise<T> {
  const { name, namespace } = object.metadata;
  if (!name) throw new TypeError("apply needs metadata.name");
  return resource.patch(name, "apply", object as unknown as JsonValue, {
    ...(namespace ? { namespace } : {}),
    ...options,
  });
}
