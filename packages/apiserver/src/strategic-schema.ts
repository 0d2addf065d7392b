import type { JsonSchema } from "@meshplane/apimachinery";

const known = new WeakMap<JsonSchema, JsonSchema>();

/** A custom resource's schema with what strategic patches go by: its lists of type map merge by their first key, sets merge as they are. */
export function strategicSchema(schema: JsonSchema): JsonSchema {
  let made = known.get(schema);
  if (!made) known.set(schema, (made = converted(schema)));
  return made;
}

/** CRDs are decoded with a depth limit, so recursion is safe. */
function converted(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties } = schema;
  const next: JsonSchema = { ...schema };
  if (properties) next.properties = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, converted(one)]));
  if (items && typeof items === "object") next.items = converted(items);
  if (additionalProperties && typeof additionalProperties === "object") next.additionalProperties = converted(additionalProperties);
  if (schema["x-kubernetes-patch-strategy"] !== undefined) return next;
  const type = schema["x-kubernetes-list-type"];
  const key = schema["x-kubernetes-list-map-keys"]?.[0];
  if (type === "set" || (type === "map" && key !== undefined)) next["x-kubernetes-patch-strategy"] = "merge";
  if (type === "map" && key !== undefined) next["x-kubernetes-patch-merge-key"] = key;
  return next;
}
