/**
 * From structural JSON schemas to types, and from plain JSON to values, as Kubernetes does for `self`. Values are wrapped, never copied:
 * an element is converted when an expression looks at it.
 */
import { parseDate, parseDuration, parseTimestamp } from "./time.ts";
import * as t from "./types.ts";
import type { CelType } from "./types.ts";
import {
  celEquals,
  CelDuration,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  ArrayList,
  type CelValue,
} from "./values.ts";

/** The part of apiextensions/v1 JSONSchemaProps that matters here. */
export interface SchemaLike {
  type?: string | undefined;
  format?: string | undefined;
  enum?: readonly unknown[];
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
  properties?: Record<string, SchemaLike>;
  additionalProperties?: boolean | SchemaLike;
  items?: SchemaLike;
  required?: readonly string[];
  default?: unknown;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: readonly string[];
}

/** The largest body a server takes; bounds whatever a schema leaves open. */
const maxRequestBytes = 3 * 1024 * 1024;

const reservedNames = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "),
);
const replacements: Record<string, string> = { __: "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__" };
const backwards = new Map(Object.entries(replacements).map(([plain, escaped]) => [escaped, plain]));

/** The name by which an expression reaches a property; undefined when it cannot. `dash-name` is `dash__dash__name`, `in` is `__in__`. */
export function escapeProperty(name: string): string | undefined {
  if (!/^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(name)) return undefined;
  if (reservedNames.has(name)) return `__${name}__`;
  return name.replace(/__|[.\-/]/g, (part) => replacements[part]!);
}

/** The property behind an escaped name. */
export function unescapeProperty(name: string): string {
  if (!name.includes("__")) return name;
  const keyword = /^__([a-z]+)__$/.exec(name)?.[1];
  if (keyword !== undefined && reservedNames.has(keyword)) return keyword;
  return name.replace(/__(?:underscores|dot|dash|slash)__/g, (part) => backwards.get(part)!);
}

const types = new WeakMap<SchemaLike, { plain?: CelType; root?: CelType }>();
let objects = 0;

/**
 * The type of values of a schema. Kept by the schema's identity: do not change it afterwards.
 * @param options.root the schema of a whole object: apiVersion, kind, metadata.name and metadata.generateName exist
 * @returns undefined when expressions cannot see such a value (no type given)
 */
export function typeFromSchema(schema: SchemaLike, { root = false } = {}): CelType | undefined {
  let known = types.get(schema);
  if (!known) types.set(schema, (known = {}));
  const key = root ? "root" : "plain";
  const type = known[key] ?? buildType(schema, root);
  if (type) known[key] = type;
  return type;
}

const withSize = (type: CelType, size: number): CelType => ({ ...type, size }) as CelType;

function buildType(schema: SchemaLike, root: boolean): CelType | undefined {
  if (schema["x-kubernetes-int-or-string"]) return withSize(t.dyn, stringSize(schema));
  switch (schema.type) {
    case "array":
      return arrayType(schema);
    case "object":
      return objectType(schema, root || schema["x-kubernetes-embedded-resource"] === true);
    case "string":
      return stringType(schema);
    case "boolean":
      return t.bool;
    case "integer":
      return t.int;
    case "number":
      return t.double;
    default:
      return undefined;
  }
}

function arrayType(schema: SchemaLike): CelType | undefined {
  const element = schema.items && typeFromSchema(schema.items);
  if (!element) return undefined;
  const size = schema.maxItems ?? Math.floor((maxRequestBytes - 2) / (minBytes(schema.items!) + 1));
  const keys = schema["x-kubernetes-list-map-keys"];
  switch (schema["x-kubernetes-list-type"]) {
    case "set":
      return { kind: "list", element, size, unique: "set" };
    case "map":
      return keys ? { kind: "list", element, size, unique: keys } : t.list(element, size);
    default:
      return t.list(element, size);
  }
}

/** Upstream's estimates count keys as if they were empty, and schemas are written to pass them. */
const mapKey = withSize(t.string, 0);

const objectMeta = t.object("ObjectMeta", [
  ["name", t.string],
  ["generateName", t.string],
]);

