import { headersOf } from "../answer.ts";
import { definitionId } from "../definition-id.ts";
import type { Endpoint } from "../front-door.ts";
import { acceptsGzip, compressed } from "../http/compress.ts";
import type { HttpRequest, HttpResponse } from "../http/http-request.ts";
import { clausesOf } from "../negotiation/accept.ts";
import type { ResourceDefinition } from "../resource-definition.ts";
import type { CollectingContext } from "../resource-request.ts";
import type { Server } from "../server.ts";
import type { Surface } from "../surface.ts";
import { pageNotFound } from "../text-answer.ts";
import { DocumentCache } from "./document-cache.ts";
import type { Document } from "./document-cache.ts";
import { openApiV2 } from "./openapi-v2.ts";
import { encodeOpenApiV2 } from "./openapi-v2-protobuf.ts";
import { plainOpenApi } from "./plain-openapi.ts";
import { openApiV3 } from "./openapi-v3.ts";
import { encodeOpenApiV3 } from "./openapi-v3-protobuf.ts";

const documents = new DocumentCache();
/** Never shown in OpenAPI (wire 40). */
const hiddenGroup = "apiextensions.k8s.io";

/** `/openapi/v2`, `/openapi/v3` and below; undefined for other paths. @throws TextAnswer 404 (wire §4) */
export async function serveOpenApi(
  http: HttpRequest,
  path: string,
  endpoint: Endpoint,
  surface: Surface,
  context: CollectingContext,
  server: Server,
): Promise<HttpResponse | undefined> {
  if (path === "/openapi/v2") {
    if (endpoint.virtual) throw pageNotFound();
    return serveV2(http, surface, context, server);
  }
  if (path === "/openapi/v3" || path === "/openapi/v3/") return serveIndex(http, endpoint, surface, context, server);
  if (!path.startsWith("/openapi/v3/")) return undefined;
  return serveV3(http, path.slice("/openapi/v3/".length), endpoint, surface, context, server);
}

const shown = (definition: ResourceDefinition): boolean => definition.discoverable && definition.group !== hiddenGroup;

/** By the path below /openapi/v3/: `api/v1`, `apis/<group>/<version>`. */
function groupVersions(surface: Surface): Map<string, ResourceDefinition[]> {
  const found = new Map<string, ResourceDefinition[]>();
  for (const definition of surface.definitions) {
    if (!shown(definition)) continue;
    const name = definition.group === "" ? `api/${definition.version}` : `apis/${definition.group}/${definition.version}`;
    const list = found.get(name);
    if (list) list.push(definition);
    else found.set(name, [definition]);
  }
  return found;
}

function documentOf(definitions: readonly ResourceDefinition[], server: Server): Document {
  const { componentNameOf = () => undefined, version, clock } = server.options;
  const key = `3:${definitions.map(definitionId).join(",")}`;
  return documents.get(key, () => openApiV3(definitions, componentNameOf, version.gitVersion), clock());
}

/** What is no group version but has a document too (wire 41): discovery of groups, and the server's own paths. */
function plainPaths(surface: Surface, virtual: boolean): string[] {
  const groups = new Set<string>();
  for (const it of surface.definitions) if (shown(it) && it.group !== "" && (virtual || it.builtIn)) groups.add(`apis/${it.group}`);
  const own = virtual ? ["api", "apis", "version"] : [".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version"];
  return [...own, ...groups];
}

function plainDocument(name: string, server: Server): Document {
  const { version, clock } = server.options;
  return documents.get(`plain:${name}`, () => plainOpenApi(name, version.gitVersion), clock());
}

const indexes = new WeakMap<Surface, Document>();

