import { decodeJson, formatGroupVersion, type KubeObject, type Status } from "@meshplane/apimachinery";
import type { ProtobufCodec, ResourceDefinition } from "@meshplane/apiserver";
import { toTypedJson } from "../kinds/typed-json.ts";
import { goStructOf, type GoStruct } from "../schemas/go-types.ts";
import { BackwardWriter } from "./backward-writer.ts";
import { readMessage } from "./decode-message.ts";
import { writeMessage } from "./encode-message.ts";
import { MessageReader } from "./message-reader.ts";

/** Every protobuf body begins with these bytes, then runtime.Unknown. */
const prefix = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** The protobuf form of the built-in kinds and of meta/v1. @see k8s.io/apimachinery runtime/serializer/protobuf */
export interface BuiltInProtobufCodec extends ProtobufCodec {
  /** Anything by its own apiVersion and kind (discovery documents, too); undefined when the tables do not have it. */
  encodeAny(object: { apiVersion?: string; kind: string }): Uint8Array | undefined;
}

export function protobufCodec(): BuiltInProtobufCodec {
  return {
    encodes: ({ builtIn, group, version, kind }) => builtIn && goStructOf(formatGroupVersion({ group, version }), kind) !== undefined,
    encode: (object, definition) =>
      envelope(apiVersionOf(definition), definition.kind, object, requireStruct(apiVersionOf(definition), definition.kind)),
    encodeList(list, definition) {
      const apiVersion = apiVersionOf(definition);
      return envelope(apiVersion, definition.listKind, list, requireStruct(apiVersion, definition.listKind));
    },
    decodes: (definition) => goStructOf(apiVersionOf(definition), definition.kind) !== undefined,
    decode(bytes, definition) {
      const object = open(bytes, apiVersionOf(definition), definition.kind);
      if (!object)
        throw new Error(`no kind ${JSON.stringify(definition.kind)} is registered for version ${JSON.stringify(apiVersionOf(definition))}`);
      if (definition.builtIn) return object; // its strategy does the rest
      const struct = goStructOf(object.apiVersion, object.kind);
      return struct ? (toTypedJson(object, struct) as unknown as KubeObject) : object;
    },
    decodeAny: (bytes) => open(bytes, "", ""),
    encodeAny(object) {
      const apiVersion = object.apiVersion ?? "v1";
      const struct = goStructOf(apiVersion, object.kind);
      return struct && envelope(apiVersion, object.kind, object, struct);
    },
    encodeStatus: (status: Status) => envelope("v1", "Status", status, requireStruct("v1", "Status")),
    encodePartialObjectMetadata: (object, apiVersion) =>
      envelope(apiVersion, "PartialObjectMetadata", object, requireStruct(apiVersion, "PartialObjectMetadata")),
    encodePartialObjectMetadataList: (list, apiVersion) =>
      envelope(apiVersion, "PartialObjectMetadataList", list, requireStruct(apiVersion, "PartialObjectMetadataList")),
    encodeWatchEvent,
  };
}

const apiVersionOf = ({ group, version }: ResourceDefinition): string => formatGroupVersion({ group, version });

function requireStruct(apiVersion: string, kind: string): GoStruct {
  const struct = goStructOf(apiVersion, kind);
  if (!struct) throw new Error(`no protobuf form of ${kind} in ${apiVersion}`);
  return struct;
}

/** prefix, Unknown { typeMeta { apiVersion, kind }, raw, contentEncoding "", contentType "" }; from the end to the beginning */
function envelope(apiVersion: string, kind: string, object: object, struct: GoStruct): Uint8Array {
  const writer = new BackwardWriter();
  for (const empty of [4, 3]) {
    writer.string("");
    writer.tag(empty, 2);
  }
  let before = writer.length;
  writeMessage(writer, object as Record<string, unknown>, struct);
  writer.varint(writer.length - before);
  writer.tag(2, 2);
  before = writer.length;
  writer.string(kind);
  writer.tag(2, 2);
  writer.string(apiVersion);
  writer.tag(1, 2);
  writer.varint(writer.length - before);
  writer.tag(1, 2);
  writer.raw(prefix);
  return writer.finish();
}

/** @param apiVersion and `kind` count when the envelope does not say */
function open(bytes: Uint8Array, apiVersion: string, kind: string): KubeObject | undefined {
  if (bytes.length === 0) throw new Error("empty data");
  if (bytes.length < prefix.length || !prefix.equals(bytes.subarray(0, prefix.length))) {
    throw new Error(`provided data does not appear to be a protobuf message, expected prefix [${[...prefix].join(" ")}]`);
  }
  let raw: Uint8Array = Buffer.alloc(0);
  let contentType = "";
  const reader = new MessageReader(bytes, prefix.length);
  while (reader.next()) {
    if (reader.field === 1) [apiVersion, kind] = readTypeMeta(reader.message(), apiVersion, kind);
    else if (reader.field === 2) raw = reader.bytes();
    else if (reader.field === 4) contentType = reader.string();
    else reader.skip();
  }
  if (contentType === "application/json")
    return { apiVersion, kind, ...(decodeJson(raw, { maxDepth: 1_000 }).value as object) } as KubeObject;
  const struct = goStructOf(apiVersion, kind);
  return struct && ({ apiVersion, kind, ...readMessage(new MessageReader(raw), struct) } as unknown as KubeObject);
}

function readTypeMeta(reader: MessageReader, apiVersion: string, kind: string): [apiVersion: string, kind: string] {
  while (reader.next()) {
    if (reader.field === 1) apiVersion = reader.string() || apiVersion;
    else if (reader.field === 2) kind = reader.string() || kind;
    else reader.skip();
  }
  return [apiVersion, kind];
}

/** Length in four bytes, then WatchEvent { type, object RawExtension { raw } }, which has no envelope of its own. */
function encodeWatchEvent(type: string, object: Uint8Array): Uint8Array {
  const writer = new BackwardWriter();
  writer.bytes(object);
  writer.tag(1, 2);
  writer.varint(writer.length);
  writer.tag(2, 2);
  writer.string(type);
  writer.tag(1, 2);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(writer.length);
  writer.raw(length);
  return writer.finish();
}
