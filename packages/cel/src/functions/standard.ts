/** The functions of the language itself. @see github.com/google/cel-spec doc/langdef.md */
import { CelEvalError } from "../errors.ts";
import { library, type CostRule } from "../library.ts";
import { formatDouble } from "../text.ts";
import { codePointLength } from "../text.ts";
import {
  calendarFields,
  formatDuration,
  formatTimestamp,
  parseDuration,
  parseTimestamp,
  requireDuration,
  requireTimestamp,
} from "../time.ts";
import {
  celEquals,
  CelDuration,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  compareValues,
  typeNameOf,
  type CelValue,
} from "../values.ts";
import { matchesPattern } from "./regex.ts";

const minInt = -(1n << 63n);
const maxInt = (1n << 63n) - 1n;
const maxUint = (1n << 64n) - 1n;

export function requireInt(value: bigint): bigint {
  if (value > maxInt || value < minInt) throw new CelEvalError("integer overflow");
  return value;
}
export function requireUint(value: bigint): CelUint {
  if (value > maxUint || value < 0n) throw new CelEvalError("unsigned integer overflow");
  return new CelUint(value);
}

/** Looking at every tenth of a character or element costs one. */
const traverse = (size: number): number => Math.ceil(size * 0.1);
const both: CostRule = ([a, b]) => Math.max(1, traverse(a! + b!));
const smaller: CostRule = ([a, b]) => Math.max(1, traverse(Math.min(a!, b!)));
const first: CostRule = ([a]) => Math.max(1, traverse(a!));
const second: CostRule = (sizes) => Math.max(1, traverse(sizes[1]!));
const product: CostRule = ([a, b]) => Math.max(1, traverse(a!) * traverse(b!));
const pattern: CostRule = ([text, regex]) => Math.max(1, Math.ceil((text! + 1) * 0.1) * Math.ceil(regex! * 0.25));
const sum: CostRule = ([a, b]) => a! + b!;

const conversion = (from: CelValue, to: string): CelEvalError =>
  new CelEvalError(`type conversion error from '${typeNameOf(from)}' to '${to}'`);

function intFromString(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw conversion(text, "int");
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  if (BigInt.asIntN(64, value) !== value) throw conversion(text, "int");
  return value;
}

function uintFromString(text: string): CelUint {
  if (!/^\d+$/.test(text) || BigInt(text) > maxUint) throw conversion(text, "uint");
  return new CelUint(BigInt(text));
}

function doubleFromString(text: string): number {
  if (/^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)$/.test(text)) return Number(text);
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  throw conversion(text, "double");
}

function boolFromString(text: string): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  throw conversion(text, "bool");
}

function intFromDouble(value: number): bigint {
  const whole = Math.trunc(value);
  // Doubles next to the ends of the range are refused as cel-go does: they may have been rounded.
  if (!(whole > -9223372036854775808 && whole < 9223372036854775808)) throw new CelEvalError("integer overflow: out of range");
  return BigInt(whole);
}

function uintFromDouble(value: number): CelUint {
  const whole = Math.trunc(value);
  if (!(whole >= 0 && whole < 18446744073709551616)) throw new CelEvalError("unsigned integer overflow: out of range");
  return new CelUint(BigInt(whole));
}

function decodeUtf8(value: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    throw new CelEvalError("invalid UTF-8 in bytes, cannot convert to string");
  }
}

function timestampFrom(text: string): CelTimestamp {
  const ns = parseTimestamp(text);
  if (ns === undefined) throw conversion(text, "timestamp");
  return new CelTimestamp(ns);
}

function durationFrom(text: string): CelDuration {
  const ns = parseDuration(text);
  if (ns === undefined) throw conversion(text, "duration");
  return new CelDuration(ns);
}

export function divide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new CelEvalError("division by zero");
  return requireInt(a / b);
}
function modulo(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new CelEvalError("modulus by zero");
  if (a === minInt && b === -1n) throw new CelEvalError("integer overflow");
  return a % b;
}

