import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  type FieldError,
  type JsonSchema,
  type ValidationRule,
} from "@meshplane/apimachinery";
import { CelError, compilePattern, estimateCost, typeFromSchema } from "@meshplane/cel";
import { schemaTypeError } from "../crd/require-crd-types.ts";
import { compileRules, hasRules, parseFieldPath, type CompiledRule } from "./cel-rules.ts";
import { checkDefaults } from "./check-defaults.ts";
import { checkStructural } from "./check-structural.ts";
import { own } from "./values.ts";

/** @see k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation */
const ruleCostLimit = 10_000_000;
const schemaCostLimit = 100_000_000;
/** How many of the dearest rules are named when the whole is too dear. */
const expensiveNamed = 4;

const types = ["array", "boolean", "integer", "number", "object", "string"];
const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/**
 * What keeps a schema from being used for a custom resource, with upstream's texts.
 * @param path the field's name of the schema, `spec.validation.openAPIV3Schema`
 */
export function checkSchema(schema: JsonSchema, path: string): FieldError[] {
  const wrong = schemaTypeError(schema);
  if (wrong !== undefined) return [fieldInvalid(path, schema, wrong)];
  const walk: Walk = { errors: [], costs: [], total: 0 };
  checkKeywords(schema, path, walk, { root: true, cardinality: 1, uncorrelatable: undefined });
  if (walk.total > schemaCostLimit) reportTotal(walk, path);
  const { errors } = walk;
  errors.push(...checkStructural(schema, path));
  if (errors.length === 0) checkDefaults(schema, path, true, errors);
  return errors;
}

interface Walk {
  errors: FieldError[];
  costs: { path: string; cost: number }[];
  total: number;
}

interface Place {
  root: boolean;
  /** how many of these one object can hold at most */
  cardinality: number;
  /** below a list or map without a limit, only the size of a request limits how many there are */
  unbounded?: boolean;
  /** the list above whose items cannot be told apart between old and new */
  uncorrelatable: string | undefined;
}

const unsupported = ["$ref", "id", "dependencies", "definitions", "patternProperties", "additionalItems"];

