import {
  equalJson,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1035Label,
  isDns1123Subdomain,
  type FieldError,
  type JsonSchema,
} from "@meshplane/apimachinery";
import { checkSchema } from "../structural/check-schema.ts";
import type { Crd, CrdConversion, CrdNames, CrdSpec, CrdVersion, PrinterColumnSpec } from "./crd.ts";
import { isCrdConditionTrue } from "./crd.ts";
import { canonicalJson, own } from "../structural/values.ts";

/** What is wrong with a new CRD, in upstream's order and words (names of the object itself aside). @see spec wire 80 */
export function validateCrd(crd: Crd): FieldError[] {
  return [...validateName(crd), ...validateSpec(crd.spec, undefined), ...validateStoredVersions(crd), ...validateApproval(crd)];
}

/** What is wrong with a changed one. Schemas that did not change are not looked at again. */
export function validateCrdUpdate(next: Crd, current: Crd): FieldError[] {
  const errors = [...validateSpec(next.spec, current.spec)];
  const immutable = (field: string, value: unknown, before: unknown): void => {
    if (!equalJson(value, before)) errors.push(fieldInvalid(field, value, "field is immutable"));
  };
  if (isCrdConditionTrue(current, "Established")) {
    immutable("spec.scope", next.spec.scope, current.spec.scope);
    immutable("spec.names.kind", next.spec.names.kind, current.spec.names.kind);
  }
  immutable("spec.group", next.spec.group, current.spec.group);
  immutable("spec.names.plural", next.spec.names.plural, current.spec.names.plural);
  return [
    ...errors,
    ...validateStoredVersions(next),
    ...(equalJson(next.spec.group, current.spec.group) && isApproved(current) ? validateApproval(next) : []),
  ];
}

const isApproved = (crd: Crd): boolean => validateApproval(crd).length === 0;

function validateName({ metadata, spec }: Crd): FieldError[] {
  const wanted = `${spec.names.plural ?? ""}.${spec.group ?? ""}`;
  if (metadata.name === wanted || metadata.name === undefined) return [];
  return [fieldInvalid("metadata.name", metadata.name, 'must be spec.names.plural+"."+spec.group')];
}

function validateSpec(spec: CrdSpec, old: CrdSpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.group) {
    const problems = isDns1123Subdomain(spec.group);
    for (const problem of problems) errors.push(fieldInvalid("spec.group", spec.group, problem));
    if (problems.length === 0 && !spec.group.includes(".") && !dotlessGroups.includes(spec.group)) {
      errors.push(fieldInvalid("spec.group", spec.group, "should be a domain with at least one dot"));
    }
  }
  const scopes = ["Cluster", "Namespaced"];
  if (!spec.scope) errors.push(fieldRequired("spec.scope"));
  else if (!scopes.includes(spec.scope)) errors.push(fieldNotSupported("spec.scope", spec.scope, scopes));

  const versions = spec.versions ?? [];
  const hoisted = isHoisted(versions);
  versions.forEach((version, i) => errors.push(...validateVersion(version, i, hoisted, spec, old)));
  const shown = versions.length === 0 ? spec.versions : versions.map((version) => goVersion(version, hoisted));
  if (new Set(versions.map((version) => version.name)).size !== versions.length) {
    errors.push(fieldInvalid("spec.versions", shown, "must contain unique version names"));
  }
  if (versions.filter((version) => version.storage).length !== 1) {
    errors.push(fieldInvalid("spec.versions", shown, "must have exactly one version marked as storage version"));
  }
  // the internal form repeats the first version's name in spec.version
  for (const problem of versions[0] ? isDns1035Label(versions[0].name ?? "") : []) {
    errors.push(fieldInvalid("spec.version", versions[0]!.name, problem));
  }
  errors.push(...validateNames(spec.names));
  if (hoisted && versions[0]) errors.push(...validateContents(versions[0], "spec", "spec.validation", old?.versions));
  if (spec.conversion) errors.push(...validateConversion(spec.conversion));
  return errors;
}

/** kcp also serves the groups of Kubernetes' own that have no dot. */
const dotlessGroups = ["apps", "batch", "extensions", "policy", "autoscaling"];

