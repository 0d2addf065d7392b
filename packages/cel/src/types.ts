/**
 * Types of expressions. `size` is the most elements (list, map) or characters (string, bytes) a value can have where a schema says so;
 * it never takes part in comparing types, only in estimating cost.
 */
export type CelType =
  | { kind: "dyn" | "int" | "uint" | "double" | "bool" | "null" | "timestamp" | "duration" | "any" | "error"; size?: number }
  | { kind: "string" | "bytes"; size?: number }
  /** `unique`: order does not matter: a set, or a map by these keys of its elements (x-kubernetes-list-type). */
  | { kind: "list"; element: CelType; size?: number; unique?: "set" | readonly string[] }
  | { kind: "map"; key: CelType; value: CelType; size?: number }
  | { kind: "object"; name: string; fields: ReadonlyMap<string, CelType>; size?: number }
  | { kind: "optional"; value: CelType; size?: number }
  | { kind: "type"; of: CelType; size?: number }
  /** A type with no structure, known by its name: `kubernetes.Quantity`. */
  | { kind: "opaque"; name: string; size?: number }
  /** A wrapper of a primitive: the value or null. */
  | { kind: "nullable"; of: CelType; size?: number }
  | { kind: "parameter"; name: string; size?: number };

export const dyn: CelType = { kind: "dyn" };
export const int: CelType = { kind: "int" };
export const uint: CelType = { kind: "uint" };
export const double: CelType = { kind: "double" };
export const bool: CelType = { kind: "bool" };
export const string: CelType = { kind: "string" };
export const bytes: CelType = { kind: "bytes" };
export const nullType: CelType = { kind: "null" };
export const timestamp: CelType = { kind: "timestamp" };
export const duration: CelType = { kind: "duration" };
export const list = (element: CelType, size?: number): CelType =>
  size === undefined ? { kind: "list", element } : { kind: "list", element, size };
export const map = (key: CelType, value: CelType, size?: number): CelType =>
  size === undefined ? { kind: "map", key, value } : { kind: "map", key, value, size };
export const optional = (value: CelType): CelType => ({ kind: "optional", value });
export const typeOf = (of: CelType): CelType => ({ kind: "type", of });
export const opaque = (name: string): CelType => ({ kind: "opaque", name });
export const object = (name: string, fields: Iterable<readonly [string, CelType]>): CelType => ({
  kind: "object",
  name,
  fields: new Map(fields),
});

/** As error messages spell it: `list(string)`. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${formatType(type.element)})`;
    case "map":
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case "object":
    case "opaque":
    case "parameter":
      return type.name;
    case "optional":
      return `optional_type(${formatType(type.value)})`;
    case "type":
      return `type(${formatType(type.of)})`;
    case "nullable":
      return `wrapper(${formatType(type.of)})`;
    case "error":
      return "!error!";
    default:
      return type.kind;
  }
}

/** Type parameters bound so far, by unique name, with a trail to go back: trying an overload costs only what it binds. */
export class Bindings {
  readonly #bound = new Map<string, CelType>();
  readonly #trail: [name: string, before: CelType | undefined][] = [];
  mark(): number {
    return this.#trail.length;
  }
  /** Forgets everything bound since the mark. */
  undo(mark: number): void {
    while (this.#trail.length > mark) {
      const [name, before] = this.#trail.pop()!;
      if (before) this.#bound.set(name, before);
      else this.#bound.delete(name);
    }
  }
  get(name: string): CelType | undefined {
    return this.#bound.get(name);
  }
  set(name: string, type: CelType): void {
    this.#trail.push([name, this.#bound.get(name)]);
    this.#bound.set(name, type);
  }
  /** Every parameter replaced by what it is bound to; with `unbound` "dyn", those left over become dyn. */
  resolve(type: CelType, unbound: "keep" | "dyn"): CelType {
    switch (type.kind) {
      case "parameter": {
        const bound = this.#bound.get(type.name);
        if (bound) return this.resolve(bound, unbound);
        return unbound === "dyn" ? dyn : type;
      }
      case "list": {
        const element = this.resolve(type.element, unbound);
        return element === type.element ? type : { ...type, element };
      }
      case "map": {
        const key = this.resolve(type.key, unbound);
        const value = this.resolve(type.value, unbound);
        return key === type.key && value === type.value ? type : map(key, value, type.size);
      }
      case "optional": {
        const value = this.resolve(type.value, unbound);
        return value === type.value ? type : optional(value);
      }
      case "type": {
        const of = this.resolve(type.of, unbound);
        return of === type.of ? type : typeOf(of);
      }
      default:
        return type;
    }
  }
}

