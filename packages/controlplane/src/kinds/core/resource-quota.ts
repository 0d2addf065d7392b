import { fieldInvalid, fieldRequired, isQualifiedName, type FieldError, type KubeObject } from "@meshplane/apimachinery";
import { age, ageColumn, column, define, nameColumn } from "../define.ts";
import { parseQuantity } from "../values/quantity.ts";

interface ResourceQuota extends KubeObject {
  spec?: {
    hard?: Record<string, string>;
    scopes?: string[];
    scopeSelector?: { matchExpressions?: { scopeName: string; operator: string; values?: string[] }[] };
  };
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

export const resourceQuotas = define<ResourceQuota>({
  group: "",
  resource: "resourcequotas",
  kind: "ResourceQuota",
  shortNames: ["quota"],
  namespaced: true,
  returnsObjectOnDelete: true,
  prepareForCreate: (quota) => void (quota.status = {}),
  prepareForUpdate: (next, current) => void (next.status = { ...current.status }),
  validate: ({ spec = {} }) => [...amountErrors(spec.hard, "spec.hard"), ...scopeErrors(spec), ...scopeSelectorErrors(spec)],
  validateUpdate(next, current) {
    const scopes = next.spec?.scopes ?? [];
    const before = new Set(current.spec?.scopes);
    const same = scopes.every((scope) => before.has(scope)) && new Set(scopes).size === before.size;
    return same ? [] : [fieldInvalid("spec.scopes", scopes.length ? scopes : null, "field is immutable")];
  },
  status: {
    prepareForUpdate: (next, current) => void (next.spec = { ...current.spec }),
    validateUpdate: ({ status = {} }) => [...amountErrors(status.hard, "status.hard"), ...amountErrors(status.used, "status.used")],
  },
  columns: [
    nameColumn,
    column("Request", "Use and limit of each counted resource."),
    column("Limit", "Use and limit of what is limited by `limits.`."),
    ageColumn,
  ],
  cells(quota, now) {
    const { hard = {}, used = {} } = quota.status ?? {};
    const print = (limits: boolean): string =>
      Object.keys(hard)
        .filter((name) => name.startsWith("limits.") === limits)
        .sort()
        .map((name) => `${name}: ${used[name] ?? "0"}/${hard[name]}`)
        .join(", ");
    return [quota.metadata.name, print(false), print(true), age(quota, now)];
  },
});

/** Names without a domain that Kubernetes knows as resources at all. */
const computeResources = ["cpu", "memory", "ephemeral-storage"];
const requests = [...computeResources, "storage"].map((name) => `requests.${name}`);
const limits = computeResources.map((name) => `limits.${name}`);
const counted = ["pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims", "services.nodeports", "services.loadbalancers"]; // prettier-ignore
const quotaResources = new Set([...computeResources, ...requests, ...limits, ...counted]);
const isStandardResource = (name: string): boolean => quotaResources.has(name) || name === "storage" || isHugePages(name);
const isHugePages = (name: string): boolean => name.startsWith("hugepages-") || name.startsWith("requests.hugepages-");
const isStandardQuotaResource = (name: string): boolean => quotaResources.has(name) || isHugePages(name);
const isInteger = (name: string): boolean => counted.includes(name) || name.startsWith("count/") || isExtended(name);
/** `example.com/gpu`, whole units only */
const isExtended = (name: string): boolean => {
  const domain = name.slice(0, Math.max(0, name.indexOf("/"))).replace(/^requests\./, "");
  return domain !== "" && domain !== "count" && !domain.endsWith("kubernetes.io");
};

function amountErrors(amounts: Record<string, string> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of Object.keys(amounts ?? {}).sort()) {
    const at = `${field}[${name}]`;
    errors.push(...resourceErrors(name, at));
    const { nanos, text } = parseQuantity(amounts![name]!);
    if (nanos < 0n) errors.push(fieldInvalid(at, text, "must be greater than or equal to 0"));
    if (isInteger(name) && nanos % 1_000_000_000n !== 0n) errors.push(fieldInvalid(at, text, "must be an integer"));
  }
  return errors;
}

function resourceErrors(name: string, field: string): FieldError[] {
  const errors = isQualifiedName(name).map((detail) => fieldInvalid(field, name, detail));
  if (name.includes("/")) return errors;
  if (errors.length === 0 && !isStandardResource(name))
    errors.push(fieldInvalid(field, name, "must be a standard resource type or fully qualified"));
  if (!isStandardQuotaResource(name)) errors.push(fieldInvalid(field, name, "must be a standard resource for quota"));
  return errors;
}

const scopeNames = new Set(["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"]); // prettier-ignore
const podResources = new Set(["pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]);
const allowsCompute = new Set(["Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"]);

function scopeFits(scope: string, resource: string): boolean {
  if (allowsCompute.has(scope)) return podResources.has(resource);
  if (scope === "BestEffort") return resource === "pods";
  if (scope === "VolumeAttributesClass") return resource === "persistentvolumeclaims" || resource === "requests.storage";
  return true;
}

type QuotaSpec = NonNullable<ResourceQuota["spec"]>;

const conflicts = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
];
const standardHard = ({ hard = {} }: QuotaSpec): string[] => Object.keys(hard).filter(isStandardQuotaResource).sort();

function scopeErrors(spec: QuotaSpec): FieldError[] {
  const { scopes = [] } = spec;
  const errors: FieldError[] = [];
  const report = (detail: string): void => void errors.push(fieldInvalid("spec.scopes", scopes, detail));
  for (const scope of scopes) {
    if (!scopeNames.has(scope)) report("unsupported scope");
    for (const name of standardHard(spec)) if (!scopeFits(scope, name)) report("unsupported scope applied to resource");
  }
  for (const pair of conflicts) if (pair.every((scope) => scopes.includes(scope))) report("conflicting scopes");
  return errors;
}

const existsOnly = new Set(["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"]);

function scopeSelectorErrors(spec: QuotaSpec): FieldError[] {
  const field = "spec.scopeSelector.matchExpressions";
  const expressions = spec.scopeSelector?.matchExpressions ?? [];
  const errors: FieldError[] = [];
  for (const { scopeName, operator, values = [] } of expressions) {
    if (!scopeNames.has(scopeName)) errors.push(fieldInvalid(`${field}.scopeName`, scopeName, "unsupported scope"));
    for (const name of standardHard(spec)) {
      if (!scopeFits(scopeName, name)) errors.push(fieldInvalid(field, spec.scopeSelector, "unsupported scope applied to resource"));
    }
    if (existsOnly.has(scopeName) && operator !== "Exists") {
      const detail = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"; // prettier-ignore
      errors.push(fieldInvalid(`${field}.operator`, operator, detail));
    }
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        errors.push(fieldRequired(`${field}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        errors.push(
          fieldInvalid(`${field}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"),
        );
    } else errors.push(fieldInvalid(`${field}.operator`, operator, "not a valid selector operator"));
  }
  const named = new Set(expressions.map(({ scopeName }) => scopeName));
  for (const pair of conflicts)
    if (pair.every((scope) => named.has(scope))) errors.push(fieldInvalid("spec.scopes", spec.scopes ?? null, "conflicting scopes"));
  return errors;
}