const contents = ({ schema, subresources, additionalPrinterColumns, selectableFields }: CrdVersion): unknown => ({
  schema: schema?.openAPIV3Schema ?? null,
  subresources: subresources ?? null,
  additionalPrinterColumns: additionalPrinterColumns ?? null,
  selectableFields: selectableFields ?? null,
});

/** Upstream checks equal versions once, under the names of the older API: `spec.validation`, `spec.subresources`, … */
function isHoisted(versions: readonly CrdVersion[]): boolean {
  const first = versions[0] && canonicalJson(contents(versions[0]));
  return versions.every((version) => canonicalJson(contents(version)) === first);
}

function goVersion(version: CrdVersion, hoisted: boolean): unknown {
  return {
    Name: version.name ?? "",
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: hoisted ? null : (version.schema ?? null),
    Subresources: hoisted ? null : (version.subresources ?? null),
    AdditionalPrinterColumns: hoisted ? null : (version.additionalPrinterColumns ?? null),
    SelectableFields: hoisted ? null : (version.selectableFields ?? null),
  };
}

function validateVersion(version: CrdVersion, i: number, hoisted: boolean, spec: CrdSpec, old: CrdSpec | undefined): FieldError[] {
  const path = `spec.versions[${i}]`;
  const errors: FieldError[] = [];
  if (!version.schema?.openAPIV3Schema && !spec.preserveUnknownFields) errors.push(fieldRequired(`${path}.schema.openAPIV3Schema`));
  for (const problem of isDns1035Label(version.name ?? "")) errors.push(fieldInvalid(`${path}.name`, version.name ?? "", problem));
  errors.push(...validateDeprecation(version, path));
  if (!hoisted) errors.push(...validateContents(version, path, `${path}.schema`, old?.versions));
  return errors;
}

function validateDeprecation({ deprecated, deprecationWarning }: CrdVersion, path: string): FieldError[] {
  if (deprecationWarning === undefined || deprecationWarning === null) return [];
  const field = `${path}.deprecationWarning`;
  if (!deprecated) return [fieldInvalid(field, deprecationWarning, "can only be set for deprecated versions")];
  if (deprecationWarning === "") return [fieldInvalid(field, deprecationWarning, "must not be an empty string")];
  if (Buffer.byteLength(deprecationWarning) > 256)
    return [{ type: "FieldValueTooLong", field, detail: "Too long: may not be more than 256 bytes" }];
  const unprintable = /[\p{C}\u2028\u2029]/u.exec(deprecationWarning);
  if (!unprintable) return [];
  const at = Buffer.byteLength(deprecationWarning.slice(0, unprintable.index));
  return [
    fieldInvalid(field, deprecationWarning, `must only contain printable UTF-8 characters; non-printable character found at index ${at}`),
  ];
}

function validateNames(names: CrdNames | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const { plural, singular, kind, listKind, shortNames, categories } = names ?? ({} as CrdNames);
  for (const [field, value] of Object.entries({ plural, singular, kind, listKind })) {
    if (!value) errors.push(fieldRequired(`spec.names.${field}`));
  }
  const label = (field: string, value: string): void => {
    for (const problem of isDns1035Label(value)) errors.push(fieldInvalid(`spec.names.${field}`, value, problem));
  };
  const kindName = (field: string, value: string): void => {
    for (const problem of isDns1035Label(value.toLowerCase())) {
      errors.push(fieldInvalid(`spec.names.${field}`, value, `may have mixed case, but should otherwise match: ${problem}`));
    }
  };
  if (plural) label("plural", plural);
  if (singular) label("singular", singular);
  if (kind) kindName("kind", kind);
  if (listKind) kindName("listKind", listKind);
  shortNames?.forEach((name, i) => label(`shortNames[${i}]`, name));
  if (kind && kind === listKind) errors.push(fieldInvalid("spec.names.listKind", listKind, "kind and listKind may not be the same"));
  categories?.forEach((name, i) => label(`categories[${i}]`, name));
  return errors;
}

