import type { Condition, ConditionParameter, RelationReference, Userset } from "../model/authorization-model.ts";
import { DslError } from "./dsl-error.ts";

export interface ParsedRelation {
  name: string;
  rewrite: Userset;
  references: RelationReference[];
  line: number;
}

export interface ParsedType {
  name: string;
  /** `extend type` */
  extends: boolean;
  relations: ParsedRelation[];
  line: number;
}

export interface ParsedCondition {
  condition: Condition;
  line: number;
}

export interface ParsedFile {
  /** of a `model` */
  schemaVersion: string | undefined;
  /** of a `module` */
  module: string | undefined;
  types: ParsedType[];
  conditions: ParsedCondition[];
}

/** parentheses within parentheses; far more than anybody reads */
const nestingMax = 100;

const reserved = new Set(["and", "or", "from", "with", "define", "relations", "condition", "in", "true", "false", "null"]);
const parameterTypes = new Set(["bool", "string", "int", "uint", "double", "duration", "timestamp", "ipaddress"]);

/**
 * One text of the modelling language as it is written, names unresolved.
 * @throws DslError with the first thing that cannot be read
 * @see https://openfga.dev/docs/configuration-language
 */
export const parseDsl = (text: string, file = ""): ParsedFile => new Parser(text, file).file();

