import { CelEvalError } from "./errors.ts";
import { formatDuration, formatTimestamp } from "./time.ts";

/**
 * What expressions compute with. int is `bigint` and double is `number`, so that both are told apart; everything else with no
 * JavaScript counterpart is a class below. Values are immutable.
 */
export type CelValue =
  | string
  | boolean
  | null
  | bigint
  | number
  | CelUint
  | Uint8Array
  | CelList
  | CelMap
  | CelTimestamp
  | CelDuration
  | CelOptional
  | CelTypeValue
  | CelOpaque;

export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since 1970. */
export class CelTimestamp {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = ns;
  }
}

/** Nanoseconds. */
export class CelDuration {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = ns;
  }
}

export class CelOptional {
  static readonly none: CelOptional = new CelOptional(undefined);
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

export class CelTypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A value of a library's own type (Quantity, IP, …). `equals` sees only values of the same class. */
export abstract class CelOpaque {
  abstract readonly typeName: string;
  abstract equals(other: CelOpaque): boolean;
}

export abstract class CelList implements Iterable<CelValue> {
  abstract readonly size: number;
  /** The element at 0 ≤ index < size. */
  abstract at(index: number): CelValue;
  *[Symbol.iterator](): Iterator<CelValue> {
    for (let i = 0; i < this.size; i++) yield this.at(i);
  }
  /** Overridden where a schema says that order does not matter. */
  equals(other: CelList): boolean {
    if (this.size !== other.size) return false;
    for (let i = 0; i < this.size; i++) if (!celEquals(this.at(i), other.at(i))) return false;
    return true;
  }
  concat(other: CelList): CelList {
    return new ArrayList([...this, ...other]);
  }
  contains(value: CelValue): boolean {
    for (let i = 0; i < this.size; i++) if (celEquals(this.at(i), value)) return true;
    return false;
  }
}

export class ArrayList extends CelList {
  readonly items: readonly CelValue[];
  constructor(items: readonly CelValue[]) {
    super();
    this.items = items;
  }
  get size(): number {
    return this.items.length;
  }
  at(index: number): CelValue {
    return this.items[index]!;
  }
  override [Symbol.iterator](): Iterator<CelValue> {
    return this.items[Symbol.iterator]();
  }
}

export abstract class CelMap {
  /** The object type's name; undefined for a map. */
  readonly typeName: string | undefined;
  constructor(typeName?: string) {
    this.typeName = typeName;
  }
  abstract readonly size: number;
  abstract get(key: CelValue): CelValue | undefined;
  abstract keys(): Iterable<CelValue>;
  /** `self.name`: as get, but an object from a schema knows escaped names. */
  field(name: string): CelValue | undefined {
    return this.get(name);
  }
  has(key: CelValue): boolean {
    return this.get(key) !== undefined;
  }
  equals(other: CelMap): boolean {
    if (this.size !== other.size) return false;
    for (const key of this.keys()) {
      const theirs = other.get(key);
      if (theirs === undefined || !celEquals(this.get(key)!, theirs)) return false;
    }
    return true;
  }
}

/** A key as Map keys it: int, uint and whole doubles are one number. Undefined when such a value cannot be a key. */
function normalKey(key: CelValue): string | boolean | bigint | undefined {
  switch (typeof key) {
    case "string":
    case "boolean":
    case "bigint":
      return key;
    case "number":
      return Number.isInteger(key) ? BigInt(key) : undefined;
    default:
      return key instanceof CelUint ? key.value : undefined;
  }
}

export class EntryMap extends CelMap {
  readonly #entries = new Map<string | boolean | bigint, [CelValue, CelValue]>();
  constructor(entries: Iterable<readonly [CelValue, CelValue]>, typeName?: string) {
    super(typeName);
    for (const [key, value] of entries) {
      const normal = typeof key === "number" ? undefined : normalKey(key);
      if (normal === undefined) throw new CelEvalError(`unsupported key type: ${typeNameOf(key)}`);
      if (this.#entries.has(normal)) throw new CelEvalError(`Failed with repeated key: ${String(normal)}`);
      this.#entries.set(normal, [key, value]);
    }
  }
  get size(): number {
    return this.#entries.size;
  }
  get(key: CelValue): CelValue | undefined {
    const normal = normalKey(key);
    return normal === undefined ? undefined : this.#entries.get(normal)?.[1];
  }
  *keys(): Iterable<CelValue> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** As type() and error messages name it. */
export function typeNameOf(value: CelValue): string {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    default:
      if (value === null) return "null_type";
      if (value instanceof CelList) return "list";
      if (value instanceof CelMap) return value.typeName ?? "map";
      if (value instanceof CelUint) return "uint";
      if (value instanceof Uint8Array) return "bytes";
      if (value instanceof CelTimestamp) return "google.protobuf.Timestamp";
      if (value instanceof CelDuration) return "google.protobuf.Duration";
      if (value instanceof CelOptional) return "optional_type";
      if (value instanceof CelTypeValue) return "type";
      return value.typeName;
  }
}

const isNumber = (value: CelValue): value is bigint | number | CelUint =>
  typeof value === "bigint" || typeof value === "number" || value instanceof CelUint;

/** Equality across all types: numbers by their value, other types that differ are unequal. */
export function celEquals(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  if (typeof a === "string" || typeof a === "boolean" || a === null || b === null) return false;
  if (isNumber(a)) return isNumber(b) && compareNumbers(a, b) === 0;
  if (a instanceof CelList) return b instanceof CelList && a.equals(b);
  if (a instanceof CelMap) return b instanceof CelMap && a.equals(b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.ns === b.ns;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.ns === b.ns;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.name === b.name;
  if (a instanceof CelOptional) {
    if (!(b instanceof CelOptional)) return false;
    if (a.value === undefined || b.value === undefined) return a.value === b.value;
    return celEquals(a.value, b.value);
  }
  return b instanceof CelOpaque && a.typeName === b.typeName && a.equals(b);
}

/** -1, 0, 1; NaN when one of them is. Beside a double, integers are compared as doubles, losing what does not fit. */
export function compareNumbers(a: bigint | number | CelUint, b: bigint | number | CelUint): number {
  let x = a instanceof CelUint ? a.value : a;
  let y = b instanceof CelUint ? b.value : b;
  if (typeof x !== typeof y) [x, y] = [Number(x), Number(y)];
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : NaN;
}

/** By code point, as UTF-8 bytes order; JavaScript's own order differs beyond the basic plane. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all of the basic plane.
    if (x >= 0xd800 && y >= 0xd800) {
      if (x < 0xe000) x += 0x10000;
      if (y < 0xe000) y += 0x10000;
    }
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

/** `<` and its kin; undefined when the two have no order. */
export function compareValues(a: CelValue, b: CelValue): number | undefined {
  if (typeof a === "string") return typeof b === "string" ? compareStrings(a, b) : undefined;
  if (isNumber(a)) return isNumber(b) ? compareNumbers(a, b) : undefined;
  if (typeof a === "boolean") return typeof b === "boolean" ? Number(a) - Number(b) : undefined;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? compareBytes(a, b) : undefined;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp ? order(a.ns, b.ns) : undefined;
  if (a instanceof CelDuration) return b instanceof CelDuration ? order(a.ns, b.ns) : undefined;
  return undefined;
}

const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** What size() and the cost of traversing go by; 1 for what has no size. */
export function sizeOf(value: CelValue): number {
  if (typeof value === "string") return value.length;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof Uint8Array) return value.length;
  return 1;
}

/** False, zero, empty: what optional.ofNonZeroValue makes none of. */
export function isZeroValue(value: CelValue): boolean {
  if (value === null || value === false || value === "" || value === 0 || value === 0n) return true;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelDuration || value instanceof CelTimestamp) return value.ns === 0n;
  if (value instanceof CelOptional) return value.value === undefined;
  return false;
}

/** Back to plain JSON: numbers where they are exact, base64, RFC 3339, seconds; an empty optional is left out. */
export function jsonFromCel(value: CelValue): unknown {
  if (typeof value === "bigint") {
    return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
  }
  if (value === null || typeof value !== "object") return value;
  if (value instanceof CelUint) return jsonFromCel(value.value);
  if (value instanceof CelList) {
    return Array.from(value, jsonFromCel).filter((item) => item !== undefined);
  }
  if (value instanceof CelMap) {
    const object: Record<string, unknown> = {};
    for (const key of value.keys()) {
      const json = jsonFromCel(value.get(key)!);
      if (json === undefined) continue;
      const name = key instanceof CelUint ? key.value.toString() : String(key);
      Object.defineProperty(object, name, { value: json, enumerable: true, writable: true, configurable: true });
    }
    return object;
  }
  if (value instanceof Uint8Array) return value.toBase64();
  if (value instanceof CelTimestamp) return formatTimestamp(value.ns);
  if (value instanceof CelDuration) return formatDuration(value.ns);
  if (value instanceof CelOptional) return value.value === undefined ? undefined : jsonFromCel(value.value);
  if (value instanceof CelTypeValue) return value.name;
  return String(value);
}
