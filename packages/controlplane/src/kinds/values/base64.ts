import { GoDecodeError } from "./go-decode-error.ts";

const canonical = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The text again in canonical form (line breaks inside are allowed). @throws GoDecodeError at the position that Go reports
 */
export function canonicalBase64(text: string): string {
  if (canonical.test(text)) return hasLooseBits(text) ? Buffer.from(text, "base64").toString("base64") : text;
  const problem = firstProblem(text);
  if (problem >= 0) throw new GoDecodeError(`illegal base64 data at input byte ${problem}`);
  return Buffer.from(text, "base64").toString("base64");
}

/** How many bytes a canonical text stands for. */
export const base64Bytes = (text: string): number => (text.length / 4) * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);

/** bits of the last letter that no byte uses: accepted, and written back as zeros */
const hasLooseBits = (text: string): boolean =>
  text.endsWith("==") ? !"AQgw".includes(text.at(-3)!) : text.endsWith("=") && !"AEIMQUYcgkosw048".includes(text.at(-2)!);

/** Groups of four letters; padding only in the last one, and nothing but line breaks behind it. -1: none. */
function firstProblem(text: string): number {
  let inGroup = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === "\n" || c === "\r") continue;
    if (/[A-Za-z0-9+/]/.test(c)) {
      inGroup = (inGroup + 1) % 4;
      continue;
    }
    if (c !== "=" || inGroup < 2) return Buffer.byteLength(text.slice(0, i));
    let next = i + 1;
    const skipBreaks = (): void => {
      while (text[next] === "\n" || text[next] === "\r") next++;
    };
    if (inGroup === 2) {
      skipBreaks();
      if (next === text.length) return text.length;
      if (text[next] !== "=") return next;
      next++;
    }
    skipBreaks();
    return next < text.length ? next : -1;
  }
  return inGroup === 0 ? -1 : text.replace(/[\r\n]+$/, "").length - inGroup;
}
