import { chmodSync, closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";

/**
 * Writes a file that holds secrets: whole or not at all, also after a power failure; readable by the owner alone unless `mode` says
 * otherwise.
 */
export function writePrivateFile(path: string, content: string, mode = 0o600): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, "w", mode);
  try {
    writeFileSync(file, content);
    fsyncSync(file); // else the new name may come to hold nothing
  } finally {
    closeSync(file);
  }
  chmodSync(temporary, mode); // the umask may have taken bits, an older file may have had more
  renameSync(temporary, path);
}
