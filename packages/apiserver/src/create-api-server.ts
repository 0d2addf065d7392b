import { serviceUnavailable } from "@meshplane/apimachinery";
import type { FeedHandle } from "@meshplane/storage";
import { SeatKeeper } from "./flow-control/seat-keeper.ts";
import { encodeStatus } from "./answer-forms.ts";
import { KeptLists } from "./kept-lists.ts";
import { createLocalApi } from "./local-api.ts";
import type { Projection } from "./projection.ts";
import { releaseMemoryWhenQuiet } from "./release-memory.ts";
import { serveRequest } from "./request-path.ts";
import type { ApiServer, ServerOptions } from "./server-options.ts";
import type { Health, Server } from "./server.ts";
import { WatchHub } from "./watch-hub/watch-hub.ts";

/** Builds the generic API server. Nothing runs before `start`. */
export function createApiServer(options: ServerOptions): ApiServer {
  const { store, projections } = options;
  const hub = new WatchHub(store, options.clock, () => releaseMemoryWhenQuiet(() => requests));
  let requests = 0;
  const lists = new KeptLists(options.clock);
  const health: Health = { started: false, draining: false, checks: new Map() };
  const server: Server = { options, store, hub, lists, seats: new SeatKeeper(options.seats), health };
  let feed: FeedHandle | undefined;

  return {
    async handle(http) {
      requests++;
      if (health.started || isHealthPath(http.path)) return serveRequest(http, server);
      const { contentType, body } = encodeStatus(serviceUnavailable("the server is starting").status, http, undefined);
      return { status: 503, headers: { "content-type": contentType, "retry-after": "1" }, body };
    },
    local: createLocalApi(server),
    async start() {
      const revision = await store.revision();
      const all: readonly Projection[] = [...projections, lists, hub];
      for (const projection of all) await projection.load?.(store, revision);
      feed = await store.feed(revision, (batch) => {
        for (const projection of all) projection.apply(batch);
      });
      health.started = true;
    },
    addReadyCheck: (name, check) => void health.checks.set(name, check),
    endWatches: (cluster, resource) => hub.end(cluster, resource),
    recheckWatches: (ground, concerns = () => true) => hub.recheck(ground, concerns),
    clustersWatchedOn: (ground) => hub.clustersOn(ground),
    async drain() {
      health.draining = true;
      hub.close();
      feed?.close();
    },
  };
}

const isHealthPath = (path: string): boolean => /^\/(?:livez|readyz|healthz)(?:\/|$)/.test(path);
