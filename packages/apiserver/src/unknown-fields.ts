import { pruneUnknown } from "@meshplane/apimachinery";
import type { JsonObject, JsonSchema, KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "./resource-definition.ts";

const anything: JsonSchema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** Removes what the schema does not know, in place, and tells the paths: `spec.x`, `spec.list[0].y`. Metadata is pruned in any case. */
export const unknownFieldsOf = (object: KubeObject, definition: ResourceDefinition): string[] =>
  pruneUnknown(object as unknown as JsonObject, definition.preserveUnknownFields ? anything : definition.schema);
