import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";

/**
 * SQLite's write-ahead log, synced by us and not by SQLite, which would hold the event loop for as long as the disk takes. A sync covers
 * the whole file, so it does not matter that it goes through another descriptor than the writes. The file stays the same one as long as
 * the database is open. Checkpoints sync on their own.
 *
 * A failed sync is final: the kernel forgets what it could not write.
 */
export class LogFile {
  readonly #descriptor: number;
  readonly #blockingMsMax: number;
  /** rises at once, falls slowly: one slow sync is enough to leave the loop alone for a while */
  #expectedMs: number;

  /** @param blockingMsMax syncs that take less are made at once: handing them to a thread and back would cost as much again */
  constructor(path: string, blockingMsMax: number) {
    this.#descriptor = openSync(path, "r+");
    this.#blockingMsMax = blockingMsMax;
    this.#expectedMs = 2 * blockingMsMax;
  }

  /** Whether the disk has been so fast lately that the event loop may wait for it. */
  get isQuick(): boolean {
    return this.#expectedMs < this.#blockingMsMax;
  }

  syncNow(): void {
    const start = performance.now();
    fdatasyncSync(this.#descriptor);
    this.#learn(performance.now() - start);
  }

  /** Resolves when everything that was written before the call is on the disk. */
  sync(): Promise<void> {
    const start = performance.now();
    return new Promise((resolve, reject) =>
      fdatasync(this.#descriptor, (error) => {
        if (error) return reject(error);
        this.#learn(performance.now() - start);
        resolve();
      }),
    );
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #learn(ms: number): void {
    this.#expectedMs = ms > this.#expectedMs ? ms : 0.9 * this.#expectedMs + 0.1 * ms;
  }
}
