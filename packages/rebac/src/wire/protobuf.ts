import { enums, messages, type Field, type MessageName } from "./messages.ts";
import type { Plain } from "./json.ts";

/** Nested deeper than this is refused, as protobuf's own decoders do. */
const depthMax = 500;

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true });

class Writer {
  #bytes = new Uint8Array(256);
  length = 0;

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count));
    bigger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = bigger;
  }

  varint(value: number | bigint): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.#bytes[this.length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.length++] = Number(rest);
  }

  small(value: number): void {
    this.#room(5);
    while (value > 127) {
      this.#bytes[this.length++] = (value & 127) | 128;
      value >>>= 7;
    }
    this.#bytes[this.length++] = value;
  }

  double(value: number): void {
    this.#room(8);
    new DataView(this.#bytes.buffer).setFloat64(this.length, value, true);
    this.length += 8;
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length + 5);
    this.small(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  done(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** A message as protobuf; unknown members are left out, values equal to the default too. */
export const messageToProtobuf = (name: MessageName | "Struct", message: Plain): Uint8Array => encode(name, message);

function encode(name: string, message: Plain): Uint8Array {
  const writer = new Writer();
  if (name === "Struct") {
    for (const [key, value] of Object.entries(message)) {
      const entry = new Writer();
      entry.small(0x0a);
      entry.bytes(utf8.encode(key));
      entry.small(0x12);
      entry.bytes(encodeValue(value));
      writer.small(0x0a);
      writer.bytes(entry.done());
    }
    return writer.done();
  }
  for (const [key, field] of Object.entries(messages[name]!)) {
    const value = message[key];
    if (value === undefined || value === null) continue;
    if (field.rule === "list") for (const item of value as unknown[]) encodeOne(writer, field, item, true);
    else if (field.rule === "map") {
      for (const [item, held] of Object.entries(value as Plain)) {
        const entry = new Writer();
        entry.small(0x0a);
        entry.bytes(utf8.encode(item));
        encodeOne(entry, { ...field, id: 2 }, held, true);
        writer.small((field.id << 3) | 2);
        writer.bytes(entry.done());
      }
    } else encodeOne(writer, field, value, field.choice !== undefined);
  }
  return writer.done();
}

function encodeOne(writer: Writer, field: Field, value: unknown, always: boolean): void {
  const tag = field.id << 3;
  switch (field.type) {
    case "string":
      if (value === "" && !always) return;
      writer.small(tag | 2);
      writer.bytes(utf8.encode(value as string));
      return;
    case "bool":
      if (!value && !always) return;
      writer.small(tag);
      writer.small(value ? 1 : 0);
      return;
    case "Int32Value": {
      const held = new Writer();
      if (value !== 0) {
        held.small(0x08);
        held.varint(value as number);
      }
      writer.small(tag | 2);
      writer.bytes(held.done());
      return;
    }
    case "Timestamp": {
      const held = new Writer();
      const ms = Date.parse(value as string);
      const seconds = Math.floor(ms / 1000);
      const fraction = /\.(\d{1,9})/.exec(value as string)?.[1] ?? "";
      const nanos = Number(fraction.padEnd(9, "0"));
      if (seconds !== 0) {
        held.small(0x08);
        held.varint(seconds);
      }
      if (nanos !== 0) {
        held.small(0x10);
        held.small(nanos);
      }
      writer.small(tag | 2);
      writer.bytes(held.done());
      return;
    }
    case "Empty":
      writer.small(tag | 2);
      writer.small(0);
      return;
    default:
      break;
  }
  const names = enums[field.type];
  if (names !== undefined) {
    const number = typeof value === "string" ? (names[value] ?? 0) : (value as number);
    if (number === 0 && !always) return;
    writer.small(tag);
    writer.varint(number);
    return;
  }
  writer.small(tag | 2);
  writer.bytes(encode(field.type, value as Plain));
}

function encodeValue(value: unknown): Uint8Array {
  const writer = new Writer();
  if (value === null || value === undefined) {
    writer.small(0x08);
    writer.small(0);
  } else if (typeof value === "number") {
    writer.small(0x11);
    writer.double(value);
  } else if (typeof value === "string") {
    writer.small(0x1a);
    writer.bytes(utf8.encode(value));
  } else if (typeof value === "boolean") {
    writer.small(0x20);
    writer.small(value ? 1 : 0);
  } else if (Array.isArray(value)) {
    const held = new Writer();
    for (const item of value) {
      held.small(0x0a);
      held.bytes(encodeValue(item));
    }
    writer.small(0x32);
    writer.bytes(held.done());
  } else {
    writer.small(0x2a);
    writer.bytes(encode("Struct", value as Plain));
  }
  return writer.done();
}

class Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw new Error("unexpected end of a message");
      const byte = this.bytes[this.at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new Error("a number is too long");
  }

  small(): number {
    const byte = this.bytes[this.at]!;
    if (this.at < this.end && byte < 128) {
      this.at++;
      return byte;
    }
    return Number(BigInt.asUintN(32, this.varint()));
  }

  double(): number {
    if (this.at + 8 > this.end) throw new Error("unexpected end of a message");
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8).getFloat64(0, true);
    this.at += 8;
    return value;
  }

  part(): Reader {
    const length = this.small();
    if (this.at + length > this.end) throw new Error("unexpected end of a message");
    const part = new Reader(this.bytes, this.at, this.at + length);
    this.at += length;
    return part;
  }

  string(): string {
    const part = this.part();
    return text.decode(part.bytes.subarray(part.at, part.end));
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.double();
    else if (wire === 2) this.part();
    else if (wire === 5) this.at += 4;
    else throw new Error(`unknown wire type ${wire}`);
    if (this.at > this.end) throw new Error("unexpected end of a message");
  }
}

/** @throws Error when the bytes are no such message */
export const messageFromProtobuf = (name: MessageName, bytes: Uint8Array): Plain => decode(name, new Reader(bytes), 0);

const byNumber = new Map<string, Map<number, { key: string; field: Field }>>();

function fieldsOf(name: string): Map<number, { key: string; field: Field }> {
  let fields = byNumber.get(name);
  if (fields === undefined) {
    fields = new Map(Object.entries(messages[name]!).map(([key, field]) => [field.id, { key, field }]));
    byNumber.set(name, fields);
  }
  return fields;
}

const wireOf = (type: string): number => (type === "bool" || enums[type] !== undefined ? 0 : 2);

function decode(name: string, reader: Reader, depth: number): Plain {
  if (depth > depthMax) throw new Error("messages are nested too deeply");
  const fields = fieldsOf(name);
  const result: Plain = {};
  while (reader.at < reader.end) {
    const tag = reader.small();
    const found = fields.get(tag >>> 3);
    if (found === undefined || (tag & 7) !== (found.field.rule === "map" ? 2 : wireOf(found.field.type))) {
      reader.skip(tag & 7);
      continue;
    }
    const { key, field } = found;
    if (field.rule === "list") ((result[key] ??= []) as unknown[]).push(decodeOne(field.type, reader, depth));
    else if (field.rule === "map") {
      const map = (result[key] ??= Object.create(null)) as Plain;
      const entry = reader.part();
      let item = "";
      let value: unknown = Object.hasOwn(messages, field.type) ? {} : "";
      while (entry.at < entry.end) {
        const inner = entry.small();
        if (inner === 0x0a) item = entry.string();
        else if (inner >>> 3 === 2) value = decodeOne(field.type, entry, depth);
        else entry.skip(inner & 7);
      }
      map[item] = value;
    } else {
      if (field.choice !== undefined)
        for (const [other, { choice }] of Object.entries(messages[name]!)) if (choice === field.choice) delete result[other];
      result[key] = decodeOne(field.type, reader, depth);
    }
  }
  if (name === "Usersets") result.child ??= [];
  return result;
}

function decodeOne(type: string, reader: Reader, depth: number): unknown {
  switch (type) {
    case "string":
      return reader.string();
    case "bool":
      return reader.varint() !== 0n;
    case "Int32Value": {
      const part = reader.part();
      let value = 0;
      while (part.at < part.end) {
        const tag = part.small();
        if (tag === 0x08) value = Number(BigInt.asIntN(32, part.varint()));
        else part.skip(tag & 7);
      }
      return value;
    }
    case "Timestamp": {
      const part = reader.part();
      let seconds = 0;
      let nanos = 0;
      while (part.at < part.end) {
        const tag = part.small();
        if (tag === 0x08) seconds = Number(BigInt.asIntN(64, part.varint()));
        else if (tag === 0x10) nanos = Number(part.varint());
        else part.skip(tag & 7);
      }
      const whole = new Date(seconds * 1000).toISOString().slice(0, -5);
      return `${whole}${
        nanos === 0
          ? ""
          : `.${String(nanos)
              .padStart(9, "0")
              .replace(/(000){1,2}$/, "")}`
      }Z`;
    }
    case "Empty":
      reader.part();
      return {};
    case "Struct":
      return decodeStruct(reader.part(), depth + 1);
    default:
      break;
  }
  const names = enums[type];
  if (names !== undefined) {
    const number = Number(BigInt.asIntN(32, reader.varint()));
    return Object.keys(names).find((name) => names[name] === number) ?? number;
  }
  return decode(type, reader.part(), depth + 1);
}

function decodeStruct(reader: Reader, depth: number): Plain {
  if (depth > depthMax) throw new Error("messages are nested too deeply");
  const result = Object.create(null) as Plain;
  while (reader.at < reader.end) {
    const tag = reader.small();
    if (tag !== 0x0a) {
      reader.skip(tag & 7);
      continue;
    }
    const entry = reader.part();
    let key = "";
    let value: unknown = null;
    while (entry.at < entry.end) {
      const inner = entry.small();
      if (inner === 0x0a) key = entry.string();
      else if (inner === 0x12) value = decodeValue(entry.part(), depth + 1);
      else entry.skip(inner & 7);
    }
    result[key] = value;
  }
  return result;
}

function decodeValue(reader: Reader, depth: number): unknown {
  if (depth > depthMax) throw new Error("messages are nested too deeply");
  let value: unknown = null;
  while (reader.at < reader.end) {
    const tag = reader.small();
    if (tag === 0x11) value = reader.double();
    else if (tag === 0x1a) value = reader.string();
    else if (tag === 0x20) value = reader.varint() !== 0n;
    else if (tag === 0x2a) value = decodeStruct(reader.part(), depth + 1);
    else if (tag === 0x32) {
      const part = reader.part();
      const items: unknown[] = [];
      while (part.at < part.end) {
        const inner = part.small();
        if (inner === 0x0a) items.push(decodeValue(part.part(), depth + 1));
        else part.skip(inner & 7);
      }
      value = items;
    } else {
      reader.skip(tag & 7);
      if (tag === 0x08) value = null;
    }
  }
  return value;
}
