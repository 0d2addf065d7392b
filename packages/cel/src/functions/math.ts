/** Not part of Kubernetes' environment; for other users of the language. @see cel-go ext/math, ext/encoders */
import { CelEvalError } from "../errors.ts";
import { library, type FunctionOptions } from "../library.ts";
import { CelList, CelUint, compareNumbers, type CelValue } from "../values.ts";
import { requireInt } from "./standard.ts";

type Num = bigint | number | CelUint;

function extreme(values: Iterable<CelValue>, sign: number): CelValue {
  let best: CelValue | undefined;
  for (const value of values) {
    if (typeof value !== "bigint" && typeof value !== "number" && !(value instanceof CelUint)) throw new CelEvalError("no such overload");
    if (best === undefined || compareNumbers(value, best as Num) * sign > 0) best = value;
  }
  if (best === undefined) throw new CelEvalError(`math.@${sign > 0 ? "max" : "min"} list must not be empty`);
  return best;
}

function extremes(name: string, sign: number): Record<string, FunctionOptions> {
  const out: Record<string, FunctionOptions> = {};
  const types = ["int", "uint", "double"];
  for (const a of types) {
    out[`math.${name}(${a}): ${a}`] = { call: (x: Num) => x };
    out[`math.${name}(list<${a}>): ${a}`] = { call: (list: CelList) => extreme(list, sign) };
    for (const b of types) out[`math.${name}(${a}, ${b}): ${a === b ? a : "dyn"}`] = { call: (...args: Num[]) => extreme(args, sign) };
  }
  for (let count = 3; count <= 10; count++) {
    out[`math.${name}(${Array(count).fill("dyn").join(", ")}): dyn`] = { call: (...args: Num[]) => extreme(args, sign) };
  }
  return out;
}

/** Half away from zero. */
const round = (a: number): number => (Math.abs(a) % 1 === 0.5 ? Math.trunc(a) + Math.sign(a) : Math.round(a));
const bits = (value: bigint): CelUint => new CelUint(BigInt.asUintN(64, value));

function shift(count: bigint): bigint {
  if (count < 0n) throw new CelEvalError(`math.bitShift() negative offset: ${count}`);
  return count;
}
const left = (a: bigint, by: bigint): bigint => (shift(by) > 63n ? 0n : BigInt.asIntN(64, a << by));
const right = (a: bigint, by: bigint): bigint => (shift(by) > 63n ? 0n : BigInt.asIntN(64, BigInt.asUintN(64, a) >> by));

export const mathLibrary = library({
  ...extremes("greatest", 1),
  ...extremes("least", -1),
  "math.ceil(double): double": (a: number) => Math.ceil(a),
  "math.floor(double): double": (a: number) => Math.floor(a),
  "math.round(double): double": round,
  "math.trunc(double): double": (a: number) => Math.trunc(a),
  "math.sqrt(double): double": (a: number) => Math.sqrt(a),
  "math.sqrt(int): double": (a: bigint) => Math.sqrt(Number(a)),
  "math.sqrt(uint): double": (a: CelUint) => Math.sqrt(Number(a.value)),
  "math.abs(int): int": (a: bigint) => requireInt(a < 0n ? -a : a),
  "math.abs(uint): uint": (a: CelUint) => a,
  "math.abs(double): double": (a: number) => Math.abs(a),
  "math.sign(int): int": (a: bigint) => (a > 0n ? 1n : a < 0n ? -1n : 0n),
  "math.sign(uint): uint": (a: CelUint) => new CelUint(a.value > 0n ? 1n : 0n),
  "math.sign(double): double": (a: number) => Math.sign(a),
  "math.isNaN(double): bool": (a: number) => Number.isNaN(a),
  "math.isInf(double): bool": (a: number) => a === Infinity || a === -Infinity,
  "math.isFinite(double): bool": (a: number) => Number.isFinite(a),
  "math.bitAnd(int, int): int": (a: bigint, b: bigint) => a & b,
  "math.bitAnd(uint, uint): uint": (a: CelUint, b: CelUint) => bits(a.value & b.value),
  "math.bitOr(int, int): int": (a: bigint, b: bigint) => a | b,
  "math.bitOr(uint, uint): uint": (a: CelUint, b: CelUint) => bits(a.value | b.value),
  "math.bitXor(int, int): int": (a: bigint, b: bigint) => a ^ b,
  "math.bitXor(uint, uint): uint": (a: CelUint, b: CelUint) => bits(a.value ^ b.value),
  "math.bitNot(int): int": (a: bigint) => ~a,
  "math.bitNot(uint): uint": (a: CelUint) => bits(~a.value),
  "math.bitShiftLeft(int, int): int": left,
  "math.bitShiftLeft(uint, int): uint": (a: CelUint, by: bigint) => bits(left(a.value, by)),
  "math.bitShiftRight(int, int): int": right,
  "math.bitShiftRight(uint, int): uint": (a: CelUint, by: bigint) => bits(shift(by) > 63n ? 0n : a.value >> by),
});

export const encodersLibrary = library({
  "base64.encode(bytes): string": { call: (a: Uint8Array) => a.toBase64(), size: ([a]) => Math.ceil((a! * 4) / 3) + 3 },
  "base64.decode(string): bytes": {
    call: (text: string) => {
      try {
        return Uint8Array.fromBase64(text);
      } catch {
        throw new CelEvalError("illegal base64 data");
      }
    },
    size: ([a]) => a!,
  },
});
