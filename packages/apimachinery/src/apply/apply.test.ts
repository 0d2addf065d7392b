import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copyJson } from "../json/copy.ts";
import { encodeJson } from "../json/encode.ts";
import type { JsonObject, ManagedFieldsEntry } from "../object.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { formatTime } from "../time.ts";
import { StatusError } from "../status/status-error.ts";
import { FieldSet } from "./field-set.ts";
import { serverSideApply } from "./server-side-apply.ts";
import { trackUpdate } from "./track-update.ts";

const text: JsonSchema = { type: "string" };
const configMap: JsonSchema = {
  type: "object",
  properties: {
    data: { type: "object", additionalProperties: text },
    immutable: { type: "boolean" },
  },
};
const reference: JsonSchema = { type: "object", properties: { name: text, namespace: text }, "x-kubernetes-map-type": "atomic" };
const serviceAccount: JsonSchema = {
  type: "object",
  properties: {
    secrets: { type: "array", items: reference, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
    imagePullSecrets: { type: "array", items: reference, "x-kubernetes-list-type": "atomic" },
    status: {
      type: "object",
      properties: {
        conditions: {
          type: "array",
          items: { type: "object", properties: { type: text, status: text } },
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["type"],
        },
      },
    },
    free: { "x-kubernetes-preserve-unknown-fields": true },
  },
};

let clock = 0;
const now = (): string => formatTime(Date.UTC(2024, 0, 1) + 1000 * clock++);

interface Options {
  manager?: string;
  force?: boolean;
  schema?: JsonSchema;
  subresource?: string;
  ignoredFields?: FieldSet;
}
const named = (object: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "K",
  ...object,
  metadata: { name: "c", ...(object["metadata"] as JsonObject) },
});
const identified = (object: JsonObject): JsonObject => ({ ...object, metadata: { ...(object["metadata"] as JsonObject), uid: "u" } });

function apply(
  live: JsonObject | undefined,
  object: JsonObject,
  { manager = "m1", force = false, schema = configMap, ...more }: Options = {},
): JsonObject {
  const applied = named(object);
  const before = encodeJson([live, applied]);
  const result = serverSideApply({ live, applied, manager, force, apiVersion: "v1", schema, now: now(), ...more }).object;
  assert.equal(encodeJson([live, applied]), before);
  return identified(result);
}
function update(
  live: JsonObject | undefined,
  object: JsonObject,
  { manager = "u", schema = configMap, ...more }: Options = {},
): JsonObject {
  const before = encodeJson(live);
  const next = identified(named(copyJson(object)));
  trackUpdate({ live, next, manager, apiVersion: "v1", schema, now: now(), ...more });
  assert.equal(encodeJson(live), before);
  return next;
}
const entriesOf = (object: JsonObject): ManagedFieldsEntry[] =>
  ((object["metadata"] as JsonObject)["managedFields"] ?? []) as ManagedFieldsEntry[];
const fieldsOf = (object: JsonObject): Record<string, unknown> =>
  Object.fromEntries(entriesOf(object).map((e) => [`${e.manager}/${e.operation}`, e.fieldsV1]));
const conflict = (message: string) => (error: unknown) => {
  assert.ok(error instanceof StatusError && error.code === 409 && error.reason === "Conflict");
  assert.equal(error.message, message);
  return true;
};
const failed = (message: string) => (error: unknown) => {
  assert.ok(error instanceof StatusError);
  assert.equal(error.message, message);
  return true;
};

test("the golden example: apply creates, changes, and removes what is no longer wanted", () => {
  let object = apply(undefined, { metadata: { labels: { l: "1" } }, data: { a: "1", b: "2" } });
  assert.deepEqual(fieldsOf(object), { "m1/Apply": { "f:data": { "f:a": {}, "f:b": {} }, "f:metadata": { "f:labels": { "f:l": {} } } } });
  object = apply(object, { data: { a: "1", c: "3" } });
  assert.deepEqual(object["data"], { a: "1", c: "3" });
  assert.deepEqual(Object.keys(object["metadata"] as JsonObject).sort(), ["managedFields", "name", "uid"]);
  assert.deepEqual(fieldsOf(object), { "m1/Apply": { "f:data": { "f:a": {}, "f:c": {} } } });
  object = apply(object, {});
  assert.deepEqual(object, { apiVersion: "v1", kind: "K", metadata: { name: "c", uid: "u" } });
  assert.deepEqual(entriesOf(object), []);
});

