/**
 * The JSONPath that printer columns use: kubectl's dialect without braces. Only the first match is ever wanted, so paths are walked
 * lazily. @see k8s.io/client-go util/jsonpath
 */
export interface JsonPath {
  /** The first match; undefined when there is none. null is a match. */
  first(root: unknown): unknown;
}

type Step =
  | { kind: "key"; key: string }
  | { kind: "index"; index: number }
  | { kind: "slice"; from: number | undefined; to: number | undefined }
  | { kind: "all" }
  | { kind: "deep" }
  | { kind: "filter"; left: Operand; operator: string; right: Operand | undefined };

type Operand = { path: Step[] } | { value: unknown };

/** Undefined for what is no path; such a column stays empty. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const reader = new Reader(text);
  const steps = reader.steps(true);
  if (!steps) return undefined;
  return {
    first(root) {
      for (const value of walk(root, steps, 0)) return value;
      return undefined;
    },
  };
}

class Reader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#text);
    if (!match) return undefined;
    this.#at += match[0].length;
    return match;
  }

  /** @param whole nothing may be left over */
  steps(whole: boolean): Step[] | undefined {
    const steps: Step[] = [];
    while (this.#at < this.#text.length) {
      const step = this.#step();
      if (step === undefined) break;
      if (step.kind === "key" && step.key === "") continue;
      steps.push(step);
    }
    return whole && this.#at < this.#text.length ? undefined : steps;
  }

  #step(): Step | undefined {
    if (this.#take(/\.\.(?=[^.])/)) {
      // the name after the dots is a step of its own
      this.#at--;
      return { kind: "deep" };
    }
    if (this.#take(/\.?\*/)) return { kind: "all" };
    if (this.#take(/\[\*\]/)) return { kind: "all" };
    const key = this.#take(/\.((?:\\.|[^.[\]\\*?()"'\s=<>!])*)/);
    if (key) return { kind: "key", key: key[1]!.replace(/\\(.)/g, "$1") };
    const quoted = this.#take(/\[\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)")\s*\]/);
    if (quoted) return { kind: "key", key: (quoted[1] ?? quoted[2] ?? "").replace(/\\(.)/g, "$1") };
    const index = this.#take(/\[(-?\d{1,9})\]/);
    if (index) return { kind: "index", index: Number(index[1]) };
    const slice = this.#take(/\[(-?\d{1,9})?:(-?\d{1,9})?\]/);
    if (slice) {
      return {
        kind: "slice",
        from: slice[1] === undefined ? undefined : Number(slice[1]),
        to: slice[2] === undefined ? undefined : Number(slice[2]),
      };
    }
    return this.#filter();
  }

  #filter(): Step | undefined {
    const start = this.#at;
    if (!this.#take(/\[\?\(\s*/)) return undefined;
    const left = this.#operand();
    const operator = left && this.#take(/\s*(==|!=|<=|>=|<|>)\s*/)?.[1];
    const right = operator ? this.#operand() : undefined;
    if (!left || (operator && !right) || !this.#take(/\s*\)\]/)) {
      this.#at = start;
      return undefined;
    }
    return { kind: "filter", left, operator: operator ?? "exists", right };
  }

  #operand(): Operand | undefined {
    const string = this.#take(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'/);
    if (string) return { value: (string[1] ?? string[2] ?? "").replace(/\\(.)/g, "$1") };
    const literal = this.#take(/-?\d+(?:\.\d+)?|true|false/);
    if (literal) return { value: JSON.parse(literal[0]) };
    if (!this.#take(/@/)) return undefined;
    const path = this.steps(false);
    return path && { path };
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

function* walk(value: unknown, steps: readonly Step[], at: number): Iterable<unknown> {
  const step = steps[at];
  if (!step) {
    yield value;
    return;
  }
  switch (step.kind) {
    case "key":
      if (isObject(value) && Object.hasOwn(value, step.key)) yield* walk(value[step.key], steps, at + 1);
      return;
    case "index": {
      if (!Array.isArray(value)) return;
      const index = step.index < 0 ? value.length + step.index : step.index;
      if (index >= 0 && index < value.length) yield* walk(value[index], steps, at + 1);
      return;
    }
    case "slice":
      if (Array.isArray(value)) for (const item of value.slice(step.from, step.to)) yield* walk(item, steps, at + 1);
      return;
    case "all":
      for (const item of members(value)) yield* walk(item, steps, at + 1);
      return;
    case "deep": {
      // depth first, without recursion of our own per level of a stranger's object
      const stack = [value];
      while (stack.length > 0) {
        const next = stack.pop();
        yield* walk(next, steps, at + 1);
        stack.push(...[...members(next)].reverse());
      }
      return;
    }
    case "filter":
      for (const item of members(value)) if (passes(item, step)) yield* walk(item, steps, at + 1);
      return;
  }
}

const members = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []);

function passes(item: unknown, { left, operator, right }: Step & { kind: "filter" }): boolean {
  const a = operandOf(left, item);
  if (operator === "exists") return a !== undefined;
  const b = operandOf(right!, item);
  if (a === undefined || b === undefined) return false;
  switch (operator) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    default:
      return typeof a === typeof b && (typeof a === "number" || typeof a === "string") && compares(a, b as never, operator);
  }
}

function compares(a: number | string, b: number | string, operator: string): boolean {
  switch (operator) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    default:
      return a >= b;
  }
}

function operandOf(operand: Operand, item: unknown): unknown {
  if ("value" in operand) return operand.value;
  for (const value of walk(item, operand.path, 0)) return value;
  return undefined;
}
