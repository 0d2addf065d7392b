import { hasReason } from "@meshplane/apimachinery";
import { sleep } from "./requests.ts";

/**
 * Runs `change` again while it fails with Conflict: it must read the object anew each time.
 * @param options.tries in all; 5 by default
 * @throws what `change` throws, after the last try the Conflict itself
 */
export async function retryOnConflict<R>(change: () => Promise<R>, options: { tries?: number; signal?: AbortSignal } = {}): Promise<R> {
  const tries = options.tries ?? 5;
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      if (!hasReason(error, "Conflict") || attempt >= tries) throw error;
    }
    await sleep(10 * 2 ** attempt * (0.5 + Math.random() / 2), options.signal);
  }
}