async function serveIndex(
  http: HttpRequest,
  endpoint: Endpoint,
  surface: Surface,
  context: CollectingContext,
  server: Server,
): Promise<HttpResponse> {
  let index = indexes.get(surface);
  if (!index) {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    const found = groupVersions(surface);
    const names = [...found.keys(), ...plainPaths(surface, endpoint.virtual)].sort();
    for (const name of names) {
      const definitions = found.get(name);
      const { hash } = definitions ? documentOf(definitions, server) : plainDocument(name, server);
      paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` };
      await new Promise(setImmediate); // each document takes a few milliseconds
    }
    index = new DocumentCache().get("", () => ({ paths }), server.options.clock());
    indexes.set(surface, index);
  }
  return answerDocument(http, index, "application/json", context);
}

function serveV3(
  http: HttpRequest,
  name: string,
  endpoint: Endpoint,
  surface: Surface,
  context: CollectingContext,
  server: Server,
): HttpResponse {
  const definitions = groupVersions(surface).get(name);
  if (!definitions && !plainPaths(surface, endpoint.virtual).includes(name)) {
    const { "content-type": _none, ...headers } = headersOf(context.auditId, "");
    return { status: 200, headers, body: undefined };
  }
  const wantedType = typeOf(http, protobufV3);
  if (!wantedType) return notAcceptable(context);
  const document = definitions ? documentOf(definitions, server) : plainDocument(name, server);
  const wanted = http.query.get("hash");
  if (wanted !== undefined && wanted !== "" && wanted !== document.hash) {
    const location = `/openapi/v3/${name}?hash=${document.hash}`;
    return {
      status: 301,
      headers: { ...headersOf(context.auditId, "text/html; charset=utf-8"), location },
      body: `<a href="${location}">Moved Permanently</a>.\n\n`,
    };
  }
  return answerDocument(http, document, wantedType, context, encodeOpenApiV3);
}

const protobufV2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const protobufV3 = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";

async function serveV2(http: HttpRequest, surface: Surface, context: CollectingContext, server: Server): Promise<HttpResponse> {
  const wanted = typeOf(http, protobufV2);
  if (!wanted) return notAcceptable(context);
  const definitions = surface.definitions.filter((it) => it.builtIn && shown(it));
  const { componentNameOf = () => undefined, version, clock } = server.options;
  const key = definitions.map(definitionId).join(",");
  const document = documents.get(`2:${key}`, () => openApiV2(definitions, componentNameOf, `${version.major}.${version.minor}`), clock());
  let response = answerDocument(http, document, wanted, context, encodeOpenApiV2);
  const encoding = http.headers["accept-encoding"];
  if (response.status === 200 && typeof encoding === "string" && acceptsGzip(encoding)) response = await compressed(response);
  response.headers.vary = ["Accept-Encoding", "Accept"];
  response.headers["accept-ranges"] = "bytes";
  return response;
}

const encoded = new WeakMap<Document, Uint8Array>();

function protobufOf(document: Document, encode: (document: object) => Uint8Array): Uint8Array {
  let bytes = encoded.get(document);
  if (!bytes) encoded.set(document, (bytes = encode(JSON.parse(document.text) as object)));
  return bytes;
}

/** JSON, or protobuf under either of the names that clients write, the older with an @. */
function typeOf(http: HttpRequest, protobuf: string): string | undefined {
  const accept = http.headers.accept as string | undefined;
  if (!accept) return "application/json";
  for (const { type } of clausesOf(accept)) {
    if (type === "application/json" || type === "*/*" || type === "application/*") return "application/json";
    if (type === protobuf || type.replace("@v1.0", ".v1.0") === protobuf) return protobuf;
  }
  return undefined;
}

function notAcceptable(context: CollectingContext): HttpResponse {
  const { "content-type": _none, ...headers } = headersOf(context.auditId, "");
  return { status: 406, headers, body: undefined };
}

function answerDocument(
  http: HttpRequest,
  document: Document,
  contentType: string,
  context: CollectingContext,
  protobuf?: (document: object) => Uint8Array,
): HttpResponse {
  const { text, hash, builtAt } = document;
  const etag = `"${hash}"`;
  const headers = { ...headersOf(context.auditId, contentType), etag, "last-modified": new Date(builtAt).toUTCString() };
  const match = http.headers["if-none-match"];
  if (match === etag) return { status: 304, headers, body: undefined };
  return { status: 200, headers, body: contentType === "application/json" || !protobuf ? text : protobufOf(document, protobuf) };
}
