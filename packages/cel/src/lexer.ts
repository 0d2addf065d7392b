import { CelError, issueAt } from "./errors.ts";
import { CelUint, type CelValue } from "./values.ts";

export interface Token {
  kind: "identifier" | "quoted" | "literal" | "operator" | "end";
  /** As written; "<EOF>" at the end. */
  text: string;
  /** Of a literal; of a number before its sign is known, see `number`. */
  value?: CelValue;
  number?: "int" | "uint" | "double";
  offset: number;
}

const operators = ["&&", "||", "==", "!=", "<=", ">=", ..."<>+-*/%!?:.,()[]{}"];
const identifierStart = /[A-Za-z_]/;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|\d+[uU]?/y;
const stringStart = /([rR]?[bB]?|[bB][rR])("""|'''|"|')/y;
const skipped = /(?:[\t\n\f\r ]|\/\/[^\n]*)+/y;
const quoted = /`[A-Za-z0-9_.\-/ ]+`/y;

/** @throws CelError for a character or string that is none */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const fail = (offset: number, message: string): never => {
    throw new CelError([issueAt(source, offset, `Syntax error: ${message}`)], source);
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  while (true) {
    const blank = match(skipped);
    if (blank) at += blank[0].length;
    if (at >= source.length) break;
    const start = match(stringStart);
    if (start) {
      const literal = readString(source, at, start[1]!, start[2]!, fail);
      tokens.push({ kind: "literal", text: source.slice(at, literal.end), value: literal.value, offset: at });
      at = literal.end;
      continue;
    }
    const char = source[at]!;
    if (identifierStart.test(char)) {
      const text = match(identifier)![0];
      const value = text === "true" ? true : text === "false" ? false : text === "null" ? null : undefined;
      tokens.push(value === undefined ? { kind: "identifier", text, offset: at } : { kind: "literal", text, value, offset: at });
      at += text.length;
      continue;
    }
    const digits = match(number);
    if (digits) {
      tokens.push({ kind: "literal", text: digits[0], number: numberKind(digits[0]), offset: at });
      at += digits[0].length;
      continue;
    }
    const name = char === "`" ? match(quoted) : null;
    if (name) {
      tokens.push({ kind: "quoted", text: name[0].slice(1, -1), offset: at });
      at += name[0].length;
      continue;
    }
    const operator = operators.find((op) => source.startsWith(op, at));
    if (operator === undefined) return fail(at, `token recognition error at: '${String.fromCodePoint(source.codePointAt(at)!)}'`);
    tokens.push({ kind: "operator", text: operator, offset: at });
    at += operator.length;
  }
  tokens.push({ kind: "end", text: "<EOF>", offset: source.length });
  return tokens;
}

function numberKind(text: string): "int" | "uint" | "double" {
  if (/^0[xX]/.test(text)) return /[uU]$/.test(text) ? "uint" : "int";
  return /[.eE]/.test(text) ? "double" : /[uU]$/.test(text) ? "uint" : "int";
}

/** The number a token stands for, with its sign; undefined when it does not fit. */
export function numberValue(token: Token, negative: boolean): CelValue | undefined {
  if (token.number === "double") {
    const value = Number(token.text);
    return negative ? -value : value;
  }
  const digits = BigInt(token.text.replace(/[uU]$/, ""));
  if (token.number === "uint") return digits < 1n << 64n ? new CelUint(digits) : undefined;
  const value = negative ? -digits : digits;
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

type Fail = (offset: number, message: string) => never;

function readString(source: string, start: number, prefix: string, quote: string, fail: Fail): { value: string | Uint8Array; end: number } {
  const raw = /r/i.test(prefix);
  const isBytes = /b/i.test(prefix);
  const from = start + prefix.length + quote.length;
  const long = quote.length === 3;
  let at = from;
  while (!source.startsWith(quote, at)) {
    if (at >= source.length || (!long && (source[at] === "\n" || source[at] === "\r"))) {
      return fail(start, `token recognition error at: '${source.slice(start, Math.min(at + 1, start + 40))}'`);
    }
    at += source[at] === "\\" && !raw ? 2 : 1;
  }
  const body = source.slice(from, at).replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  const value = isBytes ? unescapeBytes(body, raw, start, fail) : raw ? body : unescape(body, start, fail);
  return { value, end: at + quote.length };
}

const escape = /\\(?:([abfnrtv\\?"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]?))/g;
const simple: Record<string, string> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

function unescape(body: string, start: number, fail: Fail): string {
  if (!body.includes("\\")) return body;
  return body.replace(escape, (text, one?: string, hex?: string, u4?: string, u8?: string, octal?: string) => {
    if (one !== undefined) return simple[one] ?? one;
    const digits = hex ?? u4 ?? u8;
    const code = digits !== undefined ? parseInt(digits, 16) : octal !== undefined ? parseInt(octal, 8) : -1;
    if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return fail(start, `unable to unescape string: ${text}`);
    return String.fromCodePoint(code);
  });
}

function unescapeBytes(body: string, raw: boolean, start: number, fail: Fail): Uint8Array {
  const encoder = new TextEncoder();
  if (raw || !body.includes("\\")) return encoder.encode(body);
  const out: number[] = [];
  let at = 0;
  for (const match of body.matchAll(escape)) {
    out.push(...encoder.encode(body.slice(at, match.index)));
    at = match.index + match[0].length;
    const [text, one, hex, u4, u8, octal] = match;
    if (one !== undefined) out.push(...encoder.encode(simple[one] ?? one));
    else if (hex !== undefined) out.push(parseInt(hex, 16));
    else if (octal !== undefined) out.push(parseInt(octal, 8));
    else if (u4 !== undefined || u8 !== undefined) out.push(...encoder.encode(String.fromCodePoint(parseInt((u4 ?? u8)!, 16))));
    else return fail(start, `unable to unescape bytes: ${text}`);
  }
  out.push(...encoder.encode(body.slice(at)));
  return Uint8Array.from(out);
}
