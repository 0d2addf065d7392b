import { headersOf } from "../answer.ts";
import { encodeValue } from "../answer-forms.ts";
import type { Endpoint } from "../front-door.ts";
import type { HttpRequest, HttpResponse } from "../http/http-request.ts";
import type { CollectingContext } from "../resource-request.ts";
import type { Server } from "../server.ts";
import type { Surface } from "../surface.ts";
import { apiGroupList, apiGroupOf, apiResourceList, apiVersions, isKnownGroup } from "./discovery-documents.ts";
import { pageNotFound } from "../text-answer.ts";
import { unknownResource } from "@meshplane/apimachinery";

/** `/`, `/api`, `/apis` and below. undefined for other paths. @throws TextAnswer 404, StatusError 404, 406 (wire 13, 36) */
export async function serveDiscovery(
  http: HttpRequest,
  path: string,
  endpoint: Endpoint,
  surface: Surface,
  context: CollectingContext,
  _server: Server,
): Promise<HttpResponse | undefined> {
  const parts = path.split("/");
  if (parts.length > 2 && parts[parts.length - 1] === "") parts.pop();
  const [, root, group, version, ...more] = parts;
  if (more.length > 0) return undefined;
  if (root === "api") {
    if (group === undefined) return json(apiVersions(http));
    if (version !== undefined) return undefined;
    if (group !== "v1") throw unknownResource();
    return json(apiResourceList(surface, "", group));
  }
  if (root !== "apis") return undefined;
  if (group === undefined) return json(apiGroupList(surface));
  if (version === undefined) {
    const found = apiGroupOf(surface, group);
    if (!found) throw pageNotFound();
    return json(found);
  }
  if (isKnownGroup(surface, group) === "builtIn" && !surface.definitions.some((it) => it.group === group && it.version === version))
    throw unknownResource();
  return json(apiResourceList(surface, group, version));

  function json(value: unknown): HttpResponse {
    const { contentType, body } = encodeValue(value, { mediaType: "json" }, http);
    return { status: 200, headers: headersOf(context.auditId, contentType, !endpoint.virtual), body: body as string };
  }
}
