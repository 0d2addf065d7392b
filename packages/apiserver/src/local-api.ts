import type { InProcessApi } from "./in-process.ts";
import type { Server } from "./server.ts";

/** The same stages as for HTTP, from admission on, for parts of this program. */
export function createLocalApi(server: Server): InProcessApi {
  void server;
  return {
    object: () => Promise.reject(new Error("not wired up yet")),
    list: () => Promise.reject(new Error("not wired up yet")),
  };
}
