import {
  equalJson,
  fieldDuplicate,
  fieldInvalid,
  fieldRequired,
  isDns1035Label,
  isDns1123Subdomain,
  isFullyQualifiedName,
  type FieldError,
  type KubeObject,
  type LabelSelectorSpec,
} from "@meshplane/apimachinery";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { age, ageColumn, column, define, nameColumn } from "../define.ts";
import { selectorErrors } from "../selector-errors.ts";
import {
  choiceErrors,
  defaultRules,
  failurePolicies,
  matchConditionErrors,
  matchPolicies,
  reinvocationPolicies,
  ruleErrors,
  type CheckExpression,
  type MatchCondition,
  type Rule,
} from "./rules.ts";

interface Webhook {
  name: string;
  clientConfig: { url?: string; service?: { namespace: string; name: string; path?: string; port?: number }; caBundle?: string };
  rules?: Rule[];
  failurePolicy?: string;
  matchPolicy?: string;
  namespaceSelector?: LabelSelectorSpec;
  objectSelector?: LabelSelectorSpec;
  /** required, so null when the client left it out */
  sideEffects: string | null;
  timeoutSeconds?: number;
  admissionReviewVersions: string[] | null;
  reinvocationPolicy?: string;
  matchConditions?: MatchCondition[];
}
interface WebhookConfiguration extends KubeObject {
  webhooks?: Webhook[];
}

/** The two kinds differ in when they run, and in the mutating one's reinvocationPolicy. */
export const webhookConfigurations = (kind: "Mutating" | "Validating", check: CheckExpression): ResourceDefinition =>
  define<WebhookConfiguration>({
    group: "admissionregistration.k8s.io",
    resource: `${kind.toLowerCase()}webhookconfigurations`,
    kind: `${kind}WebhookConfiguration`,
    categories: ["api-extensions"],
    namespaced: false,
    generation: true,
    unconditionalUpdate: false,
    specChanged: (next, current) => !equalJson(next.webhooks ?? [], current.webhooks ?? []),
    defaults({ webhooks }) {
      for (const webhook of webhooks ?? []) setDefaults(webhook, kind === "Mutating");
    },
    validate: ({ webhooks = [] }) => webhooks.flatMap((webhook, i) => webhookErrors(webhook, `webhooks[${i}]`, webhooks, i, check)),
    columns: [nameColumn, column("Webhooks", "How many webhooks are called."), ageColumn],
    cells: (object, now) => [object.metadata.name, object.webhooks?.length ?? 0, age(object, now)],
  });

function setDefaults(webhook: Webhook, mutating: boolean): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  if (mutating) webhook.reinvocationPolicy ??= "Never";
  if (webhook.clientConfig.service) webhook.clientConfig.service.port ??= 443;
  defaultRules(webhook.rules);
}

const sideEffects = ["None", "NoneOnDryRun"];
const knownVersions = ["v1", "v1beta1"];

function webhookErrors(webhook: Webhook, field: string, all: Webhook[], index: number, check: CheckExpression): FieldError[] {
  const errors: FieldError[] = [];
  const { name, timeoutSeconds } = webhook;
  if (name === "") errors.push(fieldRequired(`${field}.name`));
  else for (const detail of isFullyQualifiedName(name)) errors.push(fieldInvalid(`${field}.name`, name, detail));
  webhook.rules?.forEach((rule, i) => errors.push(...ruleErrors(rule, `${field}.rules[${i}]`)));
  errors.push(...choiceErrors(`${field}.failurePolicy`, webhook.failurePolicy, failurePolicies));
  errors.push(...choiceErrors(`${field}.matchPolicy`, webhook.matchPolicy, matchPolicies));
  if (webhook.sideEffects === null) errors.push(fieldRequired(`${field}.sideEffects`, `must specify one of ${sideEffects.join(", ")}`));
  else errors.push(...choiceErrors(`${field}.sideEffects`, webhook.sideEffects, sideEffects));
  if (timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1)) {
    errors.push(fieldInvalid(`${field}.timeoutSeconds`, timeoutSeconds, "the timeout value must be between 1 and 30 seconds"));
  }
  for (const selector of ["namespaceSelector", "objectSelector"] as const) {
    if (webhook[selector]) errors.push(...selectorErrors(webhook[selector], `${field}.${selector}`));
  }
  errors.push(...choiceErrors(`${field}.reinvocationPolicy`, webhook.reinvocationPolicy, reinvocationPolicies));
  errors.push(...clientErrors(webhook.clientConfig, `${field}.clientConfig`));
  const use = { hasParams: false, hasAuthorizer: true, returns: "bool", variables: [] } as const;
  errors.push(...matchConditionErrors(webhook.matchConditions, `${field}.matchConditions`, (expression) => check(expression, use)));
  errors.push(...versionErrors(webhook.admissionReviewVersions ?? [], `${field}.admissionReviewVersions`));
  if (name !== "" && all.findIndex((other) => other.name === name) < index) errors.push(fieldDuplicate(`${field}.name`, name));
  return errors;
}

