/** Kubernetes quantities, exact: a whole number of nano-units, as upstream rounds up to. @see k8s.io/apimachinery api/resource */
import { CelEvalError } from "../errors.ts";
import { library } from "../library.ts";
import { CelOpaque } from "../values.ts";
import { requireInt } from "./standard.ts";

const typeName = "kubernetes.Quantity";
const nano = 1_000_000_000n;

export class CelQuantity extends CelOpaque {
  readonly typeName = typeName;
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelQuantity && other.nanos === this.nanos;
  }
  override toString(): string {
    const fraction = this.nanos % nano;
    const whole = (this.nanos / nano).toString();
    if (fraction === 0n) return whole;
    const sign = this.nanos < 0n && whole === "0" ? "-" : "";
    return `${sign}${whole}.${(fraction < 0n ? -fraction : fraction).toString().padStart(9, "0").replace(/0+$/, "")}`;
  }
}

const binary: Record<string, bigint> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const decimal: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const pattern = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d{1,3}))?$/;

/** Undefined when the text is no quantity. Numbers beyond 2^63 are capped as upstream does. */
export function parseQuantity(text: string): CelQuantity | undefined {
  const match = text.length <= 512 ? pattern.exec(text) : null;
  if (!match) return undefined;
  const [, sign, whole = "", after, only, bi, si, exponent] = match;
  const fraction = after ?? only ?? "";
  const digits = BigInt(whole + fraction || "0");
  const power = (exponent !== undefined ? Number(exponent) : decimal[si ?? ""]!) + 9 - fraction.length;
  const scaled = bi ? digits << binary[bi]! : digits;
  let nanos: bigint;
  if (power >= 0) nanos = scaled * 10n ** BigInt(Math.min(power, 400));
  else {
    const divisor = 10n ** BigInt(Math.min(-power, 1_000));
    nanos = (scaled + divisor - 1n) / divisor; // a part of a nano counts as one
  }
  const most = ((1n << 63n) - 1n) * nano;
  if (nanos > most) nanos = most;
  return new CelQuantity(sign === "-" ? -nanos : nanos);
}

function quantity(text: string): CelQuantity {
  const value = parseQuantity(text);
  if (!value) {
    throw new CelEvalError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  return value;
}

function asInteger(value: CelQuantity): bigint {
  if (value.nanos % nano !== 0n) throw new CelEvalError("cannot convert value to integer");
  return requireInt(value.nanos / nano);
}

const whole = (value: CelQuantity): boolean => value.nanos % nano === 0n && BigInt.asIntN(64, value.nanos / nano) === value.nanos / nano;
const size = ([a]: readonly number[]): number => Math.max(1, Math.ceil(a! * 0.1));

export const quantityLibrary = library(
  {
    "quantity(string): kubernetes.Quantity": { call: quantity, cost: size },
    "isQuantity(string): bool": { call: (text: string) => parseQuantity(text) !== undefined, cost: size },
    "(kubernetes.Quantity).sign(): int": (a: CelQuantity) => (a.nanos > 0n ? 1n : a.nanos < 0n ? -1n : 0n),
    "(kubernetes.Quantity).isInteger(): bool": whole,
    "(kubernetes.Quantity).asInteger(): int": asInteger,
    "(kubernetes.Quantity).asApproximateFloat(): double": (a: CelQuantity) => Number(a.nanos / nano) + Number(a.nanos % nano) / 1e9,
    "(kubernetes.Quantity).isGreaterThan(kubernetes.Quantity): bool": (a: CelQuantity, b: CelQuantity) => a.nanos > b.nanos,
    "(kubernetes.Quantity).isLessThan(kubernetes.Quantity): bool": (a: CelQuantity, b: CelQuantity) => a.nanos < b.nanos,
    "(kubernetes.Quantity).compareTo(kubernetes.Quantity): int": (a: CelQuantity, b: CelQuantity) =>
      a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n,
    "(kubernetes.Quantity).add(kubernetes.Quantity): kubernetes.Quantity": (a: CelQuantity, b: CelQuantity) =>
      new CelQuantity(a.nanos + b.nanos),
    "(kubernetes.Quantity).add(int): kubernetes.Quantity": (a: CelQuantity, b: bigint) => new CelQuantity(a.nanos + b * nano),
    "(kubernetes.Quantity).sub(kubernetes.Quantity): kubernetes.Quantity": (a: CelQuantity, b: CelQuantity) =>
      new CelQuantity(a.nanos - b.nanos),
    "(kubernetes.Quantity).sub(int): kubernetes.Quantity": (a: CelQuantity, b: bigint) => new CelQuantity(a.nanos - b * nano),
  },
  [typeName],
);
