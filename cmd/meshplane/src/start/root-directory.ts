/**
 * The root directory: certificates, tokens, admin.kubeconfig, and `store/` with the embedded store. `format` says which version wrote it.
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "./operator-error.ts";
import { writePrivateFile } from "./private-file.ts";

/** Grows when an older program could not read what this one writes. */
export const rootDirectoryFormat = 1;

/** Makes sure that the directory is there, writable and of a format that this program knows. @throws OperatorError */
export function prepareRootDirectory(directory: string): void {
  if (existsSync(directory) && !statSync(directory).isDirectory())
    throw new OperatorError(`${directory} is not a directory`, "choose another with --root-directory");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new OperatorError(
      `the root directory ${directory} cannot be made: ${(cause as Error).message}`,
      "choose another with --root-directory",
      { cause },
    );
  }
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new OperatorError(
      `the root directory ${directory} is not writable for this user`,
      "mend its permissions, or choose another with --root-directory",
      { cause },
    );
  }
  const file = join(directory, "format");
  if (!existsSync(file)) {
    try {
      return writePrivateFile(file, `${rootDirectoryFormat}\n`, 0o644);
    } catch (cause) {
      throw new OperatorError(`${file} cannot be written: ${(cause as Error).message}`, "make room, or choose another --root-directory", {
        cause,
      });
    }
  }
  const text = readFileSync(file, "utf8").trim();
  if (!/^\d+$/.test(text))
    throw new OperatorError(
      `${file} is damaged (${JSON.stringify(text.slice(0, 40))})`,
      `restore it from a backup, or move ${directory} away to start empty`,
    );
  if (Number(text) > rootDirectoryFormat)
    throw new OperatorError(
      `${directory} was written by a newer version (format ${text}, this one knows ${rootDirectoryFormat})`,
      "start the newer version, or choose another --root-directory",
    );
}
