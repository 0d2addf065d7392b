import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { toTypedJson } from "../kinds/typed-json.ts";
import { goStructOf } from "../schemas/go-types.ts";
import { vectors } from "./go-vectors.ts";
import { protobufCodec } from "./protobuf-codec.ts";

const codec = protobufCodec();
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, "hex");

for (const { object, hex } of vectors) {
  const name = `${object.kind} ${object.apiVersion}`;
  test(`protobuf: ${name} is written as Go writes it`, () => assert.equal(hexOf(codec.encodeAny(object)!), hex));
  test(`protobuf: ${name} is read back`, () => {
    const struct = goStructOf(object.apiVersion, object.kind)!;
    assert.deepEqual(toTypedJson(codec.decodeAny(bytesOf(hex)), struct), toTypedJson(object, struct));
  });
}

const refused: { name: string; bytes: Uint8Array; message: RegExp }[] = [
  {
    name: "no prefix",
    bytes: Buffer.from("zzz"),
    message: /^provided data does not appear to be a protobuf message, expected prefix \[107 56 115 0\]$/,
  },
  { name: "nothing", bytes: Buffer.alloc(0), message: /^empty data$/ },
  { name: "a length beyond the end", bytes: bytesOf("6b3873000aff"), message: /^unexpected EOF$/ },
  { name: "field number 0", bytes: bytesOf("6b38730000"), message: /illegal tag 0/ },
  { name: "a group", bytes: bytesOf("6b3873004b"), message: /illegal wireType 3/ },
  { name: "a number without end", bytes: bytesOf("6b387300ffffffffffffffffffffff"), message: /integer overflow/ },
];
for (const { name, bytes, message } of refused)
  test(`protobuf refuses ${name}`, () => assert.throws(() => codec.decodeAny(bytes), { message }));

test("protobuf: every cut and every changed byte of an object is read or refused, never worse", () => {
  for (const { hex } of vectors) {
    const whole = bytesOf(hex);
    for (let i = 4; i < whole.length; i += 3) {
      const changed = Uint8Array.from(whole);
      changed[i] = changed[i]! ^ 0xff;
      for (const bytes of [whole.subarray(0, i), changed]) {
        try {
          codec.decodeAny(bytes);
        } catch (error) {
          assert.ok(error instanceof Error && !(error instanceof RangeError) && !(error instanceof TypeError), String(error));
        }
      }
    }
  }
});

test("protobuf: a watch event is a frame around an enveloped object", () => {
  const object = codec.encodeAny({ apiVersion: "v1", kind: "ConfigMap" })!;
  const frame = Buffer.from(codec.encodeWatchEvent("ADDED", object));
  assert.equal(frame.readUInt32BE(0), frame.length - 4);
  assert.equal(frame.toString("latin1", 6, 11), "ADDED");
  assert.equal(hexOf(frame.subarray(frame.length - object.length)), hexOf(object));
});

test("protobuf: negative and large integers", () => {
  const event = { apiVersion: "v1", kind: "Event", metadata: { generation: 2 ** 40 }, count: -3 };
  const back = codec.decodeAny(codec.encodeAny(event)!)! as unknown as typeof event;
  assert.deepEqual([back.count, back.metadata.generation], [-3, 2 ** 40]);
});

test("protobuf: a custom resource with a name that client-go knows is read, not written", () => {
  const { object, hex } = vectors.find(({ object }) => object.kind === "Deployment")!;
  const definition = { builtIn: false, group: "apps", version: "v1", kind: "Deployment" } as ResourceDefinition;
  assert.equal(codec.encodes(definition), false);
  assert.equal(codec.decodes(definition), true);
  const { spec } = codec.decode(bytesOf(hex), definition) as unknown as { spec: { replicas: number } };
  assert.deepEqual(spec, toTypedJson(object, goStructOf("apps/v1", "Deployment")!).spec);
  assert.equal(spec.replicas, 0);
  assert.equal(codec.decodes({ ...definition, group: "example.com" }), false);
});
