import type { Expr, Macro } from "./ast.ts";
import { CelError, issueAt } from "./errors.ts";
import { numberValue, tokenize, type Token } from "./lexer.ts";

/** Deepest nesting of brackets and operators; the tree is walked recursively after this. */
const maxDepth = 250;
/** Longest chain of one operator, `1 + 1 + …`. */
const maxHeight = 1_000;

const reserved = new Set("as break const continue else for function if import let loop package namespace return var void while".split(" "));
const primaryTokens = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** @param maxLength in code points. @throws CelError with the first problem */
export function parse(source: string, maxLength = 100_000): Expr {
  return new Parser(source, maxLength).parse();
}

class Parser {
  readonly #source: string;
  readonly #tokens: Token[];
  readonly #heights = new WeakMap<Expr, number>();
  #at = 0;
  #depth = 0;
  #nextId = 1;

  constructor(source: string, maxLength: number) {
    this.#source = source;
    if (source.length > maxLength && Array.from(source).length > maxLength) {
      this.#fail(0, `expression code point size exceeds limit: size: ${Array.from(source).length}, limit ${maxLength}`);
    }
    this.#tokens = tokenize(source);
  }

  parse(): Expr {
    const expr = this.#expression();
    if (this.#token.kind !== "end") {
      this.#fail(this.#token.offset, `Syntax error: mismatched input '${this.#token.text}' expecting <EOF>`);
    }
    return expr;
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #fail(offset: number, message: string): never {
    throw new CelError([issueAt(this.#source, offset, message)], this.#source);
  }

  #is(operator: string): boolean {
    return this.#token.kind === "operator" && this.#token.text === operator;
  }

  /** The token, if it is this operator, taken. */
  #take(...any: string[]): Token | undefined {
    const token = this.#token;
    if (token.kind !== "operator" || !any.includes(token.text)) return undefined;
    this.#at++;
    return token;
  }

  #expect(operator: string): Token {
    return (
      this.#take(operator) ?? this.#fail(this.#token.offset, `Syntax error: mismatched input '${this.#token.text}' expecting '${operator}'`)
    );
  }

  #call(name: string, offset: number, args: Expr[], target?: Expr): Expr {
    const node: Expr = { kind: "call", id: this.#nextId++, offset, name, target, args };
    let height = 0;
    for (const child of target ? [target, ...args] : args) height = Math.max(height, this.#heights.get(child) ?? 0);
    if (height >= maxHeight) this.#fail(offset, `expression recursion limit exceeded: ${maxHeight}`);
    this.#heights.set(node, height + 1);
    return node;
  }

  #expression(): Expr {
    if (++this.#depth > maxDepth) this.#fail(this.#token.offset, `expression recursion limit exceeded: ${maxDepth}`);
    const condition = this.#logical("||", "_||_", () => this.#logical("&&", "_&&_", () => this.#relation()));
    const question = this.#take("?");
    let result = condition;
    if (question) {
      const yes = this.#logical("||", "_||_", () => this.#logical("&&", "_&&_", () => this.#relation()));
      this.#expect(":");
      const no = this.#expression();
      result = this.#call("_?_:_", question.offset, [condition, yes, no]);
    }
    this.#depth--;
    return result;
  }

  /** A chain of one logical operator becomes a balanced tree: evaluation order is the same, its depth logarithmic. */
  #logical(operator: string, name: string, next: () => Expr): Expr {
    const terms = [next()];
    const offsets: number[] = [];
    for (let token = this.#take(operator); token; token = this.#take(operator)) {
      offsets.push(token.offset);
      terms.push(next());
    }
    const balance = (low: number, high: number): Expr => {
      if (low === high) return terms[low]!;
      const middle = (low + high) >> 1;
      return this.#call(name, offsets[middle]!, [balance(low, middle), balance(middle + 1, high)]);
    };
    return balance(0, terms.length - 1);
  }

  #relation(): Expr {
    let left = this.#addition();
    while (true) {
      const token = this.#token;
      if (token.kind === "identifier" && token.text === "in") {
        this.#at++;
        left = this.#call("@in", token.offset, [left, this.#addition()]);
        continue;
      }
      if (!this.#take("==", "!=", "<", "<=", ">", ">=")) return left;
      left = this.#call(`_${token.text}_`, token.offset, [left, this.#addition()]);
    }
  }