function objectType(schema: SchemaLike, withMeta: boolean): CelType | undefined {
  const more = schema.additionalProperties;
  if (typeof more === "object" && !withMeta) {
    const value = typeFromSchema(more);
    if (!value) return undefined;
    return t.map(mapKey, value, schema.maxProperties ?? Math.floor((maxRequestBytes - 2) / (minBytes(more) + 6)));
  }
  const fields = new Map<string, CelType>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const escaped = escapeProperty(name);
    const type = escaped === undefined ? undefined : typeFromSchema(property);
    if (escaped !== undefined && type) fields.set(escaped, type);
  }
  if (withMeta) {
    fields.set("apiVersion", t.string);
    fields.set("kind", t.string);
    fields.set("metadata", objectMeta);
  }
  return { kind: "object", name: `object${++objects}`, fields };
}

function stringType(schema: SchemaLike): CelType {
  switch (schema.format) {
    case "byte":
      return withSize(t.bytes, schema.maxLength ?? maxRequestBytes - 2);
    case "duration":
      return withSize(t.duration, 32);
    case "date":
    case "date-time":
      return withSize(t.timestamp, 28);
    default:
      return withSize(t.string, stringSize(schema));
  }
}

function stringSize(schema: SchemaLike): number {
  if (schema.maxLength !== undefined) return schema.maxLength * 4;
  if (schema.enum?.length) return Math.max(...schema.enum.map((value) => (typeof value === "string" ? value.length : 0)));
  return maxRequestBytes - 2;
}

/** The fewest bytes of JSON that a value of the schema takes. */
function minBytes(schema: SchemaLike): number {
  if (schema["x-kubernetes-int-or-string"]) return 1;
  switch (schema.type) {
    case "boolean":
      return 4;
    case "integer":
    case "number":
      return 1;
    case "object": {
      let size = 2;
      for (const name of schema.required ?? []) {
        const property = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
        if (property && property.default === undefined) size += name.length + 4 + minBytes(property);
      }
      return size;
    }
    default:
      return 2;
  }
}

/** Plain JSON as a value of the schema's type; without one by what it is. */
export function celValueFrom(value: unknown, schema?: SchemaLike, options?: { root?: boolean }): CelValue {
  return converterFor((schema && typeFromSchema(schema, options)) ?? t.dyn)(value);
}

type Converter = (value: unknown) => CelValue;

const converters = new WeakMap<CelType, Converter>();

/** How JSON becomes a value of the type. What does not fit is converted by what it is. */
export function converterFor(type: CelType): Converter {
  let converter = converters.get(type);
  if (!converter) converters.set(type, (converter = buildConverter(type)));
  return converter;
}

function buildConverter(type: CelType): Converter {
  switch (type.kind) {
    case "double":
      return (value) => (typeof value === "number" || typeof value === "bigint" ? Number(value) : convertAny(value));
    case "uint":
      return (value) => (typeof value === "number" || typeof value === "bigint" ? new CelUint(BigInt(value)) : convertAny(value));
    case "bytes":
      return (value) => (typeof value === "string" ? bytesFrom(value) : convertAny(value));
    case "timestamp":
      return fromText(
        (text) => parseTimestamp(text) ?? parseDate(text),
        (ns) => new CelTimestamp(ns),
      );
    case "duration":
      return fromText(parseDuration, (ns) => new CelDuration(ns));
    case "list":
      return (value) =>
        !Array.isArray(value)
          ? convertAny(value)
          : type.unique
            ? new UniqueList(value, converterFor(type.element), type.unique)
            : new JsonList(value, converterFor(type.element));
    case "map":
      return (value) => (isPlainObject(value) ? new JsonMap(value, converterFor(type.value)) : convertAny(value));
    case "object": {
      const fields = new Map([...type.fields].map(([escaped, field]) => [escaped, { property: unescapeProperty(escaped), type: field }]));
      return (value) => (isPlainObject(value) ? new JsonObjectValue(value, fields, type.name) : convertAny(value));
    }
    case "optional": {
      return (value) => (value instanceof CelOptional ? value : new CelOptional(converterFor(type.value)(value)));
    }
    default:
      return convertAny;
  }
}

function fromText(parse: (text: string) => bigint | undefined, make: (ns: bigint) => CelValue): Converter {
  return (value) => {
    const ns = typeof value === "string" ? parse(value) : undefined;
    return ns === undefined ? convertAny(value) : make(ns);
  };
}

function bytesFrom(text: string): CelValue {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return text;
  }
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !isCelObject(value);

