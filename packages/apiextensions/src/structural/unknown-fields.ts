import type { JsonSchema } from "@meshplane/apimachinery";
import { isObject, own } from "./values.ts";

/** Whether pruning would take something away: defaults in a schema may not have such fields. */
export function hasUnknownFields(value: unknown, schema: JsonSchema): boolean {
  if (Array.isArray(value)) return schema.items !== undefined && value.some((item) => hasUnknownFields(item, schema.items!));
  if (!isObject(value)) return false;
  const { properties, additionalProperties } = schema;
  return Object.keys(value).some((key) => {
    const known = own(properties, key);
    if (known) return hasUnknownFields(value[key], known);
    if (typeof additionalProperties === "object") return hasUnknownFields(value[key], additionalProperties);
    if (schema["x-kubernetes-embedded-resource"] && ["apiVersion", "kind", "metadata"].includes(key)) return false;
    return additionalProperties !== true && schema["x-kubernetes-preserve-unknown-fields"] !== true;
  });
}
