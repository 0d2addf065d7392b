import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooMany,
  isQualifiedName,
  pathSegmentName,
  type FieldError,
  type LabelSelectorSpec,
} from "@meshplane/apimachinery";
import { selectorErrors } from "../selector-errors.ts";

/** Which requests a webhook or policy is about. */
export interface Rule {
  operations: string[] | null;
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  resourceNames?: string[];
  scope?: string;
}
export interface MatchResources {
  namespaceSelector?: LabelSelectorSpec;
  objectSelector?: LabelSelectorSpec;
  resourceRules?: Rule[];
  excludeResourceRules?: Rule[];
  matchPolicy?: string;
}
export interface MatchCondition {
  name: string;
  expression: string;
}

/** What an expression may use, and what it must give. */
export interface ExpressionUse {
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  readonly returns: "bool" | "string" | "stringOrNull" | "applyConfiguration" | "jsonPatch" | "any";
  /** `variables.<name>` declared before it, with their expressions, in order */
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
}
/** Upstream's complaint about an expression: `compilation failed: …`, `must evaluate to bool but got int`; undefined when it is fine. */
export type CheckExpression = (expression: string, use: ExpressionUse) => string | undefined;

export const failurePolicies = ["Fail", "Ignore"];
export const matchPolicies = ["Equivalent", "Exact"];
export const reinvocationPolicies = ["IfNeeded", "Never"];
const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
export const mutatingOperations = ["*", "CONNECT", "CREATE", "UPDATE"];
const scopes = ["*", "Cluster", "Namespaced"];

export function defaultRules(rules: Rule[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= "*";
}

export function defaultMatchResources(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

/** A value that must be one of a few; `required` when it may not be missing either. */
export function choiceErrors(field: string, value: string | null | undefined, choices: readonly string[], required = false): FieldError[] {
  if (value === undefined || value === null || (required && value === "")) return required ? [fieldRequired(field)] : [];
  return choices.includes(value) ? [] : [fieldNotSupported(field, value, choices)];
}

export function ruleErrors(rule: Rule, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const asked = rule.operations ?? [];
  if (asked.length === 0) errors.push(fieldRequired(`${field}.operations`));
  if (asked.length > 1 && asked.includes("*"))
    errors.push(fieldInvalid(`${field}.operations`, asked, "if '*' is present, must not specify other operations"));
  asked.forEach((operation, i) => errors.push(...choiceErrors(`${field}.operations[${i}]`, operation, operations)));
  errors.push(...wildcardErrors(`${field}.apiGroups`, rule.apiGroups, "API groups"));
  errors.push(...wildcardErrors(`${field}.apiVersions`, rule.apiVersions, "API versions"));
  rule.apiVersions?.forEach((version, i) => version === "" && errors.push(fieldRequired(`${field}.apiVersions[${i}]`)));
  errors.push(...resourceErrors(rule.resources ?? [], `${field}.resources`));
  errors.push(...choiceErrors(`${field}.scope`, rule.scope, scopes));
  return errors;
}

function wildcardErrors(field: string, values: string[] = [], what: string): FieldError[] {
  if (values.length === 0) return [fieldRequired(field)];
  return values.length > 1 && values.includes("*")
    ? [fieldInvalid(field, values, `if '*' is present, must not specify other ${what}`)]
    : [];
}

// `*` is every resource, `pods/*` every subresource of pods, `*/scale` every scale, `*/*` all.
function resourceErrors(resources: string[], field: string): FieldError[] {
  if (resources.length === 0) return [fieldRequired(field)];
  const errors: FieldError[] = [];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  resources.forEach((text, i) => {
    const at = `${field}[${i}]`;
    if (text === "") return void errors.push(fieldRequired(at));
    const slash = text.indexOf("/");
    if (slash < 0) return;
    const [resource, sub] = [text.slice(0, slash), text.slice(slash + 1)];
    if (wholeResources.has(resource)) errors.push(fieldInvalid(at, text, `if '${resource}/*' is present, must not specify ${text}`));
    if (wholeSubresources.has(sub)) errors.push(fieldInvalid(at, text, `if '*/${sub}' is present, must not specify ${text}`));
    if (sub === "*") wholeResources.add(resource);
    if (resource === "*") wholeSubresources.add(sub);
  });
  if (resources.length > 1 && resources.includes("*/*"))
    errors.push(fieldInvalid(field, resources, "if '*/*' is present, must not specify other resources"));
  const plain = resources.filter((text) => text !== "" && !text.includes("/")).at(-1);
  if (resources.includes("*") && plain !== undefined && plain !== "*") {
    errors.push(fieldInvalid(field, resources, "if '*' is present, must not specify other resources without subresources"));
  }
  return errors;
}

export function matchResourcesErrors(match: MatchResources | undefined, field: string): FieldError[] {
  if (!match) return [];
  const errors = choiceErrors(`${field}.matchPolicy`, match.matchPolicy, matchPolicies, true);
  for (const name of ["namespaceSelector", "objectSelector"] as const) {
    const selector = match[name];
    errors.push(...(selector ? selectorErrors(selector, `${field}.${name}`) : [fieldRequired(`${field}.${name}`)]));
  }
  for (const name of ["resourceRules", "excludeResourceRules"] as const) {
    match[name]?.forEach((rule, i) => errors.push(...namedRuleErrors(rule, `${field}.${name}[${i}]`)));
  }
  return errors;
}

function namedRuleErrors(rule: Rule, field: string): FieldError[] {
  const errors: FieldError[] = [];
  rule.resourceNames?.forEach((name, i) => {
    const at = `${field}.resourceNames[${i}]`;
    for (const detail of pathSegmentName(name, false)) errors.push(fieldInvalid(at, name, detail));
    if (rule.resourceNames!.indexOf(name) < i) errors.push(fieldDuplicate(at, name));
  });
  return [...errors, ...ruleErrors(rule, field)];
}

const conditionsMax = 64;

export function matchConditionErrors(
  conditions: MatchCondition[] | undefined,
  field: string,
  check: (expression: string) => string | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  if (conditions && conditions.length > conditionsMax) errors.push(fieldTooMany(field, conditions.length, conditionsMax));
  conditions?.forEach(({ name, expression }, i) => {
    const at = `${field}[${i}]`;
    errors.push(...expressionErrors(`${at}.expression`, expression.trim(), "", check));
    if (name === "") errors.push(fieldRequired(`${at}.name`));
    else for (const detail of isQualifiedName(name)) errors.push(fieldInvalid(`${at}.name`, name, detail));
    if (name !== "" && seen.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    seen.add(name);
  });
  return errors;
}

/** @param missing the detail of "Required value" */
export function expressionErrors(
  field: string,
  expression: string,
  missing: string,
  check: (expression: string) => string | undefined,
): FieldError[] {
  if (expression.trim() === "") return [fieldRequired(field, missing)];
  const problem = check(expression);
  return problem === undefined ? [] : [fieldInvalid(field, expression, problem)];
}
