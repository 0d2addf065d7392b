/** `"%s is %.2f".format([a, b])`. @see cel-go ext/strings format */
import { CelEvalError } from "../errors.ts";
import { expandExponent } from "../text.ts";
import { formatDuration, formatTimestamp } from "../time.ts";
import { CelDuration, CelList, CelMap, CelTimestamp, CelTypeValue, CelUint, compareStrings, typeNameOf, type CelValue } from "../values.ts";

/** Digits after the point are bounded so that a short expression cannot make a long text. */
const maxPrecision = 1_000;

export function formatString(template: string, args: CelList): string {
  let out = "";
  let next = 0;
  let at = 0;
  while (at < template.length) {
    const percent = template.indexOf("%", at);
    if (percent < 0) return out + template.slice(at);
    out += template.slice(at, percent);
    if (template[percent + 1] === "%") {
      out += "%";
      at = percent + 2;
      continue;
    }
    const clause = /^%(?:\.(\d*))?([\s\S]?)/.exec(template.slice(percent, percent + 12))!;
    const [whole, digits, verb] = clause;
    if (verb === "") throw new CelEvalError("could not parse formatting clause: unexpected end of string");
    if (!"sdfebxXo".includes(verb!)) {
      throw new CelEvalError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
    }
    if (next >= args.size) throw new CelEvalError(`index ${next} out of range`);
    const precision = digits === undefined ? undefined : Number(digits);
    if (precision !== undefined && precision > maxPrecision) {
      throw new CelEvalError(`could not parse formatting clause: precision ${precision} is too large`);
    }
    out += formatClause(verb!, precision, args.at(next++));
    at = percent + whole.length;
  }
  return out;
}

function formatClause(verb: string, precision: number | undefined, value: CelValue): string {
  switch (verb) {
    case "s":
      return formatPlain(value);
    case "d":
      if (typeof value === "bigint") return value.toString();
      if (value instanceof CelUint) return value.value.toString();
      if (typeof value === "number" && !Number.isFinite(value)) return specialDouble(value);
      return refuse("decimal clause can only be used on integers", value);
    case "f":
      if (isNumeric(value)) return fixed(toDouble(value), precision ?? 6);
      return refuse("fixed-point clause can only be used on doubles", value);
    case "e":
      if (isNumeric(value)) return scientific(toDouble(value), precision ?? 6);
      return refuse("scientific clause can only be used on doubles", value);
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      if (typeof value === "bigint") return value.toString(2);
      if (value instanceof CelUint) return value.value.toString(2);
      return refuse("only integers and bools can be formatted as binary", value);
    case "o":
      if (typeof value === "bigint") return value.toString(8);
      if (value instanceof CelUint) return value.value.toString(8);
      return refuse("octal clause can only be used on integers", value);
    default: {
      const hex = hexOf(value);
      return verb === "X" ? hex.toUpperCase() : hex;
    }
  }
}

function hexOf(value: CelValue): string {
  if (typeof value === "bigint") return value.toString(16);
  if (value instanceof CelUint) return value.value.toString(16);
  if (typeof value === "string") return new TextEncoder().encode(value).toHex();
  if (value instanceof Uint8Array) return value.toHex();
  return refuse("only integers, byte buffers, and strings can be formatted as hex", value);
}

function refuse(what: string, value: CelValue): never {
  throw new CelEvalError(`error during formatting: ${what}, was given ${typeNameOf(value)}`);
}

const isNumeric = (value: CelValue): value is number | bigint | CelUint =>
  typeof value === "number" || typeof value === "bigint" || value instanceof CelUint;
const toDouble = (value: number | bigint | CelUint): number => Number(value instanceof CelUint ? value.value : value);
const specialDouble = (value: number): string => (Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");

function fixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return specialDouble(value);
  return Math.abs(value) < 1e21 && precision <= 100 ? roundHalfEven(value, precision) : padFraction(expandExponent(value), precision);
}

/** toFixed works on the exact binary value, as Go does; only exact ties differ: Go takes the even digit. */
function roundHalfEven(value: number, precision: number): string {
  const text = value.toFixed(precision);
  if (precision > 20) return text;
  const scaled = Math.abs(value) * 10 ** precision;
  const isTie = Number.isInteger(scaled * 2) && !Number.isInteger(scaled) && scaled / 10 ** precision === Math.abs(value);
  if (!isTie || Math.floor(scaled) % 2 !== 0) return text;
  return (Math.sign(value) * (Math.floor(scaled) / 10 ** precision)).toFixed(precision);
}

function padFraction(text: string, precision: number): string {
  const [whole, fraction = ""] = text.split(".");
  return precision === 0 ? whole! : `${whole}.${fraction.slice(0, precision).padEnd(precision, "0")}`;
}

function scientific(value: number, precision: number): string {
  if (!Number.isFinite(value)) return specialDouble(value);
  const [mantissa, exponent] = value.toExponential(Math.min(precision, 100)).split("e") as [string, string];
  const power = Number(exponent);
  return `${mantissa}e${power < 0 ? "-" : "+"}${Math.abs(power).toString().padStart(2, "0")}`;
}

function formatPlain(value: CelValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint" || value === null) return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? expandExponent(value) : specialDouble(value);
  if (value instanceof CelUint) return value.value.toString();
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof CelTimestamp) return formatTimestamp(value.ns);
  if (value instanceof CelDuration) return formatDuration(value.ns);
  if (value instanceof CelTypeValue) return value.name;
  if (value instanceof CelList) return `[${Array.from(value, formatPlain).join(", ")}]`;
  if (value instanceof CelMap && value.typeName === undefined) {
    const entries: [string, string][] = [];
    for (const key of value.keys()) entries.push([formatPlain(key), formatPlain(value.get(key)!)]);
    entries.sort(([a], [b]) => compareStrings(a, b));
    return `{${entries.map(([key, item]) => `${key}: ${item}`).join(", ")}}`;
  }
  return refuse(
    "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
    value,
  );
}
