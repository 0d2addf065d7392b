import { encodeJson, encodeYaml, failure, notAcceptable, plainError } from "@meshplane/apimachinery";
import type { KubeObject, Status } from "@meshplane/apimachinery";
import type { StoredRecord } from "@meshplane/storage";
import type { HttpRequest, ResponseSink } from "./http/http-request.ts";
import { definitionId } from "./definition-id.ts";
import { aroundKept, asItem, encodeJsonList, listMetadata } from "./encode-list.ts";
import type { ListPage } from "./list-page.ts";
import { negotiate } from "./negotiation/accept.ts";
import type { Form, Offer, Unacceptable } from "./negotiation/accept.ts";
import { headsOf, Payload, spliceObject } from "./payload.ts";
import type { ProtobufCodec } from "./protobuf-codec.ts";
import { apiVersionOf, decodeRecord, isPassThrough } from "./record-codec.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import { includeObjectOf, partialMetadata, tableOf } from "./table.ts";
import type { TableOptions } from "./table.ts";
import type { EventForm, EventType } from "./watch-hub/watch-hub.ts";

export type Body = Uint8Array | readonly Uint8Array[] | string | ((sink: ResponseSink) => void);
export interface Encoded {
  readonly contentType: string;
  readonly body: Body;
  /** the same, compressed; of bodies that are compressed once and sent often */
  readonly gzipped?: () => Promise<Uint8Array[]>;
}

const jsonType = "application/json";
const yamlType = "application/yaml";
const protobufType = "application/vnd.kubernetes.protobuf";

/** The form that the client wants of this resource. @throws StatusError 406 (wire §3) */
export function formOf(
  http: HttpRequest,
  definition: ResourceDefinition,
  codec: ProtobufCodec | undefined,
  collection: boolean,
  watch = false,
  virtual = false,
): Form {
  const protobuf = !virtual && codec?.encodes(definition) === true;
  const offer: Offer = { builtIn: definition.builtIn && !virtual, protobuf, watch };
  const form = negotiate(http.headers.accept as string | undefined, offer);
  if ("refused" in form) throw refusal(form, collection, watch, virtual, codec !== undefined);
  if (form.mediaType === "protobuf" && !codec) throw refusal({ refused: "typed", mediaType: "json" }, collection, watch, virtual, false);
  return form;
}

/** wire 33 */
function refusal(form: Unacceptable, collection: boolean, watch: boolean, virtual: boolean, protobuf: boolean): Error {
  const types = [jsonType, yamlType, ...(virtual || !protobuf ? [] : [protobufType])];
  if (form.refused === "generic") {
    const streams = collection ? [`${jsonType};stream=watch`, ...(protobuf ? [`${protobufType};stream=watch`] : [])] : [];
    return notAcceptable(`406: Not Acceptable\n\nAvailable representations: ${[...types, ...streams].join(", ")}`);
  }
  const offered = watch ? [`${jsonType};stream=watch`, ...(protobuf ? [`${protobufType};stream=watch`] : [])] : types;
  return failure(406, "NotAcceptable", undefined, `only the following media types are accepted: ${offered.join(", ")}`);
}

const goName = (definition: ResourceDefinition, kind: string): string =>
  definition.builtIn ? `*${definition.group === "" ? "core" : definition.group.split(".")[0]}.${kind}` : "*unstructured.Unstructured";

/** One object in the wanted form. @throws StatusError 406 */
export function encodeObject(
  payload: Payload,
  form: Form,
  http: HttpRequest,
  codec: ProtobufCodec | undefined,
  now: number,
): Encoded | Promise<Encoded> {
  if (form.as === undefined && form.mediaType === "json" && !isPretty(form, http)) {
    const bytes = payload.json();
    return bytes instanceof Promise ? bytes.then(jsonBody) : jsonBody(bytes);
  }
  const object = payload.object();
  return object instanceof Promise
    ? object.then((it) => transformed(it, payload.definition, form, http, codec, now))
    : transformed(object, payload.definition, form, http, codec, now);
}

