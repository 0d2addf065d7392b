import type { Expr } from "./ast.ts";
import { CelError, issueAt, type CelIssue } from "./errors.ts";
import { isInstance, type Environment, type Overload } from "./library.ts";
import { qualifiedName } from "./parser.ts";
import * as t from "./types.ts";
import { Bindings, formatType, isAssignable, joinTypes, type CelType } from "./types.ts";
import { CelTypeValue, type CelValue } from "./values.ts";

export interface CheckOptions {
  variables: ReadonlyMap<string, CelType>;
  environment: Environment;
  container: string;
  /** Kubernetes wants lists and maps of one type. */
  homogeneous: boolean;
  /** Names of struct types that may be built, each with all names below it: `Object` allows `Object.spec`. */
  structs: readonly string[];
  /** False: nothing is an error until it runs. */
  strict: boolean;
}

/** What the checker found out about one node. */
export interface NodeInfo {
  type: CelType;
  /** A variable of this slot: idents, and selects that spell a dotted variable. */
  slot?: number;
  /** A type or constant that a name stands for. */
  constant?: CelValue;
  /** Which functions a call can mean, the receiver dropped when it is part of the name. */
  overloads?: readonly Overload[];
  /** Exactly one overload, and the arguments are known to fit. */
  exact?: boolean;
  /** The call's target is only the first part of its function's name. */
  qualified?: boolean;
  /** Slots of the variables that a fold, bind or optMap declares. */
  slots?: readonly number[];
  /** Fails when run (only when not strict). */
  error?: string;
}

export interface Checked {
  expr: Expr;
  type: CelType;
  info: ReadonlyMap<number, NodeInfo>;
  /** Slots of top-level variables that occur, by name. */
  variables: ReadonlyMap<string, number>;
  slotCount: number;
}

interface Scope {
  name: string;
  type: CelType;
  slot: number;
  parent: Scope | undefined;
}

const typeNames: Record<string, CelType> = {
  int: t.int,
  uint: t.uint,
  double: t.double,
  bool: t.bool,
  string: t.string,
  bytes: t.bytes,
  list: t.list(t.dyn),
  map: t.map(t.dyn, t.dyn),
  null_type: t.nullType,
  type: t.typeOf(t.dyn),
  optional_type: t.optional(t.dyn),
  "google.protobuf.Timestamp": t.timestamp,
  "google.protobuf.Duration": t.duration,
};

/** @throws CelError with every problem found */
export function check(expr: Expr, source: string, options: CheckOptions): Checked {
  const checker = new Checker(source, options);
  const type = checker.check(expr, undefined);
  if (options.strict && checker.issues.length > 0) throw new CelError(checker.issues, source);
  for (const info of checker.info.values()) info.type = checker.bindings.resolve(info.type, "dyn");
  return {
    expr,
    type: checker.bindings.resolve(type, "dyn"),
    info: checker.info,
    variables: checker.variables,
    slotCount: checker.slotCount,
  };
}

class Checker {
  readonly issues: CelIssue[] = [];
  readonly info = new Map<number, NodeInfo>();
  readonly variables = new Map<string, number>();
  readonly bindings = new Bindings();
  slotCount = 0;
  #fresh = 0;
  #homogeneous: boolean;
  readonly #source: string;
  readonly #options: CheckOptions;

  constructor(source: string, options: CheckOptions) {
    this.#source = source;
    this.#options = options;
    this.#homogeneous = options.homogeneous;
  }

  check(expr: Expr, scope: Scope | undefined): CelType {
    const info: NodeInfo = { type: t.dyn };
    this.info.set(expr.id, info);
    info.type = this.#typeOf(expr, scope, info);
    return info.type;
  }

