import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJson } from "../json/decode.ts";
import type { JsonObject } from "../object.ts";
import { applyDefaults } from "./default.ts";
import type { JsonSchema } from "./json-schema.ts";
import { pruneUnknown } from "./prune.ts";

const known: JsonSchema = { type: "object", properties: { a: { type: "string" } } };
const pruned: JsonSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        keep: {
          type: "object",
          "x-kubernetes-preserve-unknown-fields": true,
          properties: { inner: { type: "object", properties: { known: { type: "string" } } } },
        },
        any: { "x-kubernetes-preserve-unknown-fields": true },
        list: { type: "array", items: known },
        map: { type: "object", additionalProperties: known },
        tpl: { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
        port: { "x-kubernetes-int-or-string": true },
      },
    },
  },
};

test("prunes what the schema does not know, and says what", () => {
  const value: JsonObject = {
    apiVersion: "x/v1",
    kind: "P",
    metadata: {
      name: "p",
      owner: "me",
      labels: { any: "x" },
      ownerReferences: [{ uid: "u", odd: 1 }],
      managedFields: [{ fieldsV1: { "f:x": {} } }],
    },
    spec: {
      extra: 1,
      port: "http",
      keep: { other: { x: [1, { y: 2 }] }, inner: { known: "k", gone: "g" } },
      any: [1, "two", { three: null }],
      list: [{ a: "x", b: "y" }, "scalar"],
      map: { k: { a: "x", b: "y" } },
      tpl: { apiVersion: "v1", kind: "C", metadata: { name: "x", nonsense: 1 }, data: { k: "v" } },
    },
    top: true,
  };
  assert.deepEqual(pruneUnknown(value, pruned), [
    "metadata.owner",
    "metadata.ownerReferences[0].odd",
    "spec.extra",
    "spec.keep.inner.gone",
    "spec.list[0].b",
    "spec.map.k.b",
    "spec.tpl.metadata.nonsense",
    "top",
  ]);
  assert.deepEqual(value, {
    apiVersion: "x/v1",
    kind: "P",
    metadata: { name: "p", labels: { any: "x" }, ownerReferences: [{ uid: "u" }], managedFields: [{ fieldsV1: { "f:x": {} } }] },
    spec: {
      port: "http",
      keep: { other: { x: [1, { y: 2 }] }, inner: { known: "k" } },
      any: [1, "two", { three: null }],
      list: [{ a: "x" }, "scalar"],
      map: { k: { a: "x" } },
      tpl: { apiVersion: "v1", kind: "C", metadata: { name: "x" }, data: { k: "v" } },
    },
  });
});

test("keys of the language's own objects are unknown like others, and depth is no danger", () => {
  const value = decodeJson('{"spec":{"constructor":{},"__proto__":{"x":1}}}').value as JsonObject;
  assert.deepEqual(pruneUnknown(value, pruned), ["spec.__proto__", "spec.constructor"]);
  const deep = decodeJson(`{"spec":{"list":${"[".repeat(9000)}{"x":1}${"]".repeat(9000)}}}`).value as JsonObject;
  assert.equal(pruneUnknown(deep, pruned).length, 1);
});

const defaulted: JsonSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        retries: { type: "integer", default: 3 },
        opts: {
          type: "object",
          properties: {
            mode: { type: "string", default: "fast" },
            deep: { type: "object", properties: { x: { type: "integer", default: 1 } }, default: {} },
          },
        },
        items: { type: "array", items: { type: "object", properties: { on: { type: "boolean", default: true } } } },
        byname: { type: "object", additionalProperties: { type: "object", properties: { n: { type: "integer", default: 7 } } } },
        nil: { type: "string", nullable: true, default: "a" },
        not: { type: "string" },
        l: { type: "array", items: { type: "string" } },
      },
    },
  },
};

test("defaults come where their parent is, and nulls count as absent where they may not be", () => {
  const fill = (value: JsonObject): JsonObject => {
    applyDefaults(value, defaulted);
    return value;
  };
  assert.deepEqual(fill({}), {});
  assert.deepEqual(fill({ spec: null }), {});
  assert.deepEqual(fill({ spec: {} }), { spec: { retries: 3, nil: "a" } });
  assert.deepEqual(fill({ spec: { retries: null, nil: null, not: null, l: [null, "q"] } }), {
    spec: { retries: 3, nil: null, l: [null, "q"] },
  });
  assert.deepEqual(fill({ spec: { nil: "x", retries: 0, opts: {}, items: [{}, { on: false }], byname: { k: {}, m: null } } }), {
    spec: { nil: "x", retries: 0, opts: { mode: "fast", deep: { x: 1 } }, items: [{ on: true }, { on: false }], byname: { k: { n: 7 } } },
  });
  const first = fill({ spec: { opts: {} } }) as { spec: { opts: { deep: { x: number } } } };
  first.spec.opts.deep.x = 9;
  assert.equal((fill({ spec: { opts: {} } }) as typeof first).spec.opts.deep.x, 1);
});
