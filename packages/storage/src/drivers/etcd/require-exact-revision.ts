import { StoreError } from "../../store.ts";
import type { Header } from "./etcd-protocol.ts";

/** Revisions are numbers here (docs/adr/0004): beyond 2^53 two of them would look the same. @throws StoreError Corrupt */
export function requireExactRevision(header: Header | undefined): void {
  if (header && !Number.isSafeInteger(header.revision))
    throw new StoreError("Corrupt", `etcd is at revision ${header.revision}; this server can count to ${Number.MAX_SAFE_INTEGER}`);
}
