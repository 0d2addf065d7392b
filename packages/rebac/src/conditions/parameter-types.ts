import {
  ArrayList,
  CelDuration,
  CelTimestamp,
  CelUint,
  EntryMap,
  defaultLibraries,
  library,
  types,
  CelOpaque,
  CelEvalError,
} from "@meshplane/cel";
import type { CelType, CelValue, Library } from "@meshplane/cel";
import type { ConditionParameter } from "../model/authorization-model.ts";
import { parseAddress, parseNetwork, type Address } from "./ip-address.ts";

/** An IPv4 or IPv6 address; one written as IPv4 in IPv6 is the IPv4 one. */
export class IpAddress extends CelOpaque {
  readonly typeName = "IPAddress";
  readonly address: Address;
  constructor(address: Address) {
    super();
    this.address = address;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof IpAddress && other.address.family === this.address.family && other.address.bits === this.address.bits;
  }
}

const ipLibrary = library(
  {
    "ipaddress(string): IPAddress": (text: string) => {
      const address = parseAddress(text);
      if (!address) throw new CelEvalError(`expected a well-formed IP address, but found: '${text}'`);
      return new IpAddress(address);
    },
    "(IPAddress).in_cidr(string): bool": (ip: IpAddress, text: string) => {
      const network = parseNetwork(text);
      if (!network) throw new CelEvalError(`expected a well-formed CIDR, but found: '${text}'`);
      if (network.family !== ip.address.family) return false;
      const rest = BigInt((network.family === 4 ? 32 : 128) - network.length);
      return ip.address.bits >> rest === network.bits >> rest;
    },
  },
  ["IPAddress"],
);

/** The language itself and OpenFGA's two functions, none of the extensions. */
export const conditionLibraries: readonly Library[] = [defaultLibraries[0]!, ipLibrary];

export const ipAddressType: CelType = types.opaque("IPAddress");

const scalars: Record<string, CelType> = {
  TYPE_NAME_ANY: types.dyn,
  TYPE_NAME_BOOL: types.bool,
  TYPE_NAME_STRING: types.string,
  TYPE_NAME_INT: types.int,
  TYPE_NAME_UINT: types.uint,
  TYPE_NAME_DOUBLE: types.double,
  TYPE_NAME_DURATION: types.duration,
  TYPE_NAME_TIMESTAMP: types.timestamp,
  TYPE_NAME_IPADDRESS: ipAddressType,
};

/** @throws Error with a reason when the type is unknown or has the wrong number of generic types */
export function celTypeOf(parameter: ConditionParameter): CelType {
  const name = parameter.type_name ?? "TYPE_NAME_UNSPECIFIED";
  const generic = parameter.generic_types ?? [];
  if (name === "TYPE_NAME_LIST" || name === "TYPE_NAME_MAP") {
    if (generic.length !== 1) throw new Error(`condition parameter type \`${name}\` requires 1 generic types; found ${generic.length}`);
    const element = celTypeOf(generic[0]!);
    return name === "TYPE_NAME_LIST" ? types.list(element) : types.map(types.string, element);
  }
  if (!Object.hasOwn(scalars, name)) throw new Error(`unknown condition parameter type \`${name}\``);
  if (generic.length > 0) throw new Error(`condition parameter type \`${name}\` requires 0 generic types; found ${generic.length}`);
  return scalars[name]!;
}

const goTypeOf = (value: unknown): string => {
  if (value === null) return "<nil>";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return "float64";
    default:
      return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
  }
};

const unexpected = (wanted: string, value: unknown): Error => new Error(`expected type value '${wanted}', but found '${goTypeOf(value)}'`);

const int64Max = 9223372036854775807n;
const int64Min = -9223372036854775808n;
const uint64Max = 18446744073709551615n;

