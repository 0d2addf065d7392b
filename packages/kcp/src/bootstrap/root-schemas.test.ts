import assert from "node:assert/strict";
import { test } from "node:test";
import { validateAsCrd } from "../admission/api-resource-schema.ts";
import { rootSchemas } from "./root-content.ts";

// a first start trusts them: checking rules takes longer than all the rest of it
for (const schema of rootSchemas())
  test(`${schema.metadata.name} is a schema that anybody could create`, () => {
    assert.deepEqual(validateAsCrd(schema), []);
  });
