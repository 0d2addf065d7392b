import assert from "node:assert/strict";
import { test } from "node:test";
import { goStructOf } from "../schemas/go-types.ts";
import { forgetEmptyLists, toTypedJson } from "./typed-json.ts";

const typed = (object: Record<string, unknown>): unknown =>
  toTypedJson(object, goStructOf(object.apiVersion as string, object.kind as string)!);

const configMap = (rest: object): Record<string, unknown> => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, ...rest });
const lease = (spec: unknown): Record<string, unknown> => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "l" },
  spec,
});
const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: "r" } };

const shown: { name: string; object: Record<string, unknown>; want: Record<string, unknown> }[] = [
  { name: "an empty optional map is left out", object: configMap({ data: {} }), want: configMap({}) },
  { name: "null in a map of strings is the empty string", object: configMap({ data: { a: null } }), want: configMap({ data: { a: "" } }) },
  { name: "unknown fields go", object: configMap({ extra: 1, data: { a: "1" } }), want: configMap({ data: { a: "1" } }) },
  { name: "an empty required list stays", object: { ...role, rules: [] }, want: { ...role, rules: [] } },
  { name: "a missing required list is null", object: role, want: { ...role, rules: null } },
  {
    name: "base64 is written canonically",
    object: configMap({ binaryData: { a: "YQ==\n", b: null } }),
    want: configMap({ binaryData: { a: "YQ==", b: "" } }),
  },
  { name: "a pointer keeps its empty value", object: lease({ holderIdentity: "" }), want: lease({ holderIdentity: "" }) },
  {
    name: "times are in UTC",
    object: lease({ renewTime: "2020-01-01T01:00:00.000001+01:00" }),
    want: lease({ renewTime: "2020-01-01T00:00:00.000001Z" }),
  },
  { name: "a required struct is there", object: { ...lease({}), spec: undefined }, want: lease({}) },
];
for (const { name, object, want } of shown) test(`typed JSON: ${name}`, () => assert.deepEqual(typed(object), want));

const refused: { object: Record<string, unknown>; message: string }[] = [
  { object: configMap({ data: { k: 1 } }), message: "json: cannot unmarshal number into Go struct field ConfigMap.data of type string" },
  { object: configMap({ data: { k: true } }), message: "json: cannot unmarshal bool into Go struct field ConfigMap.data of type string" },
  {
    object: configMap({ data: "text" }),
    message: "json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string",
  },
  {
    object: configMap({ data: ["a"] }),
    message: "json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string",
  },
  {
    object: { ...configMap({}), metadata: { name: 12 } },
    message: "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string",
  },
  {
    object: { ...configMap({}), metadata: "m" },
    message: "json: cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta",
  },
  {
    object: lease({ leaseDurationSeconds: "ten" }),
    message: "json: cannot unmarshal string into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32",
  },
  {
    object: { apiVersion: "v1", kind: "Secret", data: { a: 5 } },
    message: "json: cannot unmarshal number into Go struct field Secret.data of type []uint8",
  },
  { object: { apiVersion: "v1", kind: "Secret", data: { a: "***" } }, message: "illegal base64 data at input byte 0" },
  {
    object: { apiVersion: "v1", kind: "Namespace", status: "x" },
    message: "json: cannot unmarshal string into Go struct field Namespace.status of type v1.NamespaceStatus",
  },
];
for (const { object, message } of refused) test(`typed JSON refuses: ${message}`, () => assert.throws(() => typed(object), { message }));

test("typed JSON: once stored, an empty required list is null, at any depth", () => {
  const object = typed({ ...role, rules: [{ verbs: [], apiGroups: [""] }] }) as Record<string, unknown>;
  forgetEmptyLists(object, goStructOf("rbac.authorization.k8s.io/v1", "Role")!);
  assert.deepEqual(object.rules, [{ verbs: null, apiGroups: [""] }]);
});
