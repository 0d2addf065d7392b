import {
  equalJson,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
  fieldTooMany,
  formatCheck,
  type JsonSchema,
} from "@meshplane/apimachinery";
import { compilePattern } from "@meshplane/cel";
import { below, type Problem } from "./problem.ts";
import { canonicalJson, isObject, jsonType, own } from "./values.ts";

/**
 * What is wrong with a value; undefined when nothing is. `old` is the value it replaces, undefined without one: problems of parts that
 * did not change are let through (ratcheting), so that a tightened schema does not lock existing objects.
 */
export type Validate = (value: unknown, old?: unknown) => Problem[] | undefined;

/** A schema as closures. Messages and their order are those of kube-openapi's validators. */
export function compileValidator(schema: JsonSchema): Validate {
  const first = build(schema);
  return (value, old) => {
    const problems = first(value, undefined);
    // Only what is wrong is compared with what was there before.
    return problems && old !== undefined ? unlessUnchanged(first, value, old) : problems;
  };
}

function unlessUnchanged(validate: Validate, value: unknown, old: unknown): Problem[] | undefined {
  if (old !== undefined && equalJson(value, old)) return undefined;
  const problems = validate(value, old);
  return problems && problems.length > 0 ? problems : undefined;
}

const here = (type: Problem["type"], detail: string | ((name: string) => string)): Problem => ({
  at: [],
  type,
  detail: typeof detail === "string" ? () => detail : detail,
});
const invalid = (value: unknown, text: (name: string) => string): Problem =>
  here("FieldValueInvalid", (name) => fieldInvalid("", value, text(name)).detail);
const nowhere = (text: (name: string) => string): Problem => ({ ...invalid("", text), nowhere: true });

function build(schema: JsonSchema): Validate {
  const types = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : schema.type ? [schema.type] : [];
  const checks: Validate[] = [];
  for (const check of [logic(schema), strings(schema), numbers(schema), arrays(schema), enums(schema), objects(schema)]) {
    if (check) checks.push(check);
  }
  const { nullable } = schema;
  return (value, old) => {
    if (value === null && nullable === true) return undefined;
    if (types.length > 0) {
      const problems = wrongType(value, types, schema);
      if (problems) return problems;
    }
    let all: Problem[] | undefined;
    for (const check of checks) {
      const problems = check(value, old);
      if (problems) all = all ? [...all, ...problems] : problems;
    }
    return all;
  };
}

function wrongType(value: unknown, types: readonly string[], schema: JsonSchema): Problem[] | undefined {
  const actual = jsonType(value);
  if (types.includes(actual)) return undefined;
  if (types.includes("number") && (actual === "integer" || actual === "float64")) return undefined;
  const integer = types.length === 1 && types[0] === "integer";
  const wanted = integer && actual === "float64" ? "int64" : types.join(",");
  const problem = here(
    "FieldValueTypeInvalid",
    (name) => `Invalid value: ${JSON.stringify(actual)}: ${name} in body must be of type ${wanted}: ${JSON.stringify(actual)}`,
  );
  if (!integer || (actual !== "number" && actual !== "float64")) return [problem];
  const width = schema.format ? `with format ${schema.format}` : "(default format)";
  return [problem, nowhere((name) => `Checked value must be of type integer ${width} in ${name}`)];
}

function enums(schema: JsonSchema): Validate | undefined {
  const allowed = schema.enum;
  if (!allowed || allowed.length === 0) return undefined;
  const primitives = new Set(allowed.map(canonicalJson));
  const supported = allowed.map((value) => (typeof value === "string" ? value : canonicalJson(value)));
  return (value) =>
    primitives.has(canonicalJson(value)) ? undefined : [here("FieldValueNotSupported", fieldNotSupported("", value, supported).detail)];
}

