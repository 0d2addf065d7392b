import { chmodSync, renameSync, writeFileSync } from "node:fs";

/** Writes a file that holds secrets: whole or not at all, readable by the owner alone unless `mode` says otherwise. */
export function writePrivateFile(path: string, content: string, mode = 0o600): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode });
  chmodSync(temporary, mode); // the umask may have taken bits, an older file may have had more
  renameSync(temporary, path);
}
