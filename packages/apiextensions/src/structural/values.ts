import type { JsonSchema } from "@meshplane/apimachinery";

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A member that exists; schemas and objects are strangers' maps. */
export const own = <T>(map: Record<string, T> | undefined, key: string): T | undefined =>
  map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** JSON Schema's name for what a value is; integers beyond 64 bits are `float64`, as Go decodes them. */
export function jsonType(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "bigint":
      return value >= minInt64 && value <= maxInt64 ? "integer" : "float64";
    case "number":
      return Number.isInteger(value) ? (Math.abs(value) < 2 ** 63 ? "integer" : "float64") : "number";
    default:
      return typeof value;
  }
}

/** One text for equal JSON values, whatever the order of their keys. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(",")}}`;
}

/** The schemas directly below one, value validations (anyOf and the like) aside. */
export function* childSchemas(schema: JsonSchema): Iterable<JsonSchema> {
  if (schema.properties) for (const key of Object.keys(schema.properties)) yield schema.properties[key]!;
  if (typeof schema.additionalProperties === "object") yield schema.additionalProperties;
  if (schema.items) yield schema.items;
}

/** Remembers per schema object whether it or anything below it has some property. */
export function anywhere(test: (schema: JsonSchema) => boolean): (schema: JsonSchema) => boolean {
  const known = new WeakMap<JsonSchema, boolean>();
  const visit = (schema: JsonSchema): boolean => {
    const answer = known.get(schema);
    if (answer !== undefined) return answer;
    known.set(schema, false); // while it is being looked at: schemas may be recursive
    let found = test(schema);
    for (const child of childSchemas(schema)) {
      if (found) break;
      found = visit(child);
    }
    known.set(schema, found);
    return found;
  };
  return visit;
}