function checkKeywords(schema: JsonSchema, path: string, walk: Walk, place: Place): void {
  const { errors } = walk;
  const raw = schema as Record<string, unknown>;
  if (schema.uniqueItems === true) {
    errors.push(fieldForbidden(`${path}.uniqueItems`, "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
  }
  for (const keyword of unsupported) {
    if (raw[keyword] !== undefined) errors.push(fieldForbidden(`${path}.${keyword}`, `${keyword} is not supported`));
  }
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false && hasKeys(schema.properties)) {
    errors.push(fieldForbidden(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"));
  }
  if (schema.type !== undefined && !types.includes(schema.type)) {
    errors.push(fieldNotSupported(`${path}.type`, schema.type, types));
    if ((schema.type as string) === "null") {
      errors.push(fieldForbidden(`${path}.type`, "type cannot be set to null, use nullable as an alternative"));
    }
  }
  if (Array.isArray(schema.items)) errors.push(fieldForbidden(`${path}.items`, "items must be a schema object and not an array"));
  if (schema.pattern !== undefined) checkPattern(schema.pattern, path, errors);
  checkExtensions(schema, path, errors);
  if (hasRules(schema)) checkRules(schema, path, walk, place);
  for (const child of children(schema, path)) {
    const unbounded = place.unbounded || child.unbounded || false;
    checkKeywords(child.schema, child.path, walk, {
      root: false,
      cardinality: unbounded ? mostInOneRequest(child.schema) : place.cardinality * child.multiplier,
      unbounded,
      uncorrelatable: place.uncorrelatable ?? child.uncorrelatable,
    });
  }
}

const hasKeys = (map: object | undefined): boolean => map !== undefined && Object.keys(map).length > 0;

function checkPattern(pattern: string, path: string, errors: FieldError[]): void {
  try {
    compilePattern(pattern);
  } catch (error) {
    errors.push(fieldInvalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${(error as Error).message}`));
  }
}

/** how many of a value fit into the largest request */
const mostInOneRequest = (schema: JsonSchema): number => Math.max(1, typeFromSchema({ type: "array", items: schema })?.size ?? 1);

interface Child {
  schema: JsonSchema;
  path: string;
  multiplier: number;
  unbounded?: boolean;
  uncorrelatable?: string;
}

function* children(schema: JsonSchema, path: string): Iterable<Child> {
  const size = typeFromSchema(schema)?.size ?? 1;
  if (typeof schema.additionalProperties === "object") {
    yield {
      schema: schema.additionalProperties,
      path: `${path}.additionalProperties`,
      multiplier: Math.max(1, size),
      unbounded: schema.maxProperties === undefined,
    };
  }
  for (const key of Object.keys(schema.properties ?? {}).sort()) {
    yield { schema: schema.properties![key]!, path: `${path}.properties[${key}]`, multiplier: 1 };
  }
  if (schema.items && !Array.isArray(schema.items)) {
    const correlatable = schema["x-kubernetes-list-type"] === "map";
    yield {
      schema: schema.items,
      path: `${path}.items`,
      multiplier: Math.max(1, size),
      unbounded: schema.maxItems === undefined,
      ...(correlatable ? {} : { uncorrelatable: path }),
    };
  }
  for (const keyword of ["allOf", "anyOf", "oneOf"] as const) {
    for (const [i, inner] of (schema[keyword] ?? []).entries()) yield { schema: inner, path: `${path}.${keyword}[${i}]`, multiplier: 1 };
  }
  if (schema.not) yield { schema: schema.not, path: `${path}.not`, multiplier: 1 };
}

function checkExtensions(schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    errors.push(fieldInvalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
  }
  const mapType = schema["x-kubernetes-map-type"];
  if (mapType !== undefined) {
    if (mapType !== "atomic" && mapType !== "granular") {
      errors.push(fieldNotSupported(`${path}.x-kubernetes-map-type`, mapType, ["atomic", "granular"]));
    }
    if (schema.type !== "object") {
      errors.push(
        schema.type === undefined
          ? fieldRequired(`${path}.type`, "must be object if x-kubernetes-map-type is specified")
          : fieldInvalid(`${path}.type`, schema.type, "must be object if x-kubernetes-map-type is specified"),
      );
    }
  }
  if (schema["x-kubernetes-list-type"] !== undefined) checkListType(schema, path, errors);
  else if (schema["x-kubernetes-list-map-keys"]?.length) {
    errors.push(fieldRequired(`${path}.x-kubernetes-list-type`, "must be map if x-kubernetes-list-map-keys is non-empty"));
  }
}

function checkListType(schema: JsonSchema, path: string, errors: FieldError[]): void {
  const type = schema["x-kubernetes-list-type"]!;
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema.type !== "array") {
    errors.push(
      schema.type === undefined
        ? fieldRequired(`${path}.type`, "must be array if x-kubernetes-list-type is specified")
        : fieldInvalid(`${path}.type`, schema.type, "must be array if x-kubernetes-list-type is specified"),
    );
    return;
  }
  if (!["atomic", "set", "map"].includes(type)) {
    errors.push(fieldNotSupported(`${path}.x-kubernetes-list-type`, type, ["atomic", "set", "map"]));
    return;
  }
  const { items } = schema;
  if (type !== "map") {
    if (keys?.length)
      errors.push(fieldRequired(`${path}.x-kubernetes-list-type`, "must be map if x-kubernetes-list-map-keys is non-empty"));
    if (type === "set" && items) checkSetItems(items, path, errors);
    return;
  }
  if (!keys?.length) {
    errors.push(fieldRequired(`${path}.x-kubernetes-list-map-keys`, "must not be empty if x-kubernetes-list-type is map"));
    return;
  }
  if (!items) return;
  if (items.type !== "object") {
    errors.push(fieldInvalid(`${path}.items.type`, items.type ?? "", "must be object if parent array's x-kubernetes-list-type is map"));
    return;
  }
  const properties = items.properties ?? {};
  if (keys.some((key) => !own(properties, key))) {
    errors.push(fieldInvalid(`${path}.x-kubernetes-list-map-keys`, keys, "entries must all be names of item properties"));
  }
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) errors.push(fieldInvalid(`${path}.x-kubernetes-list-map-keys`, keys, "must not contain duplicate entries"));
    seen.add(key);
    const property = own(properties, key);
    if (!property) continue;
    const at = `${path}.items.properties[${key}]`;
    if (property.type === "array" || property.type === "object") {
      errors.push(fieldInvalid(`${at}.type`, property.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"));
    }
    if (property.default === undefined && !items.required?.includes(key)) {
      errors.push(
        fieldRequired(
          `${at}.default`,
          "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        ),
      );
    }
    if (property.nullable) {
      errors.push(fieldForbidden(`${at}.nullable`, "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"));
    }
  }
}

function checkSetItems(items: JsonSchema, path: string, errors: FieldError[]): void {
  if (items.type === "object" && items["x-kubernetes-map-type"] !== "atomic") {
    errors.push(
      fieldInvalid(
        `${path}.items.x-kubernetes-map-type`,
        items["x-kubernetes-map-type"],
        "must be atomic as item of a list with x-kubernetes-list-type=set",
      ),
    );
  }
  if (items.type === "array" && items["x-kubernetes-list-type"] !== undefined && items["x-kubernetes-list-type"] !== "atomic") {
    errors.push(
      fieldInvalid(
        `${path}.items.x-kubernetes-list-type`,
        items["x-kubernetes-list-type"],
        "must be atomic as item of a list with x-kubernetes-list-type=set",
      ),
    );
  }
  if (items.nullable) errors.push(fieldForbidden(`${path}.items.nullable`, "cannot be nullable when x-kubernetes-list-type is set"));
}

function checkRules(schema: JsonSchema, path: string, walk: Walk, place: Place): void {
  if (!schema["x-kubernetes-validations"]?.length) return;
  const complete = schema["x-kubernetes-validations"].map((rule, i) =>
    checkRuleTexts(rule, `${path}.x-kubernetes-validations[${i}]`, schema, walk.errors),
  );
  if (complete.includes(false)) return;
  for (const [i, compiled] of compileRules(schema, place.root).entries()) {
    checkCompiled(compiled, `${path}.x-kubernetes-validations[${i}]`, walk, place);
  }
}

/** @returns false when there is nothing to compile */
function checkRuleTexts(rule: ValidationRule, path: string, schema: JsonSchema, errors: FieldError[]): boolean {
  let complete = true;
  const { message, messageExpression, reason, fieldPath } = rule;
  if (!rule.rule?.trim()) {
    errors.push(fieldRequired(`${path}.rule`, "rule is not specified"));
    complete = false;
  }
  if (message !== undefined && message !== "" && message.trim() === "") {
    errors.push(fieldInvalid(`${path}.message`, message, "must be non-empty if specified"));
  } else if (message && /[\n\r]/.test(message.trim())) {
    errors.push(fieldInvalid(`${path}.message`, message, "must not contain line breaks"));
  } else if (rule.rule && /[\n\r]/.test(rule.rule.trim()) && !message && !messageExpression) {
    errors.push(fieldRequired(`${path}.message`, "message must be specified if rule contains line breaks"));
  }
  if (messageExpression !== undefined && messageExpression !== "" && messageExpression.trim() === "") {
    errors.push(fieldRequired(`${path}.messageExpression`, "must be non-empty if specified"));
  }
  if (reason !== undefined && !reasons.includes(reason)) errors.push(fieldNotSupported(`${path}.reason`, reason, reasons));
  if (fieldPath !== undefined && fieldPath !== "") {
    if (fieldPath.trim() === "") errors.push(fieldInvalid(`${path}.fieldPath`, fieldPath, "must be non-empty if specified"));
    else if (/[\n\r]/.test(fieldPath)) errors.push(fieldInvalid(`${path}.fieldPath`, fieldPath, "must not contain line breaks"));
    else if (!leadsSomewhere(fieldPath, schema)) errors.push(fieldInvalid(`${path}.fieldPath`, fieldPath, "must be a valid path"));
  }
  return complete;
}

function leadsSomewhere(text: string, schema: JsonSchema): boolean {
  const segments = parseFieldPath(text);
  let at: JsonSchema | undefined = schema;
  for (const segment of segments) {
    if (!at) return false;
    at = own(at.properties, segment) ?? (typeof at.additionalProperties === "object" ? at.additionalProperties : undefined);
  }
  return segments.length > 0 && at !== undefined;
}

const tooDear = (factor: string): string =>
  `exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
const factorOf = (cost: number, limit: number): string => (cost / limit > 100 ? "more than 100x" : `${(cost / limit).toFixed(1)}x`);

function checkCompiled(compiled: CompiledRule, path: string, walk: Walk, place: Place): void {
  const { rule, error, program } = compiled;
  const invalid = (field: string, why: CelError | string): void => {
    const text = why instanceof CelError ? `compilation failed: ${why.message}` : why;
    walk.errors.push({ type: "FieldValueInvalid", field: `${path}.${field}`, detail: `Invalid value: ${goRule(rule)}: ${text}` });
  };
  if (error !== undefined) invalid("rule", error);
  else if (program) {
    const cost = estimateCost(program.checked).max * place.cardinality;
    walk.total += cost;
    walk.costs.push({ path: `${path}.rule`, cost });
    if (cost > ruleCostLimit)
      walk.errors.push(fieldForbidden(`${path}.rule`, `estimated rule cost ${tooDear(factorOf(cost, ruleCostLimit))}`));
    if (compiled.usesOldSelf && place.uncorrelatable !== undefined) {
      walk.errors.push(
        fieldInvalid(
          `${path}.rule`,
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`,
        ),
      );
    }
  }
  if (rule.optionalOldSelf && !compiled.usesOldSelf && error === undefined) {
    walk.errors.push(fieldInvalid(`${path}.optionalOldSelf`, true, "may not be set if oldSelf is not used in rule"));
  }
  if (compiled.messageError !== undefined) invalid("messageExpression", compiled.messageError);
  else if (compiled.messageProgram) {
    const cost = estimateCost(compiled.messageProgram.checked).max * place.cardinality;
    walk.total += cost;
    walk.costs.push({ path: `${path}.messageExpression`, cost });
    if (cost > ruleCostLimit) {
      walk.errors.push(
        fieldForbidden(`${path}.messageExpression`, `estimated messageExpression cost ${tooDear(factorOf(cost, ruleCostLimit))}`),
      );
    }
  }
}

function reportTotal(walk: Walk, path: string): void {
  const dearest = walk.costs.toSorted((a, b) => b.cost - a.cost).slice(0, expensiveNamed);
  for (const { path: field, cost } of dearest) {
    if (cost <= schemaCostLimit / 100) continue;
    walk.errors.push(fieldForbidden(field, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"));
  }
  walk.errors.push(
    fieldForbidden(
      path,
      `x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema ${tooDear(factorOf(walk.total, schemaCostLimit))}`,
    ),
  );
}

/** A rule as Go prints its struct: fields by their Go names, `<`, `>` and `&` escaped. */
function goRule(rule: ValidationRule): string {
  const text = JSON.stringify({
    Rule: rule.rule ?? "",
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  });
  return text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
