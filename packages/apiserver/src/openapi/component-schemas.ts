import { objectMetaSchema } from "@meshplane/apimachinery";
import type { JsonSchema } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "../resource-definition.ts";
import { metaComponents, metaPrefix } from "./meta-components.ts";

/** The name of the component that a schema stands for; undefined for one that is written out where it is used. */
export type ComponentNameOf = (schema: JsonSchema) => string | undefined;

const depthMax = 100;
const embeddedRequired = ["kind", "apiVersion"];

/** Collects the components that the paths of one document refer to. */
export class ComponentSchemas {
  readonly schemas: Record<string, object> = {};
  readonly #nameOf: ComponentNameOf;
  readonly #refPrefix: string;

  constructor(nameOf: ComponentNameOf, refPrefix = "#/components/schemas/") {
    this.#nameOf = nameOf;
    this.#refPrefix = refPrefix;
  }

  ref(name: string): object {
    return { $ref: `${this.#refPrefix}${name}` };
  }

  meta(name: string): object {
    const full = metaPrefix + name;
    if (!Object.hasOwn(this.schemas, full)) {
      const schema = metaComponents()[name]!;
      this.schemas[full] =
        this.#refPrefix === "#/components/schemas/"
          ? schema
          : (JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", this.#refPrefix)) as object);
      for (const [, inner] of JSON.stringify(schema).matchAll(/apis\.meta\.v1\.(\w+)"/g)) this.meta(inner!);
    }
    return this.ref(full);
  }

  /** The component of a kind's objects. */
  kind(definition: ResourceDefinition): object {
    const name = componentNameOfKind(definition, definition.kind, this.#nameOf(definition.schema));
    if (!Object.hasOwn(this.schemas, name)) {
      this.schemas[name] = {};
      this.schemas[name] = {
        ...this.#convertObject(definition.schema, true, definition.builtIn),
        "x-kubernetes-group-version-kind": [gvk(definition, definition.kind)],
      };
    }
    return this.ref(name);
  }

  /** The component of a kind's lists. */
  list(definition: ResourceDefinition): object {
    const item = this.kind(definition);
    const name = componentNameOfKind(definition, definition.listKind, listName(this.#nameOf(definition.schema)));
    if (!Object.hasOwn(this.schemas, name)) {
      this.schemas[name] = {
        type: "object",
        description: `${definition.listKind} is a list of ${definition.kind}`,
        required: ["items"],
        properties: {
          ...typeProperties(),
          items: { type: "array", items: item, description: `List of ${definition.resource}.` },
          metadata: { allOf: [this.meta("ListMeta")], description: "What the list is true at, and how to go on." },
        },
        "x-kubernetes-group-version-kind": [gvk(definition, definition.listKind)],
      };
    }
    return this.ref(name);
  }

  #convertObject(schema: JsonSchema, root: boolean, builtIn: boolean): Record<string, unknown> {
    const converted = this.#convert(schema, 0, true);
    if (!root) return converted;
    const properties = (converted.properties ?? {}) as Record<string, unknown>;
    converted.type = "object";
    converted.properties = {
      ...typeProperties(),
      metadata: { allOf: [this.meta("ObjectMeta")], ...(builtIn ? { default: {} } : {}), description: "Standard object metadata." },
      ...withoutHead(properties),
    };
    return converted;
  }

  /** `inline`: the schema is the component itself, not a mention of it */
  #convert(schema: JsonSchema, depth: number, inline = false): Record<string, unknown> {
    if (depth > depthMax) return {};
    if (!inline) {
      if (schema === objectMetaSchema) return this.meta("ObjectMeta") as Record<string, unknown>;
      const name = this.#nameOf(schema);
      if (name !== undefined) return this.#mention(name, schema);
    }
    const converted: Record<string, unknown> = { ...schema } as Record<string, unknown>;
    if (schema.properties) converted.properties = this.#each(schema.properties, depth);
    if (schema.patternProperties) delete converted.patternProperties;
    if (typeof schema.additionalProperties === "object")
      converted.additionalProperties = this.#convert(schema.additionalProperties, depth + 1);
    if (schema.items) converted.items = this.#convert(schema.items, depth + 1);
    for (const key of ["allOf", "anyOf", "oneOf"] as const)
      if (schema[key]) converted[key] = schema[key].map((it) => this.#convert(it, depth + 1));
    if (schema.not) converted.not = this.#convert(schema.not, depth + 1);
    if (schema["x-kubernetes-int-or-string"]) {
      delete converted.type;
      converted.anyOf = [{ type: "integer" }, { type: "string" }];
    }
    const keys = schema["x-kubernetes-list-map-keys"];
    if (schema["x-kubernetes-list-type"] === "map" && keys?.length === 1) converted["x-kubernetes-patch-merge-key"] ??= keys[0];
    if (schema["x-kubernetes-embedded-resource"]) {
      converted.properties = {
        ...typeProperties(),
        metadata: { allOf: [this.meta("ObjectMeta")], description: "Standard object metadata." },
        ...withoutHead((converted.properties ?? {}) as Record<string, unknown>),
      };
      converted.required = [...embeddedRequired, ...(schema.required ?? []).filter((it) => !embeddedRequired.includes(it))];
    }
    return converted;
  }

  #mention(name: string, schema: JsonSchema): Record<string, unknown> {
    if (name.startsWith(metaPrefix) && Object.hasOwn(metaComponents(), name.slice(metaPrefix.length)))
      return this.meta(name.slice(metaPrefix.length)) as Record<string, unknown>;
    if (!Object.hasOwn(this.schemas, name)) {
      this.schemas[name] = {};
      this.schemas[name] = this.#convert(schema, 0, true);
    }
    const { default: byDefault, description } = schema;
    const reference = this.ref(name) as Record<string, unknown>;
    if (byDefault === undefined && description === undefined) return reference;
    return {
      allOf: [reference],
      ...(byDefault === undefined ? {} : { default: byDefault }),
      ...(description === undefined ? {} : { description }),
    };
  }

  #each(properties: Record<string, JsonSchema>, depth: number): Record<string, unknown> {
    const converted: Record<string, unknown> = {};
    for (const key of Object.keys(properties)) converted[key] = this.#convert(properties[key]!, depth + 1);
    return converted;
  }
}

const typeProperties = (): Record<string, object> => ({
  apiVersion: { type: "string", description: "The version of the schema that this object follows." },
  kind: { type: "string", description: "What the object is." },
});

function withoutHead(properties: Record<string, unknown>): Record<string, unknown> {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...own } = properties;
  return own;
}

export const gvk = ({ group, version }: ResourceDefinition, kind: string): { group: string; kind: string; version: string } => ({
  group,
  kind,
  version,
});

const listName = (name: string | undefined): string | undefined => (name === undefined ? undefined : `${name}List`);

function componentNameOfKind({ group, version, builtIn }: ResourceDefinition, kind: string, known: string | undefined): string {
  if (known !== undefined) return known;
  if (builtIn) return `io.k8s.api.${group === "" ? "core" : group.split(".")[0]}.${version}.${kind}`;
  return `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}