/** A line of its own, or the rest of one after a space and `#`, also within expressions. */
function withoutComments(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .map((line) => {
      if (/^[ \t]*#/.test(line)) return "";
      const at = line.indexOf(" #");
      return at < 0 ? line : line.slice(0, at);
    })
    .join("\n");
}

const isLetter = (char: string | undefined): boolean => char !== undefined && /[A-Za-z_]/.test(char);
const isNamePart = (char: string | undefined): boolean => char !== undefined && /[A-Za-z0-9_-]/.test(char);

class Parser {
  readonly #text: string;
  readonly #file: string;
  #at = 0;

  constructor(text: string, file: string) {
    this.#text = withoutComments(text);
    this.#file = file;
  }

  file(): ParsedFile {
    const parsed: ParsedFile = { schemaVersion: undefined, module: undefined, types: [], conditions: [] };
    this.#blank();
    if (this.#keyword("module")) {
      this.#needSpace();
      parsed.module = this.#name();
    } else if (this.#keyword("model")) {
      this.#needLineEnd();
      this.#blank();
      if (!this.#keyword("schema")) throw this.#unexpected("expecting 'schema'");
      this.#needSpace();
      parsed.schemaVersion = this.#match(/\d+\.\d+/y) ?? this.#fail("expecting a schema version");
    } else throw this.#unexpected("expecting 'model' or 'module'");
    this.#needLineEnd();
    const conditions = new Set<string>();
    for (this.#blank(); this.#at < this.#text.length; this.#blank()) {
      const line = this.#line();
      if (this.#keyword("condition")) {
        const condition = this.#condition();
        if (conditions.has(condition.name)) throw this.#problem(`condition '${condition.name}' is already defined in the model`, line);
        conditions.add(condition.name);
        parsed.conditions.push({ condition, line });
      } else if (conditions.size > 0) throw this.#unexpected("expecting 'condition' or the end");
      else parsed.types.push(this.#type(parsed.module !== undefined, line, parsed.types));
    }
    return parsed;
  }

  #type(inModule: boolean, line: number, before: readonly ParsedType[]): ParsedType {
    const isExtension = this.#keyword("extend");
    if (isExtension) {
      if (!inModule) throw this.#problem("extend can only be used in a modular model", line);
      this.#needSpace();
    }
    if (!this.#keyword("type")) throw this.#unexpected("expecting 'type' or 'condition'");
    this.#needSpace();
    const type: ParsedType = { name: this.#extendedName(), extends: isExtension, relations: [], line };
    if (isExtension && before.some((other) => other.extends && other.name === type.name))
      throw this.#problem(`'${type.name}' is already extended in file.`, line);
    this.#needLineEnd();
    this.#blank();
    if (!this.#keyword("relations")) return type;
    this.#needLineEnd();
    const names = new Set<string>();
    for (this.#blank(); ; this.#blank()) {
      const at = this.#line();
      if (!this.#keyword("define")) break;
      this.#needSpace();
      const name = this.#extendedName();
      if (names.has(name)) throw this.#problem(`'${name}' is already defined in '${type.name}'`, at);
      names.add(name);
      this.#space();
      if (!this.#take(":")) throw this.#unexpected("expecting ':'");
      this.#space();
      const references: RelationReference[] = [];
      const rewrite = this.#definition(true, references, 0);
      this.#needLineEnd();
      type.relations.push({ name, rewrite, references, line: at });
    }
    if (names.size === 0) throw this.#unexpected("expecting 'define'");
    return type;
  }

  /** `leftmost`: a restriction list may stand first. */
  #definition(leftmost: boolean, references: RelationReference[], depth: number): Userset {
    if (depth > nestingMax) throw this.#problem("parentheses are nested too deeply", this.#line());
    const first = this.#operand(leftmost, references, depth);
    const operator = this.#operator();
    if (operator === undefined) return first;
    const operands = [first, this.#operand(false, references, depth)];
    for (let next = this.#operator(); next !== undefined; next = this.#operator()) {
      if (next !== operator || operator === "but not") throw this.#unexpected("operators cannot be mixed without parentheses");
      operands.push(this.#operand(false, references, depth));
    }
    if (operator === "or") return { union: { child: operands } };
    if (operator === "and") return { intersection: { child: operands } };
    return { difference: { base: operands[0]!, subtract: operands[1]! } };
  }

  #operator(): "or" | "and" | "but not" | undefined {
    const match = this.#match(/[ \t]+(or|and|but[ \t]+not)(?=[ \t(])[ \t]*/y)?.trim();
    if (match === undefined) return undefined;
    return match.startsWith("but") ? "but not" : (match as "or" | "and");
  }

  #operand(leftmost: boolean, references: RelationReference[], depth: number): Userset {
    if (this.#take("(")) {
      this.#space();
      const inner = this.#definition(leftmost, references, depth + 1);
      this.#space();
      if (!this.#take(")")) throw this.#unexpected("expecting ')'");
      return inner;
    }
    if (this.#text[this.#at] === "[") {
      if (!leftmost) throw this.#unexpected("a restriction list can only stand first");
      this.#restrictions(references);
      return { this: {} };
    }
    const relation = this.#extendedName();
    const from = this.#match(/[ \t]+from[ \t]+/y);
    if (from === undefined) return { computedUserset: { relation } };
    return { tupleToUserset: { tupleset: { relation: this.#extendedName() }, computedUserset: { relation } } };
  }

  #restrictions(references: RelationReference[]): void {
    this.#at++;
    do {
      this.#blank();
      const reference: RelationReference = { type: this.#extendedName() };
      if (this.#take("#")) reference.relation = this.#extendedName();
      else if (this.#take(":")) {
        if (!this.#take("*")) throw this.#unexpected("expecting '*'");
        reference.wildcard = {};
      }
      if (this.#match(/[ \t]+with[ \t]+/y) !== undefined) reference.condition = this.#name();
      references.push(reference);
      this.#blank();
    } while (this.#take(","));
    if (!this.#take("]")) throw this.#unexpected("expecting ',' or ']'");
  }

  #condition(): Condition {
    this.#needSpace();
    const name = this.#name();
    this.#space();
    if (!this.#take("(")) throw this.#unexpected("expecting '('");
    const parameters = Object.create(null) as Record<string, ConditionParameter>;
    do {
      this.#blank();
      const line = this.#line();
      const parameter = this.#name();
      if (parameter in parameters) throw this.#problem(`parameter '${parameter}' is already defined in the condition '${name}'`, line);
      this.#space();
      if (!this.#take(":")) throw this.#unexpected("expecting ':'");
      this.#space();
      parameters[parameter] = this.#parameterType();
      this.#blank();
    } while (this.#take(","));
    if (!this.#take(")")) throw this.#unexpected("expecting ',' or ')'");
    this.#blank();
    if (!this.#take("{")) throw this.#unexpected("expecting '{'");
    const expression = this.#expression();
    return { name, expression, parameters: { ...parameters } };
  }

  #parameterType(): ConditionParameter {
    const name = this.#match(/[a-z]+/y) ?? this.#fail("expecting a parameter type");
    if (parameterTypes.has(name)) return { type_name: `TYPE_NAME_${name.toUpperCase()}` };
    if (name !== "list" && name !== "map") throw this.#problem(`unknown parameter type '${name}'`, this.#line());
    if (!this.#take("<")) throw this.#unexpected("expecting '<'");
    const element = this.#match(/[a-z]+/y) ?? "";
    if (!parameterTypes.has(element)) throw this.#problem(`unknown parameter type '${element}'`, this.#line());
    if (!this.#take(">")) throw this.#unexpected("expecting '>'");
    return { type_name: `TYPE_NAME_${name.toUpperCase()}`, generic_types: [{ type_name: `TYPE_NAME_${element.toUpperCase()}` }] };
  }

  /** Up to the brace that closes the condition; braces of map literals and those within texts are passed over. */
  #expression(): string {
    this.#blank();
    const from = this.#at;
    let open = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!;
      if (char === '"' || char === "'") this.#string(char);
      else if (char === "/" && this.#text[this.#at + 1] === "/") {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = (end < 0 ? this.#text.length : end) - 1;
      } else if (char === "{") open++;
      else if (char === "}" && open-- === 0) {
        const expression = this.#text.slice(from, this.#at).replace(/\s*\n\s*$/, "");
        this.#at++;
        if (expression.trim() === "") throw this.#unexpected("expecting an expression");
        return expression;
      }
    }
    throw this.#unexpected("expecting '}'");
  }

  #string(quote: string): void {
    const triple = quote.repeat(3);
    const end = this.#text.startsWith(triple, this.#at) ? triple : quote;
    const raw = /[rR]/.test(this.#text[this.#at - 1] ?? "");
    let at = this.#at + end.length;
    while (at < this.#text.length && !this.#text.startsWith(end, at)) at += this.#text[at] === "\\" && !raw ? 2 : 1;
    this.#at = at + end.length - 1;
  }

  #name(): string {
    const from = this.#at;
    if (!isLetter(this.#text[this.#at])) throw this.#unexpected("expecting a name");
    while (isNamePart(this.#text[this.#at])) this.#at++;
    return this.#text.slice(from, this.#at);
  }

  /** Types and relations: single `/` and `.` may stand inside. */
  #extendedName(): string {
    const from = this.#at;
    if (!isLetter(this.#text[this.#at])) throw this.#unexpected("expecting a name");
    for (;;) {
      while (isNamePart(this.#text[this.#at])) this.#at++;
      const char = this.#text[this.#at];
      if ((char !== "/" && char !== ".") || !isNamePart(this.#text[this.#at + 1])) break;
      this.#at++;
    }
    const name = this.#text.slice(from, this.#at);
    if (reserved.has(name)) {
      this.#at = from;
      throw this.#unexpected("expecting a name that is no keyword");
    }
    return name;
  }

  #keyword(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at) || isNamePart(this.#text[this.#at + word.length])) return false;
    this.#at += word.length;
    return true;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #space(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  #blank(): void {
    while (this.#at < this.#text.length && " \t\n".includes(this.#text[this.#at]!)) this.#at++;
  }

  #needSpace(): void {
    const from = this.#at;
    this.#space();
    if (this.#at === from) throw this.#unexpected("expecting a space");
  }

  #needLineEnd(): void {
    this.#space();
    if (this.#at < this.#text.length && this.#text[this.#at] !== "\n") throw this.#unexpected("expecting the end of the line");
  }

  #line(at = this.#at): number {
    let line = 1;
    for (let next = this.#text.indexOf("\n"); next >= 0 && next < at; next = this.#text.indexOf("\n", next + 1)) line++;
    return line;
  }

  #fail(expected: string): never {
    throw this.#unexpected(expected);
  }

  /** Line and column count from zero, as upstream's parser shows them. */
  #unexpected(expected: string): DslError {
    const line = this.#line();
    const column = this.#at - (this.#text.lastIndexOf("\n", this.#at - 1) + 1);
    const rest = this.#text.slice(this.#at, this.#at + 20).split("\n")[0]!;
    const found = this.#at >= this.#text.length ? "the end" : rest === "" ? "the end of the line" : `'${rest}'`;
    return this.#problem(`syntax error at line=${line - 1}, column=${column}: unexpected ${found}, ${expected}`, line);
  }

  #problem(message: string, line: number): DslError {
    return new DslError([{ file: this.#file, line, message }]);
  }
}
