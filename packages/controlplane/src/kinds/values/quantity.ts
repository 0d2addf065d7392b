import { GoDecodeError } from "./go-decode-error.ts";

/** A resource quantity, exact to a billionth. @see k8s.io/apimachinery api/resource */
export interface Quantity {
  /** in billionths */
  readonly nanos: bigint;
  readonly form: "decimal" | "exponent" | "binary";
  /** as it goes on the wire: canonical, or the client's own text where upstream keeps that */
  readonly text: string;
}

const pattern = /^([+-]?)0*(\d*)(?:\.(\d*))?([a-zA-Z]*)([+-]?\d*)$/;
const decimalExponents: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const billion = 1_000_000_000n;
const largest = ((1n << 63n) - 1n) * billion;
/** beyond this an exponent is refused rather than computed with */
const exponentMax = 1_000;

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongSuffix = "unable to parse quantity's suffix";
const wrongNumber = "unable to parse numeric part of quantity";

/** @throws GoDecodeError with upstream's wording */
export function parseQuantity(text: string): Quantity {
  const trimmed = text.trim();
  const match = pattern.exec(trimmed);
  if (trimmed === "" || !match) throw new GoDecodeError(wrongFormat);
  const [, sign, whole, fraction = "", letters, tail] = match as unknown as [string, string, string, string | undefined, string, string];
  if (/[^eEinumkKMGTP]/.test(letters)) throw new GoDecodeError(wrongFormat);
  const { base, exponent, form } = readSuffix(letters + tail);
  if (whole === "" && fraction === "" && !/0/.test(trimmed.slice(0, trimmed.length - letters.length - tail.length)))
    throw new GoDecodeError(wrongNumber);
  const number = whole || "0";
  const shifted = BigInt(number + fraction);
  let nanos: bigint;
  if (base === 2) nanos = divideUp((shifted << BigInt(exponent)) * billion, 10n ** BigInt(fraction.length));
  else nanos = scaleUp(shifted, exponent - fraction.length + 9);
  if (form === "binary" && nanos > largest) nanos = largest;
  if (sign === "-") nanos = -nanos;
  const own = keepsText(form, exponent, number, fraction) || trimmed === "0";
  return { nanos, form, text: own ? trimmed : printQuantity(nanos, form) };
}

export const canonicalQuantity = (text: string): string => parseQuantity(text).text;

function readSuffix(suffix: string): { base: 2 | 10; exponent: number; form: Quantity["form"] } {
  if (Object.hasOwn(decimalExponents, suffix)) return { base: 10, exponent: decimalExponents[suffix]!, form: "decimal" };
  if (Object.hasOwn(binaryExponents, suffix)) return { base: 2, exponent: binaryExponents[suffix]!, form: "binary" };
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix);
  if (!exponent || Math.abs(Number(exponent[1])) > exponentMax) throw new GoDecodeError(wrongSuffix);
  return { base: 10, exponent: Number(exponent[1]), form: "exponent" };
}

/** Upstream keeps a text that looks canonical to it, leading zeros and all. */
function keepsText(form: Quantity["form"], exponent: number, whole: string, fraction: string): boolean {
  const digits = whole + fraction;
  if (form === "binary") return fraction === "" && 15 - whole.length - Math.trunc(exponent * 0.3) - 1 >= 0 && (BigInt(whole) & 7n) !== 0n;
  const scale = exponent - fraction.length;
  return digits.length <= 18 && scale >= -9 && scale % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
}

/** number × 10^exponent; what is smaller than one is rounded up */
const scaleUp = (number: bigint, exponent: number): bigint =>
  exponent >= 0 ? number * 10n ** BigInt(exponent) : divideUp(number, 10n ** BigInt(-exponent));
const divideUp = (number: bigint, by: bigint): bigint => (number + by - 1n) / by;

export function printQuantity(nanos: bigint, form: Quantity["form"]): string {
  if (nanos === 0n) return "0";
  if (form === "binary") {
    const size = nanos < 0n ? -nanos : nanos;
    if (size >= 1024n * billion && size % billion === 0n) return printBinary(nanos / billion);
    return printDecimal(nanos, "decimal");
  }
  return printDecimal(nanos, form);
}

function printBinary(number: bigint): string {
  let step = 0;
  while (step < binarySuffixes.length - 1 && number % 1024n === 0n) {
    number /= 1024n;
    step++;
  }
  return `${number}${binarySuffixes[step]}`;
}

function printDecimal(nanos: bigint, form: "decimal" | "exponent"): string {
  let exponent = -9;
  while (nanos % 1000n === 0n && (form === "exponent" || exponent < 18)) {
    nanos /= 1000n;
    exponent += 3;
  }
  if (form === "exponent") return exponent === 0 ? `${nanos}` : `${nanos}e${exponent}`;
  return `${nanos}${decimalSuffixes.get(exponent)}`;
}
