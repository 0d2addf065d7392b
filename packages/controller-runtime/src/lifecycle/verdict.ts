/**
 * What a lifecycle subroutine says of its part; each verdict is a condition of the object and decides whether the chain goes on.
 * @see spec platform-mesh/topology §2, "condition vocabulary"
 */
export type Verdict =
  | { readonly kind: "complete"; readonly requeueAfterMs?: number }
  | { readonly kind: "pending"; readonly message: string; readonly requeueAfterMs: number }
  | { readonly kind: "stopped"; readonly message: string; readonly requeueAfterMs?: number }
  | { readonly kind: "skipped"; readonly message: string }
  | { readonly kind: "skipRest"; readonly ready: boolean; readonly message: string };

/** Done: True/Complete. With a delay it is looked at again, and in a deletion the finalizer stays until then. */
export const complete = (requeue?: { afterSeconds: number }): Verdict =>
  requeue ? { kind: "complete", requeueAfterMs: requeue.afterSeconds * 1000 } : done;
const done: Verdict = Object.freeze({ kind: "complete" });

/** Not there yet, which does not keep the later steps from running: Unknown/Pending. */
export const pendingFor = (message: string, { afterSeconds }: { afterSeconds: number }): Verdict => ({
  kind: "pending",
  message,
  requeueAfterMs: afterSeconds * 1000,
});

/** Later steps make no sense yet: False/Stopped. Without a delay only a change brings us back. */
export const stopped = (message: string, requeue?: { afterSeconds: number }): Verdict => ({
  kind: "stopped",
  message,
  ...(requeue ? { requeueAfterMs: requeue.afterSeconds * 1000 } : {}),
});

/** Nothing to do here: True/Skipped. */
export const skipped = (message: string): Verdict => ({ kind: "skipped", message });

/** Neither this nor any later step applies: all of them are Skipped, with the status given. */
export const skipRest = (ready: boolean, message: string): Verdict => ({ kind: "skipRest", ready, message });
