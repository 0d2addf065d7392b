import { encodeJson } from "@meshplane/apimachinery";
import type { KubeObject, ListMeta } from "@meshplane/apimachinery";
import type { StoredRecord } from "@meshplane/storage";
import type { ResponseSink } from "./http/http-request.ts";
import { keptListBytesMax } from "./kept-lists.ts";
import type { KeptList } from "./kept-lists.ts";
import type { ListPage } from "./list-page.ts";
import { headsOf, splicedLength, writeObject } from "./payload.ts";
import { apiVersionOf, decodeRecord, isPassThrough } from "./record-codec.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

const comma = Buffer.from(",");
const end = Buffer.from("]}\n");

/** The beginning of a list, up to its first item. */
function listHead(definition: ResourceDefinition, page: ListPage): Buffer {
  const kind = JSON.stringify(definition.listKind);
  const apiVersion = JSON.stringify(apiVersionOf(definition));
  const metadata = JSON.stringify(listMetadata(definition, page));
  return Buffer.from(
    definition.builtIn
      ? `{"kind":${kind},"apiVersion":${apiVersion},"metadata":${metadata},"items":[`
      : `{"apiVersion":${apiVersion},"kind":${kind},"metadata":${metadata},"items":[`,
  );
}

/** Lists of custom resources always have `continue` (wire 2). */
export function listMetadata(definition: ResourceDefinition, page: ListPage): ListMeta {
  return {
    ...(definition.builtIn && page.continue === "" ? {} : { continue: page.continue }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
    resourceVersion: String(page.revision),
  };
}

/**
 * A list as JSON: one buffer when one slice is all, else a stream of slices with back-pressure. Stored bytes are copied, not parsed, while the
 * stored form is the one served.
 */
export async function encodeJsonList(definition: ResourceDefinition, page: ListPage): Promise<EncodedList> {
  const head = listHead(definition, page);
  if (!page.next) {
    if (page.records.every((record) => isPassThrough(record, definition))) {
      const list = spliceList(definition, page.records, head);
      const kept = page.keep?.(list.subarray(head.length, list.length - end.length));
      return kept ? { body: list, gzipped: () => kept.gzipped(head, end) } : { body: list };
    }
    const items = await encodeItems(definition, page.records, true);
    return { body: Buffer.concat([head, ...items, end]) };
  }
  return { body: (sink) => void stream(definition, page, head, sink) };
}

export interface EncodedList {
  readonly body: Uint8Array | readonly Uint8Array[] | ((sink: ResponseSink) => void);
  /** the same, compressed; shared by those who ask for it */
  readonly gzipped?: () => Promise<Uint8Array[]>;
}

/** A list whose items are encoded already: what stands around them, and all of it compressed. */
export function aroundKept(definition: ResourceDefinition, page: ListPage, kept: KeptList): EncodedList {
  const head = listHead(definition, page);
  return { body: [head, kept.items!, end], gzipped: () => kept.gzipped(head, end) };
}

async function stream(definition: ResourceDefinition, first: ListPage, head: Buffer, sink: ResponseSink): Promise<void> {
  try {
    sink.write(head);
    let page: ListPage | undefined = first;
    let chunks: Buffer[] | undefined = first.keep && [];
    let size = 0;
    for (let slice = 0; page && !sink.closed; slice++) {
      if (chunks && !page.records.every((record) => isPassThrough(record, definition))) chunks = undefined;
      for (const chunk of await encodeItems(definition, page.records, slice === 0)) {
        if (chunks && (size += chunk.length) <= keptListBytesMax) chunks.push(chunk);
        else chunks = undefined;
        if (!sink.write(chunk)) await sink.drained();
      }
      page = page.next ? await page.next() : undefined;
    }
    if (chunks && !sink.closed) first.keep!(Buffer.concat(chunks));
    sink.write(end);
    sink.end();
  } catch {
    // the head has gone out already: only a broken stream can tell the client
    sink.destroy();
  }
}

const itemChunkBytes = 256 << 10;

/** Items with commas between them, in buffers of about 256 KiB. */
async function encodeItems(definition: ResourceDefinition, records: readonly StoredRecord[], first: boolean): Promise<Buffer[]> {
  if (records.every((record) => isPassThrough(record, definition))) return spliceItems(definition, records, first);
  const chunks: Buffer[] = [];
  for (const record of records) {
    if (!first) chunks.push(comma);
    first = false;
    chunks.push(Buffer.from(encodeJson(asItem(await decodeRecord(record, definition), definition))));
  }
  return chunks;
}

/** Items of built-in kinds do not repeat their type. */
export function asItem(object: KubeObject, definition: ResourceDefinition): unknown {
  if (!definition.builtIn) return object;
  const item: Record<string, unknown> = {};
  for (const key of Object.keys(object)) if (key !== "apiVersion" && key !== "kind") item[key] = object[key];
  return item;
}

/** A whole list in one buffer, each byte copied once. */
function spliceList(definition: ResourceDefinition, records: readonly StoredRecord[], head: Buffer): Buffer {
  const itemHead = headsOf(definition).item;
  let size = head.length + end.length;
  for (const record of records) size += splicedLength(record, itemHead, String(record.revision)) + 1;
  const list = Buffer.allocUnsafeSlow(size);
  list.set(head, 0);
  let at = head.length;
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    if (i > 0) list[at++] = 0x2c; // ,
    at = writeObject(list, at, itemHead, String(record.revision), record.body);
  }
  list.set(end, at);
  at += end.length;
  return at === size ? list : list.subarray(0, at);
}

function spliceItems(definition: ResourceDefinition, records: readonly StoredRecord[], first: boolean): Buffer[] {
  const head = headsOf(definition).item;
  const chunks: Buffer[] = [];
  for (let from = 0; from < records.length;) {
    let size = 0;
    let to = from;
    for (; to < records.length && size < itemChunkBytes; to++) size += splicedLength(records[to]!, head, String(records[to]!.revision)) + 1;
    const chunk = Buffer.allocUnsafe(size);
    let at = 0;
    for (; from < to; from++) {
      const record = records[from]!;
      if (first) first = false;
      else chunk[at++] = 0x2c; // ,
      at = writeObject(chunk, at, head, String(record.revision), record.body);
    }
    chunks.push(at === size ? chunk : chunk.subarray(0, at));
  }
  return chunks;
}