/** @throws Error with the reason when the JSON value does not fit the declared type */
export function convertParameter(parameter: ConditionParameter, value: unknown): CelValue {
  switch (parameter.type_name) {
    case "TYPE_NAME_BOOL":
      if (typeof value !== "boolean") throw unexpected("bool", value);
      return value;
    case "TYPE_NAME_STRING":
      if (typeof value !== "string") throw unexpected("string", value);
      return value;
    case "TYPE_NAME_INT":
      return wholeNumber(value, "int64", "int", int64Min, int64Max);
    case "TYPE_NAME_UINT": {
      const number = wholeNumber(value, "uint64", "uint", int64Min, uint64Max);
      if (number < 0n) throw new Error(`expected a uint value, but found int64 value '${number}'`);
      return new CelUint(number);
    }
    case "TYPE_NAME_DOUBLE":
      return double(value);
    case "TYPE_NAME_DURATION": {
      if (typeof value !== "string") throw unexpected("string", value);
      const nanoseconds = parseGoDuration(value);
      if (nanoseconds === undefined) throw new Error(`expected a valid duration string, but found: '${value}'`);
      return new CelDuration(nanoseconds);
    }
    case "TYPE_NAME_TIMESTAMP": {
      if (typeof value !== "string") throw unexpected("string", value);
      const nanoseconds = parseRfc3339(value);
      if (nanoseconds === undefined) throw new Error(`expected RFC 3339 formatted timestamp string, but found '${value}'`);
      return new CelTimestamp(nanoseconds);
    }
    case "TYPE_NAME_IPADDRESS": {
      if (typeof value !== "string") throw unexpected("string", value);
      const address = parseAddress(value);
      if (!address) throw new Error(`expected a well-formed IP address, but found: '${value}'`);
      return new IpAddress(address);
    }
    case "TYPE_NAME_LIST": {
      if (!Array.isArray(value)) throw new Error(`list requires a list, found: ${goTypeOf(value)}`);
      const element = parameter.generic_types![0]!;
      return new ArrayList(
        value.map((item, i) => {
          try {
            return convertParameter(element, item);
          } catch (error) {
            throw new Error(`found an invalid list item at index \`${i}\`: ${(error as Error).message}`);
          }
        }),
      );
    }
    case "TYPE_NAME_MAP": {
      if (value === null || typeof value !== "object" || Array.isArray(value))
        throw new Error(`map requires a map, found: ${goTypeOf(value)}`);
      const element = parameter.generic_types![0]!;
      return new EntryMap(
        Object.entries(value).map(([key, item]) => {
          try {
            return [key, convertParameter(element, item)] as const;
          } catch (error) {
            throw new Error(`found an invalid value for key '${key}': ${(error as Error).message}`);
          }
        }),
      );
    }
    default:
      return anyValue(value);
  }
}

/** JSON numbers are doubles to OpenFGA. */
function anyValue(value: unknown): CelValue {
  if (Array.isArray(value)) return new ArrayList(value.map(anyValue));
  if (value !== null && typeof value === "object")
    return new EntryMap(Object.entries(value).map(([key, item]) => [key, anyValue(item)] as const));
  return value as CelValue;
}

function wholeNumber(value: unknown, goType: string, name: string, min: bigint, max: bigint): bigint {
  let number: bigint;
  if (typeof value === "number") {
    if (!Number.isInteger(value))
      throw new Error(`expected a${name === "uint" ? "" : "n"} ${name} value, but found numeric value '${value}'`);
    number = BigInt(value);
  } else if (typeof value === "string") {
    const match = /^([+-]?\d{1,400})(?:\.0*)?$/.exec(value);
    if (!match)
      throw new Error(
        /^[+-]?\d+\.\d+$/.test(value)
          ? `expected a${name === "uint" ? "" : "n"} ${name} value, but found numeric value '${value}'`
          : `expected a ${goType} value, but found invalid string value '${value}'`,
      );
    number = BigInt(match[1]!.replace(/^\+/, ""));
  } else throw unexpected(goType, value);
  return number > max ? max : number < min ? min : number;
}

function double(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") throw unexpected("float64", value);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,5})?$/i.test(value) || value.length > 400)
    throw new Error(`expected a float64 value, but found invalid string value '${value}'`);
  const number = Number(value);
  if (!isExact(value, number)) throw new Error(`number cannot be represented as a float64: ${value}`);
  return number;
}

/** Whether a decimal text is that double to the last digit: mantissa times ten to the exponent against the fraction that the double is. */
function isExact(text: string, number: number): boolean {
  if (!Number.isFinite(number)) return false;
  const [mantissa, exponent = "0"] = text.toLowerCase().split("e") as [string, string?];
  const [whole, part = ""] = mantissa.replace(/^\+/, "").split(".") as [string, string?];
  const digits = BigInt(`${whole.replace("-", "")}${part}` || "0");
  const shift = Number(exponent) - part.length;
  if (digits === 0n) return number === 0;
  if (Math.abs(shift) > 800) return false;
  let [numerator, denominator] = [Math.abs(number), 1n];
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    denominator *= 2n;
  }
  const left = shift >= 0 ? digits * 10n ** BigInt(shift) * denominator : digits * denominator;
  const right = shift >= 0 ? BigInt(numerator) : BigInt(numerator) * 10n ** BigInt(-shift);
  return left === right;
}

const units: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Nanoseconds. @see Go time.ParseDuration */
export function parseGoDuration(text: string): bigint | undefined {
  if (text.length > 100) return undefined;
  const sign = text.startsWith("-") ? -1n : 1n;
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0n;
  if (rest === "") return undefined;
  let total = 0n;
  while (rest !== "") {
    const match = /^(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/.exec(rest);
    if (!match || (match[1] === "" && !match[2])) return undefined;
    const unit = units[match[3]!]!;
    const fraction = (match[2] ?? "").slice(0, 18);
    total += BigInt(match[1] || "0") * unit + (fraction ? (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length) : 0n);
    if (total > int64Max) return undefined;
    rest = rest.slice(match[0].length);
  }
  return sign * total;
}

/** Nanoseconds since 1970. */
export function parseRfc3339(text: string): bigint | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,](\d{1,30}))?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  if (!match) return undefined;
  const ms = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(ms) || Number(match[1]!.slice(8, 10)) > daysIn(Number(match[1]!.slice(0, 4)), Number(match[1]!.slice(5, 7))))
    return undefined;
  return BigInt(ms) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0").slice(0, 9));
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
