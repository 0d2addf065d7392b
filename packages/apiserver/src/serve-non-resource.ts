import { failure, methodNotAllowed } from "@meshplane/apimachinery";
import { headersOf } from "./answer.ts";
import { encodeValue } from "./answer-forms.ts";
import { rootPaths } from "./discovery/discovery-documents.ts";
import { serveDiscovery } from "./discovery/serve-discovery.ts";
import type { Endpoint } from "./front-door.ts";
import { serveHealth } from "./health.ts";
import type { HttpRequest, HttpResponse } from "./http/http-request.ts";
import { serveOpenApi } from "./openapi/serve-openapi.ts";
import type { CollectingContext } from "./resource-request.ts";
import type { Server } from "./server.ts";
import type { VersionInfo } from "./server-options.ts";
import type { Surface } from "./surface.ts";
import type { NonResourceTarget } from "./target.ts";
import { pageNotFound } from "./text-answer.ts";

/** Discovery, OpenAPI, health, version, and what the composition adds. @throws TextAnswer 404; StatusError 404, 405, 406 */
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
  if (path === "/version" || path === "/version/") {
    if (http.method !== "GET") throw methodNotAllowed();
    return indented(versionDocument(server.options.version));
  }
  if (path === "/" || path === "") {
    if (http.method !== "GET" && http.method !== "HEAD")
      throw failure(405, "MethodNotAllowed", {}, "the server does not allow this method on the requested resource");
    return indented(endpoint.virtual ? virtualRootPaths : rootPaths(surface));
  }
  const served =
    serveHealth(http, path, server, context) ??
    serveDiscovery(http, path, endpoint, surface, context, server.options.protobuf) ??
    (await serveOpenApi(http, path, endpoint, surface, context, server));
  if (served) return served;
  throw pageNotFound();

  function indented(value: unknown): HttpResponse {
    const { contentType, body } = encodeValue(value, { mediaType: "json", pretty: true }, http);
    return { status: 200, headers: headersOf(context.auditId, contentType, !endpoint.virtual), body: body as string };
  }
}

const virtualRootPaths = {
  paths: ["/api", "/api/v1", "/api/v1/", "/apis", "/apis/", "/metrics", "/metrics/slis", "/openapi", "/openapi/", "/version"],
};

/** wire 10: kubectl parses gitVersion as a semantic version. */
function versionDocument({ major, minor, ...rest }: VersionInfo): object {
  const previous = Number.isNaN(Number(minor)) ? minor : String(Math.max(0, Number(minor) - 1));
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: previous,
    ...rest,
    goVersion: "none",
    compiler: "none",
  };
}