test("an object that nobody owns gets an owner at the first apply", () => {
  const live = identified(named({ metadata: { annotations: { "kcp.io/cluster": "x" } }, data: { a: "1" } }));
  assert.throws(
    () => apply(live, { data: { a: "2" } }),
    conflict('Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a'),
  );
  const forced = apply(live, { data: { a: "2" } }, { force: true });
  assert.deepEqual(fieldsOf(forced), {
    "m1/Apply": { "f:data": { "f:a": {} } },
    "before-first-apply/Update": { "f:data": {}, "f:metadata": { "f:annotations": { ".": {}, "f:kcp.io/cluster": {} } } },
  });
});

test("conflicts are refused, named, and can be forced", () => {
  const first = apply(undefined, { data: { a: "1", b: "1" } }, { manager: "first" });
  assert.throws(
    () => apply(first, { data: { a: "2", z: "9" } }, { manager: "second" }),
    conflict('Apply failed with 1 conflict: conflict with "first": .data.a'),
  );
  const both = apply(first, { data: { z: "9" } }, { manager: "second" });
  assert.throws(
    () => apply(both, { data: { a: "3", b: "3", z: "3" } }, { manager: "third" }),
    conflict('Apply failed with 3 conflicts: conflicts with "first":\n- .data.a\n- .data.b\nconflicts with "second":\n- .data.z'),
  );
  const forced = apply(both, { data: { a: "2", z: "9" } }, { manager: "second", force: true });
  assert.deepEqual(forced["data"], { a: "2", b: "1", z: "9" });
  assert.deepEqual(fieldsOf(forced), {
    "first/Apply": { "f:data": { "f:b": {} } },
    "second/Apply": { "f:data": { "f:a": {}, "f:z": {} } },
  });
});

test("shared fields go when the last applier drops them; who changes nothing has no time", () => {
  let object = apply(undefined, { data: { shared: "x", own1: "1" } }, { manager: "m1" });
  object = apply(object, { data: { shared: "x", own2: "2" } }, { manager: "m2" });
  object = apply(object, { data: { own1: "1" } }, { manager: "m1" });
  assert.deepEqual(object["data"], { shared: "x", own1: "1", own2: "2" });
  object = apply(object, { data: { own2: "2" } }, { manager: "m2" });
  assert.deepEqual(object["data"], { own1: "1", own2: "2" });
  object = apply(object, { data: { own1: "1", own2: "2" } }, { manager: "m3" });
  assert.deepEqual(
    entriesOf(object).map(({ manager, time }) => [manager, time !== undefined]),
    [
      ["m3", false],
      ["m1", true],
      ["m2", true],
    ],
  );
  assert.throws(
    () => apply(object, { data: { own1: "changed" } }, { manager: "m1" }),
    conflict('Apply failed with 1 conflict: conflict with "m3": .data.own1'),
  );
  const again = apply(object, { data: { own1: "1" } }, { manager: "m1" });
  assert.deepEqual(entriesOf(again), entriesOf(object));
});

test("updates take fields from appliers, and appliers conflict with updaters", () => {
  let object = update(undefined, { data: { a: "1", b: "1" } }, { manager: "tool-a" });
  object = update(object, { data: { a: "1", b: "2" } }, { manager: "tool-b" });
  assert.deepEqual(fieldsOf(object), {
    "tool-a/Update": { "f:data": { ".": {}, "f:a": {} } },
    "tool-b/Update": { "f:data": { "f:b": {} } },
  });
  assert.throws(
    () => apply(object, { data: { a: "9", b: "9" } }),
    conflict('Apply failed with 2 conflicts: conflicts with "tool-a" using v1:\n- .data.a\nconflicts with "tool-b" using v1:\n- .data.b'),
  );
  const applied = apply(object, { data: { a: "1" } });
  assert.deepEqual(fieldsOf(applied)["m1/Apply"], { "f:data": { "f:a": {} } });
  const taken = update(applied, { ...applied, data: { a: "5", b: "2" } }, { manager: "tool-b" });
  assert.deepEqual(Object.keys(fieldsOf(taken)), ["tool-a/Update", "tool-b/Update"]);
});

