import { createHash } from "node:crypto";
import { failure, methodNotAllowed, unknownResource } from "@meshplane/apimachinery";
import { headersOf } from "../answer.ts";
import { encodeValue } from "../answer-forms.ts";
import type { Endpoint } from "../front-door.ts";
import type { HttpRequest, HttpResponse } from "../http/http-request.ts";
import { clausesOf } from "../negotiation/accept.ts";
import type { MediaType } from "../negotiation/accept.ts";
import type { ProtobufCodec } from "../protobuf-codec.ts";
import type { CollectingContext } from "../resource-request.ts";
import type { Surface } from "../surface.ts";
import { pageNotFound } from "../text-answer.ts";
import { aggregatedCore, apiGroupList, apiGroupOf, apiResourceList, apiVersions, groupNature } from "./discovery-documents.ts";

/** `/api`, `/apis` and below; undefined for other paths. @throws TextAnswer 404; StatusError 404, 405, 406 (wire 13, 36) */
export function serveDiscovery(
  http: HttpRequest,
  path: string,
  endpoint: Endpoint,
  surface: Surface,
  context: CollectingContext,
  codec: ProtobufCodec | undefined,
): HttpResponse | undefined {
  const parts = path.split("/");
  if (parts.length > 2 && parts[parts.length - 1] === "") parts.pop();
  const [, root, group, version, ...more] = parts;
  if (more.length > 0 || (root !== "api" && root !== "apis")) return undefined;
  if (root === "api") {
    if (version !== undefined) return undefined;
    requireGet(http);
    if (group === undefined) {
      const wanted = formOf(http, !endpoint.virtual);
      return wanted === "aggregated" ? aggregated(surface, http, context) : document(apiVersions(http), wanted);
    }
    if (group !== "v1") throw unknownResource();
    if (endpoint.virtual && !surface.definitions.some((it) => it.group === "")) throw pageNotFound();
    return document(apiResourceList(surface, "", group), formOf(http, false));
  }
  if (group === undefined) return document(apiGroupList(surface, http), formOf(http, false));
  const nature = groupNature(surface, group);
  if (nature === "builtIn") requireGet(http);
  if (version === undefined) {
    const found = apiGroupOf(surface, group);
    if (!found) throw pageNotFound();
    return document(found, formOf(http, false));
  }
  if (endpoint.virtual && !surface.definitions.some((it) => it.group === group && it.version === version)) throw pageNotFound();
  if (nature === "builtIn" && !surface.definitions.some((it) => it.group === group && it.version === version)) throw unknownResource();
  return document(apiResourceList(surface, group, version), formOf(http, false));

  function document(value: unknown, mediaType: MediaType): HttpResponse {
    const bytes = mediaType === "protobuf" ? codec?.encodeAny?.(value as { kind: string }) : undefined;
    if (bytes)
      return { status: 200, headers: headersOf(context.auditId, "application/vnd.kubernetes.protobuf", !endpoint.virtual), body: bytes };
    const { contentType, body } = encodeValue(value, { mediaType }, http);
    return { status: 200, headers: headersOf(context.auditId, contentType, !endpoint.virtual), body: body as string };
  }
}

function requireGet({ method }: HttpRequest): void {
  if (method !== "GET") throw methodNotAllowed();
}

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** @throws StatusError 406 */
function formOf(http: HttpRequest, aggregates: false): MediaType;
function formOf(http: HttpRequest, aggregates: boolean): MediaType | "aggregated";
function formOf(http: HttpRequest, aggregates: boolean): MediaType | "aggregated" {
  const accept = http.headers.accept as string | undefined;
  if (!accept) return "json";
  for (const { type, parameters } of clausesOf(accept)) {
    const as = parameters.get("as");
    if (as !== undefined) {
      const isV2 = as === "APIGroupDiscoveryList" && parameters.get("g") === "apidiscovery.k8s.io" && parameters.get("v") === "v2";
      if (isV2 && aggregates && type === "application/json") return "aggregated";
      continue;
    }
    if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
    if (type === "application/yaml") return "yaml";
    if (type === "application/vnd.kubernetes.protobuf") return "protobuf";
  }
  throw failure(
    406,
    "NotAcceptable",
    undefined,
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}

const aggregates = new WeakMap<Surface, { body: string; etag: string }>();

function aggregated(surface: Surface, http: HttpRequest, context: CollectingContext): HttpResponse {
  let known = aggregates.get(surface);
  if (!known) {
    const body = `${JSON.stringify(aggregatedCore(surface))}\n`;
    known = { body, etag: `"${createHash("sha512").update(body).digest("hex").toUpperCase()}"` };
    aggregates.set(surface, known);
  }
  const headers = { ...headersOf(context.auditId, aggregatedType), "cache-control": "public", etag: known.etag, vary: "Accept" };
  if (http.headers["if-none-match"] === known.etag) return { status: 304, headers, body: undefined };
  return { status: 200, headers, body: known.body };
}
