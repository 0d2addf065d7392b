/** `--audit-log-path`: one line per event, in a file that is exchanged for a new one before it grows too large. */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { encodeJson } from "@meshplane/apimachinery";
import type { AuditEvent } from "@meshplane/apiserver";
import { legacyLine } from "./legacy-audit-line.ts";

export interface AuditLogOptions {
  /** a file, appended to, or "-" for standard output */
  path: string;
  format: "json" | "legacy";
  /** whether an event is in the file before its answer goes out */
  blocking: boolean;
  /** 0: 100 MiB */
  maxSizeMiB: number;
  /** old files kept; 0: all */
  maxBackups: number;
  /** 0: whatever their age */
  maxAgeDays: number;
  /** old files with gzip */
  compress: boolean;
}

export interface AuditLog {
  write(event: AuditEvent): void;
  close(): void;
}

const batchMilliseconds = 200;
const batchBytesMax = 1 << 20;

/** @param onError is told of what could not be written; requests go on */
export function openAuditLog(options: AuditLogOptions, onError: (error: Error) => void): AuditLog {
  const lineOf = options.format === "legacy" ? legacyLine : encodeJson;
  if (options.path === "-") return { write: (event) => void process.stdout.write(`${lineOf(event)}\n`), close: () => {} };
  const file = new RotatingFile(options, onError);
  let waiting: string[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length > 0) file.append(waiting.join(""));
    waiting = [];
    size = 0;
  };
  return {
    write(event) {
      const line = `${lineOf(event)}\n`;
      if (options.blocking) return file.append(line);
      waiting.push(line);
      size += line.length;
      if (size > batchBytesMax) flush();
      else timer ??= setTimeout(flush, batchMilliseconds).unref();
    },
    close() {
      flush();
      file.close();
    },
  };
}

class RotatingFile {
  readonly #options: AuditLogOptions;
  readonly #onError: (error: Error) => void;
  #file: number | undefined;
  #size = 0;
  #tidying: Promise<void> = Promise.resolve();

  constructor(options: AuditLogOptions, onError: (error: Error) => void) {
    this.#options = options;
    this.#onError = onError;
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    this.#open();
  }

  append(text: string): void {
    try {
      const bytes = Buffer.from(text);
      const sizeMax = (this.#options.maxSizeMiB || 100) * 1024 * 1024;
      if (this.#size > 0 && this.#size + bytes.length > sizeMax) this.#exchange();
      if (this.#file === undefined) this.#open();
      for (let written = 0; written < bytes.length;) written += writeSync(this.#file!, bytes, written);
      this.#size += bytes.length;
    } catch (error) {
      this.#onError(error as Error);
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    this.#file = openSync(this.#options.path, "a", 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  #exchange(): void {
    this.close();
    const { path } = this.#options;
    const time = new Date().toISOString().replace("Z", "").replaceAll(":", "-");
    renameSync(path, join(dirname(path), `${basename(path, extname(path))}-${time}${extname(path)}`));
    this.#open();
    this.#tidying = this.#tidying.then(() => this.#tidy()).catch(this.#onError);
  }

  async #tidy(): Promise<void> {
    const { path, maxBackups, maxAgeDays, compress } = this.#options;
    const [folder, prefix, suffix] = [dirname(path), `${basename(path, extname(path))}-`, extname(path)];
    const old = readdirSync(folder)
      .map((name) => ({ name, time: timeIn(name, prefix, suffix) }))
      .filter(({ time }) => time !== undefined)
      .sort((a, b) => b.time! - a.time!);
    const tooOld = maxAgeDays > 0 ? Date.now() - maxAgeDays * 86_400_000 : -Infinity;
    for (const [place, { name, time }] of old.entries()) {
      const from = join(folder, name);
      if ((maxBackups > 0 && place >= maxBackups) || time! < tooOld) rmSync(from, { force: true });
      else if (compress && !name.endsWith(".gz")) {
        await pipeline(createReadStream(from), createGzip(), createWriteStream(`${from}.gz`, { mode: 0o600 }));
        rmSync(from);
      }
    }
  }
}

/** Of an old file's name, milliseconds; undefined for other files. */
function timeIn(name: string, prefix: string, suffix: string): number | undefined {
  const plain = name.endsWith(".gz") ? name.slice(0, -".gz".length) : name;
  if (!plain.startsWith(prefix) || !plain.endsWith(suffix)) return undefined;
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(plain.slice(prefix.length, plain.length - suffix.length));
  return match ? Date.parse(`${match[1]}T${match[2]}:${match[3]}:${match[4]}Z`) : undefined;
}
