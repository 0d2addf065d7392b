import type { MethodDefinition } from "@grpc/proto-loader";

/** What we say to etcd, and no more of it: field names and numbers of its version 3 interface. */
interface Field {
  type: string;
  id: number;
  rule?: "repeated";
}

const field = (type: string, id: number): Field => ({ type, id });
const list = (type: string, id: number): Field => ({ type, id, rule: "repeated" });
const message = (fields: Record<string, Field>): object => ({ fields });
const choice = (fields: Record<string, Field>): object => ({ fields, oneofs: { choice: { oneof: Object.keys(fields) } } });

const keyValue = {
  KeyValue: message({
    key: field("bytes", 1),
    create_revision: field("int64", 2),
    mod_revision: field("int64", 3),
    value: field("bytes", 5),
  }),
  Event: message({ type: field("int32", 1), kv: field("KeyValue", 2), prev_kv: field("KeyValue", 3) }),
};

const messages = {
  ResponseHeader: message({ revision: field("int64", 3) }),
  RangeRequest: message({
    key: field("bytes", 1),
    range_end: field("bytes", 2),
    limit: field("int64", 3),
    revision: field("int64", 4),
    keys_only: field("bool", 8),
    count_only: field("bool", 9),
  }),
  RangeResponse: message({
    header: field("ResponseHeader", 1),
    kvs: list("mvccpb.KeyValue", 2),
    more: field("bool", 3),
    count: field("int64", 4),
  }),
  PutRequest: message({ key: field("bytes", 1), value: field("bytes", 2) }),
  PutResponse: message({ header: field("ResponseHeader", 1) }),
  DeleteRangeRequest: message({ key: field("bytes", 1) }),
  DeleteRangeResponse: message({ header: field("ResponseHeader", 1) }),
  RequestOp: choice({
    request_range: field("RangeRequest", 1),
    request_put: field("PutRequest", 2),
    request_delete_range: field("DeleteRangeRequest", 3),
  }),
  ResponseOp: choice({
    response_range: field("RangeResponse", 1),
    response_put: field("PutResponse", 2),
    response_delete_range: field("DeleteRangeResponse", 3),
  }),
  Compare: message({
    result: field("int32", 1),
    target: field("int32", 2),
    key: field("bytes", 3),
    create_revision: field("int64", 5),
    mod_revision: field("int64", 6),
  }),
  TxnRequest: message({ compare: list("Compare", 1), success: list("RequestOp", 2), failure: list("RequestOp", 3) }),
  TxnResponse: message({
    header: field("ResponseHeader", 1),
    succeeded: field("bool", 2),
    responses: list("ResponseOp", 3),
  }),
  CompactionRequest: message({ revision: field("int64", 1) }),
  CompactionResponse: message({ header: field("ResponseHeader", 1) }),
  WatchCreateRequest: message({
    key: field("bytes", 1),
    range_end: field("bytes", 2),
    start_revision: field("int64", 3),
    progress_notify: field("bool", 4),
    prev_kv: field("bool", 6),
    fragment: field("bool", 8),
  }),
  WatchProgressRequest: message({}),
  WatchRequest: choice({
    create_request: field("WatchCreateRequest", 1),
    progress_request: field("WatchProgressRequest", 3),
  }),
  WatchResponse: message({
    header: field("ResponseHeader", 1),
    created: field("bool", 3),
    canceled: field("bool", 4),
    compact_revision: field("int64", 5),
    cancel_reason: field("string", 6),
    events: list("mvccpb.Event", 11),
  }),
  KV: {
    methods: {
      Range: { requestType: "RangeRequest", responseType: "RangeResponse" },
      Txn: { requestType: "TxnRequest", responseType: "TxnResponse" },
      Compact: { requestType: "CompactionRequest", responseType: "CompactionResponse" },
    },
  },
  Watch: {
    methods: {
      Watch: {
        requestType: "WatchRequest",
        responseType: "WatchResponse",
        requestStream: true,
        responseStream: true,
      },
    },
  },
};

export const compareEqual = 0;
export const compareGreater = 1;
export const compareCreateRevision = 1;
export const compareModRevision = 2;
export const eventDelete = 1;

export interface Header {
  revision: number;
}

export interface KeyValue {
  key: Buffer;
  create_revision: number;
  mod_revision: number;
  value: Buffer;
}

export interface RangeRequest {
  key: Buffer;
  range_end?: Buffer;
  limit?: number;
  revision?: number;
  keys_only?: boolean;
  count_only?: boolean;
}

export interface RangeResponse {
  header: Header;
  kvs: KeyValue[];
  more: boolean;
  count: number;
}

export interface Compare {
  result: number;
  target: number;
  key: Buffer;
  create_revision?: number;
  mod_revision?: number;
}

export type RequestOp =
  | { request_range: RangeRequest }
  | { request_put: { key: Buffer; value: Uint8Array } }
  | { request_delete_range: { key: Buffer } };

export interface TxnRequest {
  compare: Compare[];
  success: RequestOp[];
  failure: RequestOp[];
}

export interface TxnResponse {
  header: Header;
  succeeded: boolean;
  responses: { response_range?: RangeResponse | null }[];
}

export interface WatchEvent {
  type: number;
  kv: KeyValue;
  prev_kv: KeyValue | null;
}

export interface WatchResponse {
  header: Header;
  created: boolean;
  canceled: boolean;
  compact_revision: number;
  cancel_reason: string;
  events: WatchEvent[];
}

export type WatchRequest =
  | {
      create_request: {
        key: Buffer;
        range_end: Uint8Array;
        start_revision: number;
        progress_notify: boolean;
        prev_kv: boolean;
        fragment: boolean;
      };
    }
  | { progress_request: Record<string, never> };

type Method = MethodDefinition<object, object>;

export interface EtcdProtocol {
  range: Method;
  txn: Method;
  compact: Method;
  watch: Method;
}

/** Encoders and decoders for the calls above; loads the protobuf library. */
export async function loadEtcdProtocol(): Promise<EtcdProtocol> {
  const { fromJSON } = await import("@grpc/proto-loader");
  const definition = fromJSON(
    { nested: { mvccpb: { nested: keyValue }, etcdserverpb: { nested: messages } } } as Parameters<typeof fromJSON>[0],
    // Revisions stay far below 2^53: a million writes a second would take 285 years.
    { keepCase: true, longs: Number, defaults: true, arrays: true },
  );
  const kv = definition["etcdserverpb.KV"] as Record<string, Method>;
  const watch = definition["etcdserverpb.Watch"] as Record<string, Method>;
  return { range: kv.Range!, txn: kv.Txn!, compact: kv.Compact!, watch: watch.Watch! };
}
