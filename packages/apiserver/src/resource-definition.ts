import type { GroupResource, JsonObject, JsonSchema, KubeList, KubeObject, LabelSelector } from "@meshplane/apimachinery";
import type { IndexEntry } from "@meshplane/storage";
import type { RequestContext } from "./request-context.ts";
import type { Strategy } from "./registry/strategy.ts";
import type { Verb } from "./target.ts";

export interface PrinterColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
}

/** One served version of one resource: built-in kind, CRD, bound API, computed list, resource of a virtual workspace. */
export interface ResourceDefinition {
  readonly group: string;
  readonly version: string;
  /** plural, lower case: the segment of the URL */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** in the order that discovery prints them */
  readonly verbs: readonly Verb[];

  /** compiled in (true) or defined by a schema (false): the wire differs in heads, texts and content types (wire §2, §3) */
  readonly builtIn: boolean;
  /**
   * Where the objects lie. identity: `-`, `customresources`, or the export's hash. `cluster`: those of another logical cluster are shown, to
   * read only; else each cluster has its own.
   */
  readonly storage: { readonly group: string; readonly resource: string; readonly identity: string; readonly cluster?: string };
  /** names the stored form: RecordHeader.definition. Equal hashes mean: bytes can go out as they lie. */
  readonly hash: string;
  /** between this version and the stored one; absent when they are the same. May be asynchronous (webhooks). Both may change their argument. */
  readonly convert?: {
    fromStorage(object: KubeObject): KubeObject | Promise<KubeObject>;
    toStorage(object: KubeObject): KubeObject | Promise<KubeObject>;
  };

  /** of the whole object; `metadata` may be left out. Used for unknown fields, patches, apply and OpenAPI. Built lazily. */
  readonly schema: JsonSchema;
  readonly preserveUnknownFields?: boolean;
  readonly strategy: Strategy;
  readonly subresources: Readonly<Record<string, Subresource>>;

  readonly columns: readonly PrinterColumn[];
  /** the cells of one row, in the order of `columns`; `now` in milliseconds, for ages */
  tableCells(object: KubeObject, now: number): unknown[];

  /** fieldSelector keys beyond metadata.name and metadata.namespace, as they are stored in the header */
  readonly selectableFields: readonly string[];
  selectableFieldValues?(object: KubeObject): Record<string, string>;
  /** entries of the store's index for this object; owner uids are added by the generic path */
  indexEntries?(object: KubeObject): IndexEntry[];

  /** shown in discovery */
  readonly discoverable: boolean;
  readonly storageVersionHash?: string;
  /** a `Warning` header of every request (deprecated versions) */
  readonly deprecationWarning?: string;

  /** only objects whose labels match exist here (virtual workspaces); ANDed with the caller's selector */
  readonly restriction?: LabelSelector;
  /** only objects that are being deleted exist here; a watch tells of them by MODIFIED, as of something that it has left out so far */
  readonly onlyDeleting?: boolean;
  /** why creating is forbidden (403) though the resource would have that verb: it is on its way out */
  readonly createRefusal?: string;
  /** writes are answered, and change nothing: what is shown are copies that somebody else brings back at once */
  readonly discardsWrites?: boolean;
  /** instead of the store: reviews, computed lists, proxied resources */
  readonly computed?: ComputedResource;
  /** anything a room hangs on its definitions and later reads back by its own symbol */
  readonly extras?: Readonly<Record<symbol, unknown>>;
}

export interface Subresource {
  readonly verbs: readonly Verb[];
  /** what discovery prints */
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  /** "status" is served by the generic path; everything else brings its handler */
  readonly handle?: (request: SubresourceRequest) => Promise<KubeObject>;
}

export interface SubresourceRequest {
  readonly verb: Verb;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  /** undefined for get */
  readonly body: JsonObject | undefined;
  /** of a PATCH: the content type, without parameters */
  readonly patchType?: string;
  readonly dryRun: boolean;
  /** who is named in managedFields of what this makes; absent in process */
  readonly manager?: string;
  readonly context: RequestContext;
}

/** A resource whose objects do not lie in the store. Absent methods answer 405. */
export interface ComputedResource {
  /** get and list only; writes and watches are the store's as ever */
  readonly readsOnly?: boolean;
  create?(object: KubeObject, request: ComputedRequest): Promise<KubeObject> | KubeObject;
  get?(request: ComputedRequest): Promise<KubeObject | undefined>;
  list?(request: ComputedRequest): Promise<KubeList>;
}

export interface ComputedRequest {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly labelSelector: LabelSelector;
  readonly context: RequestContext;
}

export const groupResourceOf = (definition: ResourceDefinition): GroupResource => ({
  group: definition.group,
  resource: definition.resource,
});
