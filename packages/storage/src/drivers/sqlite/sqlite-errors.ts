import { StoreError } from "../../store.ts";

const full = 13;
const ioError = 10;
const corrupt = 11;
const notADatabase = 26;
const busy = 5;

/** SQLite's primary result code of an error from node:sqlite; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

export const isFull = (error: unknown): boolean => sqliteCode(error) === full;
export const isBusy = (error: unknown): boolean => sqliteCode(error) === busy;

/**
 * After a failed read, write or sync nobody knows what is on the disk: the kernel marks pages clean that never arrived, so trying again
 * would succeed without saving anything. @see "Can applications recover from fsync failures?", USENIX ATC 2020
 */
export const isInputOutputError = (error: unknown): boolean => sqliteCode(error) === ioError;

export const isCorruption = (error: unknown): boolean => {
  const code = sqliteCode(error);
  return code === corrupt || code === notADatabase;
};

export const corruptStore = (directory: string, found: string, cause?: unknown): StoreError =>
  new StoreError(
    "Corrupt",
    `the store in ${directory} is damaged: ${found}. Nothing was changed. To mend it, stop the program and copy the whole directory away, ` +
      `then restore a snapshot into a new directory, or save what is readable with: sqlite3 store.db .recover`,
    { cause },
  );

/** What a caller gets for a failure of a statement that reads. */
export function toStoreError(error: unknown, directory: string): unknown {
  if (error instanceof StoreError) return error;
  if (isCorruption(error)) return corruptStore(directory, (error as Error).message, error);
  if (sqliteCode(error) === undefined) return error;
  return new StoreError("Unreachable", `the store in ${directory} cannot be read: ${(error as Error).message}`, { cause: error });
}
