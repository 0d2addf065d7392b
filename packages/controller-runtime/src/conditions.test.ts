import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@meshplane/apimachinery";
import { getCondition, markFalse, markTrue, markUnknown, setStandardCondition, setSummary, type StandardCondition } from "./conditions.ts";

const object = (): KubeObject => ({ apiVersion: "v1", kind: "X", metadata: { name: "x" } });
const early = new Date("2026-01-01T00:00:00.500Z");
const late = new Date("2026-01-02T00:00:00Z");

test("the transition time follows changes only", () => {
  const it = object();
  markTrue(it, "A", early);
  markTrue(it, "A", late);
  assert.deepEqual(getCondition(it, "A"), {
    type: "A",
    status: "True",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  });
  markFalse(it, "A", "Broken", "Error", "it broke", late);
  assert.equal(getCondition(it, "A")?.lastTransitionTime, "2026-01-02T00:00:00Z");
});

test("the summary is the worst, and Ready stands first", () => {
  const it = object();
  markTrue(it, "A");
  setSummary(it);
  assert.equal(getCondition(it, "Ready")?.status, "True");
  markUnknown(it, "U", "Waiting", "");
  setSummary(it);
  assert.equal(getCondition(it, "Ready")?.status, "True");
  markFalse(it, "W", "Slow", "Warning", "slow");
  markFalse(it, "B", "Down", "Error", "down");
  setSummary(it);
  assert.equal(getCondition(it, "Ready")?.reason, "Down");
  const { conditions } = it["status"] as { conditions: { type: string }[] };
  assert.deepEqual(
    conditions.map(({ type }) => type),
    ["Ready", "A", "B", "U", "W"],
  );
  setSummary(it, ["A"]);
  assert.equal(getCondition(it, "Ready")?.status, "True");
});

test("in Kubernetes' form the transition time follows the status", () => {
  const conditions: StandardCondition[] = [];
  setStandardCondition(conditions, { type: "A", status: "True", reason: "R", message: "" }, early);
  assert.equal(setStandardCondition(conditions, { type: "A", status: "True", reason: "S", message: "" }, late), true);
  assert.deepEqual(conditions, [{ type: "A", status: "True", reason: "S", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" }]);
  assert.equal(setStandardCondition(conditions, { type: "A", status: "True", reason: "S", message: "" }, late), false);
});