function versionErrors(versions: string[], field: string): FieldError[] {
  if (versions.length === 0) return [fieldRequired(field, `must specify one of ${knownVersions.join(", ")}`)];
  const errors: FieldError[] = [];
  versions.forEach((version, i) => {
    const at = `${field}[${i}]`;
    if (versions.indexOf(version) < i) errors.push(fieldInvalid(at, version, "duplicate version"));
    else for (const detail of isDns1035Label(version)) errors.push(fieldInvalid(at, version, detail));
  });
  if (!versions.some((version) => knownVersions.includes(version))) {
    errors.push(fieldInvalid(field, versions, `must include at least one of ${knownVersions.join(", ")}`));
  }
  return errors;
}

function clientErrors({ url, service }: Webhook["clientConfig"], field: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [fieldRequired(field, "exactly one of url or service is required")];
  return url !== undefined ? urlErrors(url, `${field}.url`) : serviceErrors(service!, `${field}.service`);
}

/** Scheme, user, host, query, fragment, as Go's url.Parse splits them; linear. */
function urlErrors(text: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const form = "; desired format: https://host[/path]";
  const hash = text.indexOf("#");
  const fragment = hash < 0 ? "" : text.slice(hash + 1);
  const beforeHash = hash < 0 ? text : text.slice(0, hash);
  const scheme = /^([a-zA-Z][-a-zA-Z0-9+.]*):/.exec(beforeHash)?.[1]?.toLowerCase() ?? "";
  const mark = beforeHash.indexOf("?");
  const query = mark < 0 ? "" : beforeHash.slice(mark + 1);
  const rest = (mark < 0 ? beforeHash : beforeHash.slice(0, mark)).slice(scheme ? scheme.length + 1 : 0);
  const authority = rest.startsWith("//") ? rest.slice(2).split("/", 1)[0]! : "";
  const at = authority.lastIndexOf("@");
  if (scheme !== "https") errors.push(fieldInvalid(field, scheme, `'https' is the only allowed URL scheme${form}`));
  if (authority.slice(at + 1) === "") errors.push(fieldInvalid(field, "", `host must be specified${form}`));
  if (at >= 0) errors.push(fieldInvalid(field, authority.slice(0, at), "user information is not permitted in the URL"));
  if (fragment !== "") errors.push(fieldInvalid(field, fragment, "fragments are not permitted in the URL"));
  if (query !== "") errors.push(fieldInvalid(field, query, "query parameters are not permitted in the URL"));
  return errors;
}

function serviceErrors(
  { namespace, name, path, port = 443 }: NonNullable<Webhook["clientConfig"]["service"]>,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (name === "") errors.push(fieldRequired(`${field}.name`));
  if (namespace === "") errors.push(fieldRequired(`${field}.namespace`));
  if (port < 1 || port > 65535)
    errors.push(fieldInvalid(`${field}.port`, port, "port is not valid: must be between 1 and 65535, inclusive"));
  return path ? [...errors, ...pathErrors(path, `${field}.path`)] : errors;
}

function pathErrors(path: string, field: string): FieldError[] {
  if (path === "/") return [];
  if (path === "//") return [fieldInvalid(field, path, "segment[0] may not be empty")];
  const errors = path.startsWith("/") ? [] : [fieldInvalid(field, path, "must start with a '/'")];
  path.slice(1).replace(/\/$/, "").split("/").forEach((segment, i) => {
    if (segment === "") errors.push(fieldInvalid(field, path, `segment[${i}] may not be empty`));
    else for (const detail of isDns1123Subdomain(segment)) errors.push(fieldInvalid(field, path, `segment[${i}]: ${detail}`));
  }); // prettier-ignore
  return errors;
}
