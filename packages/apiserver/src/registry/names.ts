import { randomBytes } from "node:crypto";
import { dnsLabelName, dnsSubdomainName, pathSegmentName } from "@meshplane/apimachinery";
import type { Strategy } from "./strategy.ts";

/** Letters and digits that do not make words, as upstream draws them (wire 55). */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const nameLengthMax = 63;

export function generateName(prefix: string): string {
  let suffix = "";
  while (suffix.length < suffixLength) {
    for (const byte of randomBytes(suffixLength * 2)) {
      // 243 is the largest multiple of 27 in a byte: a plain remainder would favour the first letters
      if (byte < 243 && suffix.length < suffixLength) suffix += alphabet[byte % alphabet.length];
    }
  }
  return prefix.slice(0, nameLengthMax - suffixLength) + suffix;
}

/** What is wrong with a name, in upstream's words. A prefix (generateName) may end with a dash. */
export function nameErrors(strategy: Strategy, name: string, prefix: boolean): string[] {
  const rule = strategy.nameValidation;
  if (typeof rule === "function") return rule(name, prefix);
  if (rule === "pathSegment") return pathSegmentName(name, prefix);
  return rule === "dns1123Label" ? dnsLabelName(name, prefix) : dnsSubdomainName(name, prefix);
}
