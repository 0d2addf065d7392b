/** Lists. @see Kubernetes' list library; cel-go ext/lists */
import { CelEvalError } from "../errors.ts";
import { library } from "../library.ts";
import { ArrayList, celEquals, CelDuration, CelList, CelUint, compareValues, type CelValue } from "../values.ts";
import { requireInt, requireUint } from "./standard.ts";
import { requireDuration } from "../time.ts";

function compare(a: CelValue, b: CelValue): number {
  const order = compareValues(a, b);
  if (order === undefined) throw new CelEvalError("no such overload");
  return order;
}

function isSorted(items: CelList): boolean {
  for (let i = 1; i < items.size; i++) if (compare(items.at(i - 1), items.at(i)) > 0) return false;
  return true;
}

function extreme(items: CelList, name: string, sign: number): CelValue {
  if (items.size === 0) throw new CelEvalError(`${name} called on empty list`);
  let best = items.at(0);
  for (let i = 1; i < items.size; i++) {
    const item = items.at(i);
    if (compare(item, best) * sign > 0) best = item;
  }
  return best;
}

function sumInts(items: CelList): bigint {
  let total = 0n;
  for (const item of items) {
    if (typeof item !== "bigint") throw new CelEvalError("no such overload");
    total = requireInt(total + item);
  }
  return total;
}

function sumDoubles(items: CelList): number {
  let total = 0;
  for (const item of items) {
    if (typeof item !== "number") throw new CelEvalError("no such overload");
    total += item;
  }
  return total;
}

function sumUints(items: CelList): CelUint {
  let total = 0n;
  for (const item of items) {
    if (!(item instanceof CelUint)) throw new CelEvalError("no such overload");
    total += item.value;
  }
  return requireUint(total);
}

function sumDurations(items: CelList): CelDuration {
  let total = 0n;
  for (const item of items) {
    if (!(item instanceof CelDuration)) throw new CelEvalError("no such overload");
    total = requireDuration(total + item.ns);
  }
  return new CelDuration(total);
}

function indexOf(items: CelList, value: CelValue): bigint {
  for (let i = 0; i < items.size; i++) if (celEquals(items.at(i), value)) return BigInt(i);
  return -1n;
}

function lastIndexOf(items: CelList, value: CelValue): bigint {
  for (let i = items.size - 1; i >= 0; i--) if (celEquals(items.at(i), value)) return BigInt(i);
  return -1n;
}

function slice(items: CelList, start: bigint, end: bigint): CelList {
  if (start < 0n || end < 0n) throw new CelEvalError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end) throw new CelEvalError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (end > BigInt(items.size)) throw new CelEvalError(`cannot slice(${start}, ${end}), list is length ${items.size}`);
  return new ArrayList([...items].slice(Number(start), Number(end)));
}

/** Lists and maps are told apart by numbers and strings alone where they can be; the rest is compared one by one. */
function distinct(items: CelList): CelList {
  const seen = new Set<CelValue>();
  const out: CelValue[] = [];
  for (const item of items) {
    const primitive = typeof item === "string" || typeof item === "bigint" || typeof item === "boolean";
    if (primitive ? seen.has(item) : out.some((other) => celEquals(other, item))) continue;
    if (primitive) seen.add(item);
    out.push(item);
  }
  return new ArrayList(out);
}

function flatten(items: CelList, depth = 1n): CelList {
  if (depth < 0n) throw new CelEvalError("level must be non-negative");
  const out: CelValue[] = [];
  const add = (list: CelList, left: bigint): void => {
    for (const item of list) {
      if (item instanceof CelList && left > 0n) add(item, left - 1n);
      else out.push(item);
    }
  };
  add(items, depth < 200n ? depth : 200n);
  return new ArrayList(out);
}

const each = (sizes: readonly number[]): number => Math.max(1, sizes[0]!);
const same = ([a]: readonly number[]): number => a!;
const ordered = ["int", "uint", "double", "bool", "string", "bytes", "timestamp", "duration"];
const perType = (name: string, call: (items: CelList) => CelValue, result?: string) =>
  Object.fromEntries(ordered.map((type) => [`(list<${type}>).${name}(): ${result ?? type}`, { call, cost: each }]));

export const listsLibrary = library({
  ...perType("isSorted", isSorted, "bool"),
  ...perType("min", (items) => extreme(items, "min", -1)),
  ...perType("max", (items) => extreme(items, "max", 1)),
  "(list<int>).sum(): int": { call: sumInts, cost: each },
  "(list<uint>).sum(): uint": { call: sumUints, cost: each },
  "(list<double>).sum(): double": { call: sumDoubles, cost: each },
  "(list<duration>).sum(): duration": { call: sumDurations, cost: each },
  "(list<A>).indexOf(A): int": { call: indexOf, cost: each },
  "(list<A>).lastIndexOf(A): int": { call: lastIndexOf, cost: each },
  "(list<A>).slice(int, int): list<A>": { call: slice, cost: each, size: same },
  "(list<A>).distinct(): list<A>": { call: distinct, cost: ([n]) => Math.max(1, n! * n!), size: same },
  "(list<A>).flatten(): list<dyn>": { call: flatten, cost: each },
  "(list<A>).flatten(int): list<dyn>": { call: flatten, cost: each },
  "(list<A>).reverse(): list<A>": { call: (items: CelList) => new ArrayList([...items].reverse()), cost: each, size: same },
  "(list<A>).sort(): list<A>": { call: (items: CelList) => new ArrayList([...items].sort(compare)), cost: each, size: same },
  "lists.range(int): list<int>": {
    call: (n: bigint) => {
      if (n > 100_000n) throw new CelEvalError("lists.range: too many elements");
      return new ArrayList(Array.from({ length: Math.max(0, Number(n)) }, (_, i) => BigInt(i)));
    },
    cost: () => 100,
  },
});

/** @see Kubernetes' sets library, cel-go ext/sets */
export const setsLibrary = library({
  "sets.contains(list<A>, list<A>): bool": { call: containsAll, cost: crossed },
  "sets.equivalent(list<A>, list<A>): bool": {
    call: (a: CelList, b: CelList) => containsAll(a, b) && containsAll(b, a),
    cost: crossed,
  },
  "sets.intersects(list<A>, list<A>): bool": {
    call: (a: CelList, b: CelList) => [...b].some((item) => a.contains(item)),
    cost: crossed,
  },
});

function crossed([a, b]: readonly number[]): number {
  return Math.max(1, a! * b!);
}

function containsAll(a: CelList, b: CelList): boolean {
  for (const item of b) if (!a.contains(item)) return false;
  return true;
}
