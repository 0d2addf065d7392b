import { RE2JS } from "re2js";
import { encodeJson } from "../json/encode.ts";
import { equalJson } from "../json/equal.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
  fieldTooMany,
  fieldTypeInvalid,
  type FieldError,
} from "../status/field-error.ts";
import { validateEmbeddedResources } from "./embedded-resources.ts";
import { formatCheck } from "./formats.ts";
import type { JsonSchema } from "./json-schema.ts";
import { validateListTypes } from "./list-types.ts";

/**
 * Everything that is wrong with a value by its schema, with upstream's texts: types, bounds, formats, combinations; then embedded resources,
 * then items that a set or keyed list has twice. CEL rules are not looked at.
 *
 * @param path where the value stands in its object, "" for the object itself. It precedes fields, but not the names in texts.
 */
export function validateSchema(value: JsonValue, schema: JsonSchema, path = ""): FieldError[] {
  const errors = validateOpenApi(value, schema, path);
  errors.push(...validateEmbeddedResources(value, schema, path), ...validateListTypes(value, schema, path));
  return errors;
}

/** A validator for many values of one schema. What can be prepared is prepared now: patterns, formats. */
export function compileValidator(schema: JsonSchema): (value: JsonValue, path?: string) => FieldError[] {
  prepare(schema);
  return (value, path) => validateSchema(value, schema, path);
}

/** The part of `validateSchema` that JSON Schema itself says. */
export function validateOpenApi(value: JsonValue, schema: JsonSchema, path = ""): FieldError[] {
  const result: Result = { errors: [], matches: 0, prefix: path };
  validate(value, schema, "", result);
  return result.errors;
}

interface Result {
  errors: FieldError[];
  /** How many checks passed: of several alternatives that fail, the one with most is told about. */
  matches: number;
  prefix: string;
}

/** What is worked out once per schema. */
interface Prepared {
  types: readonly string[];
  typeNames: string;
  pattern: RE2JS | undefined;
  format: ((text: string) => boolean) | undefined;
  properties: readonly [string, JsonSchema][];
  patternProperties: readonly [RE2JS, JsonSchema][];
  combined: boolean;
}

const preparedSchemas = new WeakMap<JsonSchema, Prepared>();

function prepare(schema: JsonSchema): Prepared {
  let prepared = preparedSchemas.get(schema);
  if (prepared) return prepared;
  const types = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : schema.type ? [schema.type] : [];
  prepared = {
    types,
    typeNames: types.join(","),
    pattern: compilePattern(schema.pattern),
    format: schema.format ? formatCheck(schema.format) : undefined,
    properties: Object.entries(schema.properties ?? {}),
    patternProperties: Object.entries(schema.patternProperties ?? {}).flatMap(([pattern, property]) => {
      const compiled = compilePattern(pattern);
      return compiled ? [[compiled, property] as [RE2JS, JsonSchema]] : [];
    }),
    combined: Boolean(schema.anyOf?.length || schema.oneOf?.length || schema.allOf?.length || schema.not),
  };
  preparedSchemas.set(schema, prepared);
  return prepared;
}

