/** The most that an expression can cost, from the sizes that types declare. @see cel-go checker/cost.go for the constants */
import type { Expr } from "./ast.ts";
import type { Checked } from "./checker.ts";
import type { CelType } from "./types.ts";

export interface CostEstimate {
  /** Largest cost of one evaluation; capped at 2^64. */
  max: number;
}

const partsOfText = new Set(["split", "findAll"]);

const cap = 2 ** 64;
const capped = (value: number): number => (value < cap ? value : cap);

/** What one node costs at most, and how large and of what type its value can be. */
interface Estimate {
  cost: number;
  size: number;
  /** how large the elements of a computed list are; undefined: as large as their type says */
  element?: number;
}

/** @param defaultSize of values whose type says nothing */
export function estimateCost(checked: Checked, defaultSize = 3 * 1024 * 1024): CostEstimate {
  return { max: capped(new Estimator(checked, defaultSize).visit(checked.expr).cost) };
}

class Estimator {
  readonly #checked: Checked;
  readonly #defaultSize: number;
  /** Sizes of values that cel.bind and optMap name. */
  readonly #sizes = new Map<number, number>();

  constructor(checked: Checked, defaultSize: number) {
    this.#checked = checked;
    this.#defaultSize = defaultSize;
  }

  visit(expr: Expr): Estimate {
    const info = this.#checked.info.get(expr.id)!;
    if (info.constant !== undefined) return { cost: 0, size: 1 };
    if (info.slot !== undefined) {
      return { cost: expr.kind === "fold" ? 0 : 1, size: this.#sizes.get(info.slot) ?? this.#declared(info.type) };
    }
    switch (expr.kind) {
      case "const":
        return { cost: 0, size: this.#declared(info.type) };
      case "ident":
        return { cost: 1, size: this.#declared(info.type) };
      case "select": {
        const { cost } = this.visit(expr.operand);
        return { cost: cost + 1, size: this.#declared(info.type) };
      }
      case "call":
        return this.#call(expr, info.type);
      case "list":
        return this.#list(expr);
      case "map":
        return {
          cost: 30 + this.#sum(expr.entries.flatMap((entry) => [entry.key, entry.value])),
          size: expr.entries.length,
        };
      case "struct":
        return { cost: 40 + this.#sum(expr.fields.map((field) => field.value)), size: 1 };
      case "fold":
        return this.#fold(expr);
      case "bind": {
        const init = this.visit(expr.init);
        this.#sizes.set(info.slots![0]!, init.size);
        const body = this.visit(expr.body);
        return { cost: init.cost + body.cost, size: body.size };
      }
      case "optionalMap": {
        const target = this.visit(expr.target);
        this.#sizes.set(info.slots![0]!, target.size);
        const body = this.visit(expr.body);
        return { cost: target.cost + body.cost + 1, size: body.size };
      }
    }
  }

  #list({ items }: Expr & { kind: "list" }): Estimate {
    let cost = 10;
    let element = 0;
    for (const item of items) {
      const inner = this.visit(item);
      cost = capped(cost + inner.cost);
      element = Math.max(element, inner.size);
    }
    return { cost, size: items.length, element };
  }

  #sum(children: readonly Expr[]): number {
    return children.reduce((total, child) => capped(total + this.visit(child).cost), 0);
  }

  #declared(type: CelType): number {
    if (type.size !== undefined) return type.size;
    switch (type.kind) {
      case "list":
      case "map":
      case "string":
      case "bytes":
      case "dyn":
        return this.#defaultSize;
      case "optional":
        return this.#declared(type.value);
      default:
        return 1;
    }
  }

  #call(expr: Expr & { kind: "call" }, type: CelType): Estimate {
    const info = this.#checked.info.get(expr.id)!;
    const target = expr.target && !info.qualified ? [this.visit(expr.target)] : [];
    const args = [...target, ...expr.args.map((arg) => this.visit(arg))];
    const inputs = args.reduce((total, arg) => capped(total + arg.cost), 0);
    switch (expr.name) {
      case "_&&_":
      case "_||_":
        return { cost: inputs, size: 1 };
      case "_?_:_":
        return {
          cost: args[0]!.cost + Math.max(args[1]!.cost, args[2]!.cost),
          size: Math.max(args[1]!.size, args[2]!.size),
        };
      case "or":
      case "orValue":
        return { cost: inputs + 1, size: Math.max(...args.map((arg) => arg.size)) };
    }
    const own = this.#function(expr, type, args);
    return { ...own, cost: capped(inputs + own.cost) };
  }

  #function(expr: Expr & { kind: "call" }, type: CelType, args: readonly Estimate[]): Estimate {
    const info = this.#checked.info.get(expr.id)!;
    const sizes = args.map((arg) => arg.size);
    const overloads = info.overloads ?? [];
    const cost = capped(Math.max(1, ...overloads.map((overload) => overload.cost?.(sizes) ?? 1)));
    if (expr.name === "_[_]" && args[0]!.element !== undefined) return { cost, size: args[0]!.element };
    const results = overloads.map((overload) => overload.size?.(sizes)).filter((size) => size !== undefined);
    const size = capped(results.length > 0 && results.length === overloads.length ? Math.max(...results) : this.#declared(type));
    // parts of a text are no longer than the text
    return type.kind === "list" && partsOfText.has(expr.name) ? { cost, size, element: sizes[0]! } : { cost, size };
  }

  #fold(expr: Expr & { kind: "fold" }): Estimate {
    const range = this.visit(expr.range);
    const { slots } = this.#checked.info.get(expr.id)!;
    // of two variables the second is the element
    if (range.element !== undefined) this.#sizes.set(slots!.at(-1)!, range.element);
    const filter = expr.filter ? this.visit(expr.filter).cost : 0;
    const body = this.visit(expr.body);
    const own = { all: 3, exists: 4, existsOne: 3, map: 12, transformMap: 32, transformMapEntry: 32 }[expr.fold];
    const start = expr.fold === "map" ? 10 : expr.fold.startsWith("transform") ? 30 : 0;
    const collects = start > 0;
    return {
      cost: capped(range.cost + start + range.size * (own + filter + body.cost) + 1),
      size: collects ? range.size : 1,
      ...(expr.fold === "map" ? { element: body.size } : {}),
    };
  }
}
