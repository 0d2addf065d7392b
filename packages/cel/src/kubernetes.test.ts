import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "./program.ts";
import { CelCostExceeded, CelError, CelEvalError } from "./errors.ts";
import { escapeProperty, typeFromSchema, unescapeProperty, type SchemaLike } from "./schema.ts";
import { estimateCost } from "./estimate-cost.ts";
import * as t from "./types.ts";

const truths = [
  `"a,b".split(",") == ["a", "b"] && ["a", "b"].join("-") == "a-b"`,
  `"Hello".lowerAscii() == "hello" && "  x ".trim() == "x" && "tacocat".indexOf("cat") == 4`,
  `"%s is %d, %.2f".format(["x", 3, 1.5]) == "x is 3, 1.50"`,
  `[1, 2, 3].sum() == 6 && [3, 1].min() == 1 && [1.5, 2.5].max() == 2.5 && [1, 2].isSorted() && ![2, 1].isSorted()`,
  `["a", "b", "a"].indexOf("a") == 0 && ["a", "b", "a"].lastIndexOf("a") == 2`,
  `"abc 123".find("[0-9]+") == "123" && "1a2".findAll("[0-9]") == ["1", "2"] && "1a2".findAll("[0-9]", 1) == ["1"]`,
  `quantity("1Gi").isGreaterThan(quantity("1G")) && quantity("1500m") == quantity("1.5") && isQuantity("10k") && !isQuantity("10x")`,
  `quantity("2k").asInteger() == 2000 && quantity("1k").add(quantity("1")).compareTo(quantity("1001")) == 0 && !quantity("0.5").isInteger()`,
  `ip("127.0.0.1").isLoopback() && ip("::1").family() == 6 && isIP("10.0.0.1") && !isIP("10.0.0.256") && ip.isCanonical("2001:db8::1")`,
  `cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8")`,
  `string(ip("2001:0db8:0:0:0:0:0:1")) == "2001:db8::1" && cidr("10.0.0.0/8").prefixLength() == 8`,
  `url("https://u@example.com:80/a%20b?x=1&x=2").getHost() == "example.com:80" && url("https://example.com:80/").getPort() == "80"`,
  `url("https://example.com/a b").getHost() == "" || true`,
  `url("/path?x=1&x=2").getQuery() == {"x": ["1", "2"]} && url("https://[::1]:80/").getHostname() == "::1" && isURL("/a") && !isURL("a")`,
  `semver("1.2.3").major() == 1 && semver("1.2.3-rc.1").isLessThan(semver("1.2.3")) && isSemver("v1.2", true) && !isSemver("v1.2")`,
  `!format.dns1123Label().validate("my-name").hasValue() && format.dns1123Label().validate("My_Name").value().size() == 1`,
  `format.named("uuid").hasValue() && !format.named("nope").hasValue()`,
  `sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && sets.intersects([1], [1, 2])`,
  `{"a": 1}.?a.orValue(0) == 1 && {"a": 1}[?"b"].orValue(0) == 0 && [1, 2].map(x, x * 2) == [2, 4]`,
  `{"a": 1, "b": 2}.all(k, v, k != "" && v > 0) && [1, 2].transformList(i, v, i + v) == [1, 3]`,
  `{"a": 1}.transformMap(k, v, v + 1) == {"a": 2} && {"a": "b"}.transformMapEntry(k, v, {v: k}) == {"b": "a"}`,
  `duration("1h").getMinutes() == 60 && timestamp("2024-01-01T00:00:00Z").getFullYear() == 2024`,
  `optional.of(1).optMap(x, x + 1).value() == 2 && {"a-b": 1}.\`a-b\` == 1 && "x".matches("^(a|x)+$")`,
  `type(1) == int && type("x") == string && r"\\d" == "\\\\d" && 1 < 1.5 && 2u > 1`,
];
for (const expression of truths) {
  test(expression, () => assert.equal(compile(expression, { variables: {} }).evaluate({}).value, true));
}

const schema: SchemaLike = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: { type: "string", maxLength: 10 },
        n: { type: "integer" },
        d: { type: "number" },
        in: { type: "integer" },
        "dash-name": { type: "string" },
        port: { "x-kubernetes-int-or-string": true },
        when: { type: "string", format: "date-time" },
        set: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
        entries: {
          type: "array",
          items: { type: "object", properties: { k: { type: "string" }, v: { type: "string" } } },
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["k"],
        },
        labels: { type: "object", additionalProperties: { type: "string" } },
        any: { "x-kubernetes-preserve-unknown-fields": true },
      },
    },
  },
};
const self = typeFromSchema(schema, { root: true })!;
const object = {
  apiVersion: "a.b/v1",
  kind: "A",
  metadata: { name: "x", labels: { hidden: "yes" } },
  spec: {
    n: 2,
    d: 2,
    in: 1,
    "dash-name": "z",
    port: "80%",
    when: "2024-01-01T00:00:00Z",
    set: ["b", "a"],
    entries: [{ k: "1", v: "x" }],
    labels: { l: "m" },
    any: { x: 1 },
  },
};

