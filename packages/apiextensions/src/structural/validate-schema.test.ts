import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJson } from "@meshplane/apimachinery";
import type { JsonObject, JsonSchema, JsonValue, KubeObject } from "@meshplane/apimachinery";
import { compileSchema } from "./compile-schema.ts";
import { toFieldErrors } from "./problem.ts";
import { compileValidator } from "./validate-schema.ts";

const texts = (value: JsonValue, schema: JsonSchema, path?: string): string[] =>
  toFieldErrors(compileValidator(schema)(value) ?? [], path).map((error) => `${error.field}: ${error.detail}`);
const spec = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
  type: "object",
  properties: { spec: { type: "object", properties, ...more } },
});

const integer: JsonSchema = { type: "integer" };
const string: JsonSchema = { type: "string" };
const cases: { name: string; schema: JsonSchema; value: string; want: string[] }[] = [];
const one = (name: string, schema: JsonSchema, value: string, ...want: string[]): void => void cases.push({ name, schema, value, want });

one("wrong type", string, "1", 'spec.x: Invalid value: "integer": spec.x in body must be of type string: "integer"');
one("null", string, "null", 'spec.x: Invalid value: "null": spec.x in body must be of type string: "null"');
one("nullable", { ...string, nullable: true }, "null");
one(
  "fraction",
  integer,
  "1.5",
  'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"',
  '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x',
);
one("integer as number", { type: "number" }, "1");
one(
  "int32",
  { ...integer, format: "int32" },
  "2147483648",
  '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x',
);
one("int64", { ...integer, format: "int64" }, "9223372036854775807");
one(
  "beyond int64",
  { ...integer, format: "int64" },
  "9223372036854775808",
  'spec.x: Invalid value: "float64": spec.x in body must be of type int64: "float64"',
  '<nil>: Invalid value: "": Checked value must be of type integer with format int64 in spec.x',
);
one("minimum", { ...integer, minimum: 3 }, "2", "spec.x: Invalid value: 2: spec.x in body should be greater than or equal to 3");
one(
  "exclusive maximum",
  { type: "number", maximum: 1, exclusiveMaximum: true },
  "1",
  "spec.x: Invalid value: 1: spec.x in body should be less than 1",
);
one("multiple", { type: "number", multipleOf: 2.5 }, "3", "spec.x: Invalid value: 3: spec.x in body should be a multiple of 2");
one("multiple of a fraction", { type: "number", multipleOf: 2.5 }, "7.5");
one("too long", { ...string, maxLength: 4 }, '"12345"', "spec.x: Too long: may not be more than 4 bytes");
one(
  "too short counts characters",
  { ...string, minLength: 2 },
  '"é"',
  'spec.x: Invalid value: "é": spec.x in body should be at least 2 chars long',
);
one("pattern", { ...string, pattern: "^[a-z]+$" }, '"ABC"', "spec.x: Invalid value: \"ABC\": spec.x in body should match '^[a-z]+$'");
one(
  "format",
  { ...string, format: "date" },
  '"2024-13-01"',
  'spec.x: Invalid value: "2024-13-01": spec.x in body must be of type date: "2024-13-01"',
);
one("enum", { ...string, enum: ["red", "green"] }, '"blue"', 'spec.x: Unsupported value: "blue": supported values: "red", "green"');
one("enum of integers", { ...integer, enum: [1, 2] }, "3", 'spec.x: Unsupported value: 3: supported values: "1", "2"');
one(
  "int or string",
  { "x-kubernetes-int-or-string": true },
  "true",
  'spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"',
);
one(
  "items",
  { type: "array", items: string, maxItems: 2 },
  '["a",2,"c"]',
  'spec.x[1]: Invalid value: "integer": spec.x[1] in body must be of type string: "integer"',
  "spec.x: Too many: 3: must have at most 2 items",
);
one(
  "too few items",
  { type: "array", items: string, minItems: 1 },
  "[]",
  "spec.x: Invalid value: 0: spec.x in body should have at least 1 items",
);
one(
  "map values",
  { type: "object", additionalProperties: integer, maxProperties: 1 },
  '{"a":"1","b":2}',
  "spec.x: Too many: 2: must have at most 1 items",
  'spec.x.a: Invalid value: "string": spec.x.a in body must be of type integer: "string"',
);
one("required", { type: "object", properties: { a: string }, required: ["a"] }, "{}", "spec.x.a: Required value");
one("set", { type: "array", items: string, "x-kubernetes-list-type": "set" }, '["a","b","a","a"]', 'spec.x[2]: Duplicate value: "a"');
one(
  "keyed list",
  {
    type: "array",
    items: { type: "object", properties: { k: string, p: integer } },
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k", "p"],
  },
  '[{"k":"a","p":1},{"p":1,"k":"a","v":2}]',
  'spec.x[1]: Duplicate value: {"k":"a","p":1}',
);
one(
  "anyOf",
  { ...integer, anyOf: [{ minimum: 10 }, { maximum: 0 }] },
  "5",
  '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)',
  "spec.x: Invalid value: 5: spec.x in body should be greater than or equal to 10",
);
one(
  "oneOf",
  { ...integer, oneOf: [{ minimum: 1 }, { minimum: 2 }] },
  "5",
  '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives',
);
one(
  "allOf",
  { ...integer, allOf: [{ minimum: 1 }, { maximum: 5 }] },
  "6",
  "spec.x: Invalid value: 6: spec.x in body should be less than or equal to 5",
  '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf)',
);
one("not", { ...string, not: { enum: ["no"] } }, '"no"', '<nil>: Invalid value: "": "spec.x" must not validate the schema (not)');
one(
  "embedded",
  { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
  '{"apiVersion":"a/b/c","metadata":{"name":"BAD NAME"}}',
  'spec.x.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
  "spec.x.kind: Required value",
);

for (const { name, schema, value, want } of cases) {
  test(`validates: ${name}`, () => {
    const object = { spec: { x: decodeJson(value).value } } as unknown as KubeObject;
    const errors = compileSchema(spec({ x: schema })).validate(object);
    assert.deepEqual(
      errors.map(({ field, detail }) => `${field}: ${detail}`),
      want,
    );
  });
}

test("a path precedes fields, not the names in texts", () => {
  const status: JsonSchema = { type: "object", properties: { phase: string } };
  assert.deepEqual(texts({ phase: 1 }, status, "status"), [
    'status.phase: Invalid value: "integer": phase in body must be of type string: "integer"',
  ]);
});

test("keys of the language's own objects are no properties", () => {
  const schema: JsonSchema = { type: "object", required: ["constructor"], properties: { toString: string } };
  assert.deepEqual(texts({}, schema), ["constructor: Required value"]);
  assert.deepEqual(texts({ constructor: 1 } as unknown as JsonObject, schema), []);
});

test("a hostile pattern takes linear time", () => {
  const start = performance.now();
  assert.equal(texts({ spec: { x: `${"a".repeat(5_000)}!` } }, spec({ x: { type: "string", pattern: "^(a+)+$" } })).length, 1);
  assert.ok(performance.now() - start < 3_000);
});

test("an object as deep as a body may be", () => {
  const deep = decodeJson(`${'{"a":'.repeat(9_990)}1${"}".repeat(9_990)}`).value;
  assert.deepEqual(texts({ spec: { x: deep } }, spec({ x: { "x-kubernetes-preserve-unknown-fields": true } })), []);
});

test("more wrong items than a call has arguments", () => {
  const list = Array.from({ length: 200_000 }, () => 1);
  const wrong = compileValidator(spec({ x: { type: "array", items: string } }))({ spec: { x: list } });
  assert.equal(wrong?.length, 200_000);
});