/** A schema with a bad pattern is refused where schemas are accepted; here it matches everything. */
function compilePattern(pattern: string | undefined): RE2JS | undefined {
  if (!pattern) return undefined;
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

/** `name` in texts has no dot before the first field; fields have the prefix. */
const fieldOf = ({ prefix }: Result, name: string): string => {
  const field = name.startsWith(".") ? name.slice(1) : name;
  if (prefix === "") return field;
  return field === "" ? prefix : field.startsWith("[") ? prefix + field : `${prefix}.${field}`;
};

/** An error that upstream gives no field to. */
const unplaced = (result: Result, text: string): void => {
  result.errors.push(fieldInvalid(result.prefix || "<nil>", "", text));
};

function invalid(result: Result, name: string, value: unknown, text: string): void {
  result.errors.push(fieldInvalid(fieldOf(result, name), value, `${name} in body ${text}`));
}

function wrongType(result: Result, name: string, wanted: string, actual: string): void {
  const text = `${name} in body must be of type ${wanted}: ${JSON.stringify(actual)}`;
  result.errors.push(fieldTypeInvalid(fieldOf(result, name), actual, text));
}

function validate(value: JsonValue, schema: JsonSchema, name: string, result: Result): void {
  const prepared = prepare(schema);
  if (value === null) {
    if (prepared.types.length > 0 && !schema.nullable) wrongType(result, name, prepared.typeNames, "null");
    else result.matches++;
    validateEnum(value, schema, name, result);
    return;
  }
  const before = result.errors.length;
  if (prepared.types.length > 0 || schema.format) validateType(value, schema, prepared, name, result);
  if (prepared.combined) validateCombinations(value, schema, name, result);
  if (typeof value === "string") validateText(value, schema, prepared, name, result);
  else if (typeof value === "number" || typeof value === "bigint") validateNumber(value, schema, name, result);
  else if (Array.isArray(value)) validateList(value, schema, name, result);
  validateEnum(value, schema, name, result);
  if (typeof value === "object" && !Array.isArray(value)) validateObject(value, schema, prepared, name, result);
  result.matches += result.errors.length === before ? 2 : 1;
}

/** Go's two kinds of numbers: what 64 bits hold is an integer. */
const isInt64 = (value: number | bigint): boolean => typeof value === "bigint" || (Number.isInteger(value) && Math.abs(value) < 2 ** 63);

function typeOf(value: JsonValue): [type: string, format: string] {
  switch (typeof value) {
    case "string":
      return ["string", ""];
    case "boolean":
      return ["boolean", ""];
    case "bigint":
      return ["integer", "int64"];
    case "number":
      return isInt64(value) ? ["integer", "int64"] : ["number", "float64"];
    default:
      return [Array.isArray(value) ? "array" : "object", ""];
  }
}

function validateType(value: JsonValue, { format }: JsonSchema, { types, typeNames }: Prepared, name: string, result: Result): void {
  const [type, actualFormat] = typeOf(value);
  const isNumeric = types.includes("number") || types.includes("integer");
  const fits = types.includes(type) || (type === "integer" && types.includes("number"));
  const textual = typeof value === "string" || Array.isArray(value);
  if (format && !textual && !fits && actualFormat !== format) wrongType(result, name, format, actualFormat);
  else if (format && textual && !isNumeric) result.matches++; // the format says the rest
  else if (!fits) wrongType(result, name, typeNames, type);
  else result.matches++;
}

function validateText(text: string, schema: JsonSchema, { pattern, format }: Prepared, name: string, result: Result): void {
  const { maxLength, minLength } = schema;
  const bounded = maxLength !== undefined || minLength !== undefined;
  const length = bounded ? characters(text) : 0;
  if (maxLength !== undefined && length > maxLength) result.errors.push(fieldTooLong(fieldOf(result, name), maxLength));
  else if (minLength !== undefined && length < minLength) {
    invalid(result, name, text, `should be at least ${minLength} chars long`);
  } else if (pattern && !pattern.matcher(text).find()) invalid(result, name, text, `should match '${schema.pattern}'`);
  if (format && !format(text)) wrongType(result, name, schema.format!, text);
}

function characters(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0xd800 && c < 0xdc00 && text.charCodeAt(i + 1) >= 0xdc00 && text.charCodeAt(i + 1) < 0xe000) length--;
  }
  return length;
}

function validateNumber(value: number | bigint, schema: JsonSchema, name: string, result: Result): void {
  const { type, format, multipleOf, maximum, minimum } = schema;
  const integral = isInt64(value);
  if (type === "integer" && !inRange(value, format)) {
    unplaced(result, `Checked value must be of type integer ${format ? `with format ${format}` : "(default format)"} in ${name}`);
  }
  // Upstream compares integers with the integer part of a bound.
  const bound = (given: number): number => (integral ? Math.trunc(given) : given);
  if (multipleOf !== undefined) {
    const factor = bound(multipleOf);
    const fits = factor === 0 || (integral ? BigInt(value) % BigInt(factor) === 0n : Number.isInteger(Number(value) / factor));
    if (!fits) invalid(result, name, value, `should be a multiple of ${factor}`);
  }
  if (minimum !== undefined) {
    const limit = bound(minimum);
    if (value < limit || (schema.exclusiveMinimum && Number(value) === limit)) {
      invalid(result, name, value, `should be greater than ${schema.exclusiveMinimum ? "" : "or equal to "}${limit}`);
    }
  }
  if (maximum !== undefined) {
    const limit = bound(maximum);
    if (value > limit || (schema.exclusiveMaximum && Number(value) === limit)) {
      invalid(result, name, value, `should be less than ${schema.exclusiveMaximum ? "" : "or equal to "}${limit}`);
    }
  }
}

function inRange(value: number | bigint, format: string | undefined): boolean {
  if (!isInt64(value)) return false;
  if (format === "int32") return value >= -2147483648 && value <= 2147483647;
  if (format === "uint32") return value >= 0 && value <= 4294967295;
  return format !== "uint64" || value >= 0;
}

function validateList(list: readonly JsonValue[], schema: JsonSchema, name: string, result: Result): void {
  const { items, minItems, maxItems, uniqueItems } = schema;
  if (items) for (let i = 0; i < list.length; i++) validate(list[i]!, items, `${name}[${i}]`, result);
  if (minItems !== undefined && list.length < minItems) {
    invalid(result, name, list.length, `should have at least ${minItems} items`);
  }
  if (maxItems !== undefined && list.length > maxItems) {
    result.errors.push(fieldTooMany(fieldOf(result, name), list.length, maxItems));
  }
  if (uniqueItems && new Set(list.map(encodeJson)).size < list.length) {
    invalid(result, name, "", "shouldn't contain duplicates");
  }
}

