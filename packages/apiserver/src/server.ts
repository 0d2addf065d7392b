import type { Store } from "@meshplane/storage";
import type { SeatKeeper } from "./flow-control/seat-keeper.ts";
import type { KeptLists } from "./kept-lists.ts";
import type { ServerOptions } from "./server-options.ts";
import type { WatchHub } from "./watch-hub/watch-hub.ts";

/** The parts that a request passes through. Made once by `createApiServer`. */
export interface Server {
  readonly options: ServerOptions;
  readonly store: Store;
  readonly hub: WatchHub;
  readonly lists: KeptLists;
  readonly seats: SeatKeeper;
  readonly health: Health;
}

export interface Health {
  /** projections are loaded and the feed is open */
  started: boolean;
  /** no new long-running requests */
  draining: boolean;
  /** by name; a text says what is wrong */
  readonly checks: Map<string, () => string | undefined>;
}
