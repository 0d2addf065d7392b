import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonSchema, JsonValue, KubeObject } from "@meshplane/apimachinery";
import { compileSchema } from "./compile-schema.ts";

const object = (spec: unknown, more: object = {}): KubeObject =>
  ({ apiVersion: "a.example.com/v1", kind: "A", metadata: { name: "x" }, spec, ...more }) as KubeObject;
const schemaOf = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
  type: "object",
  properties: { spec: { type: "object", properties, ...more } },
});
const shown = (errors: { field: string; detail: string }[]): string[] => errors.map(({ field, detail }) => `${field}: ${detail}`);

const notChecked =
  "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

const creates: { name: string; schema: JsonSchema; spec: JsonValue; wrong: string[] }[] = [
  {
    name: "a wrong type",
    schema: schemaOf({ s: { type: "string" } }),
    spec: { s: 1 },
    wrong: ['spec.s: Invalid value: "integer": spec.s in body must be of type string: "integer"'],
  },
  {
    name: "a fraction where an integer should be",
    schema: schemaOf({ i: { type: "integer" } }),
    spec: { i: 1.5 },
    wrong: [
      'spec.i: Invalid value: "number": spec.i in body must be of type integer: "number"',
      '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.i',
    ],
  },
  {
    name: "an item of a list",
    schema: schemaOf({ a: { type: "array", items: { type: "string" } } }),
    spec: { a: ["a", 2] },
    wrong: ['spec.a[1]: Invalid value: "integer": spec.a[1] in body must be of type string: "integer"'],
  },
  {
    name: "a missing field",
    schema: schemaOf({ s: { type: "string" } }, { required: ["s"] }),
    spec: {},
    wrong: ["spec.s: Required value"],
  },
  {
    name: "a pattern",
    schema: schemaOf({ s: { type: "string", pattern: "^[a-z]+$" } }),
    spec: { s: "ABC" },
    wrong: ["spec.s: Invalid value: \"ABC\": spec.s in body should match '^[a-z]+$'"],
  },
  {
    name: "a format",
    schema: schemaOf({ s: { type: "string", format: "date-time" } }),
    spec: { s: "now" },
    wrong: ['spec.s: Invalid value: "now": spec.s in body must be of type date-time: "now"'],
  },
  {
    name: "an enum of numbers",
    schema: schemaOf({ i: { type: "integer", enum: [1, 2] } }),
    spec: { i: 3 },
    wrong: ['spec.i: Unsupported value: 3: supported values: "1", "2"'],
  },
  {
    name: "oneOf",
    schema: schemaOf({ one: { type: "object", properties: { a: {}, b: {} }, oneOf: [{ required: ["a"] }, { required: ["b"] }] } }),
    spec: { one: {} },
    wrong: [
      '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found none valid',
      "spec.one.a: Required value",
    ],
  },
  {
    name: "an item that a map has twice",
    schema: schemaOf({
      m: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
        items: { type: "object", properties: { k: { type: "string" } } },
      },
    }),
    spec: { m: [{ k: "a" }, { k: "a" }] },
    wrong: ['spec.m[1]: Duplicate value: {"k":"a"}'],
  },
  {
    name: "an embedded resource without a kind",
    schema: schemaOf({ t: { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true } }),
    spec: { t: { apiVersion: "v1" } },
    wrong: ["spec.t.kind: Required value"],
  },
  {
    name: "rules with message, messageExpression, reason and fieldPath",
    schema: schemaOf(
      { min: { type: "integer" }, max: { type: "integer" }, name: { type: "string" } },
      {
        "x-kubernetes-validations": [
          { rule: "self.min <= self.max", message: "min must not exceed max", fieldPath: ".min" },
          { rule: "self.name != 'taken'", messageExpression: "'the name ' + self.name + ' is taken'", reason: "FieldValueForbidden" },
          { rule: "self.max < 100" },
          { rule: "self.name != 'taken'", reason: "FieldValueDuplicate", fieldPath: ".name" },
        ],
      },
    ),
    spec: { min: 200, max: 150, name: "taken" },
    wrong: [
      "spec.min: Invalid value: min must not exceed max",
      "spec: Forbidden: the name taken is taken",
      "spec: Invalid value: failed rule: self.max < 100",
      "spec.name: Duplicate value",
    ],
  },
  {
    name: "a rule that fails while it runs",
    schema: schemaOf({ a: { type: "integer", "x-kubernetes-validations": [{ rule: "10 / self > 1" }] } }),
    spec: { a: 0 },
    wrong: ['spec.a: Invalid value: "integer": division by zero evaluating rule: 10 / self > 1'],
  },
  {
    name: "rules are not asked about what is no value at all",
    schema: schemaOf({ a: { type: "integer", "x-kubernetes-validations": [{ rule: "self > 1" }] } }),
    spec: { a: "x" },
    wrong: ['spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"', notChecked],
  },
  {
    name: "a rule of the whole object sees its name",
    schema: {
      ...schemaOf({}),
      "x-kubernetes-validations": [{ rule: "self.metadata.name.startsWith('n')", message: "names start with n" }],
    },
    spec: {},
    wrong: ["<nil>: Invalid value: names start with n"],
  },
  {
    name: "a rule that costs too much is stopped, and those after it do not run",
    schema: schemaOf({
      l: {
        type: "array",
        items: { type: "integer" },
        "x-kubernetes-validations": [{ rule: "self.all(x, self.all(y, self.all(z, x + y + z >= 0)))" }, { rule: "false" }],
      },
    }),
    spec: { l: Array.from({ length: 200 }, (_, i) => i) },
    wrong: [
      "spec.l: Invalid value: \"array\": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.all(x, self.all(y, self.all(z, x + y + z >= 0)))",
    ],
  },
];
for (const { name, schema, spec, wrong } of creates) {
  test(name, () => assert.deepEqual(shown(compileSchema(schema).validate(object(spec))), wrong));
}

