import type { JsonObject, JsonValue } from "../object.ts";
import { decodeJsonExactly } from "./decode-exact.ts";
import { findJsonSyntaxError, JsonSyntaxError } from "./syntax-error.ts";

export { JsonSyntaxError } from "./syntax-error.ts";

/** `ignoreBOM`: a byte order mark is not JSON, and Go says so. Invalid UTF-8 becomes U+FFFD, as in Go. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Above this the recursive key count and `JSON.parse` are not trusted with the stack. */
const fastDepthMax = 500;

/** What one linear pass tells about a text, whether or not it is well-formed. */
interface Scan {
  keys: number;
  depth: number;
  /** A number with 16 digits or more, or an exponent: a double may not hold it. */
  longNumber: boolean;
}

function scan(text: string): Scan {
  let keys = 0;
  let level = 0;
  let depth = 0;
  let longNumber = false;
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      const start = i;
      let inside = i + 1;
      // Most strings end within a few characters; calling out for those costs more than looking.
      const near = start + 24;
      for (; inside < length; inside++) {
        const s = text.charCodeAt(inside);
        if (s === 0x22) break;
        if (s === 0x5c) inside++;
        else if (inside > near) {
          inside = endOfString(text, inside);
          break;
        }
      }
      i = inside;
    } else if (c === 0x3a) keys++;
    else if (c === 0x7b || c === 0x5b) {
      if (++level > depth) depth = level;
    } else if (c === 0x7d || c === 0x5d) level--;
    else if (c >= 0x30 && c <= 0x39) {
      const start = i;
      let n = text.charCodeAt(i + 1);
      while ((n >= 0x30 && n <= 0x39) || n === 0x2e) n = text.charCodeAt(++i + 1);
      if (i - start >= 15 || n === 0x65 || n === 0x45) longNumber = true;
    }
  }
  return { keys, depth, longNumber };
}

/** The closing quote of a string, looking from somewhere inside it that is not in the middle of an escape. */
function endOfString(text: string, from: number): number {
  for (let at = from; ;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let backslashes = 0;
    while (quote - 1 - backslashes >= from && text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return quote;
    at = quote + 1;
  }
}

/** Only called when the depth is known to be small. */
function countKeys(value: JsonValue[] | JsonObject): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (typeof item === "object" && item !== null) count += countKeys(item);
    }
    return count;
  }
  // Every enumerable key is an own one: nothing may extend Object.prototype.
  for (const key in value) {
    count++;
    const item = value[key];
    if (typeof item === "object" && item !== null) count += countKeys(item);
  }
  return count;
}

/**
 * The only way from bytes to values. Keys keep their text, whatever it is (`__proto__`, `constructor`): all are own data properties.
 *
 * @param input UTF-8 bytes or text. A byte order mark is refused.
 * @param options.maxDepth how deep containers may nest; 10 000 unless told
 * @returns the value, integers beyond 2^53 as bigint (beyond 64 bits as a rounded number); and the field paths (`spec.list[0].x`) of keys that
 *   an object had more than once, each path once, of which the last value counts
 * @throws JsonSyntaxError with Go's wording
 */
export function decodeJson(input: Uint8Array | string, options?: { maxDepth?: number }): { value: JsonValue; duplicates: string[] } {
  const maxDepth = options?.maxDepth ?? 10_000;
  const text = typeof input === "string" ? input : decoder.decode(input);
  const { keys, depth, longNumber } = scan(text);
  if (depth > fastDepthMax || longNumber) return decodeCarefully(input, text, maxDepth);
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    throw findJsonSyntaxError(input, maxDepth) ?? new JsonSyntaxError("invalid JSON");
  }
  if (depth > maxDepth) throw new JsonSyntaxError("exceeded max depth");
  if (typeof value === "object" && value !== null && countKeys(value) !== keys) return decodeJsonExactly(text);
  return { value, duplicates: [] };
}

function decodeCarefully(input: Uint8Array | string, text: string, maxDepth: number): { value: JsonValue; duplicates: string[] } {
  const error = findJsonSyntaxError(input, maxDepth);
  if (error) throw error;
  return decodeJsonExactly(text);
}

/** Digits in a row that a double may not hold: 2^53 has 16. */
const longDigits = /[0-9]{16}/;

/**
 * What `encodeJson` wrote before: well-formed, no key twice, no deeper than what was once decoded. Integers beyond 2^53 come back as bigint.
 * @throws JsonSyntaxError when it is not well-formed after all
 */
export function decodeOwnJson(input: Uint8Array): JsonValue {
  const text = decoder.decode(input);
  if (longDigits.test(text)) return decodeJson(text).value;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return decodeJson(text).value;
  }
}
