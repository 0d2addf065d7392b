import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseFieldSelector } from "./field-selector.ts";
import { everything, labelSelectorFrom, nothing, parseLabelSelector } from "./label-selector.ts";

const labels = { env: "prod", tier: "", n: "5" };
const matching: [string, boolean][] = [
  ["", true],
  [" ", true],
  ["env=prod", true],
  ["env == prod", true],
  ["env!=prod", false],
  ["other!=prod", true],
  ["env in (prod, dev)", true],
  ["env notin (prod)", false],
  ["other notin (prod)", true],
  ["tier", true],
  ["!tier", false],
  ["!constructor", true],
  ["tier=,env", true],
  ["n>4", true],
  ["n<4", false],
  ["in in (in)", false],
  ["env in ()", false],
  ["tier in (a,)", true],
  ["tier in (,a)", true],
];
for (const [text, want] of matching) {
  test(`label selector ${JSON.stringify(text)} ${want ? "selects" : "does not select"}`, () => {
    assert.equal(parseLabelSelector(text).matches(labels), want);
    assert.equal(parseLabelSelector(parseLabelSelector(text).toString()).matches(labels), want);
  });
}

const labelErrors: [string, string | RegExp][] = [
  ["env in prod", "unable to parse requirement: found 'prod' expected: '('"],
  ["env=a b", "found 'b', expected: ',' or 'end of string'"],
  ["=x", "found '=', expected: !, identifier, or 'end of string'"],
  ["a,,b", "found ',', expected: identifier after ','"],
  ["!!env", "unable to parse requirement: found '!', expected: identifier"],
  ["a=-x", /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "-x": a valid label must be an empty string/],
  ["n>abc", `unable to parse requirement: values[0]: Invalid value: "abc": for 'Gt', 'Lt' operators, the value must be an integer`],
  ["Bad Key", "unable to parse requirement: found 'Key', expected: in, notin, =, ==, !=, gt, lt"],
  ["a/b/c=d", /^unable to parse requirement: <nil>: Invalid value: "a\/b\/c": a valid label key must consist/],
  ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
];
for (const [text, message] of labelErrors) {
  test(`label selector ${JSON.stringify(text)} is refused as upstream does`, () => {
    assert.throws(() => parseLabelSelector(text), { message });
  });
}

test("strangers' selectors are read or refused, never worse", () => {
  const unit = fc.constantFrom(..."ab!=<>(),\\ ", "in", "notin", " in ");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
      for (const parse of [parseLabelSelector, parseFieldSelector]) {
        try {
          const printed = parse(text).toString();
          assert.equal(parse(printed).toString(), printed);
        } catch (error) {
          if ((error as Error).name !== "Error") throw error;
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("a selector in an object", () => {
  const selector = labelSelectorFrom({
    matchLabels: { env: "prod" },
    matchExpressions: [
      { key: "a", operator: "DoesNotExist" },
      { key: "n", operator: "In", values: ["5", "6"] },
    ],
  });
  assert.equal(selector.toString(), "!a,env=prod,n in (5,6)");
  assert.ok(selector.matches(labels));
  assert.ok(!selector.matches(undefined));
  assert.equal(labelSelectorFrom({}), everything);
  assert.throws(() => labelSelectorFrom({ matchExpressions: [{ key: "a", operator: "Near" }] }), {
    message: '"Near" is not a valid label selector operator',
  });
  assert.throws(() => labelSelectorFrom({ matchExpressions: [{ key: "a", operator: "In" }] }), {
    message: "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
  });
});

test("selectors combine", () => {
  const env = parseLabelSelector("env");
  assert.equal(env.and(parseLabelSelector("a=b")).toString(), "a=b,env");
  assert.equal(env.and(everything), env);
  assert.equal(everything.and(env), env);
  assert.equal(env.and(nothing), nothing);
  assert.equal(nothing.and(env), nothing);
  assert.ok(everything.empty && !nothing.empty && !nothing.matches({}));
});

test("field selectors", () => {
  const selector = parseFieldSelector("metadata.name=a,,status.phase!=x\\,y\\=z\\\\");
  assert.deepEqual(selector.requirements, [
    { field: "metadata.name", operator: "=", value: "a" },
    { field: "status.phase", operator: "!=", value: "x,y=z\\" },
  ]);
  assert.ok(selector.matches((field) => (field === "metadata.name" ? "a" : undefined)));
  assert.ok(!selector.matches(() => undefined));
  assert.deepEqual(parseFieldSelector("a==b").requirements, [{ field: "a", operator: "=", value: "b" }]);
  assert.deepEqual(parseFieldSelector("").requirements, []);
  assert.throws(() => parseFieldSelector("abc"), {
    message: "invalid selector: 'abc'; can't understand 'abc'",
  });
  assert.throws(() => parseFieldSelector("a=b=c"), {
    message: "invalid field selector: unescaped character in value: 61",
  });
  assert.throws(() => parseFieldSelector("a=\\b"), {
    message: "invalid field selector: invalid escape sequence: \\b",
  });
});
