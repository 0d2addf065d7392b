import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "@meshplane/apimachinery";
import { applyCrdDefaults, crdStrategy } from "./crd-strategy.ts";
import type { Crd } from "./crd.ts";
import { recordedCrds, type RecordedCrd } from "./recorded-crds.table.ts";
import { validateCrdUpdate } from "./validate-crd.ts";

const strategy = crdStrategy(() => 0);
const context = {} as never;

const names = { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" };
const versionOf = (openAPIV3Schema: unknown, more: object = {}) => ({
  name: "v1",
  served: true,
  storage: true,
  schema: { openAPIV3Schema },
  ...more,
});
const withProperty = (p: unknown) => ({ type: "object", properties: { spec: { type: "object", properties: { p } } } });

function crdOf({ p, spec, name }: Pick<RecordedCrd, "p" | "spec" | "name">): Crd {
  const whole: Record<string, unknown> = {
    group: "stable.example.com",
    scope: "Namespaced",
    names,
    ...(spec ?? { versions: [versionOf(withProperty(p))] }),
  };
  for (const key of Object.keys(whole)) if (whole[key] === null) delete whole[key];
  return structuredCloneOf({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: name ?? "things.stable.example.com" },
    spec: whole,
  });
}

const structuredCloneOf = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T;

function prepared(crd: Crd): Crd {
  applyCrdDefaults(crd);
  strategy.prepareForCreate!(crd, context);
  return crd;
}

const schemaPath = "spec.validation.openAPIV3Schema";
const propertyPath = `${schemaPath}.properties[spec].properties[p]`;
const shown = ({ field, type, detail }: FieldError): string =>
  `${field} ${type.replace("FieldValue", "")}: ${detail}`.replaceAll(propertyPath, "P").replaceAll(schemaPath, "SCHEMA");

for (const [i, recorded] of recordedCrds.entries()) {
  const what = recorded.p === undefined ? JSON.stringify(recorded.spec) : JSON.stringify(recorded.p);
  test(`recorded CRD ${i}: ${what.slice(0, 120)}`, () => {
    const errors = strategy.validateCreate!(prepared(crdOf(recorded)), context) as FieldError[];
    assert.deepEqual(errors.map(shown), recorded.wrong);
  });
}

test("formats that nobody knows are warned of", () => {
  const crd = prepared(crdOf({ p: { type: "string", format: "no-such-format" } }));
  assert.deepEqual(strategy.warnings!(crd, undefined), ['unrecognized format "no-such-format"']);
});

const established = {
  conditions: [{ type: "Established", status: "True", reason: "", message: "", lastTransitionTime: "" }],
  storedVersions: ["v1"],
};
const changes: { name: string; change: (crd: Crd) => void; wrong: string[] }[] = [
  { name: "a new short name", change: (crd) => void (crd.spec.names.shortNames = ["th"]), wrong: [] },
  {
    name: "another scope",
    change: (crd) => void (crd.spec.scope = "Cluster"),
    wrong: ['spec.scope Invalid: Invalid value: "Cluster": field is immutable'],
  },
  {
    name: "another kind",
    change: (crd) => void (crd.spec.names.kind = "Gadget"),
    wrong: ['spec.names.kind Invalid: Invalid value: "Gadget": field is immutable'],
  },
  {
    name: "another group",
    change: (crd) => void (crd.spec.group = "else.example.com"),
    wrong: ['spec.group Invalid: Invalid value: "else.example.com": field is immutable'],
  },
  {
    name: "a stored version that is dropped",
    change: (crd) => {
      crd.spec.versions[0]!.name = "v2";
      crd.status!.storedVersions = ["v1", "v2"];
    },
    wrong: [
      'status.storedVersions[0] Invalid: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
    ],
  },
];
for (const { name, change, wrong } of changes) {
  test(`on an established CRD: ${name}`, () => {
    const current = { ...prepared(crdOf({ p: { type: "string" } })), status: structuredCloneOf<Crd["status"]>(established) } as Crd;
    const next = structuredCloneOf<Crd>(current);
    change(next);
    assert.deepEqual(validateCrdUpdate(next, current).map(shown), wrong);
  });
}

test("an unchanged schema that is wrong by now does not lock its CRD", () => {
  const current = { ...prepared(crdOf({ p: { type: "array" } })), status: structuredCloneOf<Crd["status"]>(established) } as Crd;
  const next = structuredCloneOf<Crd>(current);
  next.spec.names.shortNames = ["th"];
  assert.deepEqual(validateCrdUpdate(next, current), []);
});

test("deletion of an established CRD waits for its instances", () => {
  const crd = { ...prepared(crdOf({ p: { type: "string" } })), status: structuredCloneOf<Crd["status"]>(established) } as Crd;
  assert.equal(strategy.beginDelete!(crd, context), "keep");
  assert.deepEqual(crd.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
  assert.equal(crd.status!.conditions!.at(-1)!.reason, "InstanceDeletionPending");
  assert.equal(strategy.beginDelete!(prepared(crdOf({ p: { type: "string" } })), context), "default");
});

const wrongTypes: [p: unknown, why: string][] = [
  [
    { type: "string", minLength: "five" },
    "json: cannot unmarshal string into Go struct field JSONSchemaProps.spec.versions.schema.openAPIV3Schema.properties.properties.minLength of type int64",
  ],
  [
    5,
    "json: cannot unmarshal number into Go struct field JSONSchemaProps.spec.versions.schema.openAPIV3Schema.properties.properties of type v1.JSONSchemaProps",
  ],
  [{ items: 5 }, "boolean or JSON schema expected"],
];
for (const [p, why] of wrongTypes) {
  test(`the decoder refuses ${JSON.stringify(p)}`, () => {
    const message = `CustomResourceDefinition in version "v1" cannot be handled as a CustomResourceDefinition: ${why}`;
    assert.throws(() => applyCrdDefaults(crdOf({ p })), { message });
  });
}

for (const p of [{ type: null, allOf: [null] }, { type: "object", properties: { a: null } }, null]) {
  test(`nulls are as good as nothing: ${JSON.stringify(p)}`, () => {
    assert.ok(Array.isArray(strategy.validateCreate!(prepared(crdOf({ p })), context)));
  });
}
