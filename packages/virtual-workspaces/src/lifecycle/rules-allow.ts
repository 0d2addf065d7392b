import type { PolicyRule } from "@meshplane/apis";
import type { Target } from "@meshplane/apiserver";

/** RBAC's reading of policy rules, without roles and bindings around them. */
export const rulesAllow = (rules: readonly PolicyRule[], target: Target): boolean => rules.some((rule) => allows(rule, target));

function allows(rule: PolicyRule, target: Target): boolean {
  if (!has(rule.verbs, target.verb)) return false;
  if (target.kind === "nonResource")
    return (rule.nonResourceURLs ?? []).some(
      (url) => url === "*" || url === target.path || (url.endsWith("*") && target.path.startsWith(url.slice(0, -1))),
    );
  const { group, resource, subresource, name } = target;
  if (!has(rule.apiGroups, group)) return false;
  const wanted = subresource ? `${resource}/${subresource}` : resource;
  const resources = rule.resources ?? [];
  if (!has(resources, wanted) && !(subresource && resources.includes(`*/${subresource}`))) return false;
  return !rule.resourceNames?.length || rule.resourceNames.includes(name);
}

const has = (list: readonly string[] | undefined, value: string): boolean =>
  Boolean(list?.some((entry) => entry === "*" || entry === value));
