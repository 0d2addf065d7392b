import type { KubeObject, Status } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "./resource-definition.ts";

/** Kubernetes' protobuf form (`k8s\0` and an Unknown envelope). Brought by the room that has the tables; without it protobuf is refused. */
export interface ProtobufCodec {
  /** whether objects of this kind exist in protobuf */
  encodes(definition: ResourceDefinition): boolean;
  /** whether bodies of this kind are read: also where it is defined by a schema, when client-go knows it and sends protobuf */
  decodes(definition: ResourceDefinition): boolean;
  /** one object, enveloped */
  encode(object: KubeObject, definition: ResourceDefinition): Uint8Array;
  /** a whole list, enveloped */
  encodeList(list: { metadata: object; items: readonly KubeObject[] }, definition: ResourceDefinition): Uint8Array;
  /** @throws Error whose message goes into a 400 */
  decode(bytes: Uint8Array, definition: ResourceDefinition): KubeObject;
  encodeStatus(status: Status): Uint8Array;
  /** `apiVersion` meta.k8s.io/v1 or v1beta1; for kinds of any resource */
  encodePartialObjectMetadata(object: KubeObject, apiVersion: string): Uint8Array;
  encodePartialObjectMetadataList(list: { metadata: object; items: readonly KubeObject[] }, apiVersion: string): Uint8Array;
  /** a frame of a watch: 4 bytes of length, big-endian, and a WatchEvent around an enveloped object */
  encodeWatchEvent(type: string, object: Uint8Array): Uint8Array;
  /** DeleteOptions and the like, by kind; undefined when the kind is unknown */
  decodeAny(bytes: Uint8Array): KubeObject | undefined;
  /** anything by its own apiVersion and kind, discovery documents for one; undefined when the tables do not have it */
  encodeAny?(object: { apiVersion?: string; kind: string }): Uint8Array | undefined;
}
