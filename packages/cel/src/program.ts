import { check, type Checked, type NodeInfo } from "./checker.ts";
import type { Expr } from "./ast.ts";
import { CelCostExceeded, CelError, CelEvalError, issueAt } from "./errors.ts";
import { compilePattern } from "./functions/regex.ts";
import { indexList, indexMap, maybeIndex, noSuchKey } from "./functions/standard.ts";
import { defaultLibraries } from "./functions/index.ts";
import { environmentOf, isInstance, type Library, type Overload } from "./library.ts";
import { parse } from "./parser.ts";
import { converterFor } from "./schema.ts";
import { dyn, type CelType } from "./types.ts";
import { ArrayList, celEquals, CelList, CelMap, CelOptional, EntryMap, sizeOf, typeNameOf, type CelValue } from "./values.ts";

export interface CompileOptions {
  /** Everything the expression may mention. "dyn" is checked only when it runs. */
  variables: Readonly<Record<string, CelType | "dyn">>;
  /** Default: the language's own functions and Kubernetes' libraries. Keep one array: it is indexed once. */
  libraries?: readonly Library[];
  /** Longest expression in code points; 100 000 unless told. */
  maxLength?: number;
  /** Names of struct types that may be built, each with all below it: `Object{spec: Object.spec{replicas: 1}}`. */
  structs?: readonly string[];
  /** Names are looked for below this one first. */
  container?: string;
  /** Lists and maps hold one type only (Kubernetes' rule). Default true. */
  homogeneous?: boolean;
  /** False leaves all type errors to the run. Default true. */
  check?: boolean;
}

export interface Evaluation {
  value: CelValue;
  /** In Kubernetes' cost units: about one per step. */
  cost: number;
}

export interface Program {
  readonly source: string;
  /** The type of the result; dyn if only the run can tell. */
  readonly type: CelType;
  /** Names of the variables that occur. */
  readonly references: ReadonlySet<string>;
  readonly usesOldSelf: boolean;
  /** For the cost estimate. */
  readonly checked: Checked;
  /**
   * @param bindings plain JSON values or CelValues by variable; a missing one fails where it is used.
   * @throws CelEvalError when the expression has no value for these; CelCostExceeded over `costLimit`
   */
  evaluate(bindings: Readonly<Record<string, unknown>>, options?: { costLimit?: number }): Evaluation;
}

/** @throws CelError with cel-go's text when the expression cannot be read or its types do not fit */
export function compile(expression: string, options: CompileOptions): Program {
  const expr = parse(expression, options.maxLength);
  const variables = new Map(Object.entries(options.variables).map(([name, type]) => [name, type === "dyn" ? dyn : type]));
  const checked = check(expr, expression, {
    variables,
    environment: environmentOf(options.libraries ?? defaultLibraries),
    container: options.container ?? "",
    homogeneous: options.homogeneous ?? true,
    structs: options.structs ?? [],
    strict: options.check ?? true,
  });
  const run = new Compiler(checked, expression).compile(expr);
  const inputs = [...checked.variables].map(([name, slot]) => ({ name, slot, convert: converterFor(variables.get(name)!) }));
  const references = new Set(checked.variables.keys());
  return {
    source: expression,
    type: checked.type,
    references,
    usesOldSelf: references.has("oldSelf"),
    checked,
    evaluate(bindings, { costLimit = Infinity } = {}) {
      const frame: Frame = { slots: new Array<CelValue | undefined>(checked.slotCount).fill(undefined), cost: 0, limit: costLimit };
      for (const { name, slot, convert } of inputs) {
        if (Object.hasOwn(bindings, name)) frame.slots[slot] = convert(bindings[name]);
      }
      const value = run(frame);
      return { value, cost: frame.cost };
    },
  };
}

interface Frame {
  slots: (CelValue | undefined)[];
  cost: number;
  limit: number;
}

type Step = (frame: Frame) => CelValue;

function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new CelCostExceeded(frame.limit);
}

/** Turns a checked tree into closures. Costs follow cel-go: a name, a field and a call cost 1, a list 10, a map 30, a struct 40. */
class Compiler {
  readonly #checked: Checked;
  readonly #source: string;

  constructor(checked: Checked, source: string) {
    this.#checked = checked;
    this.#source = source;
  }