  #typeOf(expr: Expr, scope: Scope | undefined, info: NodeInfo): CelType {
    switch (expr.kind) {
      case "const":
        return constantType(expr.value);
      case "ident":
        return this.#named(expr.name, scope, info) ?? this.#undeclared(expr, expr.name, info);
      case "select":
        return this.#select(expr, scope, info);
      case "call":
        return this.#call(expr, scope, info);
      case "list": {
        let element: CelType | undefined;
        for (const [i, item] of expr.items.entries()) {
          const type = this.#unwrap(item, this.check(item, scope), expr.optional.has(i));
          element = this.#join(element, type, item.offset);
        }
        return t.list(element ?? this.#parameter(), expr.items.length);
      }
      case "map":
        return this.#map(expr, scope);
      case "struct":
        return this.#struct(expr, scope, info);
      case "fold":
        return this.#fold(expr, scope, info);
      case "bind": {
        const inner = this.#declare(expr.variable, this.check(expr.init, scope), scope, info);
        return this.check(expr.body, inner);
      }
      case "optionalMap": {
        const value = this.#parameter();
        this.#require(expr.target, t.optional(value), this.check(expr.target, scope));
        const inner = this.#declare(expr.variable, this.bindings.resolve(value, "keep"), scope, info);
        const body = this.check(expr.body, inner);
        if (!expr.flat) return t.optional(body);
        const result = t.optional(this.#parameter());
        this.#require(expr.body, result, body);
        return this.bindings.resolve(result, "keep");
      }
    }
  }

  #fail(expr: Expr, message: string, info?: NodeInfo): CelType {
    this.issues.push(issueAt(this.#source, expr.offset, message));
    if (info) info.error = message;
    return this.#options.strict ? { kind: "error" } : t.dyn;
  }

  #show(type: CelType): string {
    return formatType(this.bindings.resolve(type, "dyn"));
  }

  #undeclared(expr: Expr, name: string, info: NodeInfo): CelType {
    return this.#fail(expr, `undeclared reference to '${name.replace(/^\./, "")}' (in container '${this.#options.container}')`, info);
  }

