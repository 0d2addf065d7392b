import {
  dnsSubdomainName,
  equalJson,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1035Label,
  isDns1123Subdomain,
  isQualifiedName,
  pathSegmentName,
  type FieldError,
  type KubeObject,
  type LabelSelectorSpec,
} from "@meshplane/apimachinery";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { age, ageColumn, column, define, nameColumn, type Kind } from "../define.ts";
import { selectorErrors } from "../selector-errors.ts";
import {
  choiceErrors,
  defaultMatchResources,
  expressionErrors,
  failurePolicies,
  matchConditionErrors,
  matchResourcesErrors,
  mutatingOperations,
  reinvocationPolicies,
  type CheckExpression,
  type ExpressionUse,
  type MatchCondition,
  type MatchResources,
} from "./rules.ts";

interface ParamKind {
  apiVersion?: string;
  kind?: string;
}
interface Variable {
  name: string;
  expression: string;
}
interface PolicySpec {
  paramKind?: ParamKind;
  matchConstraints?: MatchResources;
  matchConditions?: MatchCondition[];
  variables?: Variable[];
  failurePolicy?: string;
  /** of validating policies */
  validations?: { expression: string; message?: string; reason?: string; messageExpression?: string }[];
  auditAnnotations?: { key: string; valueExpression: string }[];
  /** of mutating policies */
  mutations?: { patchType: string; applyConfiguration?: { expression?: string }; jsonPatch?: { expression?: string } }[];
  reinvocationPolicy?: string;
}
interface Policy extends KubeObject {
  spec: PolicySpec;
  status?: Record<string, unknown>;
}
interface ParamRef {
  name?: string;
  namespace?: string;
  selector?: LabelSelectorSpec;
  parameterNotFoundAction?: string;
}
interface Binding extends KubeObject {
  spec: { policyName?: string; paramRef?: ParamRef; matchResources?: MatchResources; validationActions?: string[] };
}

const common: Pick<Kind<KubeObject>, "group" | "categories" | "namespaced" | "generation" | "unconditionalUpdate"> = {
  group: "admissionregistration.k8s.io",
  categories: ["api-extensions"],
  namespaced: false,
  generation: true,
  unconditionalUpdate: false,
};
const specChanged = (next: { spec: unknown }, current: { spec: unknown }): boolean => !equalJson(next.spec, current.spec);
const paramKindOf = ({ spec }: Policy): string =>
  spec.paramKind ? `${spec.paramKind.apiVersion ?? ""}/${spec.paramKind.kind ?? ""}` : "<unset>";
const paramKindColumn = column("ParamKind", "The kind of the parameters.");

function defaultPolicy({ spec }: Policy): void {
  spec.failurePolicy ??= "Fail";
  defaultMatchResources(spec.matchConstraints);
}

export const validatingPolicies = (check: CheckExpression): ResourceDefinition =>
  define<Policy>({
    ...common,
    kind: "ValidatingAdmissionPolicy",
    resource: "validatingadmissionpolicies",
    specChanged,
    defaults: defaultPolicy,
    prepareForCreate: (policy) => void (policy.status = {}),
    prepareForUpdate: (next, current) => void (next.status = { ...current.status }),
    validate: (policy) => [...policyErrors(policy, check), ...validationErrors(policy, check)],
    status: { prepareForUpdate: (next, current) => void (next.spec = { ...current.spec }) },
    columns: [nameColumn, column("Validations", "How many rules the policy has."), paramKindColumn, ageColumn],
    cells: (policy, now) => [policy.metadata.name, policy.spec.validations?.length ?? 0, paramKindOf(policy), age(policy, now)],
  });