/** Columns, schema, subresources and selectable fields, of one version or of all of them. */
function validateContents(version: CrdVersion, path: string, schemaPath: string, old: readonly CrdVersion[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const schema = version.schema?.openAPIV3Schema;
  const columns = version.additionalPrinterColumns ?? [];
  columns.forEach((column, i) => errors.push(...validateColumn(column, `${path}.additionalPrinterColumns[${i}]`)));
  const unchanged = schema && old?.some((before) => equalJson(before.schema?.openAPIV3Schema, schema));
  if (schema && !unchanged) errors.push(...checkSchema(schema, `${schemaPath}.openAPIV3Schema`));
  errors.push(...validateScale(version, `${path}.subresources.scale`));
  errors.push(...validateSelectableFields(version, `${path}.selectableFields`, schema));
  return errors;
}

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

function validateColumn(column: PrinterColumnSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!column.name) errors.push(fieldRequired(`${path}.name`));
  if (!column.type) errors.push(fieldRequired(`${path}.type`, `must be one of ${columnTypes.join(",")}`));
  else if (!columnTypes.includes(column.type))
    errors.push(fieldInvalid(`${path}.type`, column.type, `must be one of ${columnTypes.join(",")}`));
  if (column.format && !columnFormats.includes(column.format)) {
    errors.push(fieldInvalid(`${path}.format`, column.format, `must be one of ${columnFormats.join(",")}`));
  }
  if (!column.jsonPath) errors.push(fieldRequired(`${path}.JSONPath`));
  else if (!column.jsonPath.startsWith("."))
    errors.push(fieldInvalid(`${path}.JSONPath`, column.jsonPath, "must be a simple json path starting with ."));
  return errors;
}

function validateScale(version: CrdVersion, path: string): FieldError[] {
  const scale = version.subresources?.scale;
  if (!scale) return [];
  const errors: FieldError[] = [];
  const check = (field: string, value: string | undefined, required: boolean, roots: string[], where: string): void => {
    if (!value) {
      if (required) errors.push(fieldRequired(`${path}.${field}`));
    } else if (!value.startsWith(".")) errors.push(fieldInvalid(`${path}.${field}`, value, "must be a simple json path starting with ."));
    else if (!roots.some((root) => value.startsWith(root)))
      errors.push(fieldInvalid(`${path}.${field}`, value, `should be a json path under ${where}`));
  };
  check("specReplicasPath", scale.specReplicasPath, true, [".spec."], ".spec");
  check("statusReplicasPath", scale.statusReplicasPath, true, [".status."], ".status");
  check("labelSelectorPath", scale.labelSelectorPath, false, [".spec.", ".status."], "either .spec or .status");
  return errors;
}

const selectableMax = 8;

function validateSelectableFields(version: CrdVersion, path: string, schema: JsonSchema | undefined): FieldError[] {
  const fields = version.selectableFields ?? [];
  const errors: FieldError[] = [];
  if (fields.length > selectableMax) {
    errors.push({ type: "FieldValueTooMany", field: path, detail: `Too many: ${fields.length}: must have at most ${selectableMax} items` });
  }
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, i) => {
    const at = `${path}[${i}].jsonPath`;
    if (!jsonPath) errors.push(fieldRequired(at));
    else if (!/^(\.[A-Za-z_][A-Za-z0-9_-]*)+$/.test(jsonPath))
      errors.push(fieldInvalid(at, jsonPath, "is an invalid path: must be a simple json path starting with ."));
    else if (jsonPath.startsWith(".metadata.") || jsonPath === ".metadata")
      errors.push(fieldInvalid(at, jsonPath, "must not point to fields in metadata"));
    else {
      const target = jsonPath
        .slice(1)
        .split(".")
        .reduce<JsonSchema | undefined>((inner, key) => inner && own(inner.properties, key), schema);
      if (!target) errors.push(fieldInvalid(at, jsonPath, "is an invalid path: does not refer to a valid field"));
      else if (!["boolean", "integer", "string"].includes(target.type ?? "")) {
        errors.push(
          fieldInvalid(
            at,
            jsonPath,
            "must point to a field of type boolean, integer, or string. Enum string fields and strings with formats are allowed.",
          ),
        );
      }
    }
    if (seen.has(jsonPath))
      errors.push({ type: "FieldValueDuplicate", field: path + `[${i}].jsonPath`, detail: `Duplicate value: ${JSON.stringify(jsonPath)}` });
    seen.add(jsonPath);
  });
  return errors;
}

