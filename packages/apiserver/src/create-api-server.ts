import type { ApiServer, ServerOptions } from "./server-options.ts";

/** Builds the generic API server. Nothing runs before `start`. */
export function createApiServer(options: ServerOptions): ApiServer {
  void options;
  throw new Error("not wired up yet");
}
