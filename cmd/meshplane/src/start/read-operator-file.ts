import { X509Certificate } from "node:crypto";
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

/** Certificates in PEM form. @throws OperatorError naming the flag */
export function readCertificates(path: string, flag: string): string {
  const pem = readOperatorFile(path, flag);
  try {
    new X509Certificate(pem); // the first of them tells whether this is such a file at all
    return pem;
  } catch (cause) {
    throw new OperatorError(`${flag}: ${path} holds no certificate in PEM form`, "mend the file", { cause });
  }
}
