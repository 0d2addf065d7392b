import { existsSync, readFileSync } from "node:fs";
import { OperatorError } from "./operator-error.ts";

/** @throws OperatorError naming the flag */
export function readOperatorFile(path: string, flag: string): string {
  if (!existsSync(path)) throw new OperatorError(`${flag}: there is no file ${path}`, "mend the path");
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new OperatorError(`${flag}: ${path} cannot be read: ${(cause as Error).message}`, "mend its permissions", { cause });
  }
}
