/** Amounts of resources: `100m`, `1.5Gi`, `12e6`. Exact. @see k8s.io/apimachinery api/resource Quantity */
export interface Quantity {
  /** The amount is `digits × 10^exponent`; digits has no trailing zeros unless it is 0. */
  readonly digits: bigint;
  readonly exponent: number;
  /** In which family of suffixes it is written. */
  readonly format: "BinarySI" | "DecimalSI" | "DecimalExponent";
}

const decimalSuffixes = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const max = (1n << 63n) - 1n;

const formatError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** @throws Error with upstream's text */
export function parseQuantity(text: string): Quantity {
  const match = /^([-+]?)([0-9]*)(?:(\.)([0-9]*))?(.*)$/s.exec(text)!;
  const [, sign, whole = "", point, fraction = "", suffix = ""] = match;
  if (whole === "" && fraction === "") throw new Error(formatError);
  if (text.length > 200) throw new Error("unable to parse numeric part of quantity");
  let digits = BigInt(whole + fraction || "0");
  let exponent = point ? -fraction.length : 0;
  let format: Quantity["format"] = "DecimalSI";
  const binary = binarySuffixes.indexOf(suffix);
  const scientific = /^[eE]([-+]?[0-9]+)$/.exec(suffix);
  if (binary > 0) {
    digits *= 1n << BigInt(10 * binary);
    format = "BinarySI";
  } else if (scientific) {
    const given = Number(scientific[1]);
    if (Math.abs(given) > 1000) throw new Error("unable to parse quantity's suffix");
    exponent += given;
    format = "DecimalExponent";
  } else {
    const decimal = decimalSuffixes.get(suffix);
    if (decimal === undefined) {
      throw new Error(/^[eEinumkKMGTP]*[-+]?[0-9]*$/.test(suffix) ? "unable to parse quantity's suffix" : formatError);
    }
    exponent += decimal;
  }
  // Nothing is finer than nano (rounded away from zero) or greater than what 64 bits hold.
  if (exponent < -9) {
    digits = divideUp(digits, 10n ** BigInt(-9 - exponent));
    exponent = -9;
  }
  if (exponent >= 0 ? digits * 10n ** BigInt(exponent) > max : digits > max * 10n ** BigInt(-exponent)) {
    digits = max;
    exponent = 0;
  }
  return normalize(sign === "-" ? -digits : digits, exponent, format);
}

const divideUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;

function normalize(digits: bigint, exponent: number, format: Quantity["format"]): Quantity {
  if (digits === 0n) return { digits, exponent: 0, format };
  let reduced = digits;
  let raised = exponent;
  while (reduced % 10n === 0n) {
    reduced /= 10n;
    raised++;
  }
  return { digits: reduced, exponent: raised, format };
}

/** The digits of two quantities at one exponent. */
function aligned(a: Quantity, b: Quantity): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  const at = ({ digits, exponent: own }: Quantity): bigint => digits * 10n ** BigInt(own - exponent);
  return [at(a), at(b), exponent];
}

/** Negative, zero or positive. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The sum, in the first one's format (the second one's if the first is zero). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const [left, right, exponent] = aligned(a, b);
  return normalize(left + right, exponent, a.digits === 0n ? b.format : a.format);
}

/** The difference, in the first one's format. */
export const subtractQuantities = (a: Quantity, b: Quantity): Quantity => addQuantities(a, { ...b, digits: -b.digits });

/** The nearest integer away from zero. */
export function quantityValue({ digits, exponent }: Quantity): bigint {
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  const by = 10n ** BigInt(-exponent);
  return digits < 0n ? -divideUp(-digits, by) : divideUp(digits, by);
}

/** A whole number as a quantity. */
export const quantityOf = (value: number | bigint, format: Quantity["format"] = "DecimalSI"): Quantity =>
  normalize(BigInt(value), 0, format);

/** The canonical text: no fraction, the greatest suffix that allows it. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.digits === 0n) return "0";
  if (quantity.format === "BinarySI") {
    const value = quantityValue(quantity);
    // Small amounts are not rounded.
    if (value <= -1024n || value >= 1024n) {
      let [rest, times] = [value, 0];
      while (rest % 1024n === 0n && times < binarySuffixes.length - 1) {
        rest /= 1024n;
        times++;
      }
      return `${rest}${binarySuffixes[times]}`;
    }
  }
  const scientific = quantity.format === "DecimalExponent";
  let { digits, exponent } = quantity;
  while (exponent % 3 !== 0 || (!scientific && exponent > 18)) {
    digits *= 10n;
    exponent--;
  }
  if (scientific) return exponent === 0 ? String(digits) : `${digits}e${exponent}`;
  for (const [suffix, power] of decimalSuffixes) if (power === exponent) return `${digits}${suffix}`;
  return String(digits);
}