const jsonBody = (body: Uint8Array): Encoded => ({ contentType: jsonType, body });

function transformed(
  object: KubeObject,
  definition: ResourceDefinition,
  form: Form,
  http: HttpRequest,
  codec: ProtobufCodec | undefined,
  now: number,
): Encoded {
  switch (form.as) {
    case "PartialObjectMetadataList":
      if (!definition.builtIn) throw plainError("content is not a list");
      throw failure(
        406,
        "NotAcceptable",
        undefined,
        `you requested PartialObjectMetadataList, but the requested object is not a list (${goName(definition, definition.kind)})`,
      );
    case "PartialObjectMetadata":
      if (form.mediaType === "protobuf")
        return { contentType: protobufType, body: codec!.encodePartialObjectMetadata(object, `meta.k8s.io/${form.asVersion}`) };
      return encodeValue(partialMetadata(object, form.asVersion), form, http);
    case "Table": {
      const { resourceVersion } = object.metadata;
      const metadata = resourceVersion === undefined ? {} : { resourceVersion };
      return encodeValue(tableOf(definition, [object], metadata, tableOptions(form, http, now)), form, http);
    }
    case undefined:
      if (form.mediaType === "protobuf") return { contentType: protobufType, body: codec!.encode(object, definition) };
      return encodeValue(object, form, http);
  }
}

const tableOptions = (form: Form, http: HttpRequest, now: number): TableOptions => ({
  apiVersion: form.asVersion,
  includeObject: includeObjectOf(http.query),
  withColumns: true,
  now,
});

/** JSON or YAML of anything. */
export function encodeValue(value: unknown, form: { mediaType: string; pretty?: boolean }, http: HttpRequest): Encoded {
  if (form.mediaType === "yaml") return { contentType: yamlType, body: encodeYaml(value) };
  if (!isPretty(form, http)) return { contentType: jsonType, body: `${encodeJson(value)}\n` };
  return { contentType: jsonType, body: JSON.stringify(value, rawBigints, 2) };
}

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
const rawBigints = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? rawJSON(value.toString()) : value);

/** wire 2 */
export function isPretty(form: { pretty?: boolean }, http: HttpRequest): boolean {
  if (form.pretty) return true;
  if (http.query.text !== "") {
    const value = http.query.get("pretty");
    if (value !== undefined && value !== "") return value !== "0" && value !== "false";
  }
  const agent = http.headers["user-agent"] as string | undefined;
  return agent !== undefined && (agent.startsWith("curl") || agent.startsWith("Wget") || agent.startsWith("Mozilla"));
}

/** Objects as they are stored, but for their heads. */
export const isPlainJson = (form: Form, http: HttpRequest): boolean =>
  form.as === undefined && form.mediaType === "json" && !isPretty(form, http);

/** A list in the wanted form. @throws StatusError 406 */
export async function encodeList(
  definition: ResourceDefinition,
  page: ListPage,
  form: Form,
  http: HttpRequest,
  codec: ProtobufCodec | undefined,
  now: number,
): Promise<Encoded> {
  if (page.kept) return { contentType: jsonType, ...aroundKept(definition, page, page.kept) };
  if (isPlainJson(form, http)) return { contentType: jsonType, ...(await encodeJsonList(definition, page)) };
  if (form.as === "PartialObjectMetadata") {
    throw failure(
      406,
      "NotAcceptable",
      undefined,
      `you requested PartialObjectMetadata, but the requested object is a list (${definition.builtIn ? goName(definition, definition.listKind) : "*unstructured.UnstructuredList"})`,
    );
  }
  const objects = await objectsOf(definition, page);
  return encodeObjects(definition, objects, listMetadata(definition, page), form, http, codec, now);
}

