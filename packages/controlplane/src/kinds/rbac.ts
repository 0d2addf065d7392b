import {
  equalJson,
  dnsSubdomainName,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  pathSegmentName,
  plainError,
  type FieldError,
  type KubeObject,
  type LabelSelectorSpec,
} from "@meshplane/apimachinery";
import { mastersGroup, type RequestContext } from "@meshplane/apiserver";
import { age, ageColumn, column, createdColumn, define, nameColumn, type Kind } from "./define.ts";
import { selectorErrors } from "./selector-errors.ts";

const group = "rbac.authorization.k8s.io";

interface PolicyRule {
  verbs: string[] | null;
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}
interface Role extends KubeObject {
  rules: PolicyRule[] | null;
  /** of cluster roles */
  aggregationRule?: { clusterRoleSelectors?: LabelSelectorSpec[] };
}
interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}
interface RoleBinding extends KubeObject {
  subjects?: Subject[];
  roleRef: { apiGroup: string; kind: string; name: string };
}

type Common = Pick<Kind<KubeObject>, "group" | "names" | "createOnUpdate">;
const common: Common = { group, names: "pathSegment", createOnUpdate: true };

const role = (kind: string, resource: string, namespaced: boolean) =>
  define<Role>({
    ...common,
    kind,
    resource,
    namespaced,
    validate: ({ rules, aggregationRule }) => [
      ...(rules ?? []).flatMap((rule, i) => ruleErrors(rule, namespaced, `rules[${i}]`)),
      ...aggregationErrors(aggregationRule),
    ],
    columns: [nameColumn, createdColumn],
    cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? null],
  });

export const roles = role("Role", "roles", true);
export const clusterRoles = role("ClusterRole", "clusterroles", false);

function ruleErrors(rule: PolicyRule, namespaced: boolean, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  if (!verbs?.length) errors.push(fieldRequired(`${field}.verbs`, "verbs must contain at least one value"));
  if (nonResourceURLs?.length) {
    const urls = `${field}.nonResourceURLs`;
    if (namespaced) errors.push(fieldInvalid(urls, nonResourceURLs, "namespaced rules cannot apply to non-resource URLs"));
    if (apiGroups?.length || resources?.length || resourceNames?.length) {
      errors.push(fieldInvalid(urls, nonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"));
    }
    return errors;
  }
  if (!apiGroups?.length) errors.push(fieldRequired(`${field}.apiGroups`, "resource rules must supply at least one api group"));
  if (!resources?.length) errors.push(fieldRequired(`${field}.resources`, "resource rules must supply at least one resource"));
  return errors;
}

function aggregationErrors(rule: Role["aggregationRule"]): FieldError[] {
  if (!rule) return [];
  const field = "aggregationRule.clusterRoleSelectors";
  const selectors = rule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) return [fieldRequired(field, "at least one clusterRoleSelector required if aggregationRule is non-nil")];
  return selectors.flatMap((selector, i) => {
    const errors = selectorErrors(selector, `${field}[${i}]`);
    return errors.length === 0 ? [] : [...errors, fieldInvalid(`${field}[${i}]`, null, "invalid label selector.")];
  });
}

const binding = (kind: string, resource: string, namespaced: boolean) =>
  define<RoleBinding>({
    ...common,
    kind,
    resource,
    namespaced,
    defaults({ roleRef, subjects }) {
      roleRef.apiGroup ||= group;
      for (const subject of subjects ?? []) if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= group;
    },
    validate: ({ roleRef, subjects }) => [
      ...roleRefErrors(roleRef, namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]),
      ...(subjects ?? []).flatMap((subject, i) => subjectErrors(subject, namespaced, `subjects[${i}]`)),
    ],
    validateUpdate({ roleRef }, current) {
      if (equalJson(roleRef, current.roleRef)) return [];
      // upstream prints its internal form
      const printed = { APIGroup: roleRef.apiGroup, Kind: roleRef.kind, Name: roleRef.name };
      return [fieldInvalid("roleRef", printed, "cannot change roleRef")];
    },
    prepareForCreate: requireKnownRole,
    prepareForUpdate: (next, _current, context) => requireKnownRole(next, context),
    columns: [
      nameColumn,
      column("Role", "The role that is granted."),
      ageColumn,
      column("Users", "Users who get the role.", { priority: 1 }),
      column("Groups", "Groups that get the role.", { priority: 1 }),
      column("ServiceAccounts", "Service accounts that get the role.", { priority: 1 }),
    ],
    cells(object, now) {
      const { metadata, roleRef, subjects = [] } = object;
      const names = (kind: string): string =>
        subjects
          .filter((subject) => subject.kind === kind)
          .map(subjectName)
          .join(", ");
      return [metadata.name, `${roleRef.kind}/${roleRef.name}`, age(object, now), names("User"), names("Group"), names("ServiceAccount")];
    },
  });

export const roleBindings = binding("RoleBinding", "rolebindings", true);
export const clusterRoleBindings = binding("ClusterRoleBinding", "clusterrolebindings", false);

/** Whoever may not escalate has the role looked up before anything else is checked. @throws StatusError 500 without a reason */
function requireKnownRole({ roleRef: { kind } }: RoleBinding, { user }: RequestContext): void {
  if (kind === "Role" || kind === "ClusterRole" || user.groups.includes(mastersGroup)) return;
  throw plainError(`unsupported role reference kind: ${JSON.stringify(kind)}`);
}

const subjectName = ({ namespace, name }: Subject): string => (namespace ? `${namespace}/${name}` : name);

function roleRefErrors({ apiGroup, kind, name }: RoleBinding["roleRef"], kinds: string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (apiGroup !== group) errors.push(fieldNotSupported("roleRef.apiGroup", apiGroup, [group]));
  if (!kinds.includes(kind)) errors.push(fieldNotSupported("roleRef.kind", kind, kinds));
  if (name === "") errors.push(fieldRequired("roleRef.name"));
  else for (const detail of pathSegmentName(name, false)) errors.push(fieldInvalid("roleRef.name", name, detail));
  return errors;
}

function subjectErrors({ kind, apiGroup = "", name, namespace }: Subject, inNamespace: boolean, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name === "") errors.push(fieldRequired(`${field}.name`));
  switch (kind) {
    case "ServiceAccount":
      if (name !== "") for (const detail of dnsSubdomainName(name, false)) errors.push(fieldInvalid(`${field}.name`, name, detail));
      if (apiGroup !== "") errors.push(fieldNotSupported(`${field}.apiGroup`, apiGroup, [""]));
      if (!inNamespace && !namespace) errors.push(fieldRequired(`${field}.namespace`));
      return errors;
    case "User":
    case "Group":
      if (apiGroup !== group) errors.push(fieldNotSupported(`${field}.apiGroup`, apiGroup, [group]));
      return errors;
    default:
      return [...errors, fieldNotSupported(`${field}.kind`, kind, ["ServiceAccount", "User", "Group"])];
  }
}