const immutable = schemaOf({ s: { type: "string", "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "is immutable" }] } });
const tightened = schemaOf({
  name: { type: "string", pattern: "^[a-z]+$" },
  other: { type: "string" },
  n: { type: "integer", maximum: 10, "x-kubernetes-validations": [{ rule: "self < 20", message: "below 20" }] },
  list: {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k"],
    items: { type: "object", properties: { k: { type: "string" }, v: { type: "string", maxLength: 2 } } },
  },
});
const old = {
  name: "UPPER",
  other: "a",
  n: 50,
  list: [
    { k: "1", v: "LONG" },
    { k: "2", v: "s" },
  ],
};

const updates: { name: string; schema: JsonSchema; before: JsonValue; after: JsonValue; wrong: string[]; warned?: string[] }[] = [
  {
    name: "oldSelf on an update",
    schema: immutable,
    before: { s: "a" },
    after: { s: "b" },
    wrong: ['spec.s: Invalid value: "b": is immutable'],
  },
  { name: "oldSelf of a new field is not asked for", schema: immutable, before: {}, after: { s: "b" }, wrong: [] },
  {
    name: "unchanged parts are let through, with a warning for rules",
    schema: tightened,
    before: old,
    after: { ...old, other: "b" },
    wrong: [],
    warned: ["spec.n: Invalid value: 50: below 20"],
  },
  {
    name: "a changed part is not",
    schema: tightened,
    before: old,
    after: { ...old, name: "OTHER", n: 5 },
    wrong: ["spec.name: Invalid value: \"OTHER\": spec.name in body should match '^[a-z]+$'"],
  },
  {
    name: "items of keyed lists are compared by key",
    schema: tightened,
    before: old,
    after: {
      ...old,
      n: 5,
      list: [
        { k: "2", v: "s" },
        { k: "1", v: "LONG" },
        { k: "3", v: "ok" },
      ],
    },
    wrong: [],
  },
  {
    name: "and an item that changed is looked at",
    schema: tightened,
    before: old,
    after: { ...old, list: [{ k: "1", v: "LONGER" }] },
    wrong: ["spec.list[0].v: Too long: may not be more than 2 bytes", notChecked],
  },
];
for (const { name, schema, before, after, wrong, warned = [] } of updates) {
  test(name, () => {
    const warnings: string[] = [];
    const errors = compileSchema(schema).validate(object(after), object(before), (text) => warnings.push(text));
    assert.deepEqual(shown(errors), wrong);
    assert.deepEqual(warnings, warned);
  });
}

test("optionalOldSelf runs on create too", () => {
  const schema = schemaOf({
    state: {
      type: "string",
      "x-kubernetes-validations": [{ rule: 'oldSelf.hasValue() || self == "new"', optionalOldSelf: true, message: "must start as new" }],
    },
  });
  assert.deepEqual(shown(compileSchema(schema).validate(object({ state: "old" }))), [
    'spec.state: Invalid value: "old": must start as new',
  ]);
  assert.deepEqual(compileSchema(schema).validate(object({ state: "new" })), []);
  assert.deepEqual(compileSchema(schema).validate(object({ state: "late" }), object({ state: "new" })), []);
});

test("status is checked by itself, and named so", () => {
  const schema: JsonSchema = { type: "object", properties: { status: { type: "object", properties: { phase: { type: "string" } } } } };
  const errors = compileSchema(schema).validateStatus(object({}, { status: { phase: 5 } }), object({}));
  assert.deepEqual(shown(errors), ['status.phase: Invalid value: "integer": phase in body must be of type string: "integer"']);
});

test("equal schemas are compiled once, whatever the order of their keys", () => {
  const a = compileSchema({ type: "object", properties: { a: { type: "string" }, b: { type: "string" } } });
  const b = compileSchema({ properties: { b: { type: "string" }, a: { type: "string" } }, type: "object" });
  assert.equal(a, b);
});