function strings(schema: JsonSchema): Validate | undefined {
  const { maxLength, minLength, pattern, format } = schema;
  const check = format && schema.type !== "integer" && schema.type !== "number" ? formatCheck(format) : undefined;
  if (maxLength === undefined && minLength === undefined && pattern === undefined && !check) return undefined;
  return (value) => {
    if (typeof value !== "string") return undefined;
    const problem = stringProblem(value, schema);
    const problems = problem ? [problem] : [];
    if (check && !check(value)) {
      const shown = JSON.stringify(value);
      problems.push(
        here("FieldValueTypeInvalid", (name) => `Invalid value: ${shown}: ${name} in body must be of type ${format}: ${shown}`),
      );
    }
    return problems.length > 0 ? problems : undefined;
  };
}

function stringProblem(value: string, { maxLength, minLength, pattern }: JsonSchema): Problem | undefined {
  // Only texts near a limit need their characters counted.
  if (maxLength !== undefined && value.length > maxLength && codePoints(value) > maxLength) {
    return here("FieldValueTooLong", fieldTooLong("", maxLength).detail);
  }
  if (minLength !== undefined && (value.length < minLength || codePoints(value) < minLength)) {
    return invalid(value, (name) => `${name} in body should be at least ${minLength} chars long`);
  }
  if (pattern !== undefined && !matches(value, pattern)) return invalid(value, (name) => `${name} in body should match '${pattern}'`);
  return undefined;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++)
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count--;
  return count;
}

function matches(value: string, pattern: string): boolean {
  try {
    return compilePattern(pattern).test(value);
  } catch {
    return true; // refused when the schema was written
  }
}

function numbers(schema: JsonSchema): Validate | undefined {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const width = schema.type === "integer" && schema.format === "int32";
  if (minimum === undefined && maximum === undefined && multipleOf === undefined && !width) return undefined;
  return (value) => {
    if (typeof value !== "number" && typeof value !== "bigint") return undefined;
    const problems: Problem[] = [];
    if (width && (value < -2147483648 || value > 2147483647)) {
      problems.push(nowhere((name) => `Checked value must be of type integer with format int32 in ${name}`));
    }
    if (multipleOf !== undefined && !isMultiple(Number(value), multipleOf)) {
      const factor = Number.isInteger(Number(value)) ? Math.trunc(multipleOf) : multipleOf;
      problems.push(invalid(value, (name) => `${name} in body should be a multiple of ${factor}`));
    }
    if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
      problems.push(invalid(value, (name) => `${name} in body should be less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`));
    }
    if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
      problems.push(invalid(value, (name) => `${name} in body should be greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`));
    }
    return problems.length > 0 ? problems : undefined;
  };
}

/** Binary fractions are not exact: 0.3 is a multiple of 0.1. */
function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor;
  return Number.isInteger(quotient) || Math.abs(quotient - Math.round(quotient)) < 1e-9;
}

function arrays(schema: JsonSchema): Validate | undefined {
  const { minItems, maxItems } = schema;
  const items = schema.items ? build(schema.items) : undefined;
  if (!items && minItems === undefined && maxItems === undefined) return undefined;
  const keys = schema["x-kubernetes-list-type"] === "map" ? schema["x-kubernetes-list-map-keys"] : undefined;
  return (value, old) => {
    if (!Array.isArray(value)) return undefined;
    const problems: Problem[] = [];
    if (items) {
      const previous = keys && Array.isArray(old) ? itemsByKey(old, keys) : undefined;
      for (let i = 0; i < value.length; i++) {
        const before = previous?.get(itemKey(value[i], keys!));
        const inner = before === undefined ? items(value[i]) : unlessUnchanged(items, value[i], before);
        if (inner) for (const problem of below(i, inner)) problems.push(problem);
      }
    }
    if (minItems !== undefined && value.length < minItems) {
      problems.push(invalid(value.length, (name) => `${name} in body should have at least ${minItems} items`));
    }
    if (maxItems !== undefined && value.length > maxItems) {
      problems.push(here("FieldValueTooMany", fieldTooMany("", value.length, maxItems).detail));
    }
    return problems.length > 0 ? problems : undefined;
  };
}