  #info(expr: Expr): NodeInfo {
    return this.#checked.info.get(expr.id)!;
  }

  compile(expr: Expr): Step {
    const info = this.#info(expr);
    if (info.error !== undefined && expr.kind !== "call") return fails(info.error);
    if (info.constant !== undefined) {
      const value = info.constant;
      return () => value;
    }
    if (info.slot !== undefined && expr.kind !== "fold") return variable(info.slot, expr.kind === "ident" ? expr.name : "");
    switch (expr.kind) {
      case "const": {
        const { value } = expr;
        return () => value;
      }
      case "ident":
        return fails(`undeclared reference to '${expr.name}' (in container '')`);
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr, info);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return this.#struct(expr);
      case "fold":
        return this.#fold(expr, info.slots!);
      case "bind": {
        const init = this.compile(expr.init);
        const body = this.compile(expr.body);
        const slot = info.slots![0]!;
        return (frame) => {
          frame.slots[slot] = init(frame);
          return body(frame);
        };
      }
      case "optionalMap": {
        const target = this.compile(expr.target);
        const body = this.compile(expr.body);
        const slot = info.slots![0]!;
        const { flat } = expr;
        return (frame) => {
          charge(frame, 1);
          const optional = target(frame);
          if (!(optional instanceof CelOptional)) throw new CelEvalError("no such overload");
          if (optional.value === undefined) return CelOptional.none;
          frame.slots[slot] = optional.value;
          const value = body(frame);
          return flat ? value : new CelOptional(value);
        };
      }
    }
  }

  #select(expr: Expr & { kind: "select" }): Step {
    const operand = this.compile(expr.operand);
    const { field: name, test, optional } = expr;
    if (test) {
      return (frame) => {
        charge(frame, 1);
        const of = operand(frame);
        const target = of instanceof CelOptional ? of.value : of;
        if (target === undefined) return false;
        if (!(target instanceof CelMap)) throw new CelEvalError(noSelection(target));
        return target.field(name) !== undefined;
      };
    }
    return (frame) => {
      charge(frame, 1);
      const of = operand(frame);
      if (of instanceof CelMap) {
        const value = of.field(name);
        if (!optional) {
          if (value === undefined) throw noSuchKey(name);
          return value;
        }
        return value === undefined ? CelOptional.none : new CelOptional(value);
      }
      if (of instanceof CelOptional) {
        if (of.value === undefined) return of;
        if (!(of.value instanceof CelMap)) throw new CelEvalError(noSelection(of.value));
        const value = of.value.field(name);
        return value === undefined ? CelOptional.none : new CelOptional(value);
      }
      throw new CelEvalError(noSelection(of));
    };
  }

  #call(expr: Expr & { kind: "call" }, info: NodeInfo): Step {
    if (info.error !== undefined) return fails(info.error);
    const target = expr.target && !info.qualified ? this.compile(expr.target) : undefined;
    const args = expr.args.map((arg) => this.compile(arg));
    switch (expr.name) {
      case "_&&_":
        return logical(args[0]!, args[1]!, false);
      case "_||_":
        return logical(args[0]!, args[1]!, true);
      case "_?_:_": {
        const [condition, yes, no] = args as [Step, Step, Step];
        return (frame) => {
          const value = condition(frame);
          if (typeof value !== "boolean") throw new CelEvalError("no such overload");
          return value ? yes(frame) : no(frame);
        };
      }
      case "_==_":
      case "_!=_": {
        const [left, right] = args as [Step, Step];
        const equal = expr.name === "_==_";
        return (frame) => {
          const a = left(frame);
          const b = right(frame);
          charge(frame, Math.max(1, Math.ceil(Math.min(sizeOf(a), sizeOf(b)) * 0.1)));
          return celEquals(a, b) === equal;
        };
      }
      case "or":
      case "orValue":
        if (target) {
          const isOr = expr.name === "or";
          return (frame) => {
            charge(frame, 1);
            const optional = target(frame);
            if (!(optional instanceof CelOptional)) throw new CelEvalError("no such overload");
            if (optional.value === undefined) return args[0]!(frame);
            return isOr ? optional : optional.value;
          };
        }
        break;
      case "_[_]": {
        const [of, key] = args as [Step, Step];
        return (frame) => {
          charge(frame, 1);
          const from = of(frame);
          if (from instanceof CelMap) return indexMap(from, key(frame));
          if (from instanceof CelList) return indexList(from, key(frame));
          const value = maybeIndex(from, key(frame));
          return value === undefined ? CelOptional.none : new CelOptional(value);
        };
      }
      case "_[?_]": {
        const [of, key] = args as [Step, Step];
        return (frame) => {
          charge(frame, 1);
          const value = maybeIndex(of(frame), key(frame));
          return value === undefined ? CelOptional.none : new CelOptional(value);
        };
      }
      case "matches": {
        const pattern = expr.args.at(-1)!;
        if (pattern.kind === "const" && typeof pattern.value === "string") this.#checkPattern(pattern);
      }
    }
    return invoke(expr.name, info, target ? [target, ...args] : args);
  }

  /** A pattern written out is known to be bad at once. */
  #checkPattern(expr: Expr & { kind: "const" }): void {
    const problem = patternError(expr.value as string);
    if (problem !== undefined) throw new CelError([issueAt(this.#source, expr.offset, problem)], this.#source);
  }

  #list(expr: Expr & { kind: "list" }): Step {
    const items = expr.items.map((item) => this.compile(item));
    if (expr.items.every((item) => item.kind === "const") && expr.optional.size === 0) {
      const constant = new ArrayList(expr.items.map((item) => (item as Expr & { kind: "const" }).value));
      return (frame) => {
        charge(frame, 10);
        return constant;
      };
    }
    return (frame) => {
      charge(frame, 10);
      const out: CelValue[] = [];
      for (let i = 0; i < items.length; i++) {
        const value = items[i]!(frame);
        if (!expr.optional.has(i)) out.push(value);
        else if (!(value instanceof CelOptional)) throw new CelEvalError("no such overload");
        else if (value.value !== undefined) out.push(value.value);
      }
      return new ArrayList(out);
    };
  }

  #map(expr: Expr & { kind: "map" }): Step {
    const entries = expr.entries.map((entry) => ({
      key: this.compile(entry.key),
      value: this.compile(entry.value),
      optional: entry.optional,
    }));
    return (frame) => {
      charge(frame, 30);
      const out: [CelValue, CelValue][] = [];
      for (const { key, value, optional } of entries) {
        const name = key(frame);
        const item = takeOptional(value(frame), optional);
        if (item !== undefined) out.push([name, item]);
      }
      return new EntryMap(out);
    };
  }

  #struct(expr: Expr & { kind: "struct" }): Step {
    const fields = expr.fields.map((field) => ({ name: field.name, value: this.compile(field.value), optional: field.optional }));
    return (frame) => {
      charge(frame, 40);
      const out: [CelValue, CelValue][] = [];
      for (const { name, value, optional } of fields) {
        const item = takeOptional(value(frame), optional);
        if (item !== undefined) out.push([name, item]);
      }
      return new EntryMap(out, expr.name);
    };
  }

  #fold(expr: Expr & { kind: "fold" }, slots: readonly number[]): Step {
    const range = this.compile(expr.range);
    const filter = expr.filter ? this.compile(expr.filter) : undefined;
    const body = this.compile(expr.body);
    const each = iterate(range, slots);
    switch (expr.fold) {
      case "all":
        return quantifier(each, body, false);
      case "exists":
        return quantifier(each, body, true);
      case "existsOne":
        return (frame) => {
          let count = 0;
          each(frame, () => {
            charge(frame, 2);
            if (requireBool(body(frame))) count++;
            return true;
          });
          return count === 1;
        };
      case "map":
        return (frame) => {
          charge(frame, 10);
          const out: CelValue[] = [];
          each(frame, () => {
            charge(frame, 2);
            if (!filter || requireBool(filter(frame))) {
              charge(frame, 10);
              out.push(body(frame));
            }
            return true;
          });
          return new ArrayList(out);
        };
      case "transformMap":
      case "transformMapEntry": {
        const entries = expr.fold === "transformMapEntry";
        return (frame) => {
          charge(frame, 30);
          const out: [CelValue, CelValue][] = [];
          each(frame, (key) => {
            charge(frame, 2);
            if (filter && !requireBool(filter(frame))) return true;
            const value = body(frame);
            if (!entries) out.push([key, value]);
            else if (!(value instanceof CelMap)) throw new CelEvalError("no such overload");
            else for (const name of value.keys()) out.push([name, value.get(name)!]);
            return true;
          });
          return new EntryMap(out);
        };
      }
    }
  }
}

