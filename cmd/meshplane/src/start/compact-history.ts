import type { Log } from "@meshplane/apiserver";
import type { Store } from "@meshplane/storage";

const everyMs = 5 * 60_000;

/** etcd keeps history until it is told: what was current five to ten minutes ago is forgotten. The embedded store compacts by itself. */
export function compactHistory(store: Store, log: Log): { stop(): void } {
  let previous: number | undefined;
  const timer = setInterval(() => {
    store
      .revision()
      .then(async (revision) => {
        if (previous !== undefined) await store.compact(previous);
        previous = revision;
      })
      .catch((error: unknown) => log.warn("compacting the history failed; it is tried again", { error: String(error) }));
  }, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
