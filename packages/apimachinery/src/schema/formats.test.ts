import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCheck } from "./formats.ts";

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

test("hostile texts take linear time", () => {
  const start = performance.now();
  for (const format of ["hostname", "email", "uri", "ipv6", "duration", "k8s-long-name", "byte", "mac"]) {
    formatCheck(format)!(`${"a-".repeat(100_000)}!`);
    formatCheck(format)!(`${"1 ".repeat(100_000)}!`);
  }
  assert.ok(performance.now() - start < 3_000);
});
