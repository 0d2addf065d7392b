/** Strings as sequences of code points, and numbers as Go prints them. */

const surrogate = /[\ud800-\udfff]/;

/** True when each UTF-16 unit is a code point, so that indexes of both are the same. */
export const isPlain = (text: string): boolean => !surrogate.test(text);

export const codePointLength = (text: string): number => (isPlain(text) ? text.length : Array.from(text).length);

/** The shortest digits that read back, with an exponent below 1e-4 and from 1e6 on. @see Go strconv.FormatFloat 'g', -1 */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 6) {
    return `${mantissa}e${power < 0 ? "-" : "+"}${Math.abs(power).toString().padStart(2, "0")}`;
  }
  return expandExponent(value);
}

/** All digits, no exponent. @see Go strconv.FormatFloat 'f', -1 */
export function expandExponent(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const digits = match[2]! + (match[3] ?? "");
  const point = 1 + Number(match[4]);
  if (point <= 0) return `${match[1]}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return match[1] + digits.padEnd(point, "0");
  return `${match[1]}${digits.slice(0, point)}.${digits.slice(point)}`;
}
