import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";

/** System calls that change files or let something out; `-y` adds the path to each descriptor, `-xx` writes data as hex. */
export const straceArguments = (output: string, dataBytes: number): string[] => [
  "strace",
  "-f",
  "-y",
  "-xx",
  "-s",
  String(dataBytes),
  "-e",
  "trace=fsync,fdatasync,sync_file_range,write,writev,pwrite64,pwritev,ftruncate,truncate,sendto,sendmsg,unlink,unlinkat,rename,renameat,renameat2",
  "-o",
  output,
];

export type TraceEvent =
  /** a completed call, at the place of its return */
  | { kind: "write"; file: string; offset: number; data: () => Buffer }
  | { kind: "truncate"; file: string; size: number }
  | { kind: "unlink"; file: string }
  /** a sync covers what was written before it began */
  | { kind: "syncBegin"; file: string; id: string }
  | { kind: "syncEnd"; file: string; id: string; ok: boolean }
  /** lines that left the process by its standard output */
  | { kind: "output"; text: string };

const call = /^(\w+)\((.*)\)\s+= (-?\d+)/;
const unfinished = /^(\w+)\((.*) <unfinished \.\.\.>$/;
const resumed = /^<\.\.\. (\w+) resumed>(.*)\)\s+= (-?\d+)/;

/** Reads strace's output in the order in which calls returned; syncs also in the order in which they began. */
export async function* readTrace(path: string): AsyncGenerator<TraceEvent> {
  const pending = new Map<string, { name: string; args: string; id: string }>();
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const space = line.indexOf(" ");
    const process = line.slice(0, space);
    const text = line.slice(space).trim();
    const id = `${process}#${++number}`;
    const begun = unfinished.exec(text);
    if (begun) {
      pending.set(process, { name: begun[1]!, args: begun[2]!, id });
      if (isSync(begun[1]!)) yield { kind: "syncBegin", file: fileOf(begun[2]!), id };
      continue;
    }
    const rest = resumed.exec(text);
    if (rest) {
      const start = pending.get(process);
      pending.delete(process);
      if (start) yield* toEvents(start.name, start.args + rest[2]!, Number(rest[3]), start.id, true);
      continue;
    }
    const whole = call.exec(text);
    if (whole) yield* toEvents(whole[1]!, whole[2]!, Number(whole[3]), id, false);
  }
}

const isSync = (name: string): boolean => name === "fsync" || name === "fdatasync";

function* toEvents(name: string, args: string, result: number, id: string, begun: boolean): Generator<TraceEvent> {
  if (isSync(name)) {
    const file = fileOf(args);
    if (!begun) yield { kind: "syncBegin", file, id };
    yield { kind: "syncEnd", file, id, ok: result === 0 };
    return;
  }
  if (result < 0) return;
  if (name === "pwrite64") {
    const offset = Number(args.slice(args.lastIndexOf(", ") + 2));
    yield { kind: "write", file: fileOf(args), offset, data: () => dataOf(args, result) };
  } else if (name === "ftruncate") {
    yield { kind: "truncate", file: fileOf(args), size: Number(args.slice(args.lastIndexOf(", ") + 2)) };
  } else if (name === "unlink") {
    yield { kind: "unlink", file: basename(unhex(args).toString()) };
  } else if (name === "write" || name === "sendto") {
    if (args.startsWith("1<")) yield { kind: "output", text: dataOf(args, result).toString() };
    else if (/store\.db/.test(fileOf(args))) throw new Error(`a ${name} to ${fileOf(args)}, which the reader of traces does not follow`);
  } else if (/store\.db/.test(fileOf(args))) {
    throw new Error(`a ${name} to ${fileOf(args)}, which the reader of traces does not follow`);
  }
}

/** `23<\x2f\x74…>, …`: paths are hex too. */
function fileOf(args: string): string {
  const path = /^\d+<([^>]*)>/.exec(args)?.[1] ?? "";
  return basename(path.includes("\\x") ? unhex(`"${path}"`).toString() : path);
}

function dataOf(args: string, length: number): Buffer {
  const data = unhex(args);
  if (data.length < length) throw new Error(`the trace holds ${data.length} bytes of a write of ${length}: raise -s`);
  return data.subarray(0, length);
}

/** The first quoted argument. */
function unhex(args: string): Buffer {
  const start = args.indexOf('"') + 1;
  const hex = args.slice(start, args.indexOf('"', start));
  const bytes = Buffer.allocUnsafe(hex.length >> 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(i * 4 + 2, i * 4 + 4), 16);
  return bytes;
}

/** Whether everything of a file that was written is also synced. */
export class SyncState {
  #written = 0;
  #durable = 0;
  readonly #syncs = new Map<string, number>();

  apply(event: TraceEvent): void {
    if (event.kind === "write" || event.kind === "truncate") this.#written++;
    else if (event.kind === "syncBegin") this.#syncs.set(event.id, this.#written);
    else if (event.kind === "syncEnd") {
      if (event.ok) this.#durable = Math.max(this.#durable, this.#syncs.get(event.id) ?? 0);
      this.#syncs.delete(event.id);
    }
  }

  get clean(): boolean {
    return this.#written === this.#durable;
  }

  get written(): number {
    return this.#written;
  }

  get durable(): number {
    return this.#durable;
  }
}

export interface SyncOrder {
  acknowledgements: number;
  syncs: number;
  /** acknowledgements that left while the log held something unsynced */
  inversions: string[];
}

/** No acknowledgement may leave before a sync that follows its last write. */
export async function checkSyncOrder(events: AsyncIterable<TraceEvent> | Iterable<TraceEvent>): Promise<SyncOrder> {
  const log = new SyncState();
  const order: SyncOrder = { acknowledgements: 0, syncs: 0, inversions: [] };
  for await (const event of events) {
    if (event.kind === "output") {
      for (const line of event.text.split("\n")) {
        if (!line.startsWith("A ")) continue;
        order.acknowledgements++;
        if (!log.clean) order.inversions.push(line);
      }
    } else if (event.kind !== "unlink" && event.file === "store.db-wal") {
      log.apply(event);
      if (event.kind === "syncEnd") order.syncs++;
    }
  }
  return order;
}
