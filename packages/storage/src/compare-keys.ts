/** True when the string holds code units that UTF-16 orders differently from UTF-8: surrogates, and what lies above them. */
const beyondSurrogates = /[\ud800-\uffff]/;

export const ordersAlikeInUtf16 = (key: string): boolean => !beyondSurrogates.test(key);

/** A code unit's rank in UTF-8 order: surrogates stand for characters beyond U+FFFF, so they come after U+E000…U+FFFF. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/**
 * Byte order of the strings' UTF-8 forms, which is the order of keys in every driver. JavaScript's `<` compares UTF-16 code units and
 * puts U+1F600 before U+FF5E.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/**
 * The smallest string that is greater than everything starting with `prefix`, in byte order; undefined when there is none (empty prefix).
 * Code points order as their UTF-8 bytes do, so the last one is raised, leaving out the surrogates, which are no characters.
 */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0)!;
    if (point < 0x10ffff) return points.join("") + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
  }
  return undefined;
}
