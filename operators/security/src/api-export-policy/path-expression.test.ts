import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePathExpression } from "./path-expression.ts";

test("the expressions of the grammar", () => {
  const account = (organization: string, path: string, relation: "bind" | "bind_inherited") => ({
    kind: "account",
    organization,
    path,
    relation,
  });
  for (const colon of ["", ":"]) {
    assert.deepEqual(parsePathExpression(`${colon}root:orgs:*`), { kind: "everybody" });
    assert.deepEqual(parsePathExpression(`${colon}root:orgs:acme`), account("acme", "root:orgs:acme", "bind"));
    assert.deepEqual(parsePathExpression(`${colon}root:orgs:acme:*`), account("acme", "root:orgs:acme", "bind_inherited"));
    assert.deepEqual(parsePathExpression(`${colon}root:orgs:acme:dev:eu`), account("acme", "root:orgs:acme:dev:eu", "bind"));
    assert.deepEqual(parsePathExpression(`${colon}root:orgs:acme:dev:*`), account("acme", "root:orgs:acme:dev", "bind_inherited"));
  }
});

test("what begins elsewhere is refused in upstream's words, and what is no path too", () => {
  for (const text of ["", ":", "root", "root:orgs", ":root:providers:x", "root:orgsx:a", "::root:orgs:a", "*"])
    assert.throws(() => parsePathExpression(text), { message: "invalid path expression: must start with root:orgs" }, text);
  for (const text of [
    "root:orgs:",
    "root:orgs:*:a",
    "root:orgs:a:*:b",
    "root:orgs:a::b",
    "root:orgs:a:**",
    "root:orgs:a b",
    "root:orgs:a/b",
    "root:orgs:A",
  ])
    assert.throws(() => parsePathExpression(text), /^Error: invalid path expression: /, text);
});
