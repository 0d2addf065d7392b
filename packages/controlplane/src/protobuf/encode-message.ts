import { encodeJson } from "@meshplane/apimachinery";
import { structNamed, type GoField, type GoStruct, type GoType } from "../schemas/go-types.ts";
import type { BackwardWriter } from "./backward-writer.ts";

type Json = Record<string, unknown>;

/**
 * Writes the fields of a typed JSON object as upstream's generated code does: scalars and structs always, pointers, lists and maps when they are there,
 * maps sorted by key, numbers ascending.
 */
export function writeMessage(writer: BackwardWriter, object: Json, struct: GoStruct): void {
  const fields = ordered(struct);
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i]!;
    // an embedded struct is a message of its own, but its JSON lies flat in the outer one
    writeField(writer, field, field.json === "" ? object : Object.hasOwn(object, field.json) ? object[field.json] : undefined);
  }
}

const byNumber = new WeakMap<GoStruct, GoField[]>();

function ordered(struct: GoStruct): GoField[] {
  let fields = byNumber.get(struct);
  if (!fields) byNumber.set(struct, (fields = struct.fields.filter(({ number }) => number > 0).sort((a, b) => a.number - b.number)));
  return fields;
}

function writeField(writer: BackwardWriter, { number, type }: GoField, value: unknown): void {
  switch (type.kind) {
    case "pointer":
      if (value !== undefined && value !== null) writeValue(writer, number, type.of, value);
      return;
    case "list":
      if (type.message) {
        if (Array.isArray(value)) writeListMessage(writer, number, type, value);
      } else if (Array.isArray(value)) for (let i = value.length - 1; i >= 0; i--) writeValue(writer, number, type.of, value[i]);
      return;
    case "map":
      writeMap(writer, number, type.of, value);
      return;
    case "bytes":
      if (typeof value === "string") writeValue(writer, number, type, value);
      return;
    default:
      writeValue(writer, number, type, value);
  }
}

function writeListMessage(writer: BackwardWriter, number: number, type: GoType & { kind: "list" }, values: unknown[]): void {
  const before = writer.length;
  for (let i = values.length - 1; i >= 0; i--) writeValue(writer, 1, type.of, values[i]);
  closeMessage(writer, number, before);
}

function writeMap(writer: BackwardWriter, number: number, of: GoType, value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const map = value as Json;
  const keys = Object.keys(map).sort();
  for (let i = keys.length - 1; i >= 0; i--) {
    const before = writer.length;
    writeField(writer, { json: "", number: 2, omitEmpty: false, omitZero: false, type: of }, map[keys[i]!]);
    writer.string(keys[i]!);
    writer.tag(1, 2);
    closeMessage(writer, number, before);
  }
}

function closeMessage(writer: BackwardWriter, number: number, before: number): void {
  writer.varint(writer.length - before);
  writer.tag(number, 2);
}

/** One value with its tag; absent ones are written as Go's zero value. */
function writeValue(writer: BackwardWriter, number: number, type: GoType, value: unknown): void {
  switch (type.kind) {
    case "string":
      writer.string(typeof value === "string" ? value : "");
      return writer.tag(number, 2);
    case "bool":
      writer.varint(value === true ? 1 : 0);
      return writer.tag(number, 0);
    case "i32":
    case "i64":
      writer.integer(typeof value === "number" || typeof value === "bigint" ? value : 0);
      return writer.tag(number, 0);
    case "f64":
      writer.double(Number(value ?? 0));
      return writer.tag(number, 1);
    case "bytes":
      writer.bytes(Buffer.from(typeof value === "string" ? value : "", "base64"));
      return writer.tag(number, 2);
    default: {
      const before = writer.length;
      writeInner(writer, type, value);
      closeMessage(writer, number, before);
    }
  }
}

/** What is between head and end of a value that is a message. */
function writeInner(writer: BackwardWriter, type: GoType, value: unknown): void {
  switch (type.kind) {
    case "struct":
      return writeMessage(writer, (value ?? {}) as Json, type);
    case "list":
      for (let i = ((value as unknown[]) ?? []).length - 1; i >= 0; i--) writeValue(writer, 1, type.of, (value as unknown[])[i]);
      return;
    case "pointer":
      return writeInner(writer, type.of, value);
    case "time":
    case "microTime":
      return writeTime(writer, value, type.kind === "microTime");
    case "quantity":
      writer.string(value === undefined || value === null ? "0" : String(value));
      return writer.tag(1, 2);
    case "duration":
      writer.varint(0);
      return writer.tag(1, 0);
    case "intOrString":
      return writeIntOrString(writer, value);
    case "fieldsV1":
    case "raw":
    case "json":
      if (value === undefined || value === null) return;
      writer.bytes(Buffer.from(encodeJson(value), "utf8"));
      return writer.tag(1, 2);
    case "schemaOrArray":
    case "schemaOrBool":
    case "schemaOrStrings":
      return writeSchemaChoice(writer, type.kind, value);
  }
}

/** Seconds and nanoseconds since 1970; nothing at all for no time. Times without fraction are stored without. */
function writeTime(writer: BackwardWriter, value: unknown, micro: boolean): void {
  if (typeof value !== "string") return;
  const seconds = Math.floor(Date.parse(value) / 1000);
  const fraction = micro ? (/\.(\d{1,9})/.exec(value)?.[1] ?? "0") : "0";
  writer.integer(Number(fraction.padEnd(9, "0")));
  writer.tag(2, 0);
  writer.integer(seconds);
  writer.tag(1, 0);
}

function writeIntOrString(writer: BackwardWriter, value: unknown): void {
  const isText = typeof value === "string";
  writer.string(isText ? value : "");
  writer.tag(3, 2);
  writer.integer(isText ? 0 : Number(value ?? 0));
  writer.tag(2, 0);
  writer.varint(isText ? 1 : 0);
  writer.tag(1, 0);
}

function writeSchemaChoice(writer: BackwardWriter, kind: "schemaOrArray" | "schemaOrBool" | "schemaOrStrings", value: unknown): void {
  const schema = structNamed("apiextensions.JSONSchemaProps");
  if (kind === "schemaOrBool") {
    const isSchema = typeof value === "object" && value !== null;
    if (isSchema) writeValue(writer, 2, schema, value);
    // a schema in this place allows what it matches
    writer.varint(value === true || isSchema ? 1 : 0);
    return writer.tag(1, 0);
  }
  const items = Array.isArray(value) ? value : [];
  for (let i = items.length - 1; i >= 0; i--)
    writeValue(writer, 2, kind === "schemaOrArray" ? schema : { kind: "string", goName: "string" }, items[i]);
  if (!Array.isArray(value) && typeof value === "object" && value !== null) writeValue(writer, 1, schema, value);
}