  #addition(): Expr {
    let left = this.#multiplication();
    for (let token = this.#take("+", "-"); token; token = this.#take("+", "-")) {
      left = this.#call(`_${token.text}_`, token.offset, [left, this.#multiplication()]);
    }
    return left;
  }

  #multiplication(): Expr {
    let left = this.#unary();
    for (let token = this.#take("*", "/", "%"); token; token = this.#take("*", "/", "%")) {
      left = this.#call(`_${token.text}_`, token.offset, [left, this.#unary()]);
    }
    return left;
  }

  #unary(): Expr {
    const first = this.#take("!", "-");
    if (!first) return this.#member(this.#primary());
    let count = 1;
    while (this.#take(first.text)) count++;
    const next = this.#token;
    if (first.text === "-" && next.number !== undefined && next.number !== "uint") {
      // The sign next to the digits belongs to the literal: -9223372036854775808 is an int.
      this.#at++;
      const literal = this.#member(this.#number(next, true, this.#tokens[this.#at - 2]!.offset));
      return (count - 1) % 2 === 1 ? this.#call("-_", first.offset, [literal]) : literal;
    }
    const operand = this.#member(this.#primary());
    return count % 2 === 0 ? operand : this.#call(`${first.text}_`, first.offset, [operand]);
  }

  #number(token: Token, negative: boolean, offset: number): Expr {
    const value = numberValue(token, negative);
    if (value === undefined) this.#fail(token.offset, `invalid ${token.number} literal`);
    return { kind: "const", id: this.#nextId++, offset, value: value! };
  }

  #member(start: Expr): Expr {
    let operand = start;
    while (true) {
      const dot = this.#take(".");
      if (dot) {
        const optional = this.#take("?") !== undefined;
        const name = this.#token;
        if (name.kind !== "identifier" && name.kind !== "quoted") {
          this.#fail(name.offset, "Syntax error: no viable alternative at input '.'");
        }
        if (name.kind === "identifier" && name.text === "in") {
          this.#fail(name.offset, "Syntax error: no viable alternative at input '.in'");
        }
        this.#at++;
        const open = optional || name.kind === "quoted" ? undefined : this.#take("(");
        if (open) operand = this.#memberCall(operand, name.text, open.offset);
        else {
          operand = {
            kind: "select",
            id: this.#nextId++,
            offset: dot.offset,
            operand,
            field: name.text,
            test: false,
            optional,
          };
          this.#grow(operand, [operand.operand]);
        }
        continue;
      }
      const bracket = this.#take("[");
      if (bracket) {
        const optional = this.#take("?") !== undefined;
        const index = this.#expression();
        this.#expect("]");
        operand = this.#call(optional ? "_[?_]" : "_[_]", bracket.offset, [operand, index]);
        continue;
      }
      const name = this.#is("{") ? qualifiedName(operand) : undefined;
      if (name === undefined) return operand;
      operand = this.#struct(name);
    }
  }

  #grow(node: Expr, children: Expr[]): void {
    let height = 0;
    for (const child of children) height = Math.max(height, this.#heights.get(child) ?? 0);
    if (height >= maxHeight) this.#fail(node.offset, `expression recursion limit exceeded: ${maxHeight}`);
    this.#heights.set(node, height + 1);
  }

  #primary(): Expr {
    const token = this.#token;
    if (token.kind === "literal") {
      this.#at++;
      if (token.number) return this.#number(token, false, token.offset);
      return { kind: "const", id: this.#nextId++, offset: token.offset, value: token.value! };
    }
    if (this.#take("(")) {
      const inner = this.#expression();
      this.#expect(")");
      return inner;
    }
    if (this.#take("[")) return this.#list(token.offset);
    if (this.#take("{")) return this.#map(token.offset);
    const leading = this.#take(".") ? "." : "";
    const name = this.#token;
    if (name.kind !== "identifier" || name.text === "in") {
      this.#fail(name.offset, `Syntax error: mismatched input '${name.text}' expecting ${primaryTokens}`);
    }
    this.#at++;
    const open = this.#take("(");
    if (open) return this.#globalCall(leading + name.text, open.offset);
    if (reserved.has(name.text)) this.#fail(name.offset, `reserved identifier: ${name.text}`);
    return { kind: "ident", id: this.#nextId++, offset: name.offset, name: leading + name.text };
  }

  #arguments(close: string): Expr[] {
    const args: Expr[] = [];
    if (this.#take(close)) return args;
    do args.push(this.#expression());
    while (this.#take(","));
    this.#expect(close);
    return args;
  }

  #list(offset: number): Expr {
    const items: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#is("]")) {
      if (this.#take("?")) optional.add(items.length);
      items.push(this.#expression());
      if (!this.#take(",")) break;
    }
    this.#expect("]");
    const node: Expr = { kind: "list", id: this.#nextId++, offset, items, optional };
    this.#grow(node, items);
    return node;
  }

  #map(offset: number): Expr {
    const entries: { key: Expr; value: Expr; optional: boolean; offset: number }[] = [];
    while (!this.#is("}")) {
      const optional = this.#take("?") !== undefined;
      const key = this.#expression();
      const colon = this.#expect(":");
      entries.push({ key, value: this.#expression(), optional, offset: colon.offset });
      if (!this.#take(",")) break;
    }
    this.#expect("}");
    const node: Expr = { kind: "map", id: this.#nextId++, offset, entries };
    this.#grow(
      node,
      entries.map((entry) => entry.value),
    );
    return node;
  }

  #struct(name: string): Expr {
    const open = this.#expect("{");
    const fields: { name: string; value: Expr; optional: boolean; offset: number }[] = [];
    while (!this.#is("}")) {
      const optional = this.#take("?") !== undefined;
      const field = this.#token;
      if (field.kind !== "identifier" && field.kind !== "quoted") {
        this.#fail(field.offset, `Syntax error: mismatched input '${field.text}' expecting {'}', ',', '?', IDENTIFIER}`);
      }
      this.#at++;
      const colon = this.#expect(":");
      fields.push({ name: field.text, value: this.#expression(), optional, offset: colon.offset });
      if (!this.#take(",")) break;
    }
    this.#expect("}");
    const node: Expr = { kind: "struct", id: this.#nextId++, offset: open.offset, name, fields };
    this.#grow(
      node,
      fields.map((field) => field.value),
    );
    return node;
  }

  #globalCall(name: string, offset: number): Expr {
    const args = this.#arguments(")");
    if (name === "has" && args.length === 1) {
      const operand = args[0]!;
      if (operand.kind !== "select") this.#fail(operand.offset, "invalid argument to has() macro");
      return { ...(operand as Expr & { kind: "select" }), id: this.#nextId++, test: true };
    }
    return this.#call(name, offset, args);
  }

  #memberCall(target: Expr, name: string, offset: number): Expr {
    const args = this.#arguments(")");
    const node = this.#macro(target, name, args, offset) ?? this.#call(name, offset, args, target);
    this.#grow(node, [target, ...args]);
    return node;
  }

  #macro(target: Expr, name: string, args: Expr[], offset: number): Expr | undefined {
    if (target.kind === "ident" && target.name === "cel" && name === "bind" && args.length === 3) {
      const [variable, init, body] = args as [Expr, Expr, Expr];
      const named = this.#variable(variable, "cel.bind() variable names must be simple identifiers");
      return { kind: "bind", id: this.#nextId++, offset, variable: named, init, body };
    }
    if ((name === "optMap" || name === "optFlatMap") && args.length === 2) {
      const variable = this.#variable(args[0]!, `${name}() variable name must be a simple identifier`);
      return { kind: "optionalMap", id: this.#nextId++, offset, target, variable, body: args[1]!, flat: name === "optFlatMap" };
    }
    const shape = foldShapes[`${name}/${args.length}`];
    if (!shape) return undefined;
    const variable = this.#variable(args[0]!, "argument must be a simple name");
    const variable2 = shape.two ? this.#variable(args[1]!, "argument must be a simple name") : undefined;
    if (variable === variable2) this.#fail(args[1]!.offset, `duplicate variable name: ${variable}`);
    const rest = args.slice(shape.two ? 2 : 1);
    const body = rest.at(-1)!;
    const element: Expr = { kind: "ident", id: this.#nextId++, offset: args[0]!.offset, name: variable };
    return {
      kind: "fold",
      id: this.#nextId++,
      offset,
      fold: shape.fold,
      range: target,
      variable,
      variable2,
      filter: shape.keeps ? body : rest.length === 2 ? rest[0] : undefined,
      body: shape.keeps ? element : body,
    };
  }

  #variable(expr: Expr, message: string): string {
    if (expr.kind !== "ident" || expr.name.startsWith(".")) this.#fail(expr.offset, message);
    const { name } = expr as Expr & { kind: "ident" };
    if (name === "__result__") this.#fail(expr.offset, `iteration variable overwrites accumulator variable`);
    return name;
  }
}

const foldShapes: Record<string, { fold: Macro["fold"]; two?: boolean; keeps?: boolean }> = {
  "all/2": { fold: "all" },
  "all/3": { fold: "all", two: true },
  "exists/2": { fold: "exists" },
  "exists/3": { fold: "exists", two: true },
  "exists_one/2": { fold: "existsOne" },
  "existsOne/2": { fold: "existsOne" },
  "existsOne/3": { fold: "existsOne", two: true },
  "exists_one/3": { fold: "existsOne", two: true },
  "map/2": { fold: "map" },
  "map/3": { fold: "map" },
  "filter/2": { fold: "map", keeps: true },
  "transformList/3": { fold: "map", two: true },
  "transformList/4": { fold: "map", two: true },
  "transformMap/3": { fold: "transformMap", two: true },
  "transformMap/4": { fold: "transformMap", two: true },
  "transformMapEntry/3": { fold: "transformMapEntry", two: true },
  "transformMapEntry/4": { fold: "transformMapEntry", two: true },
};

/** `a.b.c` of a chain of plain selects; undefined for anything else. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === "ident") return expr.name;
  if (expr.kind !== "select" || expr.test || expr.optional) return undefined;
  const operand = qualifiedName(expr.operand);
  return operand === undefined ? undefined : `${operand}.${expr.field}`;
}
