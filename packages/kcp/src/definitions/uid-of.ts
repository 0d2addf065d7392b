import { createHash } from "node:crypto";

/** The same uid at every start, for what comes with the program. */
export function uidOf(name: string): string {
  const digest = createHash("sha256").update(name).digest("hex");
  return [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`, digest.slice(20, 32)].join("-");
}
