import { validationError } from "../errors.ts";
import { enums, messages, type Field, type MessageName } from "./messages.ts";

export type Plain = Record<string, unknown>;

const bad = (what: string): Error => validationError(what);
const show = (value: unknown): string => JSON.stringify(value) ?? "nothing";

/**
 * A message from JSON: unknown members are left out, unset ones absent, aliases resolved.
 * @throws OpenFgaError validation_error when a member has the wrong JSON type
 */
export function messageFromJson(name: MessageName, json: unknown): Plain {
  return readMessage(name, json, 0);
}

/** Messages, or values of a context, within one another: far more than any model has, far fewer than overflow the stack. */
const depthMax = 500;

function readMessage(name: string, json: unknown, depth: number): Plain {
  if (depth > depthMax) throw bad("exceeded max recursion depth");
  if (json === null || typeof json !== "object" || Array.isArray(json)) throw bad(`unexpected token ${show(json).slice(0, 40)}`);
  const message = messages[name]!;
  const result: Plain = {};
  const chosen = new Set<string>();
  for (const key of Object.keys(json)) {
    const known = Object.hasOwn(message, key) ? key : aliasOf(name, key);
    if (known === undefined) continue;
    const field = message[known]!;
    const value = (json as Plain)[key];
    if (value === null) continue;
    if (Object.hasOwn(result, known)) throw bad(`duplicate field ${show(key)}`);
    if (field.choice !== undefined) {
      if (chosen.has(field.choice)) throw bad(`error parsing ${show(key)}, oneof ${name}.${field.choice} is already set`);
      chosen.add(field.choice);
    }
    const read = readField(field, value, known, depth);
    if (read !== undefined) result[known] = read;
  }
  if (name === "Usersets") result.child ??= [];
  return result;
}

const aliases = new Map<string, Map<string, string>>();

function aliasOf(name: string, key: string): string | undefined {
  let known = aliases.get(name);
  if (known === undefined) {
    known = new Map();
    for (const [field, { alias }] of Object.entries(messages[name]!)) if (alias !== undefined) known.set(alias, field);
    aliases.set(name, known);
  }
  return known.get(key);
}

function readField(field: Field, value: unknown, key: string, depth: number): unknown {
  if (field.rule === "list") {
    if (!Array.isArray(value)) throw bad(`syntax error: unexpected token ${show(value).slice(0, 40)}`);
    return value.map((item) => {
      if (item === null) throw bad(`invalid value for ${key} field: null`);
      return readOne(field.type, item, key, depth);
    });
  }
  if (field.rule === "map") {
    if (typeof value !== "object" || Array.isArray(value)) throw bad(`unexpected token ${show(value).slice(0, 40)}`);
    const result = Object.create(null) as Plain;
    for (const [name, item] of Object.entries(value as Plain)) {
      if (item === null) throw bad(`invalid value for ${key} field: null`);
      result[name] = readOne(field.type, item, key, depth);
    }
    return result;
  }
  return readOne(field.type, value, key, depth);
}

function readOne(type: string, value: unknown, key: string, depth: number): unknown {
  switch (type) {
    case "string":
      if (typeof value !== "string") throw bad(`invalid value for string field ${key}: ${show(value).slice(0, 40)}`);
      return value;
    case "bool":
      if (typeof value !== "boolean") throw bad(`invalid value for bool field ${key}: ${show(value).slice(0, 40)}`);
      return value;
    case "Int32Value": {
      const number = typeof value === "string" && /^[+-]?\d{1,12}$/.test(value) ? Number(value) : value;
      if (typeof number !== "number" || !Number.isInteger(number) || Math.abs(number) > 0x7fffffff)
        throw bad(`invalid value for int32 field ${key}: ${show(value).slice(0, 40)}`);
      return number;
    }
    case "Empty":
      if (value === null || typeof value !== "object" || Array.isArray(value)) throw bad(`unexpected token ${show(value).slice(0, 40)}`);
      return {};
    case "Struct":
      if (value === null || typeof value !== "object" || Array.isArray(value)) throw bad(`unexpected token ${show(value).slice(0, 40)}`);
      requireShallow(value);
      return value;
    case "Timestamp":
      if (
        typeof value !== "string" ||
        !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(value) ||
        Number.isNaN(Date.parse(value))
      ) {
        throw bad(`invalid google.protobuf.Timestamp value ${show(value).slice(0, 40)}`);
      }
      return value;
    default:
      break;
  }
  const names = enums[type];
  if (names === undefined) return readMessage(type, value, depth + 1);
  if (typeof value === "number" && Number.isInteger(value)) return Object.keys(names).find((name) => names[name] === value) ?? value;
  if (typeof value !== "string") throw bad(`invalid value for enum field ${key}: ${show(value).slice(0, 40)}`);
  return Object.hasOwn(names, value) ? value : undefined;
}

/** JSON of a message with every field filled in; members of a one-of only when set. */
export function messageToJson(name: MessageName, message: Plain): Plain {
  return writeMessage(name, message);
}

function writeMessage(name: string, message: Plain): Plain {
  const result: Plain = {};
  for (const [key, field] of Object.entries(messages[name]!)) {
    const value = message[key];
    if (value === undefined || value === null) {
      if (field.choice === undefined) result[key] = emptyOf(field);
    } else if (field.rule === "list") result[key] = (value as unknown[]).map((item) => writeOne(field.type, item));
    else if (field.rule === "map") {
      const map = Object.create(null) as Plain;
      for (const [item, held] of Object.entries(value as Plain)) map[item] = writeOne(field.type, held);
      result[key] = map;
    } else result[key] = writeOne(field.type, value);
  }
  return result;
}

const writeOne = (type: string, value: unknown): unknown => (Object.hasOwn(messages, type) ? writeMessage(type, value as Plain) : value);

function emptyOf(field: Field): unknown {
  if (field.rule === "list") return [];
  if (field.rule === "map") return {};
  if (field.type === "string") return "";
  if (field.type === "bool") return false;
  const names = enums[field.type];
  return names === undefined ? null : (Object.keys(names).find((name) => names[name] === 0) ?? 0);
}

/** Level by level, so that no depth overflows the stack. */
function requireShallow(value: object): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) throw bad("exceeded max recursion depth");
    level = level.flatMap((item) => (item !== null && typeof item === "object" ? Object.values(item) : []));
  }
}
