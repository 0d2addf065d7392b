import { existsSync, rmSync, statfsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";

const chunk = new Uint8Array(1 << 20);
const lookAgainMs = 1_000;

const reserveFile = (directory: string): string => join(directory, "reserve");

/** Frees the space. @returns whether there was any */
export function giveReserve(directory: string): boolean {
  if (!existsSync(reserveFile(directory))) return false;
  rmSync(reserveFile(directory), { force: true });
  return true;
}

/**
 * A file that holds some space for the time when the disk is full: it goes then, so that what makes room (deletions, smaller values,
 * compaction) can still be written. Once there is space again it comes back, and with it ordinary writes.
 */
export class DiskReserve {
  readonly #directory: string;
  readonly #file: string;
  readonly #bytes: number;
  #held: boolean;
  #making = false;
  #spent = false;
  #lookedAt = 0;

  constructor(directory: string, bytes: number) {
    this.#directory = directory;
    this.#file = reserveFile(directory);
    this.#bytes = bytes;
    this.#held = existsSync(this.#file);
  }

  /** True while only what makes room may be written. */
  get spent(): boolean {
    return this.#spent;
  }

  /** Called now and then by a store that has grown: a small one needs no reserve, and a test none of its megabytes. */
  hold(): void {
    if (this.#held || this.#making || this.#spent || this.#bytes === 0 || this.#free() < 3 * this.#bytes) return;
    this.#making = true;
    void this.#make()
      .then(() => (this.#held = true))
      .catch(() => rm(`${this.#file}.new`, { force: true }))
      .finally(() => (this.#making = false));
  }

  /** The disk is full. @returns whether there was something to give */
  release(): boolean {
    this.#spent = true;
    this.#lookedAt = performance.now();
    if (!this.#held) return false;
    this.#held = false;
    return giveReserve(this.#directory);
  }

  /** Whether ordinary writes may be tried again; looks at the disk once a second at most. */
  recovered(): boolean {
    if (performance.now() - this.#lookedAt < lookAgainMs) return false;
    this.#lookedAt = performance.now();
    if (this.#free() < 3 * this.#bytes) return false;
    this.#spent = false;
    this.hold();
    return true;
  }

  async #make(): Promise<void> {
    // Written, not only sized: a hole reserves nothing.
    const handle = await open(`${this.#file}.new`, "w");
    try {
      for (let written = 0; written < this.#bytes; written += chunk.length) {
        await handle.write(chunk, 0, Math.min(chunk.length, this.#bytes - written));
      }
    } finally {
      await handle.close();
    }
    await rename(`${this.#file}.new`, this.#file);
  }

  #free(): number {
    const { bavail, bsize } = statfsSync(this.#directory);
    return bavail * bsize;
  }
}