/** What identifies an item of a list that is a map. */
export const itemKey = (item: unknown, keys: readonly string[]): string =>
  isObject(item) ? canonicalJson(keys.map((key) => own(item, key) ?? null)) : "";

export function itemsByKey(list: readonly unknown[], keys: readonly string[]): Map<string, unknown> {
  return new Map(list.map((item) => [itemKey(item, keys), item]));
}

function objects(schema: JsonSchema): Validate | undefined {
  const { minProperties, maxProperties, required, properties, additionalProperties } = schema;
  const inner = properties ? new Map(Object.keys(properties).map((key) => [key, build(properties[key]!)])) : undefined;
  const others = typeof additionalProperties === "object" ? build(additionalProperties) : undefined;
  if (!inner && !others && !required?.length && minProperties === undefined && maxProperties === undefined) return undefined;
  return (value, old) => {
    if (!isObject(value)) return undefined;
    const keys = Object.keys(value);
    const problems: Problem[] = [];
    if (minProperties !== undefined && keys.length < minProperties) {
      problems.push(invalid(keys.length, (name) => `${name} in body should have at least ${minProperties} properties`));
    }
    if (maxProperties !== undefined && keys.length > maxProperties) {
      problems.push(here("FieldValueTooMany", fieldTooMany("", keys.length, maxProperties).detail));
    }
    for (const key of required ?? []) {
      if (own(value, key) === undefined) problems.push(...below(key, [here("FieldValueRequired", fieldRequired("").detail)]));
    }
    if (inner || others) {
      const before = isObject(old) ? old : undefined;
      for (const key of keys) {
        const validate = inner?.get(key) ?? others;
        if (!validate || value[key] === undefined) continue;
        const previous = before && own(before, key);
        const found = previous === undefined ? validate(value[key]) : unlessUnchanged(validate, value[key], previous);
        if (found) for (const problem of below(key, found)) problems.push(problem);
      }
    }
    return problems.length > 0 ? problems : undefined;
  };
}

function logic(schema: JsonSchema): Validate | undefined {
  const { allOf, anyOf, oneOf, not } = schema;
  if (!allOf?.length && !anyOf?.length && !oneOf?.length && !not) return undefined;
  const all = allOf?.map(build) ?? [];
  const any = anyOf?.map(build) ?? [];
  const one = oneOf?.map(build) ?? [];
  const none = not && build(not);
  return (value) => {
    const problems: Problem[] = [];
    if (any.length > 0) {
      const best = bestFailure(any, value);
      if (best)
        problems.push(
          nowhere((name) => `"${name}" must validate at least one schema (anyOf)`),
          ...best,
        );
    }
    if (one.length > 0) {
      const valid = one.filter((validate) => !validate(value)).length;
      if (valid === 0) {
        problems.push(
          nowhere((name) => `"${name}" must validate one and only one schema (oneOf). Found none valid`),
          ...(bestFailure(one, value) ?? []),
        );
      } else if (valid > 1) {
        problems.push(nowhere((name) => `"${name}" must validate one and only one schema (oneOf). Found ${valid} valid alternatives`));
      }
    }
    const failed = all.map((validate) => validate(value)).filter((result) => result !== undefined);
    if (failed.length > 0) {
      const none = failed.length === all.length ? ". None validated" : "";
      problems.push(
        ...failed.flat(),
        nowhere((name) => `"${name}" must validate all the schemas (allOf)${none}`),
      );
    }
    if (none && !none(value)) problems.push(nowhere((name) => `"${name}" must not validate the schema (not)`));
    return problems.length > 0 ? problems : undefined;
  };
}

/** Undefined as soon as one alternative holds, else what is wrong with the first. */
function bestFailure(alternatives: readonly Validate[], value: unknown): Problem[] | undefined {
  let first: Problem[] | undefined;
  for (const validate of alternatives) {
    const problems = validate(value);
    if (!problems) return undefined;
    first ??= problems;
  }
  return first;
}
