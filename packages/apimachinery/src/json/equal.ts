/** Deeper than this the comparison goes on without the call stack. */
const recursionMax = 300;

/**
 * Whether two JSON values are the same: keys in any order, an absent key like one that is undefined, an integer like the same bigint.
 * `null` differs from absent. Any depth.
 */
export const equalJson = (a: unknown, b: unknown): boolean => equal(a, b, 0);

function equal(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return equalScalars(a, b);
  if (depth > recursionMax) return equalIteratively(a, b);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i], depth + 1)) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  let defined = 0;
  for (const key in left) {
    const item = left[key];
    if (item === undefined) continue;
    defined++;
    if (!Object.hasOwn(right, key) || !equal(item, right[key], depth + 1)) return false;
  }
  for (const key in right) if (right[key] !== undefined) defined--;
  return defined === 0;
}

function equalScalars(a: unknown, b: unknown): boolean {
  if (typeof a === "bigint") return typeof b === "number" && BigInt(Number.isInteger(b) ? b : 0) === a && Number.isInteger(b);
  if (typeof b === "bigint") return equalScalars(b, a);
  return a === b;
}

function equalIteratively(first: object, second: object): boolean {
  const pending: [unknown, unknown][] = [[first, second]];
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) {
      if (!equalScalars(a, b)) return false;
      continue;
    }
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const left = a as Record<string, unknown>;
    const right = b as Record<string, unknown>;
    if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
    for (const key of Object.keys(left)) {
      if (left[key] !== undefined) pending.push([left[key], Object.hasOwn(right, key) ? right[key] : undefined]);
    }
    for (const key of Object.keys(right)) {
      if (right[key] !== undefined && (!Object.hasOwn(left, key) || left[key] === undefined)) return false;
    }
  }
  return true;
}
