import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copyJson } from "./copy.ts";
import { decodeJsonExactly } from "./decode-exact.ts";
import { decodeJson, decodeOwnJson, JsonSyntaxError } from "./decode.ts";
import type { JsonValue } from "../object.ts";
import { encodeJson } from "./encode.ts";
import { equalJson } from "./equal.ts";

/** As a plain JSON.parse has it: big integers rounded. */
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? Number(item) : item)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("decodes what JSON.parse decodes, from bytes and text", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const want = JSON.parse(text);
      assert.ok(equalJson(rounded(decodeJson(text).value), want));
      assert.ok(equalJson(rounded(decodeJson(bytes(text)).value), want));
    }),
    { numRuns: 200 },
  );
});

test("the exact decoder agrees with JSON.parse", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1, "\t"), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const exact = decodeJsonExactly(text);
      assert.deepEqual(exact.duplicates, []);
      assert.equal(JSON.stringify(rounded(exact.value)), JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 200 },
  );
});

test("names keys that are there twice by their field path, last value wins", () => {
  const { value, duplicates } = decodeJson(
    '{"a":1,"metadata":{"labels":{"a":"1","a":"2","a":"3"}},"spec":{"list":[{"x":1,"x":2},[{"y":1,"y":1}]]},"a":2}',
  );
  assert.deepEqual(duplicates, ["metadata.labels.a", "spec.list[0].x", "spec.list[1][0].y", "a"]);
  assert.deepEqual(value, {
    a: 2,
    metadata: { labels: { a: "3" } },
    spec: { list: [{ x: 2 }, [{ y: 1 }]] },
  });
});

test("colons, braces and quotes in strings do not confuse the scan", () => {
  const text = '{"a:{[\\"":"}]:\\\\","long":"' + "x".repeat(100) + '\\":\\\\\\"{","b":{"c":"\\u0022:"}}';
  assert.deepEqual(decodeJson(text), { value: JSON.parse(text), duplicates: [] });
});

test("keeps integers of 64 bits exact, and rounds what is larger", () => {
  const { value } = decodeJson(
    '{"a":9223372036854775807,"b":-9223372036854775808,"c":9007199254740993,"d":9007199254740991,"e":9223372036854775808,"f":1e3,"g":1.5}',
  );
  assert.deepEqual(value, {
    a: 9223372036854775807n,
    b: -9223372036854775808n,
    c: 9007199254740993n,
    d: 9007199254740991,
    e: 9223372036854775808,
    f: 1000,
    g: 1.5,
  });
  assert.equal(encodeJson({ a: 9223372036854775807n, b: undefined, c: [undefined] }), '{"a":9223372036854775807,"c":[null]}');
  assert.throws(() => decodeJson("[1e999]"), JsonSyntaxError);
});

test("odd keys stay data", () => {
  const text = '{"__proto__":{"x":1},"constructor":{"prototype":2},"n":9007199254740993}';
  for (const value of [decodeJson(text).value, copyJson(decodeJson(text).value), decodeJson(text.slice(0, -22) + "}").value]) {
    assert.deepEqual(Object.keys(value as object).slice(0, 2), ["__proto__", "constructor"]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  }
  assert.equal(encodeJson(copyJson(decodeJson(text).value)), text);
  assert.ok(equalJson(decodeJson(text).value, decodeJson(text).value));
  assert.ok(!equalJson({ a: 1 }, decodeJson('{"__proto__":1}').value));
  assert.ok(!equalJson({}, decodeJson('{"constructor":1}').value));
});

test("depth is limited, and what is allowed works everywhere", () => {
  const deep = (n: number): string => "[".repeat(n) + "]".repeat(n);
  const value = decodeJson(deep(10_000)).value;
  assert.equal(encodeJson(value), deep(10_000));
  assert.ok(equalJson(copyJson(value), value));
  const objects = `${'{"a":'.repeat(9_999)}{}${"}".repeat(9_999)}`;
  assert.equal(encodeJson(copyJson(decodeJson(objects).value)), objects);
  assert.throws(() => decodeJson(deep(10_001)), {
    name: "JsonSyntaxError",
    message: "exceeded max depth",
  });
  assert.throws(() => decodeJson(deep(11), { maxDepth: 10 }), { message: "exceeded max depth" });
  assert.throws(() => decodeJson("[".repeat(2_000_000)), JsonSyntaxError);
});

const syntax: [string, string][] = [
  ["", "unexpected end of JSON input"],
  ["  ", "unexpected end of JSON input"],
  ["{", "unexpected end of JSON input"],
  ['[{"op":', "unexpected end of JSON input"],
  ['"a', "unexpected end of JSON input"],
  ["tru", "unexpected end of JSON input"],
  ["{b", "invalid character 'b' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ["[1,]", "invalid character ']' looking for beginning of value"],
  ["\u0081", "invalid character 'Â' looking for beginning of value"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["{} x", "invalid character 'x' after top-level value"],
  ["01", "invalid character '1' after top-level value"],
  ["-x", "invalid character 'x' in numeric literal"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["1ex", "invalid character 'x' in exponent of numeric literal"],
  ["trux", "invalid character 'x' in literal true (expecting 'e')"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['"\n"', "invalid character '\\n' in string literal"],
  ["'a'", "invalid character '\\'' looking for beginning of value"],
];
for (const [text, message] of syntax) {
  test(`says of ${JSON.stringify(text)}: ${message}`, () => {
    assert.throws(() => decodeJson(text), { name: "JsonSyntaxError", message });
  });
}
test("names the raw byte", () => {
  assert.throws(() => decodeJson(Uint8Array.of(0x81)), {
    message: "invalid character '\\u0081' looking for beginning of value",
  });
});

test("every syntax error of JSON.parse is found, and nothing else", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: fc.constantFrom(...'{}[]",:1e-.tru\\ n') })), (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      if (valid) decodeJson(text);
      else
        assert.throws(
          () => decodeJson(text),
          (error: Error) => error instanceof JsonSyntaxError && error.message !== "invalid JSON",
        );
    }),
    { numRuns: 2000 },
  );
});

test("equality ignores order and undefined, not null", () => {
  assert.ok(equalJson({ a: 1, b: undefined }, { a: 1 }));
  assert.ok(equalJson({ a: 1, b: [1n] }, { b: [1], a: 1 }));
  assert.ok(!equalJson({ a: null }, {}));
  assert.ok(!equalJson([], {}));
  assert.ok(!equalJson({ a: undefined, b: 1 }, { a: 1, b: undefined }));
});

test("what was encoded here comes back as it was, large integers too", () => {
  for (const value of [
    { a: [1, -0.5, 1e300, "1234567890123456"] },
    { big: 9007199254740993n, text: "\ud83d\ude00" },
    { ["__proto__"]: 1 },
  ] as JsonValue[])
    assert.ok(equalJson(decodeOwnJson(bytes(encodeJson(value))), value));
  assert.throws(() => decodeOwnJson(bytes('{"a":')), JsonSyntaxError);
});