const isDyn = (type: CelType): boolean => type.kind === "dyn" || type.kind === "any" || type.kind === "error";
const canBeNull = (type: CelType): boolean =>
  type.kind === "null" ||
  type.kind === "nullable" ||
  type.kind === "object" ||
  type.kind === "opaque" ||
  type.kind === "timestamp" ||
  type.kind === "duration" ||
  type.kind === "optional";

/** Whether a value of type `actual` may stand where `formal` is wanted. May bind parameters of both; on false nothing stays bound. */
export function isAssignable(formal: CelType, actual: CelType, bindings: Bindings): boolean {
  const mark = bindings.mark();
  if (assign(formal, actual, bindings)) return true;
  bindings.undo(mark);
  return false;
}

function assign(formal: CelType, actual: CelType, bindings: Bindings): boolean {
  if (formal === actual) return true;
  if (formal.kind === "parameter") return bindParameter(formal.name, actual, bindings, false);
  if (actual.kind === "parameter") return bindParameter(actual.name, formal, bindings, true);
  if (isDyn(formal) || isDyn(actual)) return true;
  if (actual.kind === "null") return canBeNull(formal);
  if (formal.kind === "nullable") return isAssignable(formal.of, actual.kind === "nullable" ? actual.of : actual, bindings);
  if (actual.kind === "nullable") return isAssignable(formal, actual.of, bindings);
  if (formal.kind !== actual.kind) return false;
  switch (formal.kind) {
    case "list":
      return isAssignable(formal.element, (actual as typeof formal).element, bindings);
    case "map":
      return (
        isAssignable(formal.key, (actual as typeof formal).key, bindings) &&
        isAssignable(formal.value, (actual as typeof formal).value, bindings)
      );
    case "optional":
      return isAssignable(formal.value, (actual as typeof formal).value, bindings);
    case "object":
    case "opaque":
      return formal.name === (actual as typeof formal).name;
    default:
      return true;
  }
}

function bindParameter(name: string, other: CelType, bindings: Bindings, isActual: boolean): boolean {
  const bound = bindings.get(name);
  if (bound) {
    if (bound.kind === "parameter" && other.kind === "parameter" && bound.name === other.name) return true;
    if (!(isActual ? isAssignable(other, bound, bindings) : isAssignable(bound, other, bindings))) {
      if (!isAssignable(other, bound, bindings)) return false;
      if (!occurs(name, other, bindings)) bindings.set(name, other);
      return true;
    }
    // The more general of the two stays, so that [1, dyn] compares with either.
    if (isDyn(other) && !isDyn(bound)) bindings.set(name, other);
    return true;
  }
  if (other.kind === "parameter") {
    if (other.name === name) return true;
    const end = bindings.resolve(other, "keep");
    if (end.kind === "parameter" && end.name === name) return true;
  }
  if (occurs(name, other, bindings)) return false;
  bindings.set(name, other);
  return true;
}

function occurs(name: string, type: CelType, bindings: Bindings): boolean {
  switch (type.kind) {
    case "parameter": {
      if (type.name === name) return true;
      const bound = bindings.get(type.name);
      return bound !== undefined && occurs(name, bound, bindings);
    }
    case "list":
      return occurs(name, type.element, bindings);
    case "map":
      return occurs(name, type.key, bindings) || occurs(name, type.value, bindings);
    case "optional":
      return occurs(name, type.value, bindings);
    default:
      return false;
  }
}

/** The type of a list of both: one of them if it takes the other, else dyn. */
export function joinTypes(a: CelType | undefined, b: CelType, bindings: Bindings): CelType {
  if (!a) return b;
  if (isAssignable(a, b, bindings)) return isDyn(b) && !isDyn(a) ? b : moreGeneral(a, b);
  if (isAssignable(b, a, bindings)) return b;
  return dyn;
}

function moreGeneral(a: CelType, b: CelType): CelType {
  if (a.kind === "null" || b.kind === "nullable") return b;
  if (isLessSpecific(b, a) && !isLessSpecific(a, b)) return b;
  return a.size !== undefined && (b.size === undefined || b.size > a.size) ? b : a;
}

/** Whether `a` says no more than `b`: dyn in its place, or the same all the way down. */
function isLessSpecific(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === "parameter") return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "list":
      return isLessSpecific(a.element, (b as typeof a).element);
    case "map":
      return isLessSpecific(a.key, (b as typeof a).key) && isLessSpecific(a.value, (b as typeof a).value);
    case "optional":
      return isLessSpecific(a.value, (b as typeof a).value);
    default:
      return true;
  }
}
