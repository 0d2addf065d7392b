import type { PolicyRule } from "./policy.ts";
import { urlCovers } from "./rule-allows.ts";

/** Granting more than this many single rights at once is compared rule by rule all the same, but nobody writes such a role. */
const subrulesMax = 100_000;

/**
 * Which single rights of `granted` no rule of `held` includes: each with one verb, and one resource with at most one name, or one URL.
 * Empty when nothing is missing.
 */
export function missingRights(held: readonly PolicyRule[], granted: readonly PolicyRule[]): PolicyRule[] {
  const missing: PolicyRule[] = [];
  let count = 0;
  for (const rule of granted) {
    for (const single of singleRights(rule)) {
      if (++count > subrulesMax) throw new RangeError("the role has too many rights to compare");
      if (!held.some((owner) => covers(owner, single))) missing.push(single);
    }
  }
  return missing;
}

function* singleRights(rule: PolicyRule): Iterable<PolicyRule> {
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const right = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (!rule.resourceNames?.length) yield right;
        else for (const name of rule.resourceNames) yield { ...right, resourceNames: [name] };
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) yield { nonResourceURLs: [url], verbs: [verb] };
  }
}

function covers(owner: PolicyRule, single: PolicyRule): boolean {
  const has = (set: readonly string[] | undefined, wanted: string): boolean =>
    set !== undefined && (set.includes("*") || set.includes(wanted));
  if (!has(owner.verbs, single.verbs[0]!)) return false;
  const url = single.nonResourceURLs?.[0];
  if (url !== undefined) return (owner.nonResourceURLs ?? []).some((it) => urlCovers(it, url));
  const resource = single.resources![0]!;
  const slash = resource.indexOf("/");
  const ofAny = slash < 0 ? undefined : `*${resource.slice(slash)}`;
  if (!has(owner.apiGroups, single.apiGroups![0]!)) return false;
  if (!has(owner.resources, resource) && !(ofAny && owner.resources?.includes(ofAny))) return false;
  if (!owner.resourceNames?.length) return true;
  const name = single.resourceNames?.[0];
  return name !== undefined && owner.resourceNames.includes(name);
}

/** Single rights on the same resource put together, then one line each, sorted: as refusals print them. */
export function describeRights(rights: readonly PolicyRule[]): string[] {
  const byResource = new Map<string, PolicyRule & { verbs: string[] }>();
  const lines = new Set<string>();
  for (const right of rights) {
    if (right.nonResourceURLs) {
      lines.add(describeRule(right));
      continue;
    }
    const key = JSON.stringify([right.apiGroups, right.resources, right.resourceNames ?? null]);
    const known = byResource.get(key);
    if (known) known.verbs.push(...right.verbs);
    else byResource.set(key, { ...right, verbs: [...right.verbs] });
  }
  for (const right of byResource.values()) lines.add(describeRule(right));
  return [...lines].sort();
}

function describeRule(rule: PolicyRule): string {
  const parts: string[] = [];
  const add = (label: string, values: readonly string[] | undefined): void => {
    if (values?.length) parts.push(`${label}:${quoteList(values)}`);
  };
  add("APIGroups", rule.apiGroups);
  add("Resources", rule.resources);
  add("NonResourceURLs", rule.nonResourceURLs);
  add("ResourceNames", rule.resourceNames);
  add("Verbs", rule.verbs);
  return `{${parts.join(", ")}}`;
}

/** Go's `%q` of a list. */
export const quoteList = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
