import type { Endpoint } from "./front-door.ts";
import { headersOf } from "./answer.ts";
import { encodeValue } from "./answer-forms.ts";
import { serveDiscovery } from "./discovery/serve-discovery.ts";
import { serveHealth } from "./health.ts";
import type { HttpRequest, HttpResponse } from "./http/http-request.ts";
import type { CollectingContext } from "./resource-request.ts";
import type { Server } from "./server.ts";
import type { Surface } from "./surface.ts";
import type { NonResourceTarget } from "./target.ts";
import { pageNotFound } from "./text-answer.ts";

/** Discovery, OpenAPI, health, version, and what the composition adds. @throws TextAnswer 404 */
export async function serveNonResource(
  http: HttpRequest,
  target: NonResourceTarget,
  endpoint: Endpoint,
  surface: Surface,
  context: CollectingContext,
  server: Server,
): Promise<HttpResponse> {
  const own = await server.options.nonResource?.(http, target, surface);
  if (own) return own;
  const { path } = target;
  if (path === "/version" || path === "/version/") return json(server.options.version);
  const health = serveHealth(http, path, server, context);
  if (health) return health;
  const discovery = await serveDiscovery(http, path, endpoint, surface, context, server);
  if (discovery) return discovery;
  throw pageNotFound();

  function json(value: unknown): HttpResponse {
    const { contentType, body } = encodeValue(value, { mediaType: "json", pretty: true }, http);
    return { status: 200, headers: headersOf(context.auditId, contentType, !endpoint.virtual), body: body as string };
  }
}
