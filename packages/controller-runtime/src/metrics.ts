/** What a controller tells about itself; composition turns it into numbers to scrape. */
export interface ControllerMetrics {
  /** one reconcile has ended; `seconds` it took, `waitedSeconds` in the queue before */
  reconciled(controller: string, outcome: ReconcileOutcome, seconds: number, waitedSeconds: number): void;
  /** keys that wait now; told when it changes, not more often than once a reconcile */
  depth(controller: string, keys: number): void;
}

export type ReconcileOutcome = "done" | "later" | "conflict" | "error";