const selfTruths = [
  `self.metadata.name == "x" && self.kind == "A"`,
  `self.spec.n / 2 == 1 && self.spec.d / 4.0 == 0.5 && type(self.spec.d) == double`,
  `self.spec.__in__ == 1 && self.spec.dash__dash__name == "z" && has(self.spec.__in__) && !has(self.spec.a)`,
  `type(self.spec.port) == string ? self.spec.port == "80%" : self.spec.port < 10`,
  `self.spec.when < timestamp("2025-01-01T00:00:00Z")`,
  `self.spec.set == ["a", "b"] && (self.spec.set + ["a", "c"]).size() == 3`,
  `(self.spec.entries + self.spec.entries).size() == 1 && self.spec.entries[0].v == "x"`,
  `self.spec.labels.l == "m" && "l" in self.spec.labels && self.spec.labels.all(k, k.size() == 1)`,
  `self.spec == self.spec && self.spec.?a.orValue("none") == "none"`,
];
for (const expression of selfTruths) {
  test(`with a schema: ${expression}`, () => {
    const program = compile(expression, { variables: { self } });
    assert.equal(program.type, t.bool);
    assert.equal(program.evaluate({ self: object }).value, true);
  });
}

const refused: [string, string][] = [
  [
    "self >",
    "1:7: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
  ],
  ["object.", "1:8: Syntax error: no viable alternative at input '.'"],
  ["nothing == 1", "1:1: undeclared reference to 'nothing' (in container '')"],
  ["self.spec.b == 1", "1:10: undefined field 'b'"],
  ["self.spec.any == 1", "1:10: undefined field 'any'"],
  ["self.metadata.labels == {}", "1:14: undefined field 'labels'"],
  ["self.spec.n.foo == 1", "1:12: type 'int' does not support field selection"],
  ["self.spec.a == 1", "1:13: found no matching overload for '_==_' applied to '(string, int)'"],
  [`self.spec.a.startsWith(1)`, "1:23: found no matching overload for 'startsWith' applied to 'string.(int)'"],
  [`"x".matches("(")`, "1:13: error parsing regexp: missing closing ): `(`"],
  [`[1, "x"] == []`, "1:5: expected type 'int' but found 'string'"],
];
for (const [expression, message] of refused) {
  test(`refuses ${expression}`, () => {
    assert.throws(
      () => compile(expression, { variables: { self } }),
      (error) => error instanceof CelError && error.message.split("\n")[0] === `ERROR: <input>:${message}`,
    );
  });
}

const failing: [string, string][] = [
  ["10 / self.spec.z", "division by zero"],
  ["[1][2] == 1", "index out of bounds: 2"],
  [`int("x") > 3`, "type conversion error from 'string' to 'int'"],
  [`{"j": 1}["k"] > 0`, "no such key: k"],
  ["missing", "no such attribute(s): missing"],
];
for (const [expression, message] of failing) {
  test(`${expression} fails with ${message}`, () => {
    const program = compile(expression, { variables: { self: "dyn", missing: "dyn" } });
    assert.throws(
      () => program.evaluate({ self: { spec: { z: 0 } } }),
      (error) => error instanceof CelEvalError && error.message === message,
    );
  });
}

test("a run over its cost limit is stopped, and no || saves it", () => {
  const program = compile("true == false || items.all(x, items.all(y, x == y || true))", { variables: { items: "dyn" } });
  const items = Array.from({ length: 1000 }, (_, i) => i);
  assert.throws(() => program.evaluate({ items }, { costLimit: 10_000 }), CelCostExceeded);
  assert.ok(program.evaluate({ items }).cost > 1_000_000);
});

test("the estimate grows with what a schema leaves open", () => {
  const nested = (items: SchemaLike) =>
    estimateCost(compile("self.all(x, self.all(y, x == y))", { variables: { self: typeFromSchema(items)! } }).checked).max;
  assert.ok(nested({ type: "array", items: { type: "string" } }) > 1e9);
  assert.ok(nested({ type: "array", maxItems: 10, items: { type: "string", maxLength: 10 } }) < 10_000);
});

test("references and oldSelf are known", () => {
  const program = compile("self == oldSelf || now > 1", { variables: { self: "dyn", oldSelf: "dyn", now: "dyn", unused: "dyn" } });
  assert.deepEqual([...program.references].sort(), ["now", "oldSelf", "self"]);
  assert.equal(program.usesOldSelf, true);
});

test("property names are escaped and back", () => {
  for (const [name, escaped] of [
    ["dash-name", "dash__dash__name"],
    ["in", "__in__"],
    ["a__b", "a__underscores__b"],
    ["a.b/c", "a__dot__b__slash__c"],
    ["plain", "plain"],
    ["int", "int"],
  ] as const) {
    assert.equal(escapeProperty(name), escaped);
    assert.equal(unescapeProperty(escaped), name);
  }
  assert.equal(escapeProperty("é"), undefined);
});

test("hostile input ends quickly", () => {
  for (const expression of ["(".repeat(5000), "[".repeat(300), "a.".repeat(2000) + "b", `"${"a".repeat(50_000)}`]) {
    assert.throws(() => compile(expression, { variables: {} }), CelError);
  }
  assert.equal(compile("true" + " && true".repeat(5000), { variables: {} }).evaluate({}).value, true);
  assert.throws(() => compile("1" + " + 1".repeat(5000), { variables: {} }), CelError);
  const start = performance.now();
  assert.equal(compile(`"${"a".repeat(30)}!".matches("^(a+)+$")`, { variables: {} }).evaluate({}).value, false);
  assert.ok(performance.now() - start < 500);
});