/** A list whose objects are at hand: computed ones, and forms that need objects. */
export function encodeObjects(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  metadata: object,
  form: Form,
  http: HttpRequest,
  codec: ProtobufCodec | undefined,
  now: number,
): Encoded {
  if (form.as === "Table") return encodeValue(tableOf(definition, objects, metadata, tableOptions(form, http, now)), form, http);
  if (form.as === "PartialObjectMetadataList") {
    const apiVersion = `meta.k8s.io/${form.asVersion}`;
    const items = objects.map((object) => partialMetadata(object, form.asVersion));
    if (form.mediaType === "protobuf")
      return { contentType: protobufType, body: codec!.encodePartialObjectMetadataList({ metadata, items }, apiVersion) };
    return encodeValue({ kind: "PartialObjectMetadataList", apiVersion, metadata, items }, form, http);
  }
  if (form.mediaType === "protobuf")
    return { contentType: protobufType, body: codec!.encodeList({ metadata, items: objects }, definition) };
  const items = objects.map((object) => asItem(object, definition));
  return encodeValue({ kind: definition.listKind, apiVersion: apiVersionOf(definition), metadata, items }, form, http);
}

const parsedPerTurn = 100;

/** All objects of a list. Parsing lets others in between. */
export async function objectsOf(definition: ResourceDefinition, first: ListPage): Promise<KubeObject[]> {
  const objects: KubeObject[] = [];
  for (let page: ListPage | undefined = first; page; page = page.next ? await page.next() : undefined) {
    for (const record of page.records) {
      const object = decodeRecord(record, definition);
      objects.push(object instanceof Promise ? await object : object);
      if (objects.length % parsedPerTurn === 0) await new Promise(setImmediate);
    }
  }
  return objects;
}

const newline = Buffer.from("}\n");

/** What the events of one watch look like. @throws StatusError 406 (wire 67) */
export function eventFormOf(
  definition: ResourceDefinition,
  form: Form,
  http: HttpRequest,
  codec: ProtobufCodec | undefined,
  clock: () => number,
): { contentType: string; events: EventForm } {
  if (form.mediaType === "protobuf")
    return { contentType: `${protobufType};stream=watch`, events: protobufEvents(definition, form, codec!) };
  if (form.as === "Table") return { contentType: jsonType, events: tableEvents(definition, form, http, clock) };
  if (form.as === "PartialObjectMetadata") return { contentType: jsonType, events: metadataEvents(definition, form) };
  return { contentType: jsonType, events: jsonEvents(definition) };
}

const knownJsonEvents = new WeakMap<ResourceDefinition, EventForm>();

function jsonEvents(definition: ResourceDefinition): EventForm {
  let form = knownJsonEvents.get(definition);
  if (form) return form;
  const heads = headsOf(definition);
  const byType = { ADDED: heads.added, MODIFIED: heads.modified, DELETED: heads.deleted };
  form = {
    id: `json${definitionId(definition)}`,
    event(type, record, revision) {
      if (isPassThrough(record, definition)) return spliceObject(record, byType[type], newline, revision);
      return later(objectAt(record, definition, revision), (object) => jsonEvent(type, object));
    },
    bookmark: (revision, end) => jsonEvent("BOOKMARK", bookmarkObject(definition.kind, apiVersionOf(definition), revision, end)),
    error: (status) => jsonEvent("ERROR", status),
  };
  knownJsonEvents.set(definition, form);
  return form;
}

const jsonEvent = (type: string, object: unknown): Uint8Array => Buffer.from(`{"type":"${type}","object":${encodeJson(object)}}\n`);

function bookmarkObject(kind: string, apiVersion: string, revision: number, initialEventsEnd: boolean): KubeObject {
  return {
    kind,
    apiVersion,
    metadata: { resourceVersion: String(revision), ...(initialEventsEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}) },
  };
}

function objectAt(record: StoredRecord, definition: ResourceDefinition, revision: number): KubeObject | Promise<KubeObject> {
  return later(decodeRecord(record, definition), (object) => {
    object.metadata.resourceVersion = String(revision);
    return object;
  });
}

