import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copyJson } from "../json/copy.ts";
import { equalJson } from "../json/equal.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { StatusError } from "../status/status-error.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

const reference: JsonSchema = { type: "object", properties: { name: { type: "string" }, namespace: { type: "string" } } };
const schema: JsonSchema = {
  type: "object",
  properties: {
    secrets: { type: "array", items: reference, "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "name" },
    imagePullSecrets: { type: "array", items: reference },
    automountServiceAccountToken: { type: "boolean" },
    data: { type: "object", additionalProperties: { type: "string" } },
    strategy: { type: "object", properties: { type: { type: "string" } }, "x-kubernetes-patch-strategy": "retainKeys" },
  },
};
const names = (...list: string[]): JsonValue => list.map((name) => ({ name }));

const cases: { name: string; from: JsonObject; patch: JsonObject; want: JsonObject }[] = [
  {
    name: "a new item goes first",
    from: { secrets: names("a", "b") },
    patch: { secrets: names("c") },
    want: { secrets: names("c", "a", "b") },
  },
  {
    name: "items merge by key",
    from: { secrets: names("a", "b") },
    patch: { secrets: [{ name: "b", namespace: "x" }] },
    want: { secrets: [{ name: "a" }, { name: "b", namespace: "x" }] },
  },
  {
    name: "an item is deleted",
    from: { secrets: names("c", "a", "b") },
    patch: { secrets: [{ name: "b", $patch: "delete" }] },
    want: { secrets: names("c", "a") },
  },
  {
    name: "deleting the last item leaves a list",
    from: { secrets: names("a") },
    patch: { secrets: [{ name: "a", $patch: "delete" }] },
    want: { secrets: [] },
  },
  {
    name: "lists without a strategy are replaced",
    from: { imagePullSecrets: names("p") },
    patch: { imagePullSecrets: names("q") },
    want: { imagePullSecrets: names("q") },
  },
  {
    name: "the order is set",
    from: { secrets: names("c", "a") },
    patch: { "$setElementOrder/secrets": names("c", "z", "a"), secrets: names("z") },
    want: { secrets: names("c", "z", "a") },
  },
  {
    name: "only the order is set",
    from: { secrets: names("a", "b", "c") },
    patch: { "$setElementOrder/secrets": names("c", "a") },
    want: { secrets: names("b", "c", "a") },
  },
  {
    name: "a list is replaced",
    from: { secrets: names("a", "b") },
    patch: { secrets: [{ $patch: "replace" }, { name: "only" }] },
    want: { secrets: names("only") },
  },
  {
    name: "null deletes",
    from: { secrets: names("a"), data: { x: "1", y: "2" } },
    patch: { secrets: null, data: { x: null, w: "3", v: null } },
    want: { data: { y: "2", w: "3" } },
  },
  {
    name: "sets merge",
    from: { metadata: { finalizers: ["x/a", "x/b"] } },
    patch: { metadata: { finalizers: ["x/c", "x/a"] } },
    want: { metadata: { finalizers: ["x/c", "x/a", "x/b"] } },
  },
  {
    name: "set members are deleted",
    from: { metadata: { finalizers: ["x/c", "x/a", "x/b"] } },
    patch: { metadata: { "$deleteFromPrimitiveList/finalizers": ["x/b", "x/none"] } },
    want: { metadata: { finalizers: ["x/c", "x/a"] } },
  },
  {
    name: "set members are ordered",
    from: { metadata: { finalizers: ["x/c", "x/a"] } },
    patch: { metadata: { "$setElementOrder/finalizers": ["x/c", "x/d", "x/a"], finalizers: ["x/d"] } },
    want: { metadata: { finalizers: ["x/c", "x/d", "x/a"] } },
  },
  {
    name: "nothing is deleted from a list that is not there",
    from: {},
    patch: { metadata: { "$deleteFromPrimitiveList/finalizers": "x" } },
    want: { metadata: {} },
  },
  {
    name: "owners merge by uid",
    from: { metadata: { ownerReferences: [{ uid: "u", name: "a" }] } },
    patch: { metadata: { ownerReferences: [{ uid: "u", controller: true }] } },
    want: { metadata: { ownerReferences: [{ uid: "u", name: "a", controller: true }] } },
  },
  { name: "a map is replaced", from: { data: { a: "1" } }, patch: { data: { $patch: "replace", z: "9" } }, want: { data: { z: "9" } } },
  { name: "a map is emptied", from: { data: { a: "1" } }, patch: { data: { $patch: "delete" } }, want: { data: {} } },
  {
    name: "keys are retained",
    from: { strategy: { type: "a", old: 1 } },
    patch: { strategy: { $retainKeys: ["type"], type: "b" } },
    want: { strategy: { type: "b" } },
  },
];
for (const { name, from, patch, want } of cases) {
  test(`strategic merge: ${name}`, () => {
    const before = copyJson([from, patch]);
    assert.deepEqual(applyStrategicMergePatch(from, patch, schema), want);
    assert.deepEqual([from, patch], before);
  });
}

const errors: { from?: JsonObject; patch: JsonValue; code: number; message: string }[] = [
  {
    patch: { secrets: [{ namespace: "no-key" }] },
    code: 500,
    message: "map: map[namespace:no-key] does not contain declared merge key: name",
  },
  {
    patch: { secrets: [{ name: "a", $patch: "explode" }] },
    code: 500,
    message: "unknown patch type: explode in map: map[$patch:explode name:a]",
  },
  { patch: { $patch: "nonsense" }, code: 500, message: "unknown patch type: nonsense in map: map[$patch:nonsense]" },
  {
    patch: { secrets: { name: "a" } },
    code: 422,
    message: ' "" is invalid: patch: Invalid value: "map[secrets:map[name:a]]": cannot restore slice from map',
  },
  { patch: { secrets: ["a"] }, code: 500, message: "list element types are not identical: [[map[name:a]] [a]]" },
  {
    patch: { $setElementOrder: 1, automountServiceAccountToken: true },
    code: 500,
    message: "expected a []interface {}, but received a int64",
  },
  { patch: [], code: 400, message: "json: cannot unmarshal array into Go value of type map[string]interface {}" },
  {
    patch: { metadata: { finalizers: "x" } },
    code: 422,
    message: ' "" is invalid: patch: Invalid value: "map[metadata:map[finalizers:x]]": cannot restore slice from string',
  },
  {
    patch: { automountServiceAccountToken: "x" },
    code: 422,
    message: ' "" is invalid: patch: Invalid value: "map[automountServiceAccountToken:x]": unrecognized type: bool',
  },
  { patch: { data: { a: "1" }, $retainKeys: ["metadata"] }, code: 400, message: "invalid patch format of retainKeys" },
];
for (const { patch, code, message } of errors) {
  test(`strategic merge: ${message.trim()}`, () => {
    assert.throws(
      () => applyStrategicMergePatch({ secrets: names("a") }, patch, schema),
      (error: unknown) => {
        assert.ok(error instanceof StatusError);
        assert.deepEqual([error.code, error.message], [code, message]);
        return true;
      },
    );
  });
}

test("strategic merge without directives and strategies is a merge patch", () => {
  const value = fc.dictionary(fc.constantFrom("a", "b", "__proto__"), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
  fc.assert(
    fc.property(value, value, (from, patch) => {
      // Nulls inside lists, and maps in the place of something else, are treated differently on purpose.
      if (/[[]/.test(JSON.stringify([from, patch]).slice(1))) return;
      const got = applyStrategicMergePatch(from as JsonValue, patch as JsonValue, {});
      assert.ok(equalJson(got, applyMergePatch(from as JsonValue, patch as JsonValue)), JSON.stringify({ from, patch, got }));
    }),
    { numRuns: 300 },
  );
});
