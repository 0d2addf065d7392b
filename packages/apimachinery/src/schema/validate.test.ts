import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJson } from "../json/decode.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { formatCheck } from "./formats.ts";
import type { JsonSchema } from "./json-schema.ts";
import { compileValidator, validateSchema } from "./validate.ts";

const texts = (value: JsonValue, schema: JsonSchema, path?: string): string[] =>
  validateSchema(value, schema, path).map((error) => `${error.field}: ${error.detail}`);
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
    const object = { spec: { x: decodeJson(value).value } };
    assert.deepEqual(texts(object, spec({ x: schema })), want);
    assert.equal(compileValidator(spec({ x: schema }))(object).length, want.length);
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

test("hostile patterns and texts take linear time", () => {
  const start = performance.now();
  const schema = spec({ x: { type: "string", pattern: "^(a+)+$" } });
  assert.equal(texts({ spec: { x: `${"a".repeat(5_000)}!` } }, schema).length, 1);
  for (const format of ["hostname", "email", "uri", "ipv6", "duration", "k8s-long-name", "byte", "mac"]) {
    formatCheck(format)!(`${"a-".repeat(100_000)}!`);
    formatCheck(format)!(`${"1 ".repeat(100_000)}!`);
  }
  assert.ok(performance.now() - start < 3_000);
});

const formats: Record<string, [good: string[], bad: string[]]> = {
  "date-time": [
    ["2024-02-29T00:00:00Z", "2024-01-01t10:00:00.5+01:00"],
    ["now", "2024-02-30T00:00:00Z", "2024-01-01"],
  ],
  duration: [
    ["1h", "5 days", "2weeks"],
    ["5 parsecs", ""],
  ],
  ipv4: [["1.2.3.4"], ["1.2.3", "1.2.3.256", "01.2.3.4"]],
  ipv6: [
    ["::1", "fe80::1:2", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"],
    ["1.2.3.4", "1::2::3", "12345::"],
  ],
  cidr: [
    ["10.0.0.0/8", "::/0"],
    ["10.0.0.0", "10.0.0.0/33"],
  ],
  uri: [
    ["https://example.com/a?b#c", "/path", "https://[::1]:80/"],
    ["not a url", "", "http://a b/"],
  ],
  hostname: [
    ["example.com", "a", "a-b"],
    ["not valid!", "-a", ""],
  ],
  uuid: [["123e4567-e89b-12d3-a456-426614174000"], ["abc"]],
  byte: [["aGk="], ["***", "aGk"]],
  email: [["a@b.c"], ["a", "a@", "a b@c"]],
  mac: [
    ["01:23:45:67:89:ab", "01-23-45-67-89-ab", "0123.4567.89ab"],
    ["01:23", "01:23-45:67:89:ab"],
  ],
};
for (const [format, [good, bad]] of Object.entries(formats)) {
  test(`format ${format}`, () => {
    for (const text of good) assert.ok(formatCheck(format)!(text), text);
    for (const text of bad) assert.ok(!formatCheck(format)!(text), text);
  });
}
