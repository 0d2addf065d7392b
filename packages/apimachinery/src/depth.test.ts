import assert from "node:assert/strict";
import { test } from "node:test";
import { serverSideApply } from "./apply/server-side-apply.ts";
import { trackUpdate } from "./apply/track-update.ts";
import { copyJson } from "./json/copy.ts";
import { decodeJson } from "./json/decode.ts";
import type { JsonObject } from "./object.ts";
import { applyJsonPatch } from "./patch/json-patch.ts";
import { applyMergePatch } from "./patch/merge-patch.ts";
import { applyStrategicMergePatch } from "./patch/strategic-merge-patch.ts";
import { applyDefaults } from "./schema/default.ts";
import type { JsonSchema } from "./schema/json-schema.ts";
import { pruneUnknown } from "./schema/prune.ts";
import { StatusError } from "./status/status-error.ts";
import { decodeYaml } from "./yaml/decode.ts";
import { encodeYaml } from "./yaml/encode.ts";

const deep = (levels: number): JsonObject =>
  decodeJson(`{"apiVersion":"v1","kind":"K","free":${'{"a":'.repeat(levels)}{}${"}".repeat(levels)}}`).value as JsonObject;
const schema: JsonSchema = { type: "object", properties: { free: { "x-kubernetes-preserve-unknown-fields": true } } };
const now = "2024-01-01T00:00:00Z";

/** Works, or is refused as the client's error. */
const survives = (run: () => unknown): void => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof StatusError && error.code === 400, String(error));
  }
};

test("what the decoder lets through overflows nothing else", () => {
  const [live, next] = [deep(9_000), deep(8_999)];
  const track = { manager: "m", apiVersion: "v1", schema, now };
  const written = copyJson(live);
  trackUpdate({ live: undefined, next: written, ...track });
  trackUpdate({ live: { ...written, metadata: { ...(written["metadata"] as JsonObject), uid: "u" } }, next: copyJson(next), ...track });
  assert.deepEqual(pruneUnknown(copyJson(live), schema), []);
  applyDefaults(copyJson(live), schema);
  assert.deepEqual(
    Object.keys(
      applyJsonPatch(live, [
        { op: "test", path: "", value: live },
        { op: "add", path: "/x", value: next },
      ]) as JsonObject,
    ).length,
    4,
  );
  applyMergePatch(live, next);
  survives(() => applyStrategicMergePatch(live, next, schema));
  serverSideApply({ live, applied: next, force: true, ...track });
  assert.ok(decodeYaml(encodeYaml(live)).value);
});