const less =
  (test: (order: number) => boolean) =>
  (a: CelValue, b: CelValue): boolean => {
    const order = compareValues(a, b);
    if (order === undefined) throw new CelEvalError("no such overload");
    return test(order);
  };

const orders = {
  "_<_": less((order) => order < 0),
  "_<=_": less((order) => order <= 0),
  "_>_": less((order) => order > 0),
  "_>=_": less((order) => order >= 0),
};
const comparable = [
  ...["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"].map((name) => [name, name]),
  ...["int", "uint", "double"].flatMap((a) => ["int", "uint", "double"].filter((b) => b !== a).map((b) => [a, b])),
];
const comparisons = Object.fromEntries(
  Object.entries(orders).flatMap(([name, call]) => comparable.map(([a, b]) => [`${name}(${a}, ${b}): bool`, { call, cost: smaller }])),
);

/** `list[i]`: whole doubles and uints index as well. */
export function indexList(items: CelList, index: CelValue): CelValue {
  const at = listIndex(index);
  if (at === undefined) throw new CelEvalError(`unsupported index type '${typeNameOf(index)}' in list`);
  if (at < 0 || at >= items.size) throw new CelEvalError(`index out of bounds: ${at}`);
  return items.at(at);
}

export function listIndex(index: CelValue): number | undefined {
  if (typeof index === "bigint") return Number(index);
  if (index instanceof CelUint) return Number(index.value);
  if (typeof index === "number" && Number.isInteger(index)) return index;
  return undefined;
}

export function indexMap(entries: CelMap, key: CelValue): CelValue {
  const value = entries.get(key);
  if (value === undefined) throw noSuchKey(key);
  return value;
}

export const noSuchKey = (key: CelValue): CelEvalError =>
  new CelEvalError(`no such key: ${key instanceof CelUint ? key.value : typeof key === "object" ? typeNameOf(key) : String(key)}`);

/** Undefined when there is none, for the optional index. */
export function maybeIndex(of: CelValue, key: CelValue): CelValue | undefined {
  if (of instanceof CelMap) return of.get(key);
  if (of instanceof CelList) {
    const at = listIndex(key);
    return at === undefined || at < 0 || at >= of.size ? undefined : of.at(at);
  }
  if (of instanceof CelOptional) return of.value === undefined ? undefined : maybeIndex(of.value, key);
  throw new CelEvalError("no such overload");
}

const optionalIndex = (of: CelValue, key: CelValue): CelOptional => {
  const value = maybeIndex(of, key);
  return value === undefined ? CelOptional.none : new CelOptional(value);
};

const calendar = (pick: (fields: ReturnType<typeof calendarFields>) => number) => ({
  utc: (at: CelTimestamp) => BigInt(pick(calendarFields(at.ns))),
  zone: (at: CelTimestamp, zone: string) => BigInt(pick(calendarFields(at.ns, zone))),
});
const accessors = Object.fromEntries(
  Object.entries({
    getFullYear: calendar((f) => f.year),
    getMonth: calendar((f) => f.month),
    getDate: calendar((f) => f.day),
    getDayOfMonth: calendar((f) => f.day - 1),
    getDayOfWeek: calendar((f) => f.dayOfWeek),
    getDayOfYear: calendar((f) => f.dayOfYear),
    getHours: calendar((f) => f.hour),
    getMinutes: calendar((f) => f.minute),
    getSeconds: calendar((f) => f.second),
    getMilliseconds: calendar((f) => f.millisecond),
  }).flatMap(([name, { utc, zone }]) => [
    [`(timestamp).${name}(): int`, utc],
    [`(timestamp).${name}(string): int`, zone],
  ]),
);

const second_ = 1_000_000_000n;

