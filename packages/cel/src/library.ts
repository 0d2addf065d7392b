/**
 * Functions are declared as tables from a signature to what it does: `"(string).charAt(int): string": (s, i) => …`. The receiver of a
 * member function stands in brackets; a capital letter is a type parameter; names with dots that are no type are the library's own.
 */
import {
  bool,
  bytes,
  double,
  duration,
  dyn,
  int,
  list,
  map,
  nullType,
  opaque,
  optional,
  string,
  timestamp,
  typeOf,
  uint,
  type CelType,
} from "./types.ts";
import { CelDuration, CelList, CelMap, CelOptional, CelTimestamp, CelTypeValue, CelUint, typeNameOf, type CelValue } from "./values.ts";

// Arguments are of the types that the signature names: checked by the checker, or at run time where it saw dyn.
// oxlint-disable-next-line typescript/no-explicit-any
type Implementation = (...args: any[]) => CelValue;

/** Cost of a call by the sizes of its arguments, receiver first; used with actual sizes when run and with the largest ones for estimates. */
export type CostRule = (sizes: readonly number[]) => number;

export interface FunctionOptions {
  call: Implementation;
  cost?: CostRule;
  /** How large the result can be. Without it: as large as is possible. */
  size?: CostRule;
}

export interface Overload {
  name: string;
  member: boolean;
  /** The receiver first. */
  args: readonly CelType[];
  result: CelType;
  call: Implementation;
  cost: CostRule | undefined;
  size: CostRule | undefined;
}

export interface Library {
  overloads: readonly Overload[];
  /** Names of types that expressions may mention, `net.IP`. */
  types: readonly string[];
}

/** @throws TypeError for a signature that cannot be read; libraries are made when modules load, so this shows at once */
export function library(functions: Record<string, Implementation | FunctionOptions>, types: string[] = []): Library {
  const overloads = Object.entries(functions).map(([signature, entry]) => {
    const options = typeof entry === "function" ? { call: entry } : entry;
    return { ...parseSignature(signature), call: options.call, cost: options.cost, size: options.size };
  });
  return { overloads, types };
}

const signaturePattern = /^(?:\((.+)\)\.)?([^()\s]+)\((.*)\): (.+)$/;

function parseSignature(signature: string): Pick<Overload, "name" | "member" | "args" | "result"> {
  const match = signaturePattern.exec(signature);
  if (!match) throw new TypeError(`bad signature ${signature}`);
  const [, receiver, name, args, result] = match;
  const types = splitTop(args!).map(parseType);
  return {
    name: name!,
    member: receiver !== undefined,
    args: receiver === undefined ? types : [parseType(receiver), ...types],
    result: parseType(result!),
  };
}

function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    const char = text[i];
    if (char === "<") depth++;
    else if (char === ">") depth--;
    else if ((char === "," && depth === 0) || char === undefined) {
      const part = text.slice(from, i).trim();
      if (part) parts.push(part);
      from = i + 1;
    }
  }
  return parts;
}

const named: Record<string, CelType> = { dyn, int, uint, double, bool, string, bytes, null: nullType, timestamp, duration };

/** `list<int>`, `A`, `kubernetes.Quantity` */
export function parseType(text: string): CelType {
  if (Object.hasOwn(named, text)) return named[text]!;
  if (/^[A-Z]$/.test(text)) return { kind: "parameter", name: text };
  const generic = /^(list|map|optional|type)<(.*)>$/.exec(text);
  if (!generic) return opaque(text);
  const args = splitTop(generic[2]!).map(parseType);
  switch (generic[1]) {
    case "list":
      return list(args[0]!);
    case "map":
      return map(args[0]!, args[1]!);
    case "optional":
      return optional(args[0]!);
    default:
      return typeOf(args[0]!);
  }
}

/** Whether a value can stand for a formal type; elements are not looked at. */
export function isInstance(value: CelValue, type: CelType): boolean {
  switch (type.kind) {
    case "int":
      return typeof value === "bigint";
    case "uint":
      return value instanceof CelUint;
    case "double":
      return typeof value === "number";
    case "bool":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "null":
      return value === null;
    case "timestamp":
      return value instanceof CelTimestamp;
    case "duration":
      return value instanceof CelDuration;
    case "list":
      return value instanceof CelList && (type.element.kind === "parameter" || type.element.kind === "dyn" || firstIs(value, type.element));
    case "map":
      return value instanceof CelMap;
    case "optional":
      return value instanceof CelOptional;
    case "type":
      return value instanceof CelTypeValue;
    case "opaque":
    case "object":
      return typeof value === "object" && value !== null && typeNameOf(value) === type.name;
    case "nullable":
      return value === null || isInstance(value, type.of);
    default:
      return true;
  }
}

/** Tells list<string>.join from list<int>.join: libraries check the rest of the elements themselves. */
const firstIs = (value: CelList, element: CelType): boolean => value.size === 0 || isInstance(value.at(0), element);

/** Functions by name, and the types that can be named. */
export interface Environment {
  functions: ReadonlyMap<string, readonly Overload[]>;
  types: ReadonlySet<string>;
}

const environments = new WeakMap<readonly Library[], Environment>();

/** Made once per list of libraries: pass the same array again. */
export function environmentOf(libraries: readonly Library[]): Environment {
  let environment = environments.get(libraries);
  if (!environment) {
    const functions = new Map<string, Overload[]>();
    for (const overload of libraries.flatMap((each) => each.overloads)) {
      const existing = functions.get(overload.name);
      if (existing) existing.push(overload);
      else functions.set(overload.name, [overload]);
    }
    environment = { functions, types: new Set(libraries.flatMap((each) => each.types)) };
    environments.set(libraries, environment);
  }
  return environment;
}
