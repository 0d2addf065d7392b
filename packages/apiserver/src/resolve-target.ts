import type { HttpRequest } from "./http/http-request.ts";
import { percentDecode } from "./http/query.ts";
import type { Target, Verb } from "./target.ts";
import { pageNotFound, TextAnswer } from "./text-answer.ts";
import { isWatch } from "./request-options.ts";

/** Longest path that is taken apart. */
const segmentsMax = 64;

/**
 * What a request is about, from the path below its logical cluster.
 * @throws TextAnswer 307 for paths with empty or dotted segments, 404 (wire 15)
 */
export function resolveTarget(http: HttpRequest, cluster: string, path: string): Target {
  const segments = split(path);
  const head = segments[1];
  if (head === "api" && segments.length > 3 && segments[2] !== "")
    return resourceTarget(http, cluster, path, segments, "", segments[2]!, 3);
  if (head === "apis" && segments.length > 4 && segments[3] !== "")
    return resourceTarget(http, cluster, path, segments, segments[2]!, segments[3]!, 4);
  return { kind: "nonResource", verb: http.method.toLowerCase(), cluster, path };
}

/** `["", "api", "v1", …]`; a trailing slash is dropped. */
function split(path: string): string[] {
  const decoded = path.includes("%") ? percentDecode(path) : path;
  if (decoded === undefined) throw new TextAnswer(400, "400 Bad Request");
  if (decoded.startsWith("//")) throw pageNotFound();
  const segments = decoded.split("/", segmentsMax + 1);
  if (segments.length > segmentsMax) throw pageNotFound();
  if (segments.length > 2 && segments[segments.length - 1] === "") segments.pop();
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i]!;
    if (segments.length > 2 && (segment === "" || segment === "." || segment === "..")) throw redirectToClean(segments);
  }
  return segments;
}

function redirectToClean(segments: readonly string[]): TextAnswer {
  const clean: string[] = [];
  for (const segment of segments) {
    if (segment === "..") clean.pop();
    else if (segment !== "" && segment !== ".") clean.push(encodeURIComponent(segment));
  }
  const location = `/${clean.join("/")}`;
  return new TextAnswer(307, `<a href="${location}">Temporary Redirect</a>.\n\n`, { location, "content-type": "text/html; charset=utf-8" });
}

const verbOfMethod: Readonly<Record<string, Verb>> = {
  __proto__: null as never,
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Other methods are refused after authorization, which sees them as `get`. */
const namespaceSubresources = new Set(["status", "finalize"]);

function resourceTarget(
  http: HttpRequest,
  cluster: string,
  path: string,
  segments: readonly string[],
  group: string,
  version: string,
  start: number,
): Target {
  let at = start;
  let verb = verbOfMethod[http.method] ?? "get";
  const legacyWatch = segments[at] === "watch" && segments.length > at + 1;
  if (legacyWatch) at++;
  let namespace = "";
  if (
    segments[at] === "namespaces" &&
    segments.length > at + 2 &&
    !(segments.length === at + 3 && group === "" && namespaceSubresources.has(segments[at + 2]!))
  ) {
    namespace = segments[at + 1]!;
    at += 2;
  }
  let resource = segments[at]!;
  let identity: string | undefined;
  const colon = resource.indexOf(":");
  if (colon >= 0) {
    identity = resource.slice(colon + 1);
    resource = resource.slice(0, colon);
  }
  const name = segments[at + 1] ?? "";
  const subresource = segments.length > at + 2 ? segments.slice(at + 2).join("/") : "";
  if (legacyWatch) verb = "watch";
  else if (name === "") {
    if (verb === "get") verb = isWatch(http.query) ? "watch" : "list";
    else if (verb === "delete") verb = "deletecollection";
  }
  return { kind: "resource", verb, cluster, group, version, resource, identity, namespace, name, subresource, path };
}