export const standardLibrary = library({
  "_&&_(bool, bool): bool": () => false, // these four are compiled, not called
  "_||_(bool, bool): bool": () => false,
  "_?_:_(bool, A, A): A": () => false,
  "!_(bool): bool": (a: boolean) => !a,
  "_==_(A, A): bool": { call: celEquals, cost: smaller },
  "_!=_(A, A): bool": { call: (a: CelValue, b: CelValue) => !celEquals(a, b), cost: smaller },
  ...comparisons,
  "@in(A, list<A>): bool": { call: (a: CelValue, of: CelList) => of.contains(a), cost: ([, size]) => Math.max(1, size!) },
  "@in(A, map<A, B>): bool": (a: CelValue, of: CelMap) => of.has(a),

  "_+_(int, int): int": (a: bigint, b: bigint) => requireInt(a + b),
  "_+_(uint, uint): uint": (a: CelUint, b: CelUint) => requireUint(a.value + b.value),
  "_+_(double, double): double": (a: number, b: number) => a + b,
  "_+_(string, string): string": { call: (a: string, b: string) => a + b, cost: both, size: sum },
  "_+_(bytes, bytes): bytes": {
    call: (a: Uint8Array, b: Uint8Array) => {
      const out = new Uint8Array(a.length + b.length);
      out.set(a);
      out.set(b, a.length);
      return out;
    },
    cost: both,
    size: sum,
  },
  "_+_(list<A>, list<A>): list<A>": { call: (a: CelList, b: CelList) => a.concat(b), size: sum },
  "_+_(timestamp, duration): timestamp": (a: CelTimestamp, b: CelDuration) => new CelTimestamp(requireTimestamp(a.ns + b.ns)),
  "_+_(duration, timestamp): timestamp": (a: CelDuration, b: CelTimestamp) => new CelTimestamp(requireTimestamp(a.ns + b.ns)),
  "_+_(duration, duration): duration": (a: CelDuration, b: CelDuration) => new CelDuration(requireDuration(a.ns + b.ns)),
  "_-_(int, int): int": (a: bigint, b: bigint) => requireInt(a - b),
  "_-_(uint, uint): uint": (a: CelUint, b: CelUint) => requireUint(a.value - b.value),
  "_-_(double, double): double": (a: number, b: number) => a - b,
  "_-_(timestamp, timestamp): duration": (a: CelTimestamp, b: CelTimestamp) => new CelDuration(requireDuration(a.ns - b.ns)),
  "_-_(timestamp, duration): timestamp": (a: CelTimestamp, b: CelDuration) => new CelTimestamp(requireTimestamp(a.ns - b.ns)),
  "_-_(duration, duration): duration": (a: CelDuration, b: CelDuration) => new CelDuration(requireDuration(a.ns - b.ns)),
  "_*_(int, int): int": (a: bigint, b: bigint) => requireInt(a * b),
  "_*_(uint, uint): uint": (a: CelUint, b: CelUint) => requireUint(a.value * b.value),
  "_*_(double, double): double": (a: number, b: number) => a * b,
  "_/_(int, int): int": divide,
  "_/_(uint, uint): uint": (a: CelUint, b: CelUint) => {
    if (b.value === 0n) throw new CelEvalError("division by zero");
    return new CelUint(a.value / b.value);
  },
  "_/_(double, double): double": (a: number, b: number) => a / b,
  "_%_(int, int): int": modulo,
  "_%_(uint, uint): uint": (a: CelUint, b: CelUint) => {
    if (b.value === 0n) throw new CelEvalError("modulus by zero");
    return new CelUint(a.value % b.value);
  },
  "-_(int): int": (a: bigint) => requireInt(-a),
  "-_(double): double": (a: number) => -a,
  "-_(duration): duration": (a: CelDuration) => new CelDuration(-a.ns),

  "_[_](list<A>, int): A": indexList,
  "_[_](map<A, B>, A): B": indexMap,
  "_[_](optional<list<A>>, int): optional<A>": optionalIndex,
  "_[_](optional<map<A, B>>, A): optional<B>": optionalIndex,
  "_[?_](list<A>, int): optional<A>": optionalIndex,
  "_[?_](map<A, B>, A): optional<B>": optionalIndex,
  "_[?_](optional<list<A>>, int): optional<A>": optionalIndex,
  "_[?_](optional<map<A, B>>, A): optional<B>": optionalIndex,

  "size(string): int": { call: (a: string) => BigInt(codePointLength(a)) },
  "size(bytes): int": (a: Uint8Array) => BigInt(a.length),
  "size(list<A>): int": (a: CelList) => BigInt(a.size),
  "size(map<A, B>): int": (a: CelMap) => BigInt(a.size),
  "(string).size(): int": (a: string) => BigInt(codePointLength(a)),
  "(bytes).size(): int": (a: Uint8Array) => BigInt(a.length),
  "(list<A>).size(): int": (a: CelList) => BigInt(a.size),
  "(map<A, B>).size(): int": (a: CelMap) => BigInt(a.size),

  "(string).contains(string): bool": { call: (a: string, b: string) => a.includes(b), cost: product },
  "(string).startsWith(string): bool": { call: (a: string, b: string) => a.startsWith(b), cost: second },
  "(string).endsWith(string): bool": { call: (a: string, b: string) => a.endsWith(b), cost: second },
  "(string).matches(string): bool": { call: matchesPattern, cost: pattern },
  "matches(string, string): bool": { call: matchesPattern, cost: pattern },

  "type(A): type<A>": (a: CelValue) => new CelTypeValue(typeNameOf(a)),
  "dyn(A): dyn": (a: CelValue) => a,
  "bool(bool): bool": (a: boolean) => a,
  "bool(string): bool": boolFromString,
  "int(int): int": (a: bigint) => a,
  "int(uint): int": (a: CelUint) => requireInt(a.value),
  "int(double): int": intFromDouble,
  "int(string): int": intFromString,
  "int(timestamp): int": (a: CelTimestamp) => a.ns / second_ - (a.ns % second_ < 0n ? 1n : 0n),
  "int(duration): int": (a: CelDuration) => a.ns,
  "uint(uint): uint": (a: CelUint) => a,
  "uint(int): uint": (a: bigint) => requireUint(a),
  "uint(double): uint": uintFromDouble,
  "uint(string): uint": uintFromString,
  "double(double): double": (a: number) => a,
  "double(int): double": (a: bigint) => Number(a),
  "double(uint): double": (a: CelUint) => Number(a.value),
  "double(string): double": doubleFromString,
  "string(string): string": { call: (a: string) => a, size: ([a]) => a! },
  "string(bool): string": { call: (a: boolean) => String(a), size: () => 5 },
  "string(int): string": { call: (a: bigint) => a.toString(), size: () => 20 },
  "string(uint): string": { call: (a: CelUint) => a.value.toString(), size: () => 20 },
  "string(double): string": { call: formatDouble, size: () => 25 },
  "string(bytes): string": { call: decodeUtf8, cost: first, size: ([a]) => a! },
  "string(timestamp): string": { call: (a: CelTimestamp) => formatTimestamp(a.ns), size: () => 30 },
  "string(duration): string": { call: (a: CelDuration) => formatDuration(a.ns), size: () => 30 },
  "bytes(bytes): bytes": { call: (a: Uint8Array) => a, size: ([a]) => a! },
  "bytes(string): bytes": { call: (a: string) => new TextEncoder().encode(a), cost: first, size: ([a]) => 4 * a! },
  "timestamp(timestamp): timestamp": (a: CelTimestamp) => a,
  "timestamp(int): timestamp": (a: bigint) => new CelTimestamp(requireTimestamp(a * second_)),
  "timestamp(string): timestamp": timestampFrom,
  "duration(duration): duration": (a: CelDuration) => a,
  "duration(int): duration": (a: bigint) => new CelDuration(requireDuration(a)),
  "duration(string): duration": durationFrom,

  ...accessors,
  "(duration).getHours(): int": (a: CelDuration) => a.ns / (3600n * second_),
  "(duration).getMinutes(): int": (a: CelDuration) => a.ns / (60n * second_),
  "(duration).getSeconds(): int": (a: CelDuration) => a.ns / second_,
  "(duration).getMilliseconds(): int": (a: CelDuration) => (a.ns % second_) / 1_000_000n,

  "optional.of(A): optional<A>": (a: CelValue) => new CelOptional(a),
  "optional.none(): optional<A>": () => CelOptional.none,
});
