import { encodeJson } from "../json/encode.ts";
import { needsQuotes } from "./resolve-scalar.ts";

/**
 * YAML text of a JSON value in the style of upstream's answers: keys sorted, lists not indented below their key, quotes only where
 * reading needs them, several lines as a literal block. Ends with a newline.
 */
export function encodeYaml(value: unknown): string {
  const parts: string[] = [];
  try {
    writeNode(parts, value, 0, true);
  } catch (error) {
    // Deeper than the stack reaches. JSON is YAML too.
    if (error instanceof RangeError) return `${encodeJson(value)}\n`;
    throw error;
  }
  return parts.join("");
}

const indent = (level: number): string => "  ".repeat(level);

/** Writes a value whose first line is already begun (after `key:` or `- `), with its newline. `atStart`: nothing is before it on the line. */
function writeNode(parts: string[], value: unknown, level: number, atStart: boolean): void {
  if (Array.isArray(value) && value.length > 0) writeList(parts, value, level, atStart);
  else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    writeMap(parts, value as Record<string, unknown>, level, atStart);
  } else parts.push(writeScalar(value, level), "\n");
}

function writeList(parts: string[], list: readonly unknown[], level: number, atStart: boolean): void {
  let first = atStart;
  for (const item of list) {
    parts.push(first ? "- " : `${indent(level)}- `);
    writeNode(parts, item, level + 1, true);
    first = false;
  }
}

function writeMap(parts: string[], map: Record<string, unknown>, level: number, atStart: boolean): void {
  const keys = Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort(compareKeys);
  if (keys.length === 0) {
    parts.push("{}\n");
    return;
  }
  let first = atStart;
  for (const key of keys) {
    const value = map[key];
    const text = quoteIfNeeded(key);
    // A long key may not be followed by its value on one line.
    parts.push(first ? "" : indent(level), text.length > 128 ? `? ${text}\n${indent(level)}:` : `${text}:`);
    first = false;
    if (Array.isArray(value) && value.length > 0) {
      parts.push("\n");
      writeList(parts, value, level, false);
    } else if (typeof value === "object" && value !== null && !Array.isArray(value) && hasKeys(value)) {
      parts.push("\n");
      writeMap(parts, value as Record<string, unknown>, level + 1, false);
    } else {
      parts.push(" ");
      writeNode(parts, value, level + 1, true);
    }
  }
}

const hasKeys = (value: object): boolean => Object.values(value).some((item) => item !== undefined);

const isLetter = (c: string): boolean => /\p{L}/u.test(c);
const isDigit = (c: string): boolean => c >= "0" && c <= "9";

/** Upstream's order of keys: numbers inside them by value, letters after everything else. */
function compareKeys(a: string, b: string): number {
  let digits = false;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const left = a[i]!;
    const right = b[i]!;
    if (left === right) {
      digits = isDigit(left);
      continue;
    }
    const leftLetter = isLetter(left);
    const rightLetter = isLetter(right);
    if (leftLetter && rightLetter) return left < right ? -1 : 1;
    if (leftLetter || rightLetter) return (digits ? leftLetter : rightLetter) ? -1 : 1;
    if (isDigit(left) && isDigit(right)) {
      const leftNumber = /^[0-9]*/.exec(a.slice(i))![0];
      const rightNumber = /^[0-9]*/.exec(b.slice(i))![0];
      if (leftNumber.length !== rightNumber.length && !leftNumber.startsWith("0") && !rightNumber.startsWith("0")) {
        return leftNumber.length - rightNumber.length;
      }
    }
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

function writeScalar(value: unknown, level: number): string {
  switch (typeof value) {
    case "string":
      return writeText(value, level);
    case "number":
      return Number.isFinite(value) ? numberText(value) : "null";
    case "bigint":
    case "boolean":
      return String(value);
    default:
      return Array.isArray(value) ? "[]" : "null";
  }
}

/** Go writes the exponent with two digits. */
const numberText = (value: number): string => String(value).replace(/e([-+])(\d)$/, "e$10$2");

// Line separators and control characters are only possible inside double quotes.
const special = /[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|[\u2028\u2029]/u;

function writeText(text: string, level: number): string {
  if (!text.includes("\n") || special.test(text) || /[ \t]\n|[ \t]$|^\n*$/.test(text)) return quoteIfNeeded(text);
  return literalBlock(text, level);
}

function literalBlock(text: string, level: number): string {
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const chomp = !text.endsWith("\n") ? "-" : text.endsWith("\n\n") ? "+" : "";
  const body = (chomp === "-" ? text : text.slice(0, -1))
    .split("\n")
    .map((line) => (line === "" ? "" : `${indent(Math.max(level, 1))}${line}`))
    .join("\n");
  return `|${hint}${chomp}\n${body}`;
}

function quoteIfNeeded(text: string): string {
  if (special.test(text) || text.includes("\n") || needsQuotes(text)) return doubleQuoted(text);
  return plainAllowed(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

/** JSON's quoting is YAML's, but for what YAML wants escaped besides. */
const doubleQuoted = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

function plainAllowed(text: string): boolean {
  if (/^[\s,[\]{}#&*!|>'"%@`]|\s$/.test(text) || text.includes("\t")) return false;
  if (/^[-?:](?:\s|$)/.test(text) || /^(?:---|\.\.\.)/.test(text)) return false;
  return !/:(?:\s|$)|\s#/.test(text);
}
