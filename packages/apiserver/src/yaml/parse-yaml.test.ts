import assert from "node:assert/strict";
import { test } from "node:test";
import { YamlSyntaxError } from "@meshplane/apimachinery";
import { parseYaml } from "./parse-yaml.ts";

const large = (keys: number): string =>
  `data:\n${Array.from({ length: keys }, (_, i) => `  k${i}: "v"`).join("\n")}\nbig: 9007199254740993\n`;

test("a large document leaves the loop free, and comes back exact", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const { value } = await parseYaml(Buffer.from(large(20_000)));
  clearInterval(timer);
  assert.ok(turns > 10, `${turns} turns`);
  const { data, big } = value as { data: Record<string, string>; big: bigint };
  assert.equal(Object.keys(data).length, 20_000);
  assert.equal(big, 9007199254740993n);
});

test("errors of the thread are those of the parser", async () => {
  await assert.rejects(parseYaml(Buffer.from(`${large(10_000)}\n a: [`)), YamlSyntaxError);
});

test("duplicate keys are told as on this thread", async () => {
  const { duplicatesText } = await parseYaml(Buffer.from(`a: 1\na: 2\n${large(8_000)}`));
  assert.match(duplicatesText ?? "", /line 2/);
});

test("large JSON under YAML's name needs no thread", async () => {
  const { value } = await parseYaml(Buffer.from(JSON.stringify({ x: "y".repeat(100_000) })));
  assert.equal((value as { x: string }).x.length, 100_000);
});
