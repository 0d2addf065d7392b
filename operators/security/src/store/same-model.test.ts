import assert from "node:assert/strict";
import { test } from "node:test";
import { modelFromDsl } from "@meshplane/rebac";
import { sameModel } from "./same-model.ts";

const dsl = (relation: string) =>
  modelFromDsl(`model\n  schema 1.1\ntype user\ntype doc\n  relations\n    define viewer: [user]\n    define reader: ${relation}\n`);

test("what a server adds and how it orders does not count, what a model says does", () => {
  const model = dsl("viewer");
  const answered = JSON.parse(JSON.stringify({ id: "01H", conditions: {}, ...model }), (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).reverse()) : value,
  ) as typeof model;
  assert.ok(sameModel(model, answered));
  assert.ok(!sameModel(model, dsl("[user]")));
  assert.ok(!sameModel(dsl("[user]"), dsl("[user, user:*]")));
  assert.ok(!sameModel(model, { ...model, type_definitions: model.type_definitions.slice(1) }));
});
