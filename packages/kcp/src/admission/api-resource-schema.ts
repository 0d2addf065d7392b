/** `tenancy.kcp.io/APIResourceSchema` @see spec apis §1 */
import { equalJson, fieldInvalid, fieldRequired, isDns1123Subdomain, type FieldError, type JsonValue } from "@meshplane/apimachinery";
import { applyCrdDefaults, validateCrd, type Crd } from "@meshplane/apiextensions";
import { apisGroup, rootCluster, type APIResourceSchema, type APIResourceSchemaSpec } from "@meshplane/apis";
import type { AdmissionPlugin } from "@meshplane/apiserver";
import { listText } from "./field-errors.ts";
import { isOn, isPrivileged, isWrite, refuse } from "./requests.ts";

export const apiResourceSchemaAdmission: AdmissionPlugin = {
  name: "tenancy.kcp.io/APIResourceSchema",
  handles: (request) => isOn(request, apisGroup, "apiresourceschemas") && isWrite(request),

  validate(request) {
    const schema = request.object as APIResourceSchema;
    // root's own schemas come with the program: their rules are checked by its tests, not at each first start
    const trusted = request.cluster === rootCluster && isPrivileged(request.context.user);
    const errors = request.oldObject ? validateUpdate(schema, request.oldObject as APIResourceSchema) : validateSchema(schema, trusted);
    if (errors.length > 0) throw refuse(request, listText(errors));
  },
};

const validateUpdate = (next: APIResourceSchema, old: APIResourceSchema): FieldError[] =>
  equalJson(next.spec, old.spec) ? [] : [fieldInvalid("spec", printedSpec(next.spec), "is immutable")];

/** groups without a dot that Kubernetes itself has */
const dotlessGroups = new Set(["", "apps", "batch", "extensions", "policy", "autoscaling"]);
const prefixPattern = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;

function validateSchema(schema: APIResourceSchema, trusted: boolean): FieldError[] {
  const { spec, metadata } = schema;
  const errors = [...validateName(metadata.name ?? "", spec), ...validateGroup(spec.group)];
  if (spec.versions.filter(({ storage }) => storage).length !== 1)
    errors.push(fieldInvalid("spec.versions", printedVersions(spec), "must have exactly one version marked as storage version"));
  for (const field of ["plural", "singular", "kind", "listKind"] as const)
    if (!spec.names[field]) errors.push(fieldRequired(`spec.names.${field}`));
  if (/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(spec.group) && metadata.annotations?.["api-approved.kubernetes.io"] === undefined) {
    const field = "metadata.annotations[api-approved.kubernetes.io]";
    const see = "https://github.com/kubernetes/enhancements/pull/1111";
    errors.push(fieldRequired(field, `protected groups must have approval annotation "api-approved.kubernetes.io", see ${see}`));
  }
  return errors.length > 0 || trusted ? errors : validateAsCrd(schema);
}

function validateName(name: string, { group, names }: APIResourceSchemaSpec): FieldError[] {
  const suffix = `.${names.plural}.${group || "core"}`;
  if (group === "core") return [];
  if (!name.endsWith(suffix)) return [fieldInvalid("metadata.name", name, `must end in ${suffix}`)];
  if (prefixPattern.test(name.slice(0, -suffix.length))) return [];
  return [fieldInvalid("metadata.name", name, `must match ^[a-z]([-a-z0-9]*[a-z0-9])?$ in front of ${suffix}`)];
}

function validateGroup(group: string): FieldError[] {
  if (group === "core") return [fieldInvalid("spec.group", group, "must be empty string for the core group")];
  if (dotlessGroups.has(group)) return [];
  const errors = isDns1123Subdomain(group).map((text) => fieldInvalid("spec.group", group, text));
  if (errors.length === 0 && !group.includes("."))
    errors.push(fieldInvalid("spec.group", group, "should be a domain with at least one dot"));
  return errors;
}

/** Everything else is as in a CRD, whose rules are used; what was judged above is left out. */
export function validateAsCrd({ spec, metadata }: APIResourceSchema): FieldError[] {
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${spec.names.plural}.${spec.group || "core"}`, annotations: metadata.annotations },
    spec: {
      group: spec.group,
      names: { ...spec.names },
      scope: spec.scope,
      versions: spec.versions.map(({ schema, ...version }) => ({ ...version, schema: { openAPIV3Schema: schema } })),
      conversion: spec.conversion ?? { strategy: "None" },
    },
    status: {
      storedVersions: [spec.versions.find(({ storage }) => storage)!.name],
      conditions: [],
      acceptedNames: { plural: "", kind: "" },
    },
  } as unknown as Crd;
  applyCrdDefaults(crd);
  const rest = validateCrd(crd)
    .filter(({ field }) => field !== "spec.group" && !field.startsWith("metadata.") && !field.startsWith("status."))
    .map((error) => ({ ...error, field: belowVersion(error.field) }));
  return [...validateRootTypes(spec), ...rest];
}

/** upstream says so besides what the structural rules say */
const validateRootTypes = ({ versions }: APIResourceSchemaSpec): FieldError[] =>
  versions.flatMap(({ schema, subresources }, i) =>
    subresources?.status && schema.type !== undefined && schema.type !== "object"
      ? [
          fieldInvalid(
            `spec.versions[${i}].schema.openAPIV3Schema.type`,
            schema.type,
            'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
          ),
        ]
      : [],
  );

/** Of a CRD with one version some fields are named as if they stood above it. */
function belowVersion(field: string): string {
  if (field.startsWith("spec.validation")) return field.replace("spec.validation", "spec.versions[0].schema");
  return field.replace(/^spec\.(additionalPrinterColumns|subresources|selectableFields)/, "spec.versions[0].$1");
}

/** in the order of upstream's fields: the text shows it */
const printedSpec = (spec: APIResourceSchemaSpec): object => ({
  group: spec.group,
  names: pick(spec.names, ["plural", "singular", "shortNames", "kind", "listKind", "categories"]),
  scope: spec.scope,
  versions: printedVersions(spec),
  ...pick(spec, ["nameValidation", "conversion"]),
});

const printedVersions = ({ versions }: APIResourceSchemaSpec): object[] =>
  versions.map((version) => ({
    ...pick(version, ["name", "served", "storage", "deprecated", "deprecationWarning"]),
    schema: sorted(version.schema as JsonValue),
    subresources: version.subresources ?? {},
    ...pick(version, ["additionalPrinterColumns", "selectableFields"]),
  }));

const pick = <T extends object>(from: T, fields: (keyof T)[]): Partial<T> => {
  const picked: Partial<T> = {};
  for (const field of fields) if (from[field] !== undefined) picked[field] = from[field];
  return picked;
};

/** as deep as the decoder lets JSON be */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key]!)]),
  );
}