test("keyed lists, sets and lists that are owned as a whole", () => {
  const schema = serviceAccount;
  let object = apply(undefined, { secrets: [{ name: "a" }, { name: "b" }], imagePullSecrets: [{ name: "p" }] }, { schema });
  assert.deepEqual(fieldsOf(object)["m1/Apply"], { "f:imagePullSecrets": {}, "f:secrets": { 'k:{"name":"a"}': {}, 'k:{"name":"b"}': {} } });
  object = apply(object, { secrets: [{ name: "c" }] }, { schema, manager: "m2" });
  assert.deepEqual(object["secrets"], [{ name: "a" }, { name: "b" }, { name: "c" }]);
  assert.throws(
    () => apply(object, { imagePullSecrets: [{ name: "q" }] }, { schema, manager: "m2" }),
    conflict('Apply failed with 1 conflict: conflict with "m1": .imagePullSecrets'),
  );
  object = apply(object, { secrets: [{ name: "b" }] }, { schema });
  assert.deepEqual(object["secrets"], [{ name: "b" }, { name: "c" }]);
  assert.ok(!("imagePullSecrets" in object));
  object = apply(object, { secrets: [{ name: "d" }, { name: "c" }, { name: "b" }] }, { schema, manager: "m2", force: true });
  assert.deepEqual(object["secrets"], [{ name: "d" }, { name: "c" }, { name: "b" }]);
  object = apply(object, {}, { schema });
  assert.deepEqual(object["secrets"], [{ name: "d" }, { name: "c" }, { name: "b" }]);
  assert.deepEqual(Object.keys(fieldsOf(object)), ["m2/Apply"]);
});

test("finalizers and owners are merged by value and uid", () => {
  const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "u1" };
  let object = apply(undefined, { metadata: { finalizers: ["x/a", "x/b"], ownerReferences: [owner] } });
  object = apply(object, { metadata: { finalizers: ["x/b", "x/c"] } }, { manager: "m2" });
  assert.deepEqual(fieldsOf(object), {
    "m1/Apply": { "f:metadata": { "f:finalizers": { 'v:"x/a"': {}, 'v:"x/b"': {} }, "f:ownerReferences": { 'k:{"uid":"u1"}': {} } } },
    "m2/Apply": { "f:metadata": { "f:finalizers": { 'v:"x/b"': {}, 'v:"x/c"': {} } } },
  });
  object = apply(object, { metadata: { finalizers: ["x/a"] } });
  assert.deepEqual((object["metadata"] as JsonObject)["finalizers"], ["x/a", "x/b", "x/c"]);
  object = apply(object, { metadata: { ownerReferences: [{ ...owner, controller: true }] } }, { manager: "m2" });
  assert.deepEqual((object["metadata"] as JsonObject)["finalizers"], ["x/a"]);
  assert.deepEqual((object["metadata"] as JsonObject)["ownerReferences"], [{ ...owner, controller: true }]);
});

test("subresources have managers of their own", () => {
  const schema = serviceAccount;
  const options = { schema, manager: "st", subresource: "status" };
  const object = apply(identified(named({})), { status: { conditions: [{ type: "A", status: "False" }] } }, options);
  assert.deepEqual(entriesOf(object)[0]!.subresource, "status");
  assert.deepEqual(entriesOf(object)[0]!.fieldsV1, {
    "f:status": { "f:conditions": { 'k:{"type":"A"}': { ".": {}, "f:status": {}, "f:type": {} } } },
  });
  assert.throws(
    () => apply(object, { status: { conditions: [{ type: "A", status: "True" }] } }, { ...options, manager: "other" }),
    conflict('Apply failed with 1 conflict: conflict with "st" with subresource "status": .status.conditions[type="A"].status'),
  );
  const ignored = apply(object, { status: { conditions: [{ type: "B" }] } }, { schema, ignoredFields: FieldSet.of(["f:status"]) });
  assert.deepEqual(Object.keys(fieldsOf(ignored)), ["st/Apply"]);
});

test("configurations that cannot be understood", () => {
  const at = "failed to create typed patch object (/c; /v1, Kind=K): ";
  const schema = serviceAccount;
  assert.throws(() => apply(undefined, { data: { a: 1 } }), failed(`${at}.data.a: expected string, got &value.valueUnstructured{Value:1}`));
  assert.throws(() => apply(undefined, { data: "text" }), failed(`${at}.data: expected map, got &{text}`));
  assert.throws(() => apply(undefined, { metadata: { odd: "x" } }), failed(`${at}.metadata.odd: field not declared in schema`));
  assert.throws(
    () => apply(undefined, { secrets: [{ name: "c" }, { name: "c" }] }, { schema }),
    failed(`${at}.secrets: duplicate entries for key [name="c"]`),
  );
  assert.throws(
    () => apply(undefined, { secrets: [{ namespace: "x" }] }, { schema }),
    failed(
      `${at}.secrets: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn't have default values for any key fields)`,
    ),
  );
  assert.throws(
    () => apply(undefined, { metadata: { finalizers: ["x", "x"] } }),
    failed(`${at}.metadata.finalizers: duplicate entries for key [="x"]`),
  );
  assert.throws(() => apply(undefined, { metadata: { managedFields: [] } }), failed("metadata.managedFields must be nil"));
});