function validateConversion(conversion: CrdConversion): FieldError[] {
  const path = "spec.conversion";
  const { strategy, webhook } = conversion;
  const strategies = ["None", "Webhook"];
  if (!strategy) return [fieldRequired(`${path}.strategy`)];
  if (!strategies.includes(strategy)) return [fieldNotSupported(`${path}.strategy`, strategy, strategies)];
  if (strategy === "None") {
    return webhook
      ? [
          {
            type: "FieldValueForbidden",
            field: `${path}.webhookClientConfig`,
            detail: "Forbidden: should not be set when strategy is not set to Webhook",
          },
        ]
      : [];
  }
  const errors: FieldError[] = [];
  const config = webhook?.clientConfig;
  if (!config) errors.push(fieldRequired(`${path}.webhookClientConfig`, "required when strategy is set to Webhook"));
  else if ((config.url === undefined) === (config.service === undefined)) {
    errors.push(fieldRequired(`${path}.webhookClientConfig`, "exactly one of url or service is required"));
  } else if (config.url !== undefined) errors.push(...validateWebhookUrl(config.url, `${path}.webhookClientConfig.url`));
  const reviews = webhook?.conversionReviewVersions ?? [];
  if (reviews.length === 0) errors.push(fieldRequired(`${path}.conversionReviewVersions`));
  else if (!reviews.includes("v1") && !reviews.includes("v1beta1")) {
    errors.push(fieldInvalid(`${path}.conversionReviewVersions`, reviews, "must include at least one of v1, v1beta1"));
  }
  return errors;
}

function validateWebhookUrl(text: string, field: string): FieldError[] {
  const form = "; desired format: https://host[/path]";
  if (!URL.canParse(text))
    return [fieldRequired(field, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URI for request${form}`)];
  const url = new URL(text);
  const errors: FieldError[] = [];
  if (url.protocol !== "https:")
    errors.push(fieldInvalid(field, url.protocol.replace(/:$/, ""), `'https' is the only allowed URL scheme${form}`));
  if (url.host === "") errors.push(fieldInvalid(field, url.host, `host must be specified${form}`));
  if (url.username !== "") errors.push(fieldInvalid(field, url.username, "user information is not permitted in the URL"));
  if (url.hash !== "") errors.push(fieldInvalid(field, url.hash.slice(1), "fragments are not permitted in the URL"));
  if (url.search !== "") errors.push(fieldInvalid(field, url.search.slice(1), "query parameters are not permitted in the URL"));
  return errors;
}

function validateStoredVersions({ spec, status }: Crd): FieldError[] {
  const path = "status.storedVersions";
  const stored = status?.storedVersions;
  if (!stored?.length) return [fieldInvalid(path, stored, "must have at least one stored version")];
  const errors: FieldError[] = [];
  const versions = spec.versions ?? [];
  stored.forEach((name, i) => {
    if (versions.some((version) => version.name === name)) return;
    errors.push(
      fieldInvalid(
        `${path}[${i}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    );
  });
  for (const version of versions) {
    if (version.storage && !stored.includes(version.name))
      errors.push(fieldInvalid(path, stored, `must have the storage version ${version.name}`));
  }
  return errors;
}

const approvalKey = "api-approved.kubernetes.io";
const approvalHelp = "see https://github.com/kubernetes/enhancements/pull/1111";

/** Groups of the Kubernetes community want a pointer to their review, or the word "unapproved". */
function validateApproval({ spec, metadata }: Crd): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group ?? "")) return [];
  const field = `metadata.annotations[${approvalKey}]`;
  const value = own(metadata.annotations, approvalKey) ?? "";
  if (value === "") return [fieldRequired(field, `protected groups must have approval annotation "${approvalKey}", ${approvalHelp}`)];
  if (value.startsWith("unapproved") || isUrlWithHost(value)) return [];
  return [
    fieldInvalid(
      field,
      value,
      `protected groups must have approval annotation "${approvalKey}" with either a URL or a reason starting with "unapproved", ${approvalHelp}`,
    ),
  ];
}

const isUrlWithHost = (text: string): boolean => URL.canParse(text) && new URL(text).host !== "";
