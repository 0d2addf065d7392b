import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeJson } from "../json/encode.ts";
import { equalJson } from "../json/equal.ts";
import { decodeYaml, YamlSyntaxError } from "./decode.ts";
import { encodeYaml } from "./encode.ts";

test("reads words as Go's yaml does", () => {
  const text = `
bools: [y, No, on, "on", 'y', TRUE]
nulls: [~, null, ]
ints: [1, -1, 0777, 0o17, 0x1F, 0b11, 1_000, +5, 08]
floats: [1.5, .5, 1e3, 1.]
big: 9223372036854775807
text: [1:30, 2020-01-01, 2020-01-01T00:00:00Z, 1.2.3, -x, a b, .., "1", !!str 1, 0x]
binary: !!binary aGk=
1: number
true: bool
`;
  assert.deepEqual(decodeYaml(text).value, {
    bools: [true, false, true, "on", "y", true],
    nulls: [null, null],
    ints: [1, -1, 511, 15, 31, 3, 1000, 5, 8],
    floats: [1.5, 0.5, 1000, 1],
    big: 9223372036854775807n,
    text: ["1:30", "2020-01-01", "2020-01-01T00:00:00Z", "1.2.3", "-x", "a b", "..", "1", "1", "0x"],
    binary: "hi",
    "1": "number",
    true: "bool",
  });
});

test("anchors, merges, blocks, and only the first document", () => {
  const text =
    "base: &b {x: 1, z: &l [1, 2]}\nuse:\n  <<: *b\n  z: mine\nlist: *l\nfold: >\n  a\n  b\nlit: |\n  two\n  lines\n---\nsecond: 1\n";
  assert.deepEqual(decodeYaml(text).value, {
    base: { x: 1, z: [1, 2] },
    use: { x: 1, z: "mine" },
    list: [1, 2],
    fold: "a b\n",
    lit: "two\nlines\n",
  });
  assert.equal(decodeYaml("").value, null);
  assert.equal(decodeYaml("# nothing\n").value, null);
  assert.deepEqual(decodeYaml("{a: b, c: [d]}").value, { a: "b", c: ["d"] });
  assert.deepEqual(decodeYaml('{"a": 1, "a": 2}'), { value: { a: 2 }, duplicates: ["a"] });
});

test("names duplicates by path and by upstream's text", () => {
  const { value, duplicates, duplicatesText } = decodeYaml("kind: Box\nspec:\n  size: 1\n  size: 2\n  l:\n  - a: 1\n    a: 2\n");
  assert.deepEqual(value, { kind: "Box", spec: { size: 2, l: [{ a: 2 }] } });
  assert.deepEqual(duplicates, ["spec.size", "spec.l[0].a"]);
  assert.equal(duplicatesText, 'yaml: unmarshal errors:\n  line 4: key "size" already set in map\n  line 7: key "a" already set in map');
});

const refused: [string, string][] = [
  ["a: [b\n", "yaml: line 1: did not find expected ',' or ']'"],
  ["a: *b\n", "yaml: unknown anchor 'b' referenced"],
  ["a: &x [*x]\n", "yaml: anchor 'x' value contains itself"],
  ["a: b: c\n", "yaml: line 1: mapping values are not allowed in this context"],
  ["a: .inf\n", "json: unsupported value: +Inf"],
];
for (const [text, message] of refused) {
  test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => decodeYaml(text), { name: "YamlSyntaxError", message }));
}

test("bombs and towers are refused quickly", () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (let i = 1; i < 10; i++) {
    const [name, before] = ["abcdefghij"[i], "abcdefghij"[i - 1]];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`);
  }
  assert.throws(() => decodeYaml(bomb.join("\n")), {
    message: "yaml: document contains excessive aliasing",
  });
  assert.throws(() => decodeYaml("[".repeat(100_000)), YamlSyntaxError);
  assert.throws(() => decodeYaml("- ".repeat(20_000)), YamlSyntaxError);
});

test("a large flat map is read in linear time", () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `key${i}: value`).join("\n");
  const start = performance.now();
  assert.equal(Object.keys(decodeYaml(text).value as object).length, 20_000);
  assert.ok(performance.now() - start < 5_000);
});

test("writes as upstream answers", () => {
  const value = {
    kind: "ConfigMap",
    apiVersion: "v1",
    data: {
      a: "1",
      text: "two\nlines\n",
      empty: "",
      yes: "yes",
      colon: "a: b",
      at: "@x",
      strip: "a\nb",
      time: "2020-01-01T00:00:00Z",
      hash: "a #b",
      tab: "a\tb",
    },
    metadata: {
      managedFields: [{ manager: "m", fieldsV1: { "f:a": { ".": {} } } }],
      labels: {},
      finalizers: [],
      x: null,
      item10: 1,
      item9: 2,
    },
  };
  assert.equal(
    encodeYaml(value),
    `apiVersion: v1
data:
  a: "1"
  at: '@x'
  colon: 'a: b'
  empty: ""
  hash: 'a #b'
  strip: |-
    a
    b
  tab: 'a\tb'
  text: |
    two
    lines
  time: "2020-01-01T00:00:00Z"
  "yes": "yes"
kind: ConfigMap
metadata:
  finalizers: []
  item9: 2
  item10: 1
  labels: {}
  managedFields:
  - fieldsV1:
      f:a:
        .: {}
    manager: m
  x: null
`,
  );
});

test("what is written is read back", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({
      unit: fc.constantFrom(..."-?:,[]{}#&*!|>'\"%@` \n\t0123.eyn~<=é\u2028\u0001\ufeff\u0085"),
    }),
  );
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "grapheme" }), text, text, (value, key, string) => {
      const whole = { value, [key]: string, list: [string, [string], { [key]: value }] };
      const written = encodeYaml(whole);
      assert.ok(equalJson(JSON.parse(encodeJson(decodeYaml(written).value)), JSON.parse(JSON.stringify(whole))), written);
    }),
    { numRuns: 200 },
  );
});
