import { copyJson, type JsonSchema } from "@meshplane/apimachinery";
import { isObject, own } from "./values.ts";

/**
 * Fills in defaults, in place, and drops nulls where null is not allowed: a default takes their place if there is one.
 * Depth is bounded by the decoder's limit.
 * @see k8s.io/apiextensions-apiserver apiserver/schema/defaulting
 */
export function applyDefaults(value: unknown, schema: JsonSchema): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return;
    for (let i = 0; i < value.length; i++) {
      if (isUnwantedNull(value[i], items)) value[i] = items.default == null ? null : copyJson(items.default);
      else applyDefaults(value[i], items);
    }
    return;
  }
  if (!isObject(value)) return;
  const { properties, additionalProperties } = schema;
  for (const key of properties ? defaultedKeys(properties) : []) {
    const property = properties![key]!;
    const current = own(value, key);
    if (current === undefined || isUnwantedNull(current, property)) setOwn(value, key, copyJson(property.default));
  }
  for (const key of Object.keys(value)) {
    const inner = own(properties, key) ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (!inner) continue;
    if (isUnwantedNull(value[key], inner)) {
      // a required field stays null to be refused as missing: dropping it says the same
      if (inner.default == null) delete value[key];
      else value[key] = copyJson(inner.default);
    }
    applyDefaults(value[key], inner);
  }
}

const isUnwantedNull = (value: unknown, schema: JsonSchema): boolean => value === null && schema.nullable !== true;

const keysWithDefaults = new WeakMap<Record<string, JsonSchema>, string[]>();

function defaultedKeys(properties: Record<string, JsonSchema>): string[] {
  let keys = keysWithDefaults.get(properties);
  if (!keys) {
    keys = Object.keys(properties).filter((key) => properties[key]!.default != null);
    keysWithDefaults.set(properties, keys);
  }
  return keys;
}

/** Plain assignment, but safe for every name a stranger can think of. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

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
