import { hasReason } from "@meshplane/apimachinery";
import { formatObjectKey, parseObjectKey } from "./object-key.ts";
import type { Change, ControllerOptions, KeySource, ObjectKey } from "./reconciler.ts";
import type { ReconcileOutcome } from "./metrics.ts";
import { WorkQueue } from "./work-queue.ts";

export interface Controller {
  readonly name: string;
  /** looks at this key soon, whatever changed */
  enqueue(key: ObjectKey): void;
  /** keys that wait now */
  readonly depth: number;
  /** resolves when nothing waits but delayed keys; for tests */
  settled(): Promise<void>;
  /** takes no more keys; resolves when running reconciles have ended */
  stop(): Promise<void>;
}

/**
 * Connects a reconcile function to a key source. Subscribes at once: start the source after its controllers.
 * One controller handles all logical clusters; it keeps nothing per object but the keys that wait or fail.
 */
export function startController(options: ControllerOptions, source: KeySource): Controller {
  const { name, metrics } = options;
  let stopped = false;
  const queue = new WorkQueue({ workers: options.workers ?? 4, handle });

  if (options.for)
    source.subscribe(
      options.for,
      (change) => {
        if (stopped || (options.filter && !options.filter(change))) return;
        queue.add(formatObjectKey(change.key), change.resourceVersion);
      },
      {
        initial: options.sweep === "none" ? (options.unsettled ? "unsettled" : "none") : "all",
        ...(options.unsettled ? { unsettled: options.unsettled } : {}),
      },
    );
  for (const watch of options.watches ?? []) {
    source.subscribe(watch.resource, (change) => enqueueFor(watch.keys, change, 0), {
      initial: watch.initial === false ? "none" : "all",
    });
  }

  return {
    name,
    enqueue: (key) => queue.add(formatObjectKey(key)),
    get depth() {
      return queue.depth;
    },
    settled: () => queue.settled(),
    stop() {
      stopped = true;
      return queue.stop();
    },
  };

  function enqueueFor(keysOf: (change: Change) => ObjectKey[] | Promise<ObjectKey[]>, change: Change, failures: number): void {
    if (stopped) return;
    try {
      const keys = keysOf(change);
      if (keys instanceof Promise) keys.then(enqueueAll, failed);
      else enqueueAll(keys);
    } catch (error) {
      failed(error);
    }

    // The change will not come again, so its keys must not be lost.
    function failed(error: unknown): void {
      options.onError?.(error, change.key, failures + 1);
      const timer = setTimeout(() => enqueueFor(keysOf, change, failures + 1), Math.min(30_000, 50 * 2 ** Math.min(failures, 20)));
      timer.unref();
    }
  }

  function enqueueAll(keys: ObjectKey[]): void {
    for (const key of keys) queue.add(formatObjectKey(key));
  }

  async function handle(text: string, waitedMs: number): Promise<string | undefined> {
    const started = performance.now();
    let outcome: ReconcileOutcome;
    let settledAt: string | undefined;
    try {
      const result = await options.reconcile(parseObjectKey(text));
      settledAt = result?.settledAt;
      queue.forget(text);
      outcome = "done";
      if (result?.requeueAfterMs !== undefined) {
        queue.addAfter(text, result.requeueAfterMs);
        outcome = "later";
      }
    } catch (error) {
      // Another writer was faster: not worth a line, and the next try sees its state.
      outcome = hasReason(error, "Conflict") ? "conflict" : "error";
      if (outcome === "error") options.onError?.(error, parseObjectKey(text), queue.failures(text) + 1);
      queue.retry(text);
    }
    metrics?.reconciled(name, outcome, (performance.now() - started) / 1000, waitedMs / 1000);
    metrics?.depth(name, queue.depth);
    return settledAt;
  }
}
