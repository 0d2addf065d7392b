/**
 * What the store keeps of one object: a header that selectors and controllers read without touching the body, and the body.
 * Body: the object's JSON, UTF-8, beginning with `{"metadata":{`, without apiVersion, kind and metadata.resourceVersion, with
 * `kcp.io/cluster` already among its annotations. @see docs/ARCHITECTURE.md "Records"
 */
export interface RecordHeader {
  /** hash of the definition version that the body was written under; bytes go out as they are only while it is the one served */
  definition: string;
  uid: string;
  /** true once metadata.deletionTimestamp is set */
  deleting: boolean;
  labels: Readonly<Record<string, string>> | undefined;
  /** selectable fields beyond metadata.name and metadata.namespace, by their path */
  fields: Readonly<Record<string, string>> | undefined;
}

export interface StoredRecord {
  key: string;
  /** of the last write; becomes metadata.resourceVersion */
  revision: number;
  header: RecordHeader;
  body: Uint8Array;
}

/** A record about to be written. */
export interface NewRecord {
  header: RecordHeader;
  body: Uint8Array;
}
