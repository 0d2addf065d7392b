import type { FeedBatch, FeedHandle } from "./store.ts";

/**
 * Delivers batches to those who listen, in order even when a consumer commits from within its delivery. A consumer that throws is a bug
 * of ours, not a failed commit: it surfaces as an uncaught exception.
 */
export class FeedConsumers {
  #consumers = new Set<(batch: FeedBatch) => void>();
  #pending: FeedBatch[] = [];
  #delivering = false;

  get empty(): boolean {
    return this.#consumers.size === 0;
  }

  add(deliver: (batch: FeedBatch) => void): FeedHandle {
    const consumer = (batch: FeedBatch): void => deliver(batch);
    this.#consumers.add(consumer);
    return { close: () => this.#consumers.delete(consumer) };
  }

  /** When this returns to the outermost caller, every consumer has seen the batch. */
  publish(batch: FeedBatch): void {
    this.#pending.push(batch);
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let next = this.#pending.shift(); next; next = this.#pending.shift()) {
        for (const consumer of this.#consumers) deliverTo(consumer, next);
      }
    } finally {
      this.#delivering = false;
    }
  }

  clear(): void {
    this.#consumers.clear();
  }
}

export function deliverTo(consumer: (batch: FeedBatch) => void, batch: FeedBatch): void {
  try {
    consumer(batch);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
