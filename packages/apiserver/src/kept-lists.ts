import { crc32, constants, deflateRaw } from "node:zlib";
import type { FeedBatch } from "@meshplane/storage";
import { crc32Behind } from "./crc32-behind.ts";
import { definitionId } from "./definition-id.ts";
import type { Projection } from "./projection.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

const bytesMax = 16 << 20;
/** of one list */
export const keptListBytesMax = bytesMax >> 2;
const listsMax = 256;
const unusedMsMax = 30_000;

/** What is the same in every answer to one list request while nobody writes there: all but the head with its revision. */
export class KeptList {
  readonly prefix: string;
  /** key of the last item, behind the prefix; undefined when the list is whole */
  last: string | undefined;
  remaining: number | undefined;
  /** JSON, with commas between; undefined until somebody has read it */
  items: Uint8Array | undefined;
  usedAt = 0;
  /** how often, since somebody last wrote there */
  asked = 1;
  current = true;
  #deflated: Promise<Uint8Array> | undefined;
  #checksum: ((before: number) => number) | undefined;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /**
   * The whole answer as one gzip member: the items are compressed once, on a byte boundary, and what differs is put around them uncompressed.
   * @param head at most 65 535 bytes, as `tail`
   */
  async gzipped(head: Uint8Array, tail: Uint8Array): Promise<Uint8Array[]> {
    const items = this.items!;
    const deflated = await (this.#deflated ??= deflate(items));
    const trailer = Buffer.allocUnsafe(8);
    const checksum = (this.#checksum ??= crc32Behind(items));
    trailer.writeUInt32LE(crc32(tail, checksum(crc32(head))), 0);
    trailer.writeUInt32LE((head.length + items.length + tail.length) % 2 ** 32, 4);
    return [Buffer.concat([gzipHeader, storedBlock(head, false)]), deflated, Buffer.concat([storedBlock(tail, true), trailer])];
  }
}

/** deflate, no name, no time, of no known system (RFC 1952) */
const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);

/** RFC 1951, 3.2.4 */
function storedBlock(bytes: Uint8Array, last: boolean): Buffer {
  const block = Buffer.allocUnsafe(5 + bytes.length);
  block[0] = last ? 1 : 0;
  block.writeUInt16LE(bytes.length, 1);
  block.writeUInt16LE(bytes.length ^ 0xffff, 3);
  block.set(bytes, 5);
  return block;
}

/** On the thread pool; ends on a byte boundary and not with a last block. */
const deflate = (items: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const options = { level: 1, memLevel: 9, chunkSize: 256 << 10, finishFlush: constants.Z_SYNC_FLUSH };
    deflateRaw(items, options, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });

/** Encoding, and above all compressing, a list of this size is worth sharing with whoever asks at the same time. */
const keptAtOnceBytes = 128 << 10;

/**
 * Encoded lists for the next who asks while nothing under their prefix has changed: informers that start, `kubectl get` in a loop. Small ones
 * are kept when they are asked for again. Follows the feed, so an answer from here is as fresh as one from the store. Bounded by bytes; what
 * nobody asks for is let go.
 */
export class KeptLists implements Projection {
  readonly name = "lists";
  readonly #clock: () => number;
  /** by `/group/resource/`, then by what was asked; also those of which only the asking is known yet */
  readonly #byResource = new Map<string, Map<string, KeptList>>();
  /** those with items, the least recently used first */
  readonly #kept = new Map<KeptList, number>();
  #bytes = 0;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  apply(batch: FeedBatch): void {
    if (this.#count === 0) return;
    for (const { key } of batch.events) {
      const lists = this.#byResource.get(resourcePrefix(key));
      if (lists) for (const [id, list] of lists) if (key.startsWith(list.prefix)) this.#drop(lists, id, list);
    }
  }

  /** The list as it is kept; one without items may be filled with `keep`. */
  ask(prefix: string, definition: ResourceDefinition, limit: number): KeptList {
    const resource = resourcePrefix(prefix);
    const id = `${limit} ${definitionId(definition)} ${prefix}`;
    let lists = this.#byResource.get(resource);
    const known = lists?.get(id);
    if (known) {
      known.usedAt = this.#clock();
      known.asked++;
      const size = this.#kept.get(known);
      if (size !== undefined) {
        this.#kept.delete(known);
        this.#kept.set(known, size);
      }
      return known;
    }
    if (this.#count >= listsMax) this.#clear();
    if (!lists) this.#byResource.set(resource, (lists = new Map()));
    const list = new KeptList(prefix);
    list.usedAt = this.#clock();
    lists.set(id, list);
    this.#count++;
    return list;
  }

  /** Takes what `ask` has let the caller read, unless somebody wrote meanwhile. */
  keep(list: KeptList, items: Uint8Array): void {
    if (!list.current || list.items || items.byteLength > keptListBytesMax) return;
    if (list.asked < 2 && items.byteLength < keptAtOnceBytes) return;
    list.items = items;
    const size = items.byteLength + (items.byteLength >> 1);
    this.#kept.set(list, size);
    this.#bytes += size;
    while (this.#bytes > bytesMax) this.#let(this.#kept.keys().next().value!);
    this.#timer ??= setInterval(() => this.#sweep(), unusedMsMax).unref();
  }

  #sweep(): void {
    const limit = this.#clock() - unusedMsMax;
    for (const list of [...this.#kept.keys()]) if (list.usedAt < limit) this.#let(list);
    if (this.#kept.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#clear();
  }

  #let(list: KeptList): void {
    const lists = this.#byResource.get(resourcePrefix(list.prefix));
    if (lists) for (const [id, it] of lists) if (it === list) return this.#drop(lists, id, list);
  }

  #drop(lists: Map<string, KeptList>, id: string, list: KeptList): void {
    list.current = false;
    lists.delete(id);
    this.#count--;
    this.#bytes -= this.#kept.get(list) ?? 0;
    this.#kept.delete(list);
  }

  #clear(): void {
    for (const lists of this.#byResource.values()) for (const list of lists.values()) list.current = false;
    this.#byResource.clear();
    this.#kept.clear();
    this.#bytes = this.#count = 0;
  }
}

const resourcePrefix = (key: string): string => key.slice(0, key.indexOf("/", key.indexOf("/", 1) + 1) + 1);
