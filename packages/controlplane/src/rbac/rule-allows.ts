import type { Target } from "@meshplane/apiserver";
import type { PolicyRule } from "./policy.ts";

/** True when one rule alone allows the request. */
export function ruleAllows(rule: PolicyRule, target: Target): boolean {
  if (!includesOrAll(rule.verbs, target.verb)) return false;
  if (target.kind === "nonResource") return urlsInclude(rule.nonResourceURLs, target.path);
  return (
    includesOrAll(rule.apiGroups, target.group) &&
    resourcesInclude(rule.resources, target.resource, target.subresource) &&
    namesInclude(rule.resourceNames, target.name)
  );
}

const includesOrAll = (set: readonly string[] | undefined, wanted: string): boolean =>
  set !== undefined && (set.includes(wanted) || set.includes("*"));

function resourcesInclude(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (!resources) return false;
  const whole = subresource === "" ? resource : `${resource}/${subresource}`;
  for (const it of resources) {
    if (it === "*" || it === whole) return true;
    if (subresource !== "" && it.startsWith("*/") && it.slice(2) === subresource) return true;
  }
  return false;
}

const namesInclude = (names: readonly string[] | undefined, name: string): boolean => !names?.length || names.includes(name);

function urlsInclude(urls: readonly string[] | undefined, path: string): boolean {
  return urls !== undefined && urls.some((url) => urlCovers(url, path));
}

/** `/custom/*` covers what begins with `/custom/`; a star elsewhere is a star. */
export function urlCovers(url: string, path: string): boolean {
  if (url === "*" || url === path) return true;
  return url.endsWith("*") && path.startsWith(withoutTrailingStars(url));
}

function withoutTrailingStars(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "*") end--;
  return text.slice(0, end);
}
