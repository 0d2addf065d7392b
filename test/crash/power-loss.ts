import type { TraceEvent } from "./trace.ts";

type Change = { kind: "write"; offset: number; data: Buffer } | { kind: "truncate"; size: number };

/** A file as a disk without power keeps it: what was synced for certain, and of the rest nobody knows what. */
class DiskFile {
  #synced: Buffer;
  #since: Change[] = [];
  readonly #syncs = new Map<string, number>();
  #dropped = 0;

  constructor(content: Buffer) {
    this.#synced = content;
  }

  apply(event: TraceEvent): void {
    if (event.kind === "write") this.#since.push({ kind: "write", offset: event.offset, data: event.data() });
    else if (event.kind === "truncate") this.#since.push({ kind: "truncate", size: event.size });
    else if (event.kind === "syncBegin") this.#syncs.set(event.id, this.#dropped + this.#since.length);
    else if (event.kind === "syncEnd" && event.ok) this.#settle((this.#syncs.get(event.id) ?? 0) - this.#dropped);
  }

  /** The content after power loss, with those of the unsynced changes that `survives` picks. */
  content(survives: () => boolean): Buffer {
    return this.#since.filter(survives).reduce(changed, this.#synced);
  }

  #settle(count: number): void {
    for (const change of this.#since.splice(0, Math.max(0, count))) {
      this.#synced = changed(this.#synced, change);
      this.#dropped++;
    }
  }
}

function changed(content: Buffer, change: Change): Buffer {
  if (change.kind === "truncate") return resized(content, change.size);
  const end = change.offset + change.data.length;
  const result = end > content.length ? resized(content, end) : Buffer.from(content);
  change.data.copy(result, change.offset);
  return result;
}

function resized(content: Buffer, size: number): Buffer {
  const result = Buffer.alloc(size);
  content.copy(result);
  return result;
}

/**
 * The store's files as they would be if the power failed at a moment of the trace. Names in the directory count as kept: the driver syncs
 * the directory when it opens, and SQLite when it makes its log. The shared-memory file is no durable state and is left out.
 */
export class Disk {
  readonly #files = new Map<string, DiskFile>();

  constructor(files: ReadonlyMap<string, Buffer>) {
    for (const [name, content] of files) this.#files.set(name, new DiskFile(content));
  }

  apply(event: TraceEvent): void {
    if (event.kind === "output") return;
    const { file } = event;
    if (file !== "store.db" && file !== "store.db-wal") return;
    if (event.kind === "unlink") {
      this.#files.delete(file);
      return;
    }
    let disk = this.#files.get(file);
    if (!disk) this.#files.set(file, (disk = new DiskFile(Buffer.alloc(0))));
    disk.apply(event);
  }

  files(survives: () => boolean): Map<string, Buffer> {
    return new Map([...this.#files].map(([name, file]) => [name, file.content(survives)]));
  }
}
