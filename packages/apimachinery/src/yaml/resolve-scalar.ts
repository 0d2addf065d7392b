/**
 * What a plain YAML word means, as Go's yaml v2 (so kubectl and the API server) reads it: YAML 1.1 words for booleans, but no base-60
 * numbers, and timestamps stay text. The `yaml` package's own 1.1 schema differs in both.
 */

const words = new Map<string, boolean | null | number>();
for (const word of ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"]) words.set(word, true);
for (const word of ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"]) words.set(word, false);
for (const word of ["", "~", "null", "Null", "NULL"]) words.set(word, null);
for (const word of [".nan", ".NaN", ".NAN"]) words.set(word, Number.NaN);
for (const word of [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"]) words.set(word, Number.POSITIVE_INFINITY);
for (const word of ["-.inf", "-.Inf", "-.INF"]) words.set(word, Number.NEGATIVE_INFINITY);

const integer = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9][0-9]*)$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const timestamp = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt \t])/;

const limit = 1n << 64n;

function parseInteger(text: string): bigint | undefined {
  const match = integer.exec(text);
  if (!match || text.length > 100) return undefined;
  let digits = match[2]!;
  if (/^0[0-7]+$/.test(digits)) digits = `0o${digits.slice(1)}`;
  if (/^0[oO]$/.test(digits)) return undefined;
  const value = match[1] === "-" ? -BigInt(digits) : BigInt(digits);
  return value >= -(limit / 2n) && value < limit ? value : undefined;
}

/** A plain scalar's value; integers beyond 2^53 as bigint. */
export function resolvePlainScalar(text: string): string | number | bigint | boolean | null {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  // Everything else that is not text begins with a digit, a sign or a dot.
  if (!(first >= 0x2b && first <= 0x39)) return text;
  const plain = text.includes("_") ? text.replaceAll("_", "") : text;
  const whole = parseInteger(plain);
  if (whole !== undefined) return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  return float.test(plain) ? Number(plain) : text;
}

/** Whether a text, written without quotes, would be read as something else. */
export const needsQuotes = (text: string): boolean =>
  typeof resolvePlainScalar(text) !== "string" ||
  text === "<<" ||
  timestamp.test(text) ||
  // Base 60, for readers that know it.
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text);
