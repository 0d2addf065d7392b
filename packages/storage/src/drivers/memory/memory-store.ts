import type { Store } from "../../store.ts";

/** A store in this process' memory, for tests and `--store memory`. */
export function openMemoryStore(): Store {
  throw new Error("not yet");
}