const isCelObject = (value: object): boolean =>
  value instanceof CelList ||
  value instanceof CelMap ||
  value instanceof CelUint ||
  value instanceof CelTimestamp ||
  value instanceof CelDuration ||
  value instanceof CelOptional ||
  value instanceof CelTypeValue ||
  value instanceof CelOpaque;

/** By what it is: whole numbers are ints, as Kubernetes reads JSON without a schema. */
function convertAny(value: unknown): CelValue {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return value;
    case "number":
      return Number.isInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return new JsonList(value, convertAny);
      if (isPlainObject(value)) return new JsonMap(value, convertAny);
      return value as CelValue;
    default:
      return null;
  }
}

class JsonList extends CelList {
  readonly raw: readonly unknown[];
  readonly #convert: Converter;
  constructor(raw: readonly unknown[], convert: Converter) {
    super();
    this.raw = raw;
    this.#convert = convert;
  }
  get size(): number {
    return this.raw.length;
  }
  at(index: number): CelValue {
    return this.#convert(this.raw[index]);
  }
}

/** A list whose order does not matter. `+` keeps the left one's places and appends what is new. @see x-kubernetes-list-type */
class UniqueList extends JsonList {
  readonly #unique: "set" | readonly string[];
  constructor(raw: readonly unknown[], convert: Converter, unique: "set" | readonly string[]) {
    super(raw, convert);
    this.#unique = unique;
  }
  #same(a: CelValue, b: CelValue): boolean {
    if (this.#unique === "set") return celEquals(a, b);
    if (!(a instanceof CelMap) || !(b instanceof CelMap)) return false;
    for (const key of this.#unique) {
      const field = escapeProperty(key) ?? key;
      const mine = a.field(field);
      const theirs = b.field(field);
      if (mine === undefined || theirs === undefined ? mine !== theirs : !celEquals(mine, theirs)) return false;
    }
    return true;
  }
  override equals(other: CelList): boolean {
    if (this.size !== other.size) return false;
    const theirs = [...other];
    for (const mine of this) if (!theirs.some((item) => this.#same(mine, item) && celEquals(mine, item))) return false;
    return true;
  }
  override concat(other: CelList): CelList {
    const items = [...this];
    for (const item of other) {
      const at = items.findIndex((existing) => this.#same(existing, item));
      if (at < 0) items.push(item);
      else items[at] = item;
    }
    return new ArrayList(items);
  }
}

class JsonMap extends CelMap {
  readonly #raw: Record<string, unknown>;
  readonly #convert: Converter;
  #keys: string[] | undefined;
  constructor(raw: Record<string, unknown>, convert: Converter) {
    super();
    this.#raw = raw;
    this.#convert = convert;
  }
  get size(): number {
    return this.keys().length;
  }
  override has(key: CelValue): boolean {
    return typeof key === "string" && Object.hasOwn(this.#raw, key) && this.#raw[key] !== undefined;
  }
  get(key: CelValue): CelValue | undefined {
    return this.has(key) ? this.#convert(this.#raw[key as string]) : undefined;
  }
  keys(): string[] {
    return (this.#keys ??= Object.keys(this.#raw).filter((key) => this.#raw[key] !== undefined));
  }
}

/** An object with known properties, reached by their escaped names. Others do not exist for an expression. */
class JsonObjectValue extends CelMap {
  readonly #raw: Record<string, unknown>;
  readonly #fields: ReadonlyMap<string, { property: string; type: CelType }>;
  constructor(raw: Record<string, unknown>, fields: ReadonlyMap<string, { property: string; type: CelType }>, typeName: string) {
    super(typeName);
    this.#raw = raw;
    this.#fields = fields;
  }
  get size(): number {
    return [...this.keys()].length;
  }
  get(key: CelValue): CelValue | undefined {
    const field = typeof key === "string" ? this.#fields.get(key) : undefined;
    if (!field || !Object.hasOwn(this.#raw, field.property)) return undefined;
    const value = this.#raw[field.property];
    return value === undefined ? undefined : converterFor(field.type)(value);
  }
  *keys(): Iterable<string> {
    for (const [name, { property }] of this.#fields) {
      if (Object.hasOwn(this.#raw, property) && this.#raw[property] !== undefined) yield name;
    }
  }
}
