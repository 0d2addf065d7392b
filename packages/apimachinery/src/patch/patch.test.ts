import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonpatch } from "json-p3";
import { copyJson } from "../json/copy.ts";
import { equalJson } from "../json/equal.ts";
import type { JsonValue } from "../object.ts";
import { StatusError } from "../status/status-error.ts";
import { decodePatch } from "./decode-patch.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";

const refused = (code: number, message: string) => (error: unknown) =>
  error instanceof StatusError && error.code === code && error.message === message;
const unprocessable = refused(422, "the server rejected our request due to an error in our request");

const jsonPatches: { name: string; from: JsonValue; patch: JsonValue; want: JsonValue }[] = [
  {
    name: "add, replace, remove",
    from: { a: 1, b: 2 },
    patch: [
      { op: "add", path: "/c", value: 3 },
      { op: "replace", path: "/a", value: 9 },
      { op: "remove", path: "/b" },
    ],
    want: { a: 9, c: 3 },
  },
  {
    name: "escapes",
    from: { "x/y": 1, "a~b": 1 },
    patch: [
      { op: "replace", path: "/x~1y", value: 2 },
      { op: "replace", path: "/a~0b", value: 2 },
    ],
    want: { "x/y": 2, "a~b": 2 },
  },
  {
    name: "list positions",
    from: [1],
    patch: [
      { op: "add", path: "/-", value: 3 },
      { op: "add", path: "/1", value: 2 },
      { op: "replace", path: "/-1", value: 9 },
    ],
    want: [1, 2, 9],
  },
  { name: "replace adds what is missing", from: {}, patch: [{ op: "replace", path: "/a", value: 1 }], want: { a: 1 } },
  {
    name: "move and copy",
    from: { a: { x: 1 }, l: [1, 2] },
    patch: [
      { op: "copy", from: "/a", path: "/b" },
      { op: "replace", path: "/b/x", value: 2 },
      { op: "move", from: "/l/0", path: "/l/1" },
    ],
    want: { a: { x: 1 }, b: { x: 2 }, l: [2, 1] },
  },
  {
    name: "test of null and of nothing",
    from: { a: null },
    patch: [
      { op: "test", path: "/a", value: null },
      { op: "test", path: "/b", value: null },
    ],
    want: { a: null },
  },
  {
    name: "the whole document",
    from: { a: 1 },
    patch: [
      { op: "test", path: "", value: { a: 1 } },
      { op: "replace", path: "", value: [1] },
    ],
    want: [1],
  },
  {
    name: "odd keys",
    from: {},
    patch: [
      { op: "add", path: "/__proto__", value: {} },
      { op: "add", path: "/__proto__/x", value: 1 },
    ],
    want: JSON.parse('{"__proto__":{"x":1}}'),
  },
];
for (const { name, from, patch, want } of jsonPatches) {
  test(`json patch: ${name}`, () => {
    const before = JSON.stringify([from, patch]);
    assert.ok(equalJson(applyJsonPatch(from, patch), want));
    assert.equal(JSON.stringify([from, patch]), before);
  });
}

test("json patch: what cannot be applied is 422", () => {
  const patches: JsonValue[] = [
    [{ op: "test", path: "/a", value: "2" }],
    [{ op: "remove", path: "/none" }],
    [{ op: "add", path: "/spec/deep/er", value: "x" }],
    [{ op: "frobnicate", path: "/a" }],
    [{ op: "move", from: "/absent", path: "/b" }],
    [{ op: "add", path: "", value: 1 }],
    [{ op: "add", path: "/l/7", value: 1 }],
    [{ op: "add", path: "/l/x", value: 1 }],
    [{ op: "remove", path: "/l/-9" }],
    [{ op: "add", value: 1 }],
    [{ op: "replace", path: "/constructor/x", value: 1 }],
  ];
  for (const patch of patches) assert.throws(() => applyJsonPatch({ a: "1", l: [1] }, patch), unprocessable);
  const doubling = Array.from({ length: 60 }, () => ({ op: "copy", from: "/a", path: "/a/-" }));
  assert.throws(() => applyJsonPatch({ a: [] }, doubling), unprocessable);
});

