import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue, ObjectMeta } from "../object.ts";
import { formatFieldErrors } from "../status/field-error.ts";
import {
  dnsLabelName,
  dnsSubdomainName,
  isConfigMapKey,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
  pathSegmentName,
} from "./names.ts";
import { objectMetaTypeError } from "./object-meta-types.ts";
import { validateFieldManager, validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualified =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test("names have upstream's texts", () => {
  assert.deepEqual(isDns1123Subdomain("Upper"), [subdomain]);
  assert.deepEqual(isDns1123Subdomain("x".repeat(254)), ["must be no more than 253 characters"]);
  assert.deepEqual(isDns1123Subdomain("1.2-3.four"), []);
  assert.deepEqual(isDns1123Label("dotted.name"), ["must not contain dots"]);
  assert.deepEqual(isDns1123Label("n".repeat(64)), ["must be no more than 63 characters"]);
  assert.deepEqual(isQualifiedName("a b"), [`name part ${qualified}`]);
  assert.deepEqual(isQualifiedName(""), ["name part must be non-empty", `name part ${qualified}`]);
  assert.deepEqual(isQualifiedName("/k"), ["prefix part must be non-empty"]);
  assert.deepEqual(isQualifiedName("Bad.Prefix/k"), [`prefix part ${subdomain}`]);
  assert.deepEqual(isQualifiedName("k".repeat(64)), ["name part must be no more than 63 bytes"]);
  assert.deepEqual(isQualifiedName("a/b/c"), [
    `a valid label key ${qualified} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
  ]);
  assert.deepEqual(isQualifiedName("example.com/MyName"), []);
  assert.deepEqual(isLabelValue("v".repeat(64)), ["must be no more than 63 bytes"]);
  assert.deepEqual(isLabelValue(""), []);
  assert.deepEqual(isConfigMapKey("..x"), ["must not start with '..'"]);
  assert.deepEqual(isConfigMapKey("."), ["must not be '.'"]);
  assert.match(
    isConfigMapKey("a b")[0]!,
    /^a valid config key must consist of .* \(e\.g\. 'key\.name',  or 'KEY_NAME',  or 'key-name', regex/,
  );
  assert.deepEqual(pathSegmentName("A:b c", false), []);
  assert.deepEqual(pathSegmentName("a/b", false), ["may not contain '/'"]);
  assert.deepEqual(pathSegmentName("..", false), ["may not be '..'"]);
  assert.deepEqual(dnsSubdomainName("abc-", true), []);
});

test("a long hostile name takes no time", () => {
  const start = performance.now();
  isDns1123Subdomain(`${"a.".repeat(200_000)}!`);
  isQualifiedName(`${"a-".repeat(200_000)}!`);
  assert.ok(performance.now() - start < 1000);
});

const rules = { namespaced: true, nameValidation: dnsSubdomainName };
const errorsOf = (meta: unknown, more = {}): string[] =>
  validateObjectMeta(meta as ObjectMeta, { ...rules, ...more }).map((e) => `${e.field}: ${e.detail}`);
const good = { name: "a", namespace: "default" };

test("new metadata", () => {
  assert.deepEqual(
    errorsOf({ ...good, labels: { "example.com/a": "b" }, annotations: { "Example.com/A": "any thing" }, finalizers: ["nodomain"] }),
    [],
  );
  assert.deepEqual(errorsOf({ namespace: "default" }), ["metadata.name: Required value: name or generateName is required"]);
  assert.deepEqual(errorsOf(good, { namespaced: false }), ["metadata.namespace: Forbidden: not allowed on this type"]);
  assert.deepEqual(errorsOf({ name: "a" }), ["metadata.namespace: Required value"]);
  assert.deepEqual(errorsOf({ ...good, generateName: "A" }), [`metadata.generateName: Invalid value: "A": ${subdomain}`]);
  assert.deepEqual(errorsOf({ ...good, finalizers: ["nodomain"] }, { qualifiedFinalizers: true }), [
    'metadata.finalizers[0]: Invalid value: "nodomain": name is neither a standard finalizer name nor is it fully qualified',
  ]);
  assert.deepEqual(errorsOf({ ...good, finalizers: ["foregroundDeletion", "orphan"] }), [
    'metadata.finalizers: Invalid value: ["foregroundDeletion","orphan"]: finalizer orphan and foregroundDeletion cannot be both set',
  ]);
  assert.deepEqual(errorsOf({ ...good, annotations: { a: "x".repeat(262_144) } }), [
    "metadata.annotations: Too long: may not be more than 262144 bytes",
  ]);
  assert.deepEqual(errorsOf({ ...good, ownerReferences: [{ kind: "C" }] }), [
    'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
    'metadata.ownerReferences.name: Invalid value: "": must not be empty',
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ]);
  assert.deepEqual(errorsOf({ ...good, ownerReferences: [{ uid: "u", name: "e", kind: "Event", apiVersion: "v1" }] }), [
    'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"e","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
  ]);
  const owner = { apiVersion: "v1", kind: "Secret", controller: true };
  assert.deepEqual(
    errorsOf({
      ...good,
      ownerReferences: [
        { ...owner, name: "a", uid: "u1" },
        { ...owner, name: "b", uid: "u2" },
      ],
    }),
    [
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Secret","name":"a","uid":"u1","controller":true},{"apiVersion":"v1","kind":"Secret","name":"b","uid":"u2","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Secret/a and Secret/b',
    ],
  );
  assert.equal(
    formatFieldErrors(
      validateObjectMeta({ name: "n".repeat(64), labels: { a: "n".repeat(64) } }, { namespaced: false, nameValidation: dnsLabelName }),
    ),
    `[metadata.name: Invalid value: "${"n".repeat(64)}": must be no more than 63 characters, metadata.labels: Invalid value: "${"n".repeat(64)}": must be no more than 63 bytes]`,
  );
});

test("changed metadata", () => {
  const current: ObjectMeta = {
    ...good,
    uid: "u",
    generation: 2,
    finalizers: ["a/b"],
    deletionTimestamp: "2020-01-01T00:00:00Z",
    creationTimestamp: "2020-01-01T00:00:00Z",
  };
  const update = (change: ObjectMeta): string[] =>
    validateObjectMetaUpdate({ ...current, ...change }, current).map((e) => `${e.field}: ${e.detail}`);
  assert.deepEqual(update({}), []);
  assert.deepEqual(update({ uid: "v" }), ['metadata.uid: Invalid value: "v": field is immutable']);
  assert.deepEqual(update({ generation: 1 }), ["metadata.generation: Invalid value: 1: must not be decremented"]);
  assert.deepEqual(update({ finalizers: ["z/z", "a/b", "c/d"] }), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d", "z/z"}',
  ]);
  assert.equal(update({ labels: { "a b": "x" } }).length, 1);
  assert.deepEqual(update({ managedFields: [{ operation: "Odd" }] }), [
    'metadata.managedFields[0].operation: Invalid value: "Odd": must be `Apply` or `Update`',
  ]);
});

test("field managers", () => {
  assert.deepEqual(validateFieldManager("x".repeat(129), "fieldManager")[0]!.detail, "Too long: may not be more than 128 bytes");
  assert.deepEqual(
    validateFieldManager("é\u0007", "fieldManager")[0]!.detail,
    'Invalid value: "é\\u0007": invalid character U+0007 (at position 2)',
  );
});

test("what is not metadata is named as Go's decoder names it", () => {
  const cases: [JsonValue, string, string | undefined][] = [
    [{ name: "a", labels: { a: "b" }, generation: 1, finalizers: ["x"], creationTimestamp: null, odd: 1 }, "", undefined],
    [{ labels: { a: 1 } }, "", "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"],
    [{ labels: { a: 1 } }, "ConfigMap", "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"],
    [{ name: 5 }, "ConfigMap", "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string"],
    [{ name: true }, "", "json: cannot unmarshal bool into Go struct field ObjectMeta.name of type string"],
    [{ labels: [] }, "", "json: cannot unmarshal array into Go struct field ObjectMeta.labels of type map[string]string"],
    ["x", "", "json: cannot unmarshal string into Go value of type v1.ObjectMeta"],
    ["x", "ConfigMap", "json: cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta"],
    [{ finalizers: "x" }, "", "json: cannot unmarshal string into Go struct field ObjectMeta.finalizers of type []string"],
    [
      { ownerReferences: [{ uid: 1 }] },
      "",
      "json: cannot unmarshal number into Go struct field OwnerReference.ownerReferences.uid of type string",
    ],
    [{ creationTimestamp: "x" }, "", 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
  ];
  for (const [value, parent, want] of cases) assert.equal(objectMetaTypeError(value, parent), want);
});
