/** Patterns are strangers': RE2's linear-time engine, never JavaScript's own. */
import { RE2JS } from "re2js";
import { CelEvalError } from "../errors.ts";
import { library } from "../library.ts";
import { ArrayList, type CelValue } from "../values.ts";

const maxCached = 256;
const cache = new Map<string, RE2JS>();

/** @throws CelEvalError when the pattern is no RE2 expression */
export function compilePattern(pattern: string): RE2JS {
  let compiled = cache.get(pattern);
  if (!compiled) {
    try {
      compiled = RE2JS.compile(pattern);
    } catch (error) {
      throw new CelEvalError(`error parsing regexp: ${(error as Error).message.replace(/^error parsing regexp: /, "")}`);
    }
    if (cache.size >= maxCached) cache.delete(cache.keys().next().value!);
    if (pattern.length < 4096) cache.set(pattern, compiled);
  }
  return compiled;
}

/** Whether the pattern occurs anywhere in the text. */
export const matchesPattern = (text: string, pattern: string): boolean => compilePattern(pattern).test(text);

function find(text: string, pattern: string): string {
  const matcher = compilePattern(pattern).matcher(text);
  return matcher.find() ? (matcher.group() ?? "") : "";
}

function findAll(text: string, pattern: string, limit = -1n): CelValue {
  const found: string[] = [];
  if (limit === 0n) return new ArrayList(found);
  const matcher = compilePattern(pattern).matcher(text);
  while ((limit < 0n || found.length < Number(limit)) && matcher.find()) found.push(matcher.group() ?? "");
  return new ArrayList(found);
}

const cost = ([text, pattern]: readonly number[]): number => Math.max(1, Math.ceil((text! + 1) * 0.1) * Math.ceil(pattern! * 0.25));

/** @see Kubernetes' regex library */
export const regexLibrary = library({
  "(string).find(string): string": { call: find, cost, size: ([a]) => a! },
  "(string).findAll(string): list<string>": { call: findAll, cost, size: ([a]) => a! },
  "(string).findAll(string, int): list<string>": { call: findAll, cost, size: ([a]) => a! },
});
