import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject, JsonValue } from "../object.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { compareFields } from "./compare.ts";
import { resourceTypeOf } from "./field-type.ts";
import { fieldsOfNew } from "./fields-of-new.ts";

const schema: JsonSchema = {
  type: "object",
  properties: {
    text: { type: "string" },
    map: { type: "object", additionalProperties: { type: "string" } },
    atomic: { type: "object", "x-kubernetes-map-type": "atomic", properties: { a: { type: "string" } } },
    set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name", "port"],
      items: { type: "object", properties: { name: { type: "string" }, port: { type: "integer", default: 1 }, map: { type: "object" } } },
    },
    list: { type: "array", items: { type: "string" } },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
};

/** Pseudo-random and repeatable. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}

const names = ["text", "map", "atomic", "set", "ports", "list", "free", "name", "port", "a", "é", "10", "9", "__proto__"];

function value(next: (below: number) => number, depth: number): JsonValue {
  const kind = next(depth > 4 ? 4 : 8);
  if (kind < 4) return [null, "s", 7, true][kind]!;
  if (kind < 6) return Array.from({ length: next(4) }, () => value(next, depth + 1));
  return Object.fromEntries(Array.from({ length: next(5) }, () => [names[next(names.length)]!, value(next, depth + 1)]));
}

test("the fields of a new object are those that comparing it with nothing finds", () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const next = generator(seed);
    const metadata = { name: "a", labels: { b: "1", a: "2" }, uid: "u", annotations: {}, finalizers: ["x", "w"] };
    const object = { apiVersion: "v1", kind: "Thing", metadata, ...(value(next, 0) as object) } as JsonObject;
    for (const key of ["set", "ports", "map", "free", "atomic"]) if (next(2)) object[key] = value(next, 1);
    const type = resourceTypeOf(schema);
    const compared = compareFields(type, { apiVersion: "v1", kind: "Thing", metadata: {} }, object).added?.toFieldsV1();
    assert.equal(JSON.stringify(fieldsOfNew(type, object)), JSON.stringify(compared), JSON.stringify(object));
  }
});

test("what lies too deep is owned as a whole", () => {
  let deep: JsonValue = "end";
  for (let i = 0; i < 5_000; i++) deep = { a: deep };
  const type = resourceTypeOf(schema);
  const object: JsonObject = { free: deep };
  assert.equal(JSON.stringify(fieldsOfNew(type, object)), JSON.stringify(compareFields(type, undefined, object).added?.toFieldsV1()));
});