export const mutatingPolicies = (check: CheckExpression): ResourceDefinition =>
  define<Policy>({
    ...common,
    kind: "MutatingAdmissionPolicy",
    resource: "mutatingadmissionpolicies",
    storageHashOf: "admissionregistration.k8s.io/v1beta1, Kind=MutatingAdmissionPolicy",
    specChanged,
    defaults: defaultPolicy,
    validate: (policy) => [...policyErrors(policy, check), ...mutationErrors(policy, check)],
    columns: [nameColumn, column("Mutations", "How many changes the policy makes."), paramKindColumn, ageColumn],
    cells: (policy, now) => [policy.metadata.name, policy.spec.mutations?.length ?? 0, paramKindOf(policy), age(policy, now)],
  });

/** What an expression of this policy sees. Variables see only those declared before them. */
const useIn = (
  { spec }: Policy,
  returns: ExpressionUse["returns"],
  hasAuthorizer = true,
  variables: readonly Variable[] = spec.variables ?? [],
): ExpressionUse => ({
  hasParams: spec.paramKind !== undefined,
  hasAuthorizer,
  returns,
  variables,
});

function policyErrors(policy: Policy, check: CheckExpression): FieldError[] {
  const { failurePolicy, paramKind, matchConstraints, matchConditions, variables = [] } = policy.spec;
  const errors = choiceErrors("spec.failurePolicy", failurePolicy, failurePolicies, true);
  if (paramKind) errors.push(...paramKindErrors(paramKind, "spec.paramKind"));
  if (!matchConstraints) errors.push(fieldRequired("spec.matchConstraints"));
  else {
    errors.push(...matchResourcesErrors(matchConstraints, "spec.matchConstraints"));
    if (!matchConstraints.resourceRules?.length) errors.push(fieldRequired("spec.matchConstraints.resourceRules"));
    if (policy.kind === "MutatingAdmissionPolicy") errors.push(...mutatingRuleErrors(matchConstraints, "spec.matchConstraints"));
  }
  errors.push(
    ...matchConditionErrors(matchConditions, "spec.matchConditions", (expression) => check(expression, useIn(policy, "bool", true, []))),
  );
  variables.forEach(({ name, expression }, i) => {
    const field = `spec.variables[${i}]`;
    if (name.trim() === "") errors.push(fieldRequired(`${field}.name`, "name is not specified"));
    else if (!isCelIdentifier(name)) errors.push(fieldInvalid(`${field}.name`, name, "must be a valid CEL identifier"));
    const use = useIn(policy, "any", true, variables.slice(0, i));
    errors.push(...expressionErrors(`${field}.expression`, expression, "expression is not specified", (text) => check(text, use)));
  });
  return errors;
}

const celKeywords = new Set(["true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while"]); // prettier-ignore
const isCelIdentifier = (name: string): boolean => /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !celKeywords.has(name);

function paramKindErrors({ apiVersion = "", kind = "" }: ParamKind, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const at = `${field}.apiVersion`;
  if (apiVersion === "") errors.push(fieldRequired(at));
  else if (apiVersion.split("/").length > 2) errors.push(fieldInvalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    const [group, version] = apiVersion.includes("/") ? (apiVersion.split("/") as [string, string]) : ["", apiVersion];
    const groupProblems = group === "" ? [] : isDns1123Subdomain(group);
    if (groupProblems.length > 0) errors.push(fieldInvalid(at, group, groupProblems.join(",")));
    const versionProblems = version === "" ? [] : isDns1035Label(version);
    if (version === "") errors.push(fieldInvalid(at, apiVersion, "version must be specified"));
    else if (versionProblems.length > 0) errors.push(fieldInvalid(at, version, versionProblems.join(",")));
  }
  const kindProblems = isDns1035Label(kind.toLowerCase());
  if (kind === "") errors.push(fieldRequired(`${field}.kind`));
  else if (kindProblems.length > 0)
    errors.push(fieldInvalid(`${field}.kind`, kind, `may have mixed case, but should otherwise match: ${kindProblems.join(",")}`));
  return errors;
}

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const annotationsMax = 20;
const annotationExpressionMax = 5 * 1024;