  #parameter(): CelType {
    return { kind: "parameter", name: `_${this.#fresh++}` };
  }

  #declare(name: string, type: CelType, scope: Scope | undefined, info: NodeInfo): Scope {
    const slot = this.slotCount++;
    info.slots = [...(info.slots ?? []), slot];
    return { name, type, slot, parent: scope };
  }

  /** Local variables first, then from the innermost container outwards: variables, then types. */
  #named(name: string, scope: Scope | undefined, info: NodeInfo): CelType | undefined {
    const absolute = name.startsWith(".");
    if (!absolute) {
      for (let at = scope; at; at = at.parent) {
        if (at.name !== name) continue;
        info.slot = at.slot;
        return at.type;
      }
    }
    for (const candidate of this.#candidates(name)) {
      const type = this.#options.variables.get(candidate);
      if (type) {
        let slot = this.variables.get(candidate);
        if (slot === undefined) this.variables.set(candidate, (slot = this.slotCount++));
        info.slot = slot;
        return type;
      }
      const named = Object.hasOwn(typeNames, candidate)
        ? typeNames[candidate]
        : this.#options.environment.types.has(candidate)
          ? t.opaque(candidate)
          : undefined;
      if (named) {
        info.constant = new CelTypeValue(candidate);
        return t.typeOf(named);
      }
    }
    return undefined;
  }

  #candidates(name: string): string[] {
    if (name.startsWith(".")) return [name.slice(1)];
    const { container } = this.#options;
    if (container === "") return [name];
    const parts = container.split(".");
    return [...parts.map((_, i) => `${parts.slice(0, parts.length - i).join(".")}.${name}`), name];
  }

  #select(expr: Expr & { kind: "select" }, scope: Scope | undefined, info: NodeInfo): CelType {
    if (!expr.test && !expr.optional) {
      const name = qualifiedName(expr);
      const first = name?.split(".")[0];
      let local = false;
      for (let at = scope; at; at = at.parent) local ||= at.name === first;
      const type = name === undefined || local ? undefined : this.#named(name, undefined, info);
      if (type) return type;
    }
    let operand = this.check(expr.operand, scope);
    if (operand.kind === "parameter") operand = this.bindings.resolve(operand, "keep");
    const isOptional = operand.kind === "optional";
    const inner = operand.kind === "optional" ? this.bindings.resolve(operand.value, "keep") : operand;
    const field = this.#field(expr, inner, info);
    if (expr.test) return t.bool;
    return (isOptional || expr.optional) && field.kind !== "error" ? (field.kind === "optional" ? field : t.optional(field)) : field;
  }

  #field(expr: Expr & { kind: "select" }, operand: CelType, info: NodeInfo): CelType {
    switch (operand.kind) {
      case "dyn":
      case "any":
      case "error":
      case "parameter":
        return t.dyn;
      case "map":
        return operand.value;
      case "object": {
        const type = operand.fields.get(expr.field);
        return type ?? this.#fail(expr, `undefined field '${expr.field}'`, info);
      }
      default:
        return this.#fail(expr, `type '${this.#show(operand)}' does not support field selection`, info);
    }
  }

  #map(expr: Expr & { kind: "map" }, scope: Scope | undefined): CelType {
    let key: CelType | undefined;
    let value: CelType | undefined;
    for (const entry of expr.entries) {
      key = this.#join(key, this.check(entry.key, scope), entry.key.offset);
      value = this.#join(value, this.#unwrap(entry.value, this.check(entry.value, scope), entry.optional), entry.value.offset);
    }
    return t.map(key ?? this.#parameter(), value ?? this.#parameter(), expr.entries.length);
  }

  #join(a: CelType | undefined, b: CelType, offset: number): CelType {
    const joined = joinTypes(a, b, this.bindings);
    if (a && this.#homogeneous && joined === t.dyn && a.kind !== "dyn" && b.kind !== "dyn") {
      this.issues.push(issueAt(this.#source, offset, `expected type '${formatType(a)}' but found '${formatType(b)}'`));
    }
    return joined;
  }

  /** The value's type of an optional element, `[?a]`. */
  #unwrap(expr: Expr, type: CelType, optional: boolean): CelType {
    if (!optional) return type;
    const value = this.#parameter();
    this.#require(expr, t.optional(value), type);
    return this.bindings.resolve(value, "keep");
  }

  #struct(expr: Expr & { kind: "struct" }, scope: Scope | undefined, info: NodeInfo): CelType {
    for (const field of expr.fields) {
      this.#unwrap(field.value, this.check(field.value, scope), field.optional);
    }
    const known = this.#options.structs.some((name) => expr.name === name || expr.name.startsWith(`${name}.`));
    if (!known) return this.#undeclared(expr, expr.name, info);
    return t.dyn;
  }

  #require(expr: Expr, formal: CelType, actual: CelType): void {
    if (isAssignable(formal, actual, this.bindings)) return;
    this.#fail(expr, `expected type '${this.#show(formal)}' but found '${this.#show(actual)}'`, this.info.get(expr.id));
  }

  #fold(expr: Expr & { kind: "fold" }, scope: Scope | undefined, info: NodeInfo): CelType {
    let range = this.check(expr.range, scope);
    if (range.kind === "parameter") range = this.bindings.resolve(range, "keep");
    const [first, second] = this.#elements(expr, range);
    let inner = this.#declare(expr.variable, expr.variable2 === undefined ? first : second.key, scope, info);
    if (expr.variable2 !== undefined) inner = this.#declare(expr.variable2, second.value, inner, info);
    if (expr.filter) this.#require(expr.filter, t.bool, this.check(expr.filter, inner));
    const body = this.check(expr.body, inner);
    const size = range.size;
    switch (expr.fold) {
      case "all":
      case "exists":
      case "existsOne":
        this.#require(expr.body, t.bool, body);
        return t.bool;
      case "map":
        return t.list(body, size);
      case "transformMap":
        return t.map(second.key, body, size);
      case "transformMapEntry": {
        const entry = t.map(this.#parameter(), this.#parameter());
        this.#require(expr.body, entry, body);
        return this.bindings.resolve(entry, "keep");
      }
    }
  }

  /** What a one-variable macro iterates over, and the two of a two-variable one. */
  #elements(expr: Expr & { kind: "fold" }, range: CelType): [CelType, { key: CelType; value: CelType }] {
    switch (range.kind) {
      case "list":
        return [range.element, { key: t.int, value: range.element }];
      case "map":
        return [range.key, { key: range.key, value: range.value }];
      case "dyn":
      case "any":
      case "error":
      case "parameter":
        return [t.dyn, { key: t.dyn, value: t.dyn }];
      default:
        this.#fail(
          expr.range,
          `expression of type '${this.#show(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
          this.info.get(expr.range.id),
        );
        return [t.dyn, { key: t.dyn, value: t.dyn }];
    }
  }

  #call(expr: Expr & { kind: "call" }, scope: Scope | undefined, info: NodeInfo): CelType {
    const { functions } = this.#options.environment;
    const receiver = expr.target ? qualifiedName(expr.target) : undefined;
    if (expr.target && receiver !== undefined) {
      for (const candidate of this.#candidates(`${receiver}.${expr.name}`)) {
        const overloads = functions.get(candidate)?.filter((overload) => !overload.member);
        if (!overloads?.length) continue;
        info.qualified = true;
        return this.#resolve(
          expr,
          candidate,
          overloads,
          undefined,
          expr.args.map((arg) => this.check(arg, scope)),
          info,
        );
      }
    }
    const target = expr.target ? this.check(expr.target, scope) : undefined;
    const args = expr.args.map((arg) => this.#argument(expr, arg, scope));
    for (const candidate of expr.target ? [expr.name] : this.#candidates(expr.name)) {
      const overloads = functions.get(candidate);
      if (overloads) return this.#resolve(expr, candidate, overloads, target, args, info);
    }
    return this.#undeclared(expr, expr.name, info);
  }

  /** A list written out as the arguments of format() may mix types. */
  #argument(call: Expr & { kind: "call" }, arg: Expr, scope: Scope | undefined): CelType {
    const strict = this.#homogeneous;
    if (call.name === "format" && call.target) this.#homogeneous = false;
    const type = this.check(arg, scope);
    this.#homogeneous = strict;
    return type;
  }

  #resolve(
    expr: Expr & { kind: "call" },
    name: string,
    all: readonly Overload[],
    target: CelType | undefined,
    args: CelType[],
    info: NodeInfo,
  ): CelType {
    const actual = target ? [target, ...args] : args;
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of all) {
      if (overload.member !== (target !== undefined) || overload.args.length !== actual.length) continue;
      const mark = this.bindings.mark();
      const rename = this.#renamer();
      if (overload.args.every((formal, i) => isAssignable(rename(formal), actual[i]!, this.bindings))) {
        matching.push(overload);
        const type = this.bindings.resolve(rename(overload.result), "keep");
        // What the first one bound stays; another result means that only the run can tell.
        if (!result) {
          result = type;
          continue;
        }
        if (this.#show(type) !== this.#show(result)) result = t.dyn;
      }
      this.bindings.undo(mark);
    }
    info.overloads = matching;
    if (!result) {
      info.overloads = all.filter((overload) => overload.member === (target !== undefined) && overload.args.length === actual.length);
      const shown = args.map((type) => this.#show(type)).join(", ");
      const prefix = target ? `${this.#show(target)}.` : "";
      const type = this.#fail(expr, `found no matching overload for '${name}' applied to '${prefix}(${shown})'`);
      if (info.overloads.length === 0) info.error = `no such overload: ${name}`;
      return type;
    }
    info.exact =
      matching.length === 1 && matching[0]!.args.every((formal, i) => isCertain(formal, this.bindings.resolve(actual[i]!, "dyn")));
    return result;
  }

  #renamer(): (type: CelType) => CelType {
    const suffix = `#${this.#fresh++}`;
    const rename = (type: CelType): CelType => {
      switch (type.kind) {
        case "parameter":
          return { kind: "parameter", name: type.name + suffix };
        case "list":
          return t.list(rename(type.element));
        case "map":
          return t.map(rename(type.key), rename(type.value));
        case "optional":
          return t.optional(rename(type.value));
        case "type":
          return t.typeOf(rename(type.of));
        default:
          return type;
      }
    };
    return rename;
  }
}

/** True when a value of the checked type is surely what the formal type wants, so that nothing is left to check at run time. */
function isCertain(formal: CelType, actual: CelType): boolean {
  if (formal.kind === "parameter" || formal.kind === "dyn") return true;
  if (formal.kind !== actual.kind) return false;
  if (formal.kind === "list") return isCertain(formal.element, (actual as typeof formal).element);
  return true;
}

function constantType(value: CelValue): CelType {
  for (const type of [t.string, t.int, t.bool, t.double, t.uint, t.bytes]) if (isInstance(value, type)) return sized(type, value);
  return t.nullType;
}

const sized = (type: CelType, value: CelValue): CelType =>
  typeof value === "string" || value instanceof Uint8Array ? ({ ...type, size: value.length } as CelType) : type;
