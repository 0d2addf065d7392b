import type { Projection } from "@meshplane/apiserver";
import { keyPrefix, type FeedBatch } from "@meshplane/storage";

const exportsPrefix = keyPrefix("apis.kcp.io", "apiexports");
const schemasPrefix = keyPrefix("apis.kcp.io", "apiresourceschemas");

/** Counts the changes of exports and schemas, which are few: everything that the views derive from them is dropped with it. */
export class SharingGeneration implements Projection {
  readonly name = "sharing generation";
  #current = 0;

  readonly current = (): number => this.#current;

  apply(batch: FeedBatch): void {
    if (batch.events.some(({ key }) => key.startsWith(exportsPrefix) || key.startsWith(schemasPrefix))) this.#current++;
  }
}
