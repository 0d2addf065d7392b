import { structNamed, type GoField, type GoStruct, type GoType } from "../schemas/go-types.ts";
import { canonicalBase64 } from "./values/base64.ts";
import { GoDecodeError } from "./values/go-decode-error.ts";
import { canonicalQuantity } from "./values/quantity.ts";
import { canonicalMicroTime, canonicalTime } from "./values/time.ts";

/**
 * A JSON value as upstream shows it after decoding it into the Go type and writing it again: unknown fields gone, empty optional fields left out,
 * missing required lists null, times in UTC, quantities and base64 canonical, keys in the order of the struct.
 * Shares nothing mutable with `value` but what has no type (raw JSON).
 * @throws GoDecodeError at the first value that does not fit
 */
export function toTypedJson(value: unknown, struct: GoStruct): Record<string, unknown> {
  return decodeStruct(value ?? {}, struct, { struct: "", path: [] }) as Record<string, unknown>;
}

/**
 * Makes empty lists null, in place: protobuf, upstream's stored form, does not tell them from none. Until an object is stored they count as given
 * (managed fields, admission).
 */
export function forgetEmptyLists(object: Record<string, unknown>, struct: GoStruct): void {
  if (hasRequiredList(struct)) forgetIn(object, struct);
}

function forgetIn(value: unknown, type: GoType): void {
  if (typeof value !== "object" || value === null) return;
  if (type.kind === "pointer") return forgetIn(value, type.of);
  if (type.kind === "list") for (const item of value as unknown[]) forgetIn(item, type.of);
  if (type.kind !== "struct") return;
  const object = value as Record<string, unknown>;
  for (const { json, type: inner } of type.fields) {
    if (json === "") forgetIn(object, inner);
    else if (Array.isArray(object[json]) && object[json].length === 0) object[json] = null;
    else forgetIn(object[json], inner);
  }
}

const requiredLists = new WeakMap<GoStruct, boolean>();

/** Whether any list below is written even when it is empty. */
function hasRequiredList(struct: GoStruct): boolean {
  let known = requiredLists.get(struct);
  if (known === undefined) {
    requiredLists.set(struct, false); // while looking: a circle adds nothing
    known = struct.fields.some(({ type, omitEmpty }) => (type.kind === "list" && !omitEmpty) || structIn(type, hasRequiredList));
    requiredLists.set(struct, known);
  }
  return known;
}

function structIn(type: GoType, test: (struct: GoStruct) => boolean): boolean {
  if (type.kind === "struct") return test(type);
  return "of" in type && structIn(type.of, test);
}

/** Where the decoder is: the innermost struct and the field names from the root, as Go's errors print them. */
interface Context {
  struct: string;
  readonly path: string[];
}

function mismatch(value: unknown, type: GoType, context: Context): never {
  const what = Array.isArray(value)
    ? "array"
    : value === null
      ? "null"
      : typeof value === "boolean"
        ? "bool"
        : typeof value === "bigint"
          ? "number"
          : typeof value;
  const printed = typeof value === "number" && (type.kind === "i32" || type.kind === "i64") ? `number ${value}` : what;
  const where = context.path.length > 0 ? `Go struct field ${context.struct}.${context.path.join(".")}` : "Go value";
  throw new GoDecodeError(`json: cannot unmarshal ${printed} into ${where} of type ${type.goName}`);
}

function decodeStruct(value: unknown, struct: GoStruct, context: Context): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return mismatch(value, struct, context);
  const source = value as Record<string, unknown>;
  const target: Record<string, unknown> = {};
  if (context.path.length === 0) {
    // TypeMeta, which the tables leave out
    for (const key of ["kind", "apiVersion"]) if (typeof source[key] === "string" && source[key] !== "") target[key] = source[key];
  }
  writeFields(source, target, struct, context);
  return target;
}

function writeFields(source: Record<string, unknown>, target: Record<string, unknown>, struct: GoStruct, context: Context): void {
  const outer = context.struct;
  for (const field of struct.fields) {
    if (field.json === "") {
      writeFields(source, target, (field.type.kind === "pointer" ? field.type.of : field.type) as GoStruct, context);
      continue;
    }
    context.struct = struct.name.slice(struct.name.indexOf(".") + 1);
    let result: unknown;
    if (Object.hasOwn(source, field.json)) {
      context.path.push(field.json);
      result = decode(source[field.json], field.type, context);
      context.path.pop();
    } else result = zero(field.type);
    if (!isLeftOut(result, field)) target[field.json] = result;
  }
  context.struct = outer;
}