test("kubectl takes over what its client-side apply set, and keeps its record", () => {
  const annotations = {
    "kubectl.kubernetes.io/last-applied-configuration": '{"apiVersion":"v1","kind":"K","metadata":{"name":"c"},"data":{"a":"1","b":"2"}}\n',
  };
  const live = update(undefined, { metadata: { annotations }, data: { a: "1", b: "2" } }, { manager: "kubectl-client-side-apply" });
  const object = apply(live, { data: { a: "1", b: "3" } }, { manager: "kubectl" });
  assert.deepEqual((object["metadata"] as JsonObject)["annotations"], {
    "kubectl.kubernetes.io/last-applied-configuration": '{"apiVersion":"v1","data":{"a":"1","b":"3"},"kind":"K","metadata":{"name":"c"}}\n',
  });
  assert.throws(
    () => apply(object, { data: { a: "7" } }, { manager: "other" }),
    conflict(
      'Apply failed with 2 conflicts: conflicts with "kubectl":\n- .data.a\nconflicts with "kubectl-client-side-apply" using v1:\n- .data.a',
    ),
  );
});

test("an update records what it added and changed, and forgets what is gone", () => {
  const created = update(
    undefined,
    { metadata: { annotations: { x: "y" }, finalizers: ["x/a"] }, data: { a: "1", b: "2" } },
    { manager: "" },
  );
  assert.deepEqual(entriesOf(created), [
    {
      manager: "unknown",
      operation: "Update",
      apiVersion: "v1",
      time: entriesOf(created)[0]!.time,
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:data": { ".": {}, "f:a": {}, "f:b": {} },
        "f:metadata": { "f:annotations": { ".": {}, "f:x": {} }, "f:finalizers": { ".": {}, 'v:"x/a"': {} } },
      },
    },
  ]);
  const same = update(created, created, { manager: "else" });
  assert.deepEqual(entriesOf(same), entriesOf(created));
  const changed = update(created, { data: { a: "9", c: "3" } }, { manager: "" });
  assert.deepEqual(fieldsOf(changed), { "unknown/Update": { "f:data": { ".": {}, "f:a": {}, "f:c": {} } } });
  assert.notEqual(entriesOf(changed)[0]!.time, entriesOf(created)[0]!.time);
  assert.deepEqual(entriesOf(update(created, {}, { manager: "" })), []);
});

test("a kind's empty object is owned by nobody", () => {
  const object = update({ data: {}, immutable: false }, { data: {}, immutable: false, metadata: { labels: { a: "b" } } });
  assert.deepEqual(fieldsOf(object)["u/Update"], { "f:metadata": { "f:labels": { ".": {}, "f:a": {} } } });
});

test("clients may reset, replace, and break managedFields", () => {
  const created = update(undefined, { data: { a: "1" } });
  for (const managedFields of [[], [{}]]) {
    const reset = update(created, { metadata: { managedFields }, data: { a: "1" } });
    assert.deepEqual(entriesOf(reset), []);
    assert.deepEqual(entriesOf(update(reset, { data: { a: "2" } })), []);
  }
  const own = [{ manager: "mine", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: { "f:data": { "f:a": {} } } }];
  assert.deepEqual(entriesOf(update(created, { metadata: { managedFields: own }, data: { a: "1" } })), own);
  const broken = [{ manager: "mine", operation: "Nope", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} }];
  assert.deepEqual(entriesOf(update(created, { metadata: { managedFields: broken }, data: { a: "1" } })), entriesOf(created));
  // Through a subresource they are not looked at.
  assert.deepEqual(
    entriesOf(update(created, { metadata: { managedFields: own }, data: { a: "1" } }, { subresource: "status" })),
    entriesOf(created),
  );
});