const later = <T, U>(value: T | Promise<T>, then: (value: T) => U): U | Promise<U> =>
  value instanceof Promise ? value.then(then) : then(value);

function metadataEvents(definition: ResourceDefinition, form: Form): EventForm {
  return {
    id: `metadata${form.asVersion}${definitionId(definition)}`,
    event: (type, record, revision) =>
      later(objectAt(record, definition, revision), (object) => jsonEvent(type, partialMetadata(object, form.asVersion))),
    bookmark: (revision, end) =>
      jsonEvent("BOOKMARK", bookmarkObject("PartialObjectMetadata", `meta.k8s.io/${form.asVersion}`, revision, end)),
    error: (status) => jsonEvent("ERROR", status),
  };
}

function tableEvents(definition: ResourceDefinition, form: Form, http: HttpRequest, clock: () => number): EventForm {
  const includeObject = includeObjectOf(http.query);
  let first = true;
  const table = (object: KubeObject): object => {
    const options: TableOptions = { apiVersion: form.asVersion, includeObject, withColumns: first, now: clock() };
    first = false;
    const { resourceVersion } = object.metadata;
    return tableOf(definition, [object], resourceVersion === undefined ? {} : { resourceVersion }, options);
  };
  return {
    id: undefined,
    event: (type: EventType, record, revision) => later(objectAt(record, definition, revision), (object) => jsonEvent(type, table(object))),
    bookmark(revision, end) {
      const object = bookmarkObject(definition.kind, apiVersionOf(definition), revision, end);
      const options: TableOptions = {
        apiVersion: form.asVersion,
        includeObject: includeObject === "None" ? "Metadata" : includeObject,
        withColumns: first,
        now: clock(),
      };
      first = false;
      const rows = [
        {
          cells: definition.columns.map(() => null),
          object: options.includeObject === "Object" ? object : partialMetadata(object, form.asVersion),
        },
      ];
      return jsonEvent("BOOKMARK", { ...tableOf(definition, [], { resourceVersion: String(revision) }, options), rows });
    },
    error: (status) => jsonEvent("ERROR", status),
  };
}

function protobufEvents(definition: ResourceDefinition, form: Form, codec: ProtobufCodec): EventForm {
  const partial = form.as === "PartialObjectMetadata";
  const apiVersion = partial ? `meta.k8s.io/${form.asVersion}` : apiVersionOf(definition);
  const encode = (object: KubeObject): Uint8Array =>
    partial ? codec.encodePartialObjectMetadata(object, apiVersion) : codec.encode(object, definition);
  return {
    id: `protobuf${partial ? form.asVersion : ""}${definitionId(definition)}`,
    event: (type, record, revision) =>
      later(objectAt(record, definition, revision), (object) => codec.encodeWatchEvent(type, encode(object))),
    bookmark: (revision, end) =>
      codec.encodeWatchEvent(
        "BOOKMARK",
        encode(bookmarkObject(partial ? "PartialObjectMetadata" : definition.kind, apiVersion, revision, end)),
      ),
    error: (status) => codec.encodeWatchEvent("ERROR", codec.encodeStatus(status)),
  };
}

/** A Status in the form that the client wants of errors: what it accepts, as JSON when it asked for a transform (wire 34). */
export function encodeStatus(
  status: Status,
  http: HttpRequest,
  codec: ProtobufCodec | undefined,
): { contentType: string; body: Uint8Array | string } {
  const form = negotiate(http.headers.accept as string | undefined, { builtIn: false, protobuf: codec !== undefined, watch: false });
  const mediaType = "as" in form && form.as !== undefined ? "json" : form.mediaType;
  if (mediaType === "protobuf" && codec) return { contentType: protobufType, body: codec.encodeStatus(status) };
  return encodeValue(status, { mediaType, pretty: "pretty" in form && form.pretty }, http) as { contentType: string; body: string };
}