function validationErrors(policy: Policy, check: CheckExpression): FieldError[] {
  const errors: FieldError[] = [];
  const { validations = [], auditAnnotations = [] } = policy.spec;
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const detail = "validations or auditAnnotations must contain at least one item";
    return [fieldRequired("spec.validations", detail), fieldRequired("spec.auditAnnotations", detail)];
  }
  validations.forEach(({ expression, message = "", messageExpression = "", reason }, i) => {
    const field = `spec.validations[${i}]`;
    errors.push(
      ...expressionErrors(`${field}.expression`, expression, "expression is not specified", (text) => check(text, useIn(policy, "bool"))),
    );
    if (messageExpression !== "" && messageExpression.trim() === "") {
      errors.push(fieldInvalid(`${field}.messageExpression`, messageExpression, "must be non-empty if specified"));
    } else if (messageExpression !== "") {
      errors.push(
        ...expressionErrors(`${field}.messageExpression`, messageExpression, "", (text) => check(text, useIn(policy, "string", false))),
      );
    }
    if (message !== "" && message.trim() === "") errors.push(fieldInvalid(`${field}.message`, message, "must be non-empty if specified"));
    else if (/[\r\n]/.test(message.trim())) errors.push(fieldInvalid(`${field}.message`, message, "must not contain line breaks"));
    errors.push(...choiceErrors(`${field}.reason`, reason, reasons));
  });
  if (auditAnnotations.length > annotationsMax) {
    errors.push(fieldInvalid("spec.auditAnnotations", auditAnnotations, `must not have more than ${annotationsMax} auditAnnotations`));
  }
  auditAnnotations.forEach(({ key, valueExpression }, i) => {
    const field = `spec.auditAnnotations[${i}]`;
    const qualified = `${policy.metadata.name}/${key}`;
    for (const detail of isQualifiedName(qualified)) errors.push(fieldInvalid(`${field}.key`, qualified, detail));
    if (valueExpression.trim().length > annotationExpressionMax) {
      errors.push(fieldRequired(`${field}.valueExpression`, `must not exceed ${annotationExpressionMax} bytes in length`));
    } else {
      errors.push(
        ...expressionErrors(`${field}.valueExpression`, valueExpression, "valueExpression is not specified", (text) =>
          check(text.trim(), useIn(policy, "stringOrNull")),
        ),
      );
    }
    if (auditAnnotations.findIndex((other) => other.key === key) < i) errors.push(fieldDuplicate(`${field}.key`, key));
  });
  return errors;
}

function mutatingRuleErrors(match: MatchResources, field: string): FieldError[] {
  const asked = (match.resourceRules ?? []).flatMap(({ operations }) => operations ?? []);
  return asked.flatMap((operation) => choiceErrors(`${field}.resourceRules.operations`, operation, mutatingOperations));
}

const patchForms = {
  JSONPatch: { own: "jsonPatch", other: "applyConfiguration", returns: "jsonPatch" },
  ApplyConfiguration: { own: "applyConfiguration", other: "jsonPatch", returns: "applyConfiguration" },
} as const;

function mutationErrors(policy: Policy, check: CheckExpression): FieldError[] {
  const errors: FieldError[] = [];
  const { mutations = [], reinvocationPolicy } = policy.spec;
  if (mutations.length === 0) errors.push(fieldRequired("spec.mutations", "mutations must contain at least one item"));
  mutations.forEach((mutation, i) => {
    const field = `spec.mutations[${i}]`;
    const { patchType } = mutation;
    if (patchType === "") return void errors.push(fieldRequired(`${field}.patchType`));
    if (!Object.hasOwn(patchForms, patchType))
      return void errors.push(fieldNotSupported(`${field}.patchType`, patchType, Object.keys(patchForms).sort()));
    const { own, other, returns } = patchForms[patchType as keyof typeof patchForms];
    const given = mutation[own];
    if (!given) errors.push(fieldRequired(`${field}.${own}`, `must be specified when patchType is ${patchType}`));
    else
      errors.push(
        ...expressionErrors(`${field}.${own}.expression`, (given.expression ?? "").trim(), "", (text) =>
          check(text, useIn(policy, returns)),
        ),
      );
    if (mutation[other])
      errors.push(fieldInvalid(`${field}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`));
  });
  errors.push(...choiceErrors("spec.reinvocationPolicy", reinvocationPolicy, reinvocationPolicies, true));
  return errors;
}

