import assert from "node:assert/strict";
import { test } from "node:test";
import { humanDuration, type JsonSchema, type KubeObject } from "@meshplane/apimachinery";
import { tableOf } from "./columns.ts";
import { definitionsFromCrd, type CrdLikeSpec } from "./definitions-from-crd.ts";
import { parseJsonPath } from "./json-path.ts";
import { compareVersions } from "./versions.ts";

const object = {
  apiVersion: "a.example.com/v1",
  kind: "A",
  metadata: { name: "x", creationTimestamp: "2024-01-01T00:00:00Z", labels: { "app.kubernetes.io/name": "lbl" } },
  spec: { list: ["x", "y"], map: { k: "v", l: [1, true] }, in: { deep: "found" }, n: 1.9, nothing: null },
  status: {
    conditions: [
      { type: "Synced", status: "False" },
      { type: "Ready", status: "True", weight: 3 },
    ],
  },
} as unknown as KubeObject;

const paths: [path: string, first: unknown][] = [
  [".metadata.name", "x"],
  ['.status.conditions[?(@.type=="Ready")].status', "True"],
  [".status.conditions[?(@.type=='Nope')].status", undefined],
  [".status.conditions[?(@.weight>=3)].type", "Ready"],
  [".status.conditions[?(@.weight)].type", "Ready"],
  [".status.conditions[?(@.type!='Synced')].type", "Ready"],
  [".spec.list[0]", "x"],
  [".spec.list[-1]", "y"],
  [".spec.list[5]", undefined],
  [".spec.list[1:2]", "y"],
  [".spec.list[*]", "x"],
  [".spec['map'].k", "v"],
  [".metadata.labels.app\\.kubernetes\\.io/name", "lbl"],
  ["..deep", "found"],
  [".spec.nothing", null],
  [".toString", undefined],
  [".spec.__proto__", undefined],
];
for (const [path, first] of paths) test(`JSONPath ${path}`, () => assert.equal(parseJsonPath(path)?.first(object), first));

for (const path of [".spec[?(@.a", ".spec[", "a b", ".a]"]) {
  test(`no JSONPath: ${path}`, () => assert.equal(parseJsonPath(path), undefined));
}

test("cells by the types of their columns", () => {
  const column = (type: string, jsonPath: string) => ({ name: type, type, jsonPath });
  const { cells, columns } = tableOf([
    column("string", ".spec.map"),
    column("string", ".spec.nothing"),
    column("integer", ".spec.n"),
    column("integer", ".spec.list"),
    column("number", ".spec.n"),
    column("boolean", ".spec.n"),
    column("date", ".metadata.creationTimestamp"),
    column("date", ".metadata.name"),
    column("string", ".missing"),
    column("string", ".spec[?(@.a"),
  ]);
  const now = Date.parse("2024-01-01T00:05:30Z");
  assert.deepEqual(cells(object, now), ["x", '{"k":"v","l":[1,true]}', "<no value>", 1, null, 1.9, null, "5m30s", "<invalid>", null, null]);
  assert.equal(columns[0]!.format, "name");
  assert.deepEqual(
    tableOf(undefined).columns.map(({ name, type }) => [name, type]),
    [
      ["Name", "string"],
      ["Age", "date"],
    ],
  );
});

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
for (const [ms, text] of [
  [-5 * second, "<invalid>"],
  [-second / 2, "0s"],
  [119 * second, "119s"],
  [2 * minute, "2m"],
  [2 * minute + 5 * second, "2m5s"],
  [150 * minute, "150m"],
  [3 * hour + 12 * minute, "3h12m"],
  [47 * hour, "47h"],
  [3 * day + 2 * hour, "3d2h"],
  [45 * day, "45d"],
  [3 * 365 * day + 4 * day, "3y4d"],
  [10 * 365 * day, "10y"],
] as const) {
  test(`${ms} ms are ${text}`, () => assert.equal(humanDuration(ms), text));
}

test("versions are ordered by maturity", () => {
  const names = ["v1alpha1", "v10", "v2beta1", "foo", "v2", "v1beta2"];
  assert.deepEqual(names.toSorted(compareVersions), ["v10", "v2", "v2beta1", "v1beta2", "v1alpha1", "foo"]);
});

const schema = (properties: Record<string, JsonSchema>) => ({
  openAPIV3Schema: { type: "object" as const, properties: { spec: { type: "object" as const, properties } } },
});
const cars: CrdLikeSpec = {
  group: "stable.example.com",
  names: { plural: "cars", kind: "Car" },
  scope: "Namespaced",
  versions: [
    { name: "v1alpha1", served: true, storage: false, deprecated: true, schema: schema({ a: { type: "string" } }) },
    {
      name: "v1",
      served: true,
      storage: true,
      schema: schema({ a: { type: "string", default: "d" }, n: { type: "integer" } }),
      subresources: { status: {} },
      selectableFields: [{ jsonPath: ".spec.a" }, { jsonPath: ".spec.n" }],
    },
    { name: "v2", served: true, storage: false, schema: schema({ a: { type: "string" }, neu: { type: "string", default: "n" } }) },
    { name: "v3", served: false, storage: false, schema: schema({}) },
  ],
};
const api = (): never => {
  throw new Error("not in this test");
};
const options = { identity: "customresources", api };
const versionsOf = (spec: CrdLikeSpec, more = {}) =>
  new Map(definitionsFromCrd(spec, { ...options, ...more }).map((it) => [it.version, it]));