function isLeftOut(value: unknown, { omitEmpty, omitZero, type }: GoField): boolean {
  if (omitZero && (value === null || value === "" || value === 0 || value === false)) return true;
  if (!omitEmpty) return false;
  // a struct is never empty to Go, not even a time
  if (value === null) return type.kind !== "time" && type.kind !== "microTime" && type.kind !== "quantity";
  if (type.kind === "pointer") return false;
  return value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}

function zero(type: GoType): unknown {
  switch (type.kind) {
    case "string":
      return "";
    case "bool":
      return false;
    case "i32":
    case "i64":
    case "f64":
      return 0;
    case "quantity":
    case "duration":
      return type.kind === "quantity" ? "0" : "0s";
    case "intOrString":
      return 0;
    case "struct":
      return decodeStruct({}, type, { struct: "", path: [""] });
    default:
      return null;
  }
}

function decode(value: unknown, type: GoType, context: Context): unknown {
  if (value === null || value === undefined) return zero(type);
  switch (type.kind) {
    case "string":
      return typeof value === "string" ? value : mismatch(value, type, context);
    case "bool":
      return typeof value === "boolean" ? value : mismatch(value, type, context);
    case "i32":
      return Number.isInteger(value) && (value as number) >= -0x80000000 && (value as number) <= 0x7fffffff
        ? value
        : mismatch(value, type, context);
    case "i64":
      return isInt64(value) ? value : mismatch(value, type, context);
    case "f64":
      return typeof value === "number" || typeof value === "bigint" ? value : mismatch(value, type, context);
    case "bytes":
      return typeof value === "string" ? canonicalBase64(value) : mismatch(value, type, context);
    case "pointer":
      return decode(value, type.of, context);
    case "list":
      return decodeList(value, type, context);
    case "map":
      return decodeMap(value, type, context);
    case "struct":
      return decodeStruct(value, type, context);
    case "time":
      return canonicalTime(textOf(value)) ?? null;
    case "microTime":
      return canonicalMicroTime(textOf(value)) ?? null;
    case "duration":
      return textOf(value);
    case "quantity":
      return canonicalQuantity(
        typeof value === "number" || typeof value === "bigint" ? String(value) : typeof value === "string" ? value : JSON.stringify(value),
      );
    case "intOrString":
      return typeof value === "string" || Number.isInteger(value)
        ? value
        : mismatch(value, { kind: "i32", goName: "int32" }, { struct: "", path: [] });
    case "fieldsV1":
    case "raw":
    case "json":
      return value;
    case "schemaOrArray":
    case "schemaOrBool":
    case "schemaOrStrings":
      return decodeSchemaChoice(value, context);
  }
}

const isInt64 = (value: unknown): boolean =>
  typeof value === "bigint" ? value >= -(1n << 63n) && value < 1n << 63n : Number.isInteger(value) && Math.abs(value as number) < 2 ** 63;

function textOf(value: unknown): string {
  return typeof value === "string" ? value : mismatch(value, { kind: "string", goName: "string" }, { struct: "", path: [] });
}

function decodeList(value: unknown, type: GoType & { kind: "list" }, context: Context): unknown {
  if (!Array.isArray(value)) return mismatch(value, type, context);
  return value.map((item) => decode(item, type.of, context));
}

function decodeMap(value: unknown, type: GoType & { kind: "map" }, context: Context): unknown {
  if (typeof value !== "object" || Array.isArray(value)) return mismatch(value, type, context);
  const source = value as Record<string, unknown>;
  const keys = Object.keys(source).sort(); // as Go writes maps
  if (keys.length === 0) return null;
  const target: Record<string, unknown> = {};
  // stored bytes are never absent from a map
  for (const key of keys) target[key] = decode(source[key], type.of, context) ?? (type.of.kind === "bytes" ? "" : null);
  return target;
}

/** A schema, or one of the shorthands that JSON Schema has in its place. */
function decodeSchemaChoice(value: unknown, context: Context): unknown {
  const schema = structNamed("apiextensions.JSONSchemaProps");
  if (Array.isArray(value)) return value.map((item) => (typeof item === "string" ? item : decodeStruct(item, schema, context)));
  return typeof value === "object" ? decodeStruct(value, schema, context) : value;
}
