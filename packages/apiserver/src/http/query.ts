import type { Query } from "./http-request.ts";

/** The part of a request line behind the question mark, taken apart when somebody asks. */
export function parseQuery(text: string): Query {
  return text === "" ? emptyQuery : new LazyQuery(text);
}

class LazyQuery implements Query {
  readonly text: string;
  #values: Map<string, string> | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get(name: string): string | undefined {
    return (this.#values ??= valuesOf(this.text)).get(name);
  }

  has(name: string): boolean {
    return (this.#values ??= valuesOf(this.text)).has(name);
  }
}

const emptyQuery: Query = { text: "", get: () => undefined, has: () => false };

/** As Go reads it: a pair with a bad escape or a semicolon is left out, "+" is a space, the first of repeated names counts. */
function valuesOf(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const pair of text.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const equals = pair.indexOf("=");
    const name = unescapeQuery(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : unescapeQuery(pair.slice(equals + 1));
    if (name === undefined || value === undefined || values.has(name)) continue;
    values.set(name, value);
  }
  return values;
}

const unescapeQuery = (text: string): string | undefined => percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);

/** undefined for a broken escape; bytes that are not UTF-8 become U+FFFD. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeBytes(text);
  }
}

function decodeBytes(text: string): string | undefined {
  const source = Buffer.from(text, "utf8");
  const bytes = Buffer.allocUnsafe(source.length);
  let length = 0;
  for (let i = 0; i < source.length; i++) {
    if (source[i] !== 0x25) {
      bytes[length++] = source[i]!;
      continue;
    }
    const value = /^[0-9a-fA-F]{2}$/.test(source.toString("latin1", i + 1, i + 3))
      ? Number.parseInt(source.toString("latin1", i + 1, i + 3), 16)
      : -1;
    if (value < 0) return undefined;
    bytes[length++] = value;
    i += 2;
  }
  return bytes.toString("utf8", 0, length);
}