test("one definition per served version, best first", () => {
  const definitions = definitionsFromCrd(cars, options);
  assert.deepEqual(
    definitions.map(({ version }) => version),
    ["v2", "v1", "v1alpha1"],
  );
  const [v2, v1, alpha] = definitions;
  assert.equal(v1!.convert, undefined);
  assert.equal(v1!.hash, v2!.hash);
  assert.equal(v1!.singular, "car");
  assert.equal(v1!.listKind, "CarList");
  assert.deepEqual(v1!.storage, { group: "stable.example.com", resource: "cars", identity: "customresources" });
  assert.deepEqual(v1!.selectableFieldValues!({ spec: { a: "x" } } as unknown as KubeObject), { "spec.a": "x", "spec.n": "" });
  assert.deepEqual(Object.keys(v1!.subresources), ["status"]);
  assert.equal(alpha!.deprecationWarning, "stable.example.com/v1alpha1 Car is deprecated; use stable.example.com/v2 Car");
});

test("the stored form is the same while the stored version's schema is", () => {
  const changed = structuredCloneOf(cars);
  changed.versions[2]!.schema = schema({ other: { type: "string" } });
  assert.equal(definitionsFromCrd(changed, options)[0]!.hash, definitionsFromCrd(cars, options)[0]!.hash);
  changed.versions[1]!.schema = schema({ other: { type: "string" } });
  assert.notEqual(definitionsFromCrd(changed, options)[0]!.hash, definitionsFromCrd(cars, options)[0]!.hash);
});

const structuredCloneOf = (spec: CrdLikeSpec): { versions: { schema?: object }[] } & CrdLikeSpec =>
  JSON.parse(JSON.stringify(spec)) as { versions: { schema?: object }[] } & CrdLikeSpec;

const car = (apiVersion: string, spec: object): KubeObject =>
  ({ apiVersion: `stable.example.com/${apiVersion}`, kind: "Car", metadata: { name: "c", uid: "u" }, spec }) as KubeObject;

test("without a webhook the name changes, what the stored version does not know goes, its defaults come", async () => {
  const { convert } = versionsOf(cars).get("v2")!;
  assert.deepEqual(await convert!.toStorage(car("v2", { a: "1", neu: "n" })), car("v1", { a: "1" }));
  assert.deepEqual(await convert!.fromStorage(car("v2", {})), car("v2", { a: "d" }));
});

const withWebhook: CrdLikeSpec = {
  ...cars,
  conversion: {
    strategy: "Webhook",
    webhook: { clientConfig: { url: "https://hook.example.com/convert" }, conversionReviewVersions: ["v1"] },
  },
};

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: KubeObject[] };
}

test("a webhook converts many objects in one call and may not touch metadata but labels and annotations", async () => {
  let calls = 0;
  const post = async (_url: string, body: string) => {
    calls++;
    const { request } = JSON.parse(body) as Review;
    const convertedObjects = request.objects.map((each) => ({
      ...each,
      apiVersion: request.desiredAPIVersion,
      metadata: { ...each.metadata, labels: { by: "hook" }, generation: 99 },
      spec: { a: `${(each.spec as { a: string }).a}!` },
    }));
    return { response: { uid: request.uid, convertedObjects, result: { status: "Success" } } };
  };
  const { convert } = versionsOf(withWebhook, { post }).get("v2")!;
  const results = await Promise.all(["1", "2", "3"].map((a) => convert!.fromStorage(car("v2", { a }))));
  assert.equal(calls, 1);
  assert.deepEqual(
    results.map(({ spec }) => spec),
    [{ a: "1!" }, { a: "2!" }, { a: "3!" }],
  );
  assert.deepEqual(results[0]!.metadata, { name: "c", uid: "u", labels: { by: "hook" } });
});

const refusals: [name: string, answer: (review: Review) => unknown, why: RegExp][] = [
  ["no response", () => ({}), /no response/],
  ["another uid", () => ({ response: { uid: "x" } }), /expected response.uid/],
  [
    "its own failure",
    ({ request }) => ({ response: { uid: request.uid, result: { status: "Failure", message: "cannot" } } }),
    /failed: cannot/,
  ],
  [
    "too few objects",
    ({ request }) => ({ response: { uid: request.uid, result: { status: "Success" }, convertedObjects: [] } }),
    /expected 1 converted objects, got 0/,
  ],
  [
    "another name",
    ({ request }) => ({
      response: {
        uid: request.uid,
        result: { status: "Success" },
        convertedObjects: request.objects.map((each) => ({
          ...each,
          apiVersion: request.desiredAPIVersion,
          metadata: { ...each.metadata, name: "other" },
        })),
      },
    }),
    /name must not change/,
  ],
];
for (const [name, answer, why] of refusals) {
  test(`a webhook that answers ${name} is refused`, async () => {
    const post = async (_url: string, body: string) => answer(JSON.parse(body) as Review);
    const { convert } = versionsOf(withWebhook, { post }).get("v2")!;
    await assert.rejects(
      async () => convert!.fromStorage(car("v2", { a: "1" })),
      (error: Error) =>
        error.message.startsWith("Internal error occurred: conversion webhook for stable.example.com/v1, Kind=Car failed: ") &&
        why.test(error.message),
    );
  });
}
