import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatGoDuration, parseGoDuration } from "./duration.ts";
import { addQuantities, compareQuantities, formatQuantity, parseQuantity, quantityValue, subtractQuantities } from "./quantity.ts";
import { formatMicroTime, formatTime, normalizeMicroTime, normalizeTime, parseRfc3339 } from "./time.ts";
import { utf8Length } from "./utf8-length.ts";

test("times", () => {
  assert.equal(parseRfc3339("2020-01-01T00:00:00Z"), Date.UTC(2020, 0, 1));
  assert.equal(parseRfc3339("2020-02-29T23:30:00.5+01:30"), Date.UTC(2020, 1, 29, 22, 0, 0, 500));
  assert.equal(parseRfc3339("0001-01-01T00:00:00Z"), -62135596800000);
  assert.equal(formatTime(Date.UTC(2020, 0, 1, 2, 3, 4, 999)), "2020-01-01T02:03:04Z");
  assert.equal(normalizeTime("2020-01-01T00:00:00.9-01:00"), "2020-01-01T01:00:00Z");
  assert.equal(formatMicroTime(Date.UTC(2020, 0, 1) + 1.5), "2020-01-01T00:00:00.001500Z");
  assert.equal(normalizeMicroTime("2020-01-01T00:00:00.123456+01:00"), "2019-12-31T23:00:00.123456Z");
});
const badTimes: [string, string][] = [
  ["2020-01-01T00:00:00Z", 'parsing time "2020-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"'],
  [
    "2020-01-01T00:00:00.5Z",
    'parsing time "2020-01-01T00:00:00.5Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse ".5Z" as ".000000"',
  ],
  [
    "2020-01-01T00:00:10.123456789Z",
    'parsing time "2020-01-01T00:00:10.123456789Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "789Z" as "Z07:00"',
  ],
];
for (const [text, message] of badTimes) test(`micro time ${text}`, () => assert.throws(() => normalizeMicroTime(text), { message }));
test("bad times", () => {
  assert.throws(() => parseRfc3339("x"), { message: 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"' });
  assert.throws(() => parseRfc3339("2020-13-01T00:00:00Z"), { message: 'parsing time "2020-13-01T00:00:00Z": month out of range' });
  assert.throws(() => parseRfc3339("2021-02-29T00:00:00Z"), { message: 'parsing time "2021-02-29T00:00:00Z": day out of range' });
  assert.throws(() => parseRfc3339("2020-01-01"), {
    message: 'parsing time "2020-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
  });
});

test("durations", () => {
  assert.equal(parseGoDuration("1h30m"), 5_400_000);
  assert.equal(parseGoDuration("-1.5s"), -1500);
  assert.equal(parseGoDuration("1ns"), 1e-6);
  assert.equal(parseGoDuration("0"), 0);
  assert.throws(() => parseGoDuration("abc"), { message: 'time: invalid duration "abc"' });
  assert.throws(() => parseGoDuration(""), { message: 'time: invalid duration ""' });
  assert.throws(() => parseGoDuration("10"), { message: 'time: missing unit in duration "10"' });
  assert.throws(() => parseGoDuration("1x"), { message: 'time: unknown unit "x" in duration "1x"' });
  for (const text of ["0s", "1h0m0s", "1m30s", "1.5s", "100ms", "-2h0m1s"]) assert.equal(formatGoDuration(parseGoDuration(text)), text);
});

const canonical: [string, string][] = [
  ["0", "0"],
  ["1000", "1k"],
  ["0.1", "100m"],
  ["1.5Gi", "1536Mi"],
  ["1024", "1024"],
  ["1024Ki", "1Mi"],
  ["0.5Ki", "512"],
  ["12e6", "12e6"],
  ["1e3", "1e3"],
  ["100e4", "1e6"],
  ["1234", "1234"],
  ["0.0000000001", "1n"],
  ["-1", "-1"],
  ["+3", "3"],
  ["1E", "1E"],
  ["10000E", "9223372036854775807"],
  [".5", "500m"],
  ["1.", "1"],
];
for (const [text, want] of canonical)
  test(`quantity ${text} is written ${want}`, () => assert.equal(formatQuantity(parseQuantity(text)), want));
test("bad quantities", () => {
  for (const text of ["", "x", "1.2.3", "1 Gi", "--1"]) assert.throws(() => parseQuantity(text), /quantities must match/);
  for (const text of ["1ki", "1e", "1KiB".slice(0, 2)]) assert.throws(() => parseQuantity(text), /suffix/);
});
test("quantities add and compare exactly", () => {
  const sum = addQuantities(parseQuantity("1Gi"), parseQuantity("512Mi"));
  assert.equal(formatQuantity(sum), "1536Mi");
  assert.equal(formatQuantity(subtractQuantities(sum, parseQuantity("1Gi"))), "512Mi");
  assert.equal(compareQuantities(parseQuantity("1000m"), parseQuantity("1")), 0);
  assert.ok(compareQuantities(parseQuantity("1Ki"), parseQuantity("1k")) > 0);
  assert.equal(quantityValue(parseQuantity("1500m")), 2n);
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), fc.constantFrom("", "m", "k", "Ki"), (n, suffix) => {
      const quantity = parseQuantity(`${n}${suffix}`);
      assert.equal(compareQuantities(parseQuantity(formatQuantity(quantity)), quantity), 0);
    }),
    { numRuns: 200 },
  );
});

test("UTF-8 lengths", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => assert.equal(utf8Length(text), new TextEncoder().encode(text).length)),
    { numRuns: 200 },
  );
});
