import type { FeedBatch, Store } from "@meshplane/storage";

/**
 * Something in memory that follows the store: path index, RBAC, watch hub. A write is answered after all projections have seen it,
 * so the next request sees it too, revocations included.
 */
export interface Projection {
  readonly name: string;
  /** reads what is there at `revision`; called once, before any `apply` */
  load?(store: Store, revision: number): Promise<void>;
  /** synchronous and quick */
  apply(batch: FeedBatch): void;
}