const fails =
  (message: string): Step =>
  () => {
    throw new CelEvalError(message);
  };

const noSelection = (value: CelValue): string => `type '${typeNameOf(value)}' does not support field selection`;

function patternError(pattern: string): string | undefined {
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function variable(slot: number, name: string): Step {
  return (frame) => {
    frame.cost++;
    const value = frame.slots[slot];
    if (value === undefined) throw new CelEvalError(`no such attribute(s): ${name}`);
    return value;
  };
}

function requireBool(value: CelValue): boolean {
  if (typeof value !== "boolean") throw new CelEvalError("no such overload");
  return value;
}

/** && and ||: an error on one side does not matter when the other side decides. */
function logical(left: Step, right: Step, decides: boolean): Step {
  return (frame) => {
    let a: CelValue | undefined;
    let failure: unknown;
    try {
      a = left(frame);
    } catch (error) {
      if (!(error instanceof CelEvalError)) throw error;
      failure = error;
    }
    if (a === decides) return decides;
    const b = right(frame);
    if (b === decides) return decides;
    if (failure !== undefined) throw failure;
    if (typeof a !== "boolean" || typeof b !== "boolean") throw new CelEvalError("no such overload");
    return !decides;
  };
}

function takeOptional(value: CelValue, optional: boolean): CelValue | undefined {
  if (!optional) return value;
  if (!(value instanceof CelOptional)) throw new CelEvalError("no such overload");
  return value.value;
}

type Each = (frame: Frame, visit: (key: CelValue) => boolean) => void;

/** Walks a list or the keys of a map, the loop's variables in their slots, until `visit` says false. */
function iterate(range: Step, slots: readonly number[]): Each {
  const [first, second] = slots as [number, number | undefined];
  return (frame, visit) => {
    const over = range(frame);
    if (over instanceof CelList) {
      for (let i = 0; i < over.size; i++) {
        const key = second === undefined ? over.at(i) : BigInt(i);
        frame.slots[first] = key;
        if (second !== undefined) frame.slots[second] = over.at(i);
        if (!visit(key)) return;
      }
      return;
    }
    if (!(over instanceof CelMap)) throw new CelEvalError("no such overload");
    for (const key of over.keys()) {
      frame.slots[first] = key;
      if (second !== undefined) frame.slots[second] = over.get(key)!;
      if (!visit(key)) return;
    }
  };
}

/** all and exists: the first element that decides ends it, errors of the others notwithstanding. */
function quantifier(each: Each, body: Step, decides: boolean): Step {
  return (frame) => {
    let failure: unknown;
    let result = !decides;
    each(frame, () => {
      charge(frame, decides ? 3 : 2);
      try {
        const value = body(frame);
        if (typeof value !== "boolean") throw new CelEvalError("no such overload");
        result = value === decides ? decides : result;
        return value !== decides;
      } catch (error) {
        if (!(error instanceof CelEvalError)) throw error;
        failure ??= error;
        return true;
      }
    });
    if (result !== decides && failure !== undefined) throw failure;
    return result;
  };
}

/** A function's call: straight to the one implementation when types are known, else chosen by the arguments' types. */
function invoke(name: string, info: NodeInfo, args: Step[]): Step {
  const overloads = info.overloads ?? [];
  const only = overloads.length === 1 ? overloads[0]! : undefined;
  const exact = info.exact === true && only !== undefined;
  if (exact && only.cost === undefined) {
    const { call } = only;
    const [a, b] = args as [Step, Step];
    if (args.length === 1) {
      return (frame) => {
        charge(frame, 1);
        return call(a(frame));
      };
    }
    if (args.length === 2) {
      return (frame) => {
        charge(frame, 1);
        return call(a(frame), b(frame));
      };
    }
  }
  return (frame) => {
    const values: CelValue[] = [];
    for (const arg of args) values.push(arg(frame));
    const overload = exact ? only : choose(overloads, values);
    if (!overload) throw new CelEvalError(`no such overload: ${name}(${values.map(typeNameOf).join(", ")})`);
    charge(frame, overload.cost ? overload.cost(values.map(sizeOf)) : 1);
    return overload.call(...values);
  };
}

function choose(overloads: readonly Overload[], values: readonly CelValue[]): Overload | undefined {
  for (const overload of overloads) {
    if (overload.args.every((type, i) => isInstance(values[i]!, type))) return overload;
  }
  return undefined;
}