function validateEnum(value: JsonValue, schema: JsonSchema, name: string, result: Result): void {
  if (!schema.enum || schema.enum.length === 0 || schema.enum.some((allowed) => equalJson(allowed, value))) return;
  const supported = schema.enum.map((allowed) => (typeof allowed === "string" ? allowed : encodeJson(allowed)));
  result.errors.push(fieldNotSupported(fieldOf(result, name), value, supported));
}

function validateObject(object: JsonObject, schema: JsonSchema, prepared: Prepared, name: string, result: Result): void {
  const { minProperties, maxProperties, additionalProperties, required } = schema;
  if (minProperties !== undefined || maxProperties !== undefined) {
    const count = Object.keys(object).length;
    if (minProperties !== undefined && count < minProperties) {
      invalid(result, name, count, `should have at least ${minProperties} properties`);
    }
    if (maxProperties !== undefined && count > maxProperties) {
      result.errors.push(fieldTooMany(fieldOf(result, name), count, maxProperties));
    }
  }
  if (additionalProperties !== undefined || prepared.patternProperties.length > 0) {
    validateOthers(object, schema, prepared, name, result);
  }
  for (const [key, property] of prepared.properties) {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    if (value !== undefined) validate(value, property, name === "" ? key : `${name}.${key}`, result);
  }
  for (const key of required ?? []) {
    if (!Object.hasOwn(object, key) || object[key] === undefined) {
      result.errors.push(fieldRequired(fieldOf(result, `${name}.${key}`)));
    }
  }
}

function validateOthers(object: JsonObject, schema: JsonSchema, prepared: Prepared, name: string, result: Result): void {
  const { properties, additionalProperties } = schema;
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined || (properties && Object.hasOwn(properties, key))) continue;
    let matched = false;
    for (const [pattern, property] of prepared.patternProperties) {
      if (!pattern.matcher(key).find()) continue;
      matched = true;
      validate(value, property, `${name}.${key}`, result);
    }
    if (matched) continue;
    if (typeof additionalProperties === "object") validate(value, additionalProperties, `${name}.${key}`, result);
    else if (additionalProperties === false) {
      result.errors.push(fieldInvalid(fieldOf(result, name), key, `${name}.${key} in body is a forbidden property`));
    }
  }
}

function attempt(value: JsonValue, schema: JsonSchema, name: string, prefix: string): Result {
  const result: Result = { errors: [], matches: 0, prefix };
  validate(value, schema, name, result);
  return result;
}

function adopt(result: Result, other: Result | undefined): void {
  if (!other) return;
  result.errors.push(...other.errors);
  result.matches += other.matches;
}

function validateCombinations(value: JsonValue, schema: JsonSchema, name: string, result: Result): void {
  const { anyOf, oneOf, allOf, not } = schema;
  const best = (a: Result | undefined, b: Result): Result => (a === undefined || b.matches > a.matches ? b : a);
  if (anyOf?.length) {
    let closest: Result | undefined;
    let success: Result | undefined;
    for (const alternative of anyOf) {
      const tried = attempt(value, alternative, name, result.prefix);
      if (tried.errors.length === 0) {
        success = tried;
        break;
      }
      closest = best(closest, tried);
    }
    if (!success) unplaced(result, `${JSON.stringify(name)} must validate at least one schema (anyOf)`);
    adopt(result, success ?? closest);
  }
  if (oneOf?.length) {
    const tries = oneOf.map((alternative) => attempt(value, alternative, name, result.prefix));
    const successes = tries.filter((tried) => tried.errors.length === 0);
    if (successes.length === 1) adopt(result, successes[0]);
    else {
      const found = successes.length === 0 ? "Found none valid" : `Found ${successes.length} valid alternatives`;
      unplaced(result, `${JSON.stringify(name)} must validate one and only one schema (oneOf). ${found}`);
      if (successes.length === 0)
        adopt(
          result,
          tries.reduce((a: Result, b) => best(a, b)),
        );
    }
  }
  if (allOf?.length) {
    const tries = allOf.map((part) => attempt(value, part, name, result.prefix));
    for (const tried of tries) adopt(result, tried);
    const valid = tries.filter((tried) => tried.errors.length === 0).length;
    if (valid !== allOf.length) {
      const none = valid === 0 ? ". None validated" : "";
      unplaced(result, `${JSON.stringify(name)} must validate all the schemas (allOf)${none}`);
    }
  }
  if (not && attempt(value, not, name, result.prefix).errors.length === 0) {
    unplaced(result, `${JSON.stringify(name)} must not validate the schema (not)`);
  }
  result.matches++;
}
