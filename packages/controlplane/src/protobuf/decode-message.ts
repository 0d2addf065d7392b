import { decodeJson } from "@meshplane/apimachinery";
import { structNamed, type GoField, type GoStruct, type GoType } from "../schemas/go-types.ts";
import type { MessageReader } from "./message-reader.ts";

type Json = Record<string, unknown>;

/** Schemas nest; nothing else in the tables does. */
const depthMax = 200;

/**
 * Reads a message into JSON. Zero values of optional fields are left out; what else Go's JSON does (required fields, canonical forms) is for the typed
 * decoding that follows.
 * @throws Error for bytes that are no such message
 */
export function readMessage(reader: MessageReader, struct: GoStruct, into: Json = {}, depth = 0): Json {
  if (depth > depthMax) throw new Error("proto: exceeded maximum recursion depth");
  const fields = fieldsOf(struct);
  while (reader.next()) {
    const field = fields.get(reader.field);
    if (field) readField(reader, field, into, depth);
    else reader.skip();
  }
  return into;
}

const known = new WeakMap<GoStruct, Map<number, GoField>>();

function fieldsOf(struct: GoStruct): Map<number, GoField> {
  let fields = known.get(struct);
  if (!fields)
    known.set(struct, (fields = new Map(struct.fields.filter(({ number }) => number > 0).map((field) => [field.number, field]))));
  return fields;
}

function readField(reader: MessageReader, { json, type, omitEmpty }: GoField, into: Json, depth: number): void {
  if (json === "") {
    reader.expect(2);
    readMessage(reader.message(), (type.kind === "pointer" ? type.of : type) as GoStruct, into, depth + 1);
    return;
  }
  switch (type.kind) {
    case "list":
      if (type.message) into[json] = readListMessage(reader, type, depth);
      else ((into[json] ??= []) as unknown[]).push(readValue(reader, type.of, depth));
      return;
    case "map":
      readEntry(reader, type.of, (into[json] ??= {}) as Json, depth);
      return;
    default: {
      const value = readValue(reader, type, depth);
      if (omitEmpty && type.kind !== "pointer" && (value === "" || value === 0 || value === false)) delete into[json];
      else into[json] = value;
    }
  }
}

function readListMessage(reader: MessageReader, type: GoType & { kind: "list" }, depth: number): unknown[] {
  reader.expect(2);
  const items: unknown[] = [];
  const inner = reader.message();
  while (inner.next()) {
    if (inner.field === 1) items.push(readValue(inner, type.of, depth + 1));
    else inner.skip();
  }
  return items;
}

function readEntry(reader: MessageReader, of: GoType, map: Json, depth: number): void {
  reader.expect(2);
  const entry = reader.message();
  let key = "";
  let value: unknown = of.kind === "string" || of.kind === "bytes" ? "" : null;
  while (entry.next()) {
    if (entry.field === 1) {
      entry.expect(2);
      key = entry.string();
    } else if (entry.field === 2)
      value = of.kind === "list" && of.message ? readListMessage(entry, of, depth) : readValue(entry, of, depth);
    else entry.skip();
  }
  map[key] = value;
}

function readValue(reader: MessageReader, type: GoType, depth: number): unknown {
  switch (type.kind) {
    case "string":
      reader.expect(2);
      return reader.string();
    case "bool":
      reader.expect(0);
      return reader.varint() !== 0n;
    case "i32":
    case "i64":
      reader.expect(0);
      return type.kind === "i32" ? Number(BigInt.asIntN(32, reader.varint())) : reader.integer();
    case "f64":
      reader.expect(1);
      return reader.double();
    case "bytes":
      reader.expect(2);
      return reader.bytes().toString("base64");
    case "pointer":
      return readValue(reader, type.of, depth);
    case "struct":
      reader.expect(2);
      return readMessage(reader.message(), type, {}, depth + 1);
    case "list":
      return readListMessage(reader, type, depth);
    case "map":
      throw new Error("proto: a map inside a list");
    default:
      reader.expect(2);
      return readSpecial(reader.message(), type.kind, depth + 1);
  }
}

/** The fields of the hand-written types: at most three, by number. */
function collect(reader: MessageReader): { numbers: Map<number, number | bigint>; buffers: Map<number, Buffer[]> } {
  const numbers = new Map<number, number | bigint>();
  const buffers = new Map<number, Buffer[]>();
  while (reader.next()) {
    if (reader.wireType === 0) numbers.set(reader.field, reader.integer());
    else if (reader.wireType === 2) buffers.set(reader.field, [...(buffers.get(reader.field) ?? []), reader.bytes()]);
    else reader.skip();
  }
  return { numbers, buffers };
}

function readSpecial(reader: MessageReader, kind: Exclude<GoType["kind"], "pointer" | "list" | "map" | "struct">, depth: number): unknown {
  if (kind === "schemaOrArray" || kind === "schemaOrBool" || kind === "schemaOrStrings") return readSchemaChoice(reader, kind, depth);
  const { numbers, buffers } = collect(reader);
  const first = buffers.get(1)?.at(-1);
  switch (kind) {
    case "time":
    case "microTime":
      return numbers.size === 0 ? null : printTime(Number(numbers.get(1) ?? 0), Number(numbers.get(2) ?? 0), kind === "microTime");
    case "quantity":
      return first?.toString("utf8") ?? "0";
    case "intOrString":
      return Number(numbers.get(1) ?? 0) === 1 ? (buffers.get(3)?.at(-1)?.toString("utf8") ?? "") : Number(numbers.get(2) ?? 0);
    case "fieldsV1":
    case "raw":
    case "json":
      return first === undefined || first.length === 0 ? null : decodeJson(first, { maxDepth: 1_000 }).value;
    default:
      return "0s";
  }
}

function printTime(seconds: number, nanos: number, micro: boolean): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new Error(`proto: time out of range: ${seconds}`);
  const text = date.toISOString().slice(0, -5);
  return micro ? `${text}.${String(Math.trunc(nanos / 1000)).padStart(6, "0")}Z` : `${text}Z`;
}

function readSchemaChoice(reader: MessageReader, kind: "schemaOrArray" | "schemaOrBool" | "schemaOrStrings", depth: number): unknown {
  const schema = structNamed("apiextensions.JSONSchemaProps");
  let one: unknown;
  let allows = false;
  const many: unknown[] = [];
  const schemaField = kind === "schemaOrBool" ? 2 : 1;
  while (reader.next()) {
    if (reader.field === schemaField) one = readMessage(reader.message(), schema, {}, depth);
    else if (kind === "schemaOrBool" && reader.field === 1) allows = reader.varint() !== 0n;
    else if (kind !== "schemaOrBool" && reader.field === 2)
      many.push(kind === "schemaOrArray" ? readMessage(reader.message(), schema, {}, depth) : reader.string());
    else reader.skip();
  }
  if (one !== undefined) return one;
  return kind === "schemaOrBool" ? allows : many;
}