const bindingColumns = [
  nameColumn,
  column("PolicyName", "The policy that is bound."),
  column("ParamRef", "Which parameters it gets."),
  ageColumn,
];

function printParamRef(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace || "*"}/${ref.name}`;
  if (!ref?.selector) return "<unset>";
  const labels = Object.entries(ref.selector.matchLabels ?? {}).map(([key, value]) => `${key}:${value}`);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.map((label) => `${label.replace(":", ": ")},`).join("")}},MatchExpressions:[]LabelSelectorRequirement{},}`;
}

const binding = (
  kind: string,
  resource: string,
  moreErrors: (binding: Binding) => FieldError[],
  storedVersion = "v1",
): ResourceDefinition =>
  define<Binding>({
    ...common,
    kind,
    resource,
    storageHashOf: `${common.group}/${storedVersion}, Kind=${kind}`,
    specChanged,
    defaults: ({ spec }) => defaultMatchResources(spec.matchResources),
    validate: (object) => [...bindingErrors(object), ...moreErrors(object)],
    columns: bindingColumns,
    cells: (object, now) => [object.metadata.name, object.spec.policyName ?? "", printParamRef(object.spec.paramRef), age(object, now)],
  });

export const validatingPolicyBindings = binding("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", ({ spec }) =>
  actionErrors(spec.validationActions ?? []),
);
export const mutatingPolicyBindings = binding(
  "MutatingAdmissionPolicyBinding",
  "mutatingadmissionpolicybindings",
  ({ spec }) => (spec.matchResources ? mutatingRuleErrors(spec.matchResources, "spec.matchResources") : []),
  "v1beta1",
);

function bindingErrors({ spec: { policyName = "", paramRef, matchResources } }: Binding): FieldError[] {
  const errors: FieldError[] = [];
  if (policyName === "") errors.push(fieldRequired("spec.policyName"));
  else for (const detail of dnsSubdomainName(policyName, false)) errors.push(fieldInvalid("spec.policyName", policyName, detail));
  if (paramRef) errors.push(...paramRefErrors(paramRef, "spec.paramRef"));
  return [...errors, ...matchResourcesErrors(matchResources, "spec.matchResources")];
}

function paramRefErrors({ name = "", selector, parameterNotFoundAction }: ParamRef, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const exclusive = "name and selector are mutually exclusive";
  if (name !== "") {
    for (const detail of pathSegmentName(name, false)) errors.push(fieldInvalid(`${field}.name`, name, detail));
    if (selector) errors.push(fieldForbidden(`${field}.name`, exclusive));
  }
  if (selector) {
    errors.push(...selectorErrors(selector, `${field}.selector`));
    if (name !== "") errors.push(fieldForbidden(`${field}.selector`, exclusive));
  }
  if (name === "" && !selector) errors.push(fieldRequired(field, "one of name or selector must be specified"));
  return [...errors, ...choiceErrors(`${field}.parameterNotFoundAction`, parameterNotFoundAction, ["Deny", "Allow"], true)];
}

const actions = ["Audit", "Deny", "Warn"];

function actionErrors(given: string[]): FieldError[] {
  const field = "spec.validationActions";
  const errors: FieldError[] = [];
  given.forEach((action, i) => {
    errors.push(...choiceErrors(`${field}[${i}]`, action, actions));
    if (given.indexOf(action) < i) errors.push(fieldDuplicate(`${field}[${i}]`, action));
  });
  if (given.includes("Deny") && given.includes("Warn")) {
    errors.push(
      fieldInvalid(
        field,
        given,
        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
      ),
    );
  }
  if (given.length === 0) errors.push(fieldRequired(field, "at least one validation action is required"));
  return errors;
}
