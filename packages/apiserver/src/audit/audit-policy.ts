/** audit.k8s.io/v1 Policy: which requests are written down, how much of them, at which stages. The first rule that matches decides; none is level None. */
import { decodeYaml } from "@meshplane/apimachinery";
import type { Target } from "../target.ts";
import type { User } from "../user.ts";
import { auditLevels, auditStages, type AuditLevel, type AuditStage } from "./audit-event.ts";

export interface AuditPolicy {
  readonly rules: readonly PolicyRule[];
}

/** How a request that matched is written. */
export interface AuditDepth {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

interface PolicyRule extends AuditDepth {
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly GroupResources[];
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

interface GroupResources {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

/** What is written when nobody said: who asked for what, once it has been answered. */
export const metadataOfEverything: AuditPolicy = {
  rules: [
    {
      level: "Metadata",
      omitStages: new Set<AuditStage>(["RequestReceived", "ResponseStarted"]),
      omitManagedFields: true,
      users: [],
      userGroups: [],
      verbs: [],
      resources: [],
      namespaces: [],
      nonResourceURLs: [],
    },
  ],
};

/** @returns undefined when nothing is to be written of such a request */
export function auditDepthOf(policy: AuditPolicy, user: User | undefined, target: Target): AuditDepth | undefined {
  for (const rule of policy.rules) if (matches(rule, user, target)) return rule.level === "None" ? undefined : rule;
  return undefined;
}

function matches(rule: PolicyRule, user: User | undefined, target: Target): boolean {
  if (rule.users.length > 0 && !(user && rule.users.includes(user.name))) return false;
  if (rule.userGroups.length > 0 && !user?.groups.some((group) => rule.userGroups.includes(group))) return false;
  if (rule.verbs.length > 0 && !rule.verbs.includes(target.verb)) return false;
  if (rule.namespaces.length > 0 || rule.resources.length > 0) return matchesResource(rule, target);
  if (rule.nonResourceURLs.length > 0) return matchesPath(rule.nonResourceURLs, target);
  return true;
}

function matchesResource({ namespaces, resources }: PolicyRule, target: Target): boolean {
  if (target.kind !== "resource") return false;
  // a namespace lies in itself
  const namespace = target.resource === "namespaces" && target.group === "" ? target.name : target.namespace;
  if (namespaces.length > 0 && !namespaces.includes(namespace)) return false;
  if (resources.length === 0) return true;
  const whole = target.subresource === "" ? target.resource : `${target.resource}/${target.subresource}`;
  return resources.some(({ group, resources, resourceNames }) => {
    if (group !== target.group) return false;
    if (resources.length === 0) return true;
    if (resourceNames.length > 0 && !resourceNames.includes(target.name)) return false;
    return resources.some(
      (wanted) =>
        wanted === "*" ||
        wanted === whole ||
        (target.subresource !== "" && wanted === `*/${target.subresource}`) ||
        wanted === `${target.resource}/*`,
    );
  });
}

function matchesPath(urls: readonly string[], target: Target): boolean {
  if (target.kind !== "nonResource") return false;
  return urls.some((url) => url === "*" || url === target.path || (url.endsWith("*") && target.path.startsWith(url.slice(0, -1))));
}

/** @throws AuditPolicyError with a sentence for the operator */
export function parseAuditPolicy(text: string): AuditPolicy {
  let value: unknown;
  try {
    value = decodeYaml(text).value;
  } catch (cause) {
    throw new AuditPolicyError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const policy = fieldsOf(value, "the policy", ["apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"]);
  if (policy.apiVersion !== "audit.k8s.io/v1") throw new AuditPolicyError(`apiVersion: ${shown(policy.apiVersion)} is not audit.k8s.io/v1`);
  if (policy.kind !== "Policy") throw new AuditPolicyError(`kind: ${shown(policy.kind)} is not Policy`);
  if (!Array.isArray(policy.rules) || policy.rules.length === 0) throw new AuditPolicyError("rules: at least one is needed");
  const omitStages = stagesOf(policy.omitStages, "omitStages");
  const omitManagedFields = booleanOf(policy.omitManagedFields, "omitManagedFields") ?? false;
  return { rules: policy.rules.map((rule: unknown, i) => ruleOf(rule, `rules[${i}]`, omitStages, omitManagedFields)) };
}

export class AuditPolicyError extends Error {
  override readonly name = "AuditPolicyError";
}

function ruleOf(value: unknown, at: string, omitStages: readonly AuditStage[], omitManagedFields: boolean): PolicyRule {
  const rule = fieldsOf(value, at, [
    "level",
    "users",
    "userGroups",
    "verbs",
    "resources",
    "namespaces",
    "nonResourceURLs",
    "omitStages",
    "omitManagedFields",
  ]);
  const level = auditLevels.find((known) => known === rule.level);
  if (!level) throw new AuditPolicyError(`${at}.level: ${shown(rule.level)} is none of ${auditLevels.join(", ")}`);
  const nonResourceURLs = stringsOf(rule.nonResourceURLs, `${at}.nonResourceURLs`);
  const namespaces = stringsOf(rule.namespaces, `${at}.namespaces`);
  const resources = listOf(rule.resources, `${at}.resources`).map((item, i) => resourcesOf(item, `${at}.resources[${i}]`));
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0))
    throw new AuditPolicyError(`${at}.nonResourceURLs: a rule is for paths or for resources, not for both`);
  nonResourceURLs.forEach((url, i) => {
    const where = `${at}.nonResourceURLs[${i}]`;
    if (url !== "*" && !url.startsWith("/")) throw new AuditPolicyError(`${where}: ${shown(url)} does not begin with /`);
    if (url.slice(0, -1).includes("*")) throw new AuditPolicyError(`${where}: ${shown(url)} has a * before its end`);
  });
  return {
    level,
    users: stringsOf(rule.users, `${at}.users`),
    userGroups: stringsOf(rule.userGroups, `${at}.userGroups`),
    verbs: stringsOf(rule.verbs, `${at}.verbs`),
    resources,
    namespaces,
    nonResourceURLs,
    omitStages: new Set([...omitStages, ...stagesOf(rule.omitStages, `${at}.omitStages`)]),
    omitManagedFields: booleanOf(rule.omitManagedFields, `${at}.omitManagedFields`) ?? omitManagedFields,
  };
}

function resourcesOf(value: unknown, at: string): GroupResources {
  const item = fieldsOf(value, at, ["group", "resources", "resourceNames"]);
  const { group = "" } = item;
  if (typeof group !== "string" || group.includes("/"))
    throw new AuditPolicyError(`${at}.group: ${shown(group)} is not the name of a group`);
  const resources = stringsOf(item.resources, `${at}.resources`);
  const resourceNames = stringsOf(item.resourceNames, `${at}.resourceNames`);
  if (resourceNames.length > 0 && resources.length === 0) throw new AuditPolicyError(`${at}.resourceNames: names need resources`);
  return { group, resources, resourceNames };
}

function stagesOf(value: unknown, at: string): AuditStage[] {
  return stringsOf(value, at).map((name, i) => {
    const stage = auditStages.find((known) => known === name);
    if (!stage) throw new AuditPolicyError(`${at}[${i}]: ${shown(name)} is none of ${auditStages.join(", ")}`);
    return stage;
  });
}

/** An unknown field may be a rule that was meant to keep secrets out: it is refused. */
function fieldsOf(value: unknown, at: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new AuditPolicyError(`${at} is not an object`);
  for (const key of Object.keys(value)) if (!known.includes(key)) throw new AuditPolicyError(`${at}: unknown field ${shown(key)}`);
  return value as Record<string, unknown>;
}

function listOf(value: unknown, at: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new AuditPolicyError(`${at} is not a list`);
  return value;
}

function stringsOf(value: unknown, at: string): string[] {
  return listOf(value, at).map((item, i) => {
    if (typeof item !== "string") throw new AuditPolicyError(`${at}[${i}]: ${shown(item)} is not a string`);
    return item;
  });
}

function booleanOf(value: unknown, at: string): boolean | undefined {
  if (value === undefined || value === null || typeof value === "boolean") return value ?? undefined;
  throw new AuditPolicyError(`${at}: ${shown(value)} is neither true nor false`);
}

const shown = (value: unknown): string => JSON.stringify(value) ?? "nothing";
