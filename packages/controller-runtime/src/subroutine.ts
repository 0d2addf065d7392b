import { copyJson, equalJson, hasReason, type GroupVersionResource, type KubeObject } from "@meshplane/apimachinery";
import type { MultiClusterClient } from "@meshplane/client";
import type { ObjectKey, Reconcile } from "./reconciler.ts";

/** What a step says: go on with the next, or not; and when to look again at the latest. */
export interface Outcome {
  readonly next: boolean;
  readonly requeueAfterMs?: number;
}

/** Done here; the next step may run. */
export const ok: Outcome = Object.freeze({ next: true });
/** Nothing after this step may run now; a change brings us back. */
export const stop: Outcome = Object.freeze({ next: false });
/** Waiting for something that tells nobody: nothing after this step runs, and we look again. */
export const pending = ({ afterSeconds }: { afterSeconds: number }): Outcome => ({
  next: false,
  requeueAfterMs: afterSeconds * 1000,
});
/** Done here, the next step may run, and we look again in a while. */
export const okUntil = ({ afterSeconds }: { afterSeconds: number }): Outcome => ({
  next: true,
  requeueAfterMs: afterSeconds * 1000,
});

/**
 * One idempotent step. The object is a private copy: what the step changes in it is written once, after all steps.
 * A thrown error means unforeseen: what earlier steps changed is still written, then the key backs off.
 */
export type Subroutine<T extends KubeObject = KubeObject> = (object: T, key: ObjectKey) => Promise<Outcome> | Outcome;

export interface SubroutinesOptions<T extends KubeObject> {
  client: MultiClusterClient;
  resource: GroupVersionResource;
  subroutines: readonly Subroutine<T>[];
  /** fields below /status are written through the subresource (default), or with the rest */
  statusSubresource?: boolean;
  /** a pass that no step has stopped leaves nothing to do for another one: its own writes do not bring the key back */
  settles?: boolean;
  /** runs when the object is gone */
  gone?: (key: ObjectKey) => Promise<void> | void;
}

/**
 * A reconcile that reads the object, runs the steps in order and writes what they changed: metadata and spec first, then status.
 * @throws StatusError Conflict when somebody else wrote in between: the next try starts from their state
 */
export function reconcileBySubroutines<T extends KubeObject>(options: SubroutinesOptions<T>): Reconcile {
  return async (key) => {
    const objects = options.client.cluster(key.cluster).resource<T>(options.resource);
    const namespace = key.namespace === "" ? {} : { namespace: key.namespace };
    let current: T;
    try {
      current = await objects.get(key.name, namespace);
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
      await options.gone?.(key);
      return undefined;
    }
    const next = copyJson(current);
    let requeueAfterMs: number | undefined;
    let failure: { error: unknown } | undefined;
    let stopped = false;
    try {
      for (const subroutine of options.subroutines) {
        const outcome = await subroutine(next, key);
        if (outcome.requeueAfterMs !== undefined) {
          requeueAfterMs = Math.min(requeueAfterMs ?? Infinity, outcome.requeueAfterMs);
        }
        if (!outcome.next) {
          stopped = true;
          break;
        }
      }
    } catch (error) {
      failure = { error };
    }
    const settledAt = await writeChanges();
    if (failure) throw failure.error;
    const settled = options.settles && !stopped && settledAt !== undefined;
    if (requeueAfterMs === undefined && !settled) return undefined;
    return { ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }), ...(settled ? { settledAt } : {}) };

    /** @returns the version that is stored then */
    async function writeChanges(): Promise<string | undefined> {
      const viaSubresource = options.statusSubresource !== false;
      const statusChanged = !equalJson(next["status"], current["status"]);
      if (differs(next, current, viaSubresource)) {
        const written = await objects.update(next, namespace);
        // the last finalizer has gone, and the object with it
        if (written.metadata?.uid !== next.metadata.uid) return undefined;
        next.metadata = copyJson(written.metadata);
        if (next.metadata.deletionTimestamp && !next.metadata.finalizers?.length) return undefined;
      }
      if (!viaSubresource || !statusChanged) return next.metadata.resourceVersion;
      return (await objects.updateStatus(next, namespace)).metadata?.resourceVersion;
    }
  };
}

function differs(next: KubeObject, current: KubeObject, exceptStatus: boolean): boolean {
  for (const field of new Set([...Object.keys(next), ...Object.keys(current)])) {
    if (exceptStatus && field === "status") continue;
    if (!equalJson(next[field], current[field])) return true;
  }
  return false;
}

/** Steps that do not look at what the others change, as one: their writes can share a commit's sync. What one throws is thrown once all have ended. */
export const sideBySide =
  <T extends KubeObject>(...steps: readonly Subroutine<T>[]): Subroutine<T> =>
  async (object, key) => {
    const ended = await Promise.allSettled(steps.map(async (step) => step(object, key)));
    let next = true;
    let requeueAfterMs: number | undefined;
    for (const one of ended) {
      if (one.status === "rejected") throw one.reason;
      next &&= one.value.next;
      if (one.value.requeueAfterMs !== undefined) requeueAfterMs = Math.min(requeueAfterMs ?? Infinity, one.value.requeueAfterMs);
    }
    return { next, ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }) };
  };