test("json patch: what is not a patch is 400, and too many operations 413", () => {
  assert.throws(
    () => applyJsonPatch({}, { op: "add" }),
    refused(400, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
  );
  assert.throws(
    () => applyJsonPatch({}, [{ op: 1 }]),
    refused(400, "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string"),
  );
  assert.throws(() => decodePatch('[{"op":'), refused(400, "error decoding patch: unexpected end of JSON input"));
  const many = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: null }));
  assert.throws(
    () => applyJsonPatch({}, many),
    refused(413, "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001"),
  );
  assert.deepEqual(applyJsonPatch({}, many.slice(1)), {});
});

test("json patch agrees with json-p3 where both apply", () => {
  const key = fc.constantFrom("a", "b", "0", "1", "-", "x/y");
  const pointer = fc.array(key, { minLength: 1, maxLength: 3 }).map((keys) => keys.map((k) => `/${k.replace("/", "~1")}`).join(""));
  const document = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.constant(null),
      fc.dictionary(key, tie("node"), { maxKeys: 3 }),
      fc.array(tie("node"), { maxLength: 3 }),
    ),
  })).node;
  const operation = fc.oneof(
    fc.record({ op: fc.constantFrom("add", "replace", "test"), path: pointer, value: document }),
    fc.record({ op: fc.constant("remove"), path: pointer }),
    fc.record({ op: fc.constantFrom("copy", "move"), from: pointer, path: pointer }),
  );
  fc.assert(
    fc.property(fc.dictionary(key, document), fc.array(operation, { maxLength: 4 }), (from, patch) => {
      let want: unknown;
      try {
        want = jsonpatch.apply(patch as never, copyJson(from) as never);
      } catch {
        return;
      }
      // json-p3 lets a move into the moved value's own child pass.
      if (patch.some((o) => "from" in o && o.path.startsWith(`${o.from}`))) return;
      let got: unknown;
      try {
        got = applyJsonPatch(from as JsonValue, patch as unknown as JsonValue);
      } catch {
        return;
      }
      assert.ok(equalJson(got, want), JSON.stringify({ from, patch, got, want }));
    }),
    { numRuns: 500 },
  );
});

test("merge patch", () => {
  const from = { a: "1", b: { x: 1, y: 2 }, l: [1, 2], n: null };
  const patch = { a: null, b: { x: null, z: { deep: null, kept: 1 } }, l: [{ gone: null }, null], new: { gone: null } };
  assert.deepEqual(applyMergePatch(from, patch), { b: { y: 2, z: { kept: 1 } }, l: [{}, null], n: null, new: {} });
  assert.deepEqual(from, { a: "1", b: { x: 1, y: 2 }, l: [1, 2], n: null });
  assert.throws(() => applyMergePatch({}, null), refused(400, "Invalid JSON Patch"));
  assert.throws(
    () => applyMergePatch({}, []),
    refused(400, "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
  );
  assert.throws(
    () => applyMergePatch({}, "x"),
    refused(400, "error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}"),
  );
});

test("merge patch: laws", () => {
  const value = fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), fc.jsonValue({ maxDepth: 2 }));
  fc.assert(
    fc.property(value, value, (from, patch) => {
      const before = copyJson([from, patch]);
      const once = applyMergePatch(from as JsonValue, patch as JsonValue);
      assert.ok(equalJson([from, patch], before));
      // Nulls in a list that replaces an object survive the first time only (as upstream), so lists make no law.
      if (!JSON.stringify(patch).includes("[")) assert.ok(equalJson(applyMergePatch(once, patch as JsonValue), once));
      assert.ok(equalJson(applyMergePatch(once, {}), once));
    }),
    { numRuns: 300 },
  );
});
