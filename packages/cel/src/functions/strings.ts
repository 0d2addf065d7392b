/** Text by code point. @see cel-go ext/strings */
import { CelEvalError } from "../errors.ts";
import { library } from "../library.ts";
import { isPlain } from "../text.ts";
import { ArrayList, CelList, type CelValue } from "../values.ts";
import { formatString } from "./format-string.ts";

/** White space as Unicode has it; JavaScript's trim also takes U+FEFF and leaves U+0085. */
const blank = "\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const leading = new RegExp(`^[${blank}]+`);
const isBlank = new RegExp(`[${blank}]`);

const units = (text: string): string | string[] => (isPlain(text) ? text : Array.from(text));
const sliced = (of: string | string[], from: number, to: number): string =>
  typeof of === "string" ? of.slice(from, to) : of.slice(from, to).join("");

function range(index: bigint, length: number): number {
  if (index < 0n || index > BigInt(length)) throw new CelEvalError(`index out of range: ${index}`);
  return Number(index);
}

function charAt(text: string, index: bigint): string {
  const of = units(text);
  return of[range(index, of.length)] ?? "";
}

function indexOf(text: string, part: string, from = 0n): bigint {
  if (isPlain(text)) {
    const start = range(from, text.length);
    return BigInt(text.indexOf(part, start));
  }
  const of = Array.from(text);
  const start = range(from, of.length);
  const offset = of.slice(0, start).join("").length;
  const at = text.indexOf(part, offset);
  return at < 0 ? -1n : BigInt(Array.from(text.slice(0, at)).length);
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  if (isPlain(text)) {
    const end = from === undefined ? text.length : range(from, text.length);
    return BigInt(text.lastIndexOf(part, end));
  }
  const of = Array.from(text);
  const end = from === undefined ? of.length : range(from, of.length);
  const at = text.lastIndexOf(part, of.slice(0, end).join("").length);
  return at < 0 ? -1n : BigInt(Array.from(text.slice(0, at)).length);
}

function substring(text: string, start: bigint, end?: bigint): string {
  const of = units(text);
  const from = range(start, of.length);
  const to = end === undefined ? of.length : range(end, of.length);
  if (from > to) throw new CelEvalError(`invalid substring range. start: ${start}, end: ${end}`);
  return sliced(of, from, to);
}

/** The first `count` occurrences; all of them when it is negative. An empty `old` stands between all characters. */
function replace(text: string, old: string, by: string, count = -1n): string {
  if (count === 0n) return text;
  if (old !== "" && count < 0n) return text.split(old).join(by);
  const parts = old === "" ? ["", ...Array.from(text), ""] : text.split(old);
  const separators = parts.length - 1;
  const replaced = count < 0n ? separators : Math.min(Number(count), separators);
  let out = parts[0]!;
  for (let i = 0; i < separators; i++) out += (i < replaced ? by : old) + parts[i + 1]!;
  return out;
}

function split(text: string, separator: string, limit = -1n): CelValue {
  if (limit === 0n) return new ArrayList([]);
  const parts = separator === "" ? Array.from(text) : text.split(separator);
  if (limit < 0n || parts.length <= Number(limit)) return new ArrayList(parts);
  const kept = Number(limit) - 1;
  return new ArrayList([...parts.slice(0, kept), parts.slice(kept).join(separator)]);
}

function trim(text: string): string {
  const start = leading.exec(text)?.[0].length ?? 0;
  let end = text.length;
  // From the end by hand: a pattern anchored at the end would be tried at every blank.
  while (end > start && isBlank.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}

function join(items: CelList, separator = ""): string {
  const parts: string[] = [];
  for (const item of items) {
    if (typeof item !== "string") throw new CelEvalError("no such overload: join");
    parts.push(item);
  }
  return parts.join(separator);
}

const escapes: Record<string, string> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

const quote = (text: string): string => `"${text.toWellFormed().replace(/[\x07\b\f\n\r\t\v\\"]/g, (char) => escapes[char]!)}"`;

const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());

const traverse = (sizes: readonly number[]): number => Math.max(1, Math.ceil(sizes[0]! * 0.1));
const search = ([a, b]: readonly number[]): number => Math.max(1, Math.ceil(a! * 0.1) * Math.ceil(b! * 0.1));
const same = ([a]: readonly number[]): number => a!;
const text = <F>(call: F) => ({ call: call as never, cost: traverse, size: same });
const find = <F>(call: F) => ({ call: call as never, cost: search });

export const stringsLibrary = library({
  "(string).charAt(int): string": { call: charAt, size: () => 4 },
  "(string).indexOf(string): int": find(indexOf),
  "(string).indexOf(string, int): int": find(indexOf),
  "(string).lastIndexOf(string): int": find(lastIndexOf),
  "(string).lastIndexOf(string, int): int": find(lastIndexOf),
  "(string).lowerAscii(): string": text(lower),
  "(string).upperAscii(): string": text(upper),
  "(string).replace(string, string): string": { call: replace, cost: traverse, size: ([a, , c]) => a! * Math.max(1, c!) + c! },
  "(string).replace(string, string, int): string": { call: replace, cost: traverse, size: ([a, , c]) => a! * Math.max(1, c!) + c! },
  "(string).split(string): list<string>": text(split),
  "(string).split(string, int): list<string>": text(split),
  "(string).substring(int): string": text(substring),
  "(string).substring(int, int): string": text(substring),
  "(string).trim(): string": text(trim),
  "(string).reverse(): string": text((a: string) => Array.from(a).reverse().join("")),
  "(list<string>).join(): string": { call: join, cost: traverse },
  "(list<string>).join(string): string": { call: join, cost: traverse },
  "(string).format(list<dyn>): string": { call: formatString, cost: traverse },
  "strings.quote(string): string": { call: quote, cost: traverse, size: ([a]) => 2 * a! + 2 },
});
