import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldInvalid, fieldRequired } from "./field-error.ts";
import { conflict, forbidden, invalid, notFound, objectModified } from "./errors.ts";

const widgets = { group: "example.com", resource: "widgets" };

test("failures have upstream's texts, codes and details", () => {
  assert.deepEqual(notFound(widgets, "a").status, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: 'widgets.example.com "a" not found',
    reason: "NotFound",
    details: { name: "a", group: "example.com", kind: "widgets" },
    code: 404,
  });
  assert.equal(
    conflict({ group: "", resource: "configmaps" }, "u", objectModified).message,
    'Operation cannot be fulfilled on configmaps "u": the object has been modified; please apply your changes to the latest version and try again',
  );
  assert.equal(forbidden(widgets, "a", "no").message, 'widgets.example.com "a" is forbidden: no');
});

test("field errors are joined, each text once; one without a field is <nil>'s", () => {
  const kind = { group: "example.com", kind: "Widget" };
  const uid = fieldInvalid("metadata.uid", "x", "field is immutable");
  const error = invalid(kind, "w", [uid, uid, fieldRequired("spec.a"), fieldInvalid("", "", "no")]);
  assert.equal(
    error.message,
    'Widget.example.com "w" is invalid: [metadata.uid: Invalid value: "x": field is immutable, spec.a: Required value, <nil>: Invalid value: "": no]',
  );
  assert.deepEqual(
    error.status.details?.causes?.map(({ field }) => field),
    ["metadata.uid", "metadata.uid", "spec.a", "<nil>"],
  );
});
