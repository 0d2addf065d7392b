import type { JsonSchema } from "@meshplane/apimachinery";
import { openApiTable } from "./openapi.table.ts";

/** OpenAPI package of a group version. */
const packages: Readonly<Record<string, string>> = {
  v1: "io.k8s.api.core.v1",
  "autoscaling/v1": "io.k8s.api.autoscaling.v1",
  "apiextensions.k8s.io/v1": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
  "meta.k8s.io/v1": "io.k8s.apimachinery.pkg.apis.meta.v1",
};

let table: Record<string, JsonSchema> | undefined;
const resolved = new Map<string, JsonSchema>();
const names = new WeakMap<JsonSchema, string>();

/** The component's name in OpenAPI documents: `io.k8s.api.rbac.v1.Role`. */
export function componentName(groupVersion: string, kind: string): string {
  if (Object.hasOwn(packages, groupVersion)) return `${packages[groupVersion]}.${kind}`;
  const [group, version] = groupVersion.split("/") as [string, string];
  return `io.k8s.api.${group.split(".")[0]}.${version}.${kind}`;
}

/** The component that a resolved schema stands for; undefined for inline ones. */
export const componentNameOf = (schema: JsonSchema): string | undefined => names.get(schema);

/**
 * The schema of a built-in kind, references resolved: equal references are one object, and a type that contains itself is a circle.
 * @throws Error for a kind that the table does not have
 */
export const builtInSchema = (groupVersion: string, kind: string): JsonSchema => component(componentName(groupVersion, kind));

function component(name: string): JsonSchema {
  const known = resolved.get(name);
  if (known) return known;
  table ??= JSON.parse(openApiTable) as Record<string, JsonSchema>;
  if (!Object.hasOwn(table, name)) throw new Error(`no OpenAPI component ${name}`);
  const schema: JsonSchema = {};
  resolved.set(name, schema); // before its properties: it may contain itself
  names.set(schema, name);
  resolveInto(schema, table[name]!);
  return schema;
}

/** A reference with words of its own beside it (a default, a list type) is a copy of the component with these added. */
function resolve(schema: JsonSchema): JsonSchema {
  const { $ref, default: byDefault, ...own } = schema;
  if ($ref === undefined) {
    const copy: JsonSchema = {};
    resolveInto(copy, schema);
    return copy;
  }
  const target = component($ref);
  if (Object.keys(own).length === 0) return target;
  const copy: JsonSchema = { ...target, ...own };
  if (byDefault !== undefined && !isEmptyObject(byDefault)) copy.default = byDefault;
  names.set(copy, $ref);
  return copy;
}

const isEmptyObject = (value: unknown): boolean => typeof value === "object" && value !== null && Object.keys(value).length === 0;

function resolveInto(target: JsonSchema, source: JsonSchema): void {
  Object.assign(target, source);
  if (source.properties)
    target.properties = Object.fromEntries(Object.entries(source.properties).map(([key, value]) => [key, resolve(value)]));
  if (source.items) target.items = resolve(source.items);
  if (typeof source.additionalProperties === "object") target.additionalProperties = resolve(source.additionalProperties);
}
