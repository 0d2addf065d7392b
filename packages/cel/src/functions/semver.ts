/** Semantic versions. @see Kubernetes' semver library; semver.org 2.0.0 */
import { CelEvalError } from "../errors.ts";
import { library } from "../library.ts";
import { CelOpaque, compareStrings } from "../values.ts";

class CelSemver extends CelOpaque {
  readonly typeName = "kubernetes.Semver";
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly string[];
  readonly text: string;
  constructor(numbers: [bigint, bigint, bigint], pre: string[], text: string) {
    super();
    this.numbers = numbers;
    this.pre = pre;
    this.text = text;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelSemver && compare(this, other) === 0;
  }
  override toString(): string {
    return this.text;
  }
}

const pattern =
  /^(0|[1-9]\d{0,18})\.(0|[1-9]\d{0,18})\.(0|[1-9]\d{0,18})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

function parseSemver(text: string, normalize = false): CelSemver | undefined {
  const match = pattern.exec(normalize ? normalized(text) : text);
  if (!match) return undefined;
  const pre = match[4]?.split(".") ?? [];
  if (pre.some((part) => /^0\d+$/.test(part))) return undefined;
  return new CelSemver([BigInt(match[1]!), BigInt(match[2]!), BigInt(match[3]!)], pre, match[0]);
}

/** `v1.02` → `1.2.0` */
function normalized(text: string): string {
  const match = /^v?(\d+(?:\.\d+){0,2})([-+].*)?$/.exec(text);
  if (!match) return text;
  const parts = match[1]!.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + (match[2] ?? "");
}

function semver(text: string, normalize = false): CelSemver {
  const value = parseSemver(text, normalize);
  if (!value) throw new CelEvalError(`invalid semver: ${text}`);
  return value;
}

function compare(a: CelSemver, b: CelSemver): number {
  for (const i of [0, 1, 2] as const) {
    if (a.numbers[i] !== b.numbers[i]) return a.numbers[i] < b.numbers[i] ? -1 : 1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i++) {
    const order = compareParts(a.pre[i]!, b.pre[i]!);
    if (order !== 0) return order;
  }
  return Math.sign(a.pre.length - b.pre.length);
}

function compareParts(a: string, b: string): number {
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (x && y) return a.length === b.length ? compareStrings(a, b) : a.length < b.length ? -1 : 1;
  return x !== y ? (x ? -1 : 1) : compareStrings(a, b);
}

const cost = ([a]: readonly number[]): number => Math.max(1, Math.ceil(a! * 0.1));

export const semverLibrary = library(
  {
    "semver(string): kubernetes.Semver": { call: semver, cost },
    "semver(string, bool): kubernetes.Semver": { call: semver, cost },
    "isSemver(string): bool": { call: (text: string) => parseSemver(text) !== undefined, cost },
    "isSemver(string, bool): bool": { call: (text: string, normalize: boolean) => parseSemver(text, normalize) !== undefined, cost },
    "(kubernetes.Semver).major(): int": (a: CelSemver) => a.numbers[0],
    "(kubernetes.Semver).minor(): int": (a: CelSemver) => a.numbers[1],
    "(kubernetes.Semver).patch(): int": (a: CelSemver) => a.numbers[2],
    "(kubernetes.Semver).compareTo(kubernetes.Semver): int": (a: CelSemver, b: CelSemver) => BigInt(compare(a, b)),
    "(kubernetes.Semver).isGreaterThan(kubernetes.Semver): bool": (a: CelSemver, b: CelSemver) => compare(a, b) > 0,
    "(kubernetes.Semver).isLessThan(kubernetes.Semver): bool": (a: CelSemver, b: CelSemver) => compare(a, b) < 0,
  },
  ["kubernetes.Semver"],
);