test("more than ten updaters are merged into one", () => {
  let object = update(undefined, { data: { k0: "0" } }, { manager: "w0" });
  for (let i = 1; i < 14; i++)
    object = update(object, { ...object, data: { ...(object["data"] as JsonObject), [`k${i}`]: "x" } }, { manager: `w${i}` });
  assert.equal(entriesOf(object).length, 10);
  assert.equal(entriesOf(object)[0]!.manager, "ancient-changes");
  assert.deepEqual(entriesOf(object)[0]!.fieldsV1, { "f:data": { ".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}, "f:k3": {}, "f:k4": {} } });
});

test("free-form values: maps by key, lists as a whole", () => {
  const object = update(undefined, { free: { a: { b: 1 }, l: [1, { x: 1 }], e: {} } }, { schema: serviceAccount });
  assert.deepEqual(fieldsOf(object)["u/Update"], { "f:free": { ".": {}, "f:a": { ".": {}, "f:b": {} }, "f:e": {}, "f:l": {} } });
  const changed = update(object, { ...object, free: { a: 2, l: [1], e: {} } }, { schema: serviceAccount, manager: "v" });
  assert.deepEqual(fieldsOf(changed), {
    "u/Update": { "f:free": { ".": {}, "f:e": {} } },
    "v/Update": { "f:free": { "f:a": {}, "f:l": {} } },
  });
});

test("what has become atomic is owned as a whole", () => {
  const granular = update(undefined, { status: { conditions: [{ type: "A", status: "x" }] } }, { schema: serviceAccount });
  const atomic: JsonSchema = {
    type: "object",
    properties: { status: { type: "object", "x-kubernetes-map-type": "atomic" }, data: { type: "object", additionalProperties: text } },
  };
  const changed = update(granular, { ...granular, data: { a: "1" } }, { schema: atomic, manager: "v" });
  assert.deepEqual(fieldsOf(changed), { "u/Update": { "f:status": {} }, "v/Update": { "f:data": { ".": {}, "f:a": {} } } });
  assert.throws(
    () => apply(granular, { status: { x: "y" } }, { schema: atomic }),
    conflict('Apply failed with 1 conflict: conflict with "u" using v1: .status'),
  );
});

const element = fc.oneof(
  fc.constantFrom("f:a", "f:b", "f:.", "f:x/y", "i:0", "i:12", 'v:"a"', "v:1", "v:true"),
  fc.record({ name: fc.string() }).map((keys) => `k:${JSON.stringify(keys)}`),
);
const fieldSet = fc.array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 8 }).map((paths) => FieldSet.of(...paths));

test("field sets survive their JSON, and obey the laws of sets", () => {
  fc.assert(
    fc.property(fieldSet, fieldSet, (a, b) => {
      assert.ok(FieldSet.fromFieldsV1(JSON.parse(JSON.stringify(a.toFieldsV1()))).equals(a));
      assert.ok(a.union(b).equals(b.union(a)));
      assert.ok(a.intersection(b).equals(b.intersection(a)));
      assert.ok(a.difference(b).union(a.intersection(b)).equals(a));
      assert.ok(a.difference(b).intersection(b).empty);
      assert.equal(a.paths().length, new Set(a.paths().map((path) => path.join("\n"))).size);
      for (const path of a.paths()) assert.ok(a.has(path));
      for (const path of a.recursiveDifference(b).paths()) assert.ok(!path.some((_, i) => b.has(path.slice(0, i + 1))));
    }),
    { numRuns: 300 },
  );
});

test("applying twice changes nothing, and applying nothing removes everything that was applied", () => {
  const data = fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), fc.string(), { maxKeys: 4 });
  const secrets = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d")).map((names) => names.map((name) => ({ name })));
  fc.assert(
    fc.property(data, secrets, secrets, (labels, first, second) => {
      const options = { schema: serviceAccount };
      const one = apply(undefined, { metadata: { labels }, secrets: first }, options);
      const two = apply(one, { secrets: second }, { ...options, manager: "m2" });
      const again = apply(two, { secrets: second }, { ...options, manager: "m2" });
      assert.equal(encodeJson(again), encodeJson(two));
      const names = (object: JsonObject): string[] => ((object["secrets"] ?? []) as { name: string }[]).map(({ name }) => name);
      assert.deepEqual([...names(two)].sort(), [...new Set([...first, ...second].map(({ name }) => name))].sort());
      assert.deepEqual(
        names(two).filter((name) => second.some((s) => s.name === name)),
        second.map(({ name }) => name),
      );
      const gone = apply(two, {}, options);
      assert.deepEqual([...names(gone)].sort(), second.map(({ name }) => name).sort());
    }),
    { numRuns: 200 },
  );
});
