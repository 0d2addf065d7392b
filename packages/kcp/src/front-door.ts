/** What a URL leads to. @see spec tenancy §2, wire §2 */
import { allClusters, badRequest, forbidden, isClusterName, isClusterPath, notFound } from "@meshplane/apimachinery";
import {
  surfaceOf,
  type Authorizer,
  type Endpoint,
  type FrontDoor,
  type HttpRequest,
  type HttpResponse,
  type SurfaceSource,
} from "@meshplane/apiserver";
import { asDeepReviewer } from "./deep-reviews.ts";
import { mountHopsMax, type MountProxy } from "./mounts/mount-proxy.ts";
import { plainAnswer } from "./mounts/plain-answer.ts";
import type { PathIndex } from "./logical-clusters/path-index.ts";
import { serviceAccountCluster } from "./service-account-token.ts";
import type { VirtualWorkspace } from "./virtual-workspace.ts";

export interface FrontDoorParts {
  paths: PathIndex;
  surfaces: SurfaceSource;
  /** `<resource>:<identity>` in a URL is looked up on a surface of its own */
  identitySurfaces: (group: string, version: string, resource: string, identity: string) => SurfaceSource;
  /** a resource's metadata across all logical clusters, whoever provides it */
  metadataSurfaces: (group: string, version: string, resource: string) => SurfaceSource;
  authorize: Authorizer;
  /** answers `workspaces/~` of root; undefined while homes are switched off */
  homes: Endpoint | undefined;
  /** passes a request on to where a mounted workspace is served */
  proxy: MountProxy;
  /** a mount below one of these leads back here: no proxy is needed, and who calls is known */
  ownOrigins: readonly string[];
}

export class KcpFrontDoor implements FrontDoor {
  readonly #parts: FrontDoorParts;
  readonly #virtualWorkspaces = new Map<string, VirtualWorkspace>();

  constructor(parts: FrontDoorParts) {
    this.#parts = parts;
  }

  mount(virtualWorkspace: VirtualWorkspace): void {
    this.#virtualWorkspaces.set(virtualWorkspace.name, virtualWorkspace);
  }

  resolve(http: HttpRequest): Endpoint | HttpResponse | Promise<Endpoint | HttpResponse> {
    return this.#resolve(http, http.path, 0);
  }

  #resolve(http: HttpRequest, path: string, hops: number): Endpoint | HttpResponse | Promise<Endpoint | HttpResponse> {
    if (path.startsWith("/clusters/")) return this.#clusterEndpoint(http, path, hops);
    if (path.startsWith("/services/")) return this.#serviceEndpoint(http, path);
    const cluster = serviceAccountCluster(single(http.headers["authorization"]));
    if (cluster !== undefined && isClusterName(cluster) && http.headers["x-kubernetes-sharded-request"] === undefined)
      return this.#endpointOf(http, cluster, path);
    return this.#shardEndpoint(path);
  }

  #clusterEndpoint(http: HttpRequest, path: string, hops: number): Endpoint | HttpResponse | Promise<Endpoint | HttpResponse> {
    const { name: encoded, rest } = cut(path, "/clusters/".length);
    if (encoded === "") return this.#shardEndpoint("/");
    // clients that keep the context's cluster in the URL: the view's own cluster counts
    if (rest.startsWith("/services/")) return this.#serviceEndpoint(http, rest);
    const name = encoded.includes("%") ? decode(encoded) : encoded;
    if (name === allClusters) return this.#endpointOf(http, allClusters, rest);
    if (!isClusterPath(name)) throw badRequest(`invalid cluster: "${name}" does not match the regex`);
    if (name.startsWith("system:") || !name.includes(":")) return this.#endpointOf(http, name, rest);
    const resolved = this.#parts.paths.resolve(name);
    if (!resolved) throw notFound({ group: "tenancy.kcp.io", resource: "workspaces" }, name);
    if (resolved.kind === "mount") return this.#mounted(http, resolved.url, rest, hops);
    if (resolved.kind === "unavailable") return notAvailable();
    return this.#endpointOf(http, resolved.cluster, rest);
  }

  #mounted(http: HttpRequest, url: string, rest: string, hops: number): Endpoint | HttpResponse | Promise<Endpoint | HttpResponse> {
    const { origin, pathname, search } = URL.canParse(url) ? new URL(url) : { origin: "", pathname: "", search: "" };
    if (search !== "" || !this.#parts.ownOrigins.includes(origin)) return this.#parts.proxy(http, url, rest);
    if (hops >= mountHopsMax) return plainAnswer(508, "mounts lead in a circle\n");
    return this.#resolve(http, pathname.replace(/\/$/, "") + rest, hops + 1);
  }

  #endpointOf(http: HttpRequest, cluster: string, path: string): Endpoint | HttpResponse {
    const { paths, surfaces, authorize, homes } = this.#parts;
    if (path === "/metrics" && http.path.startsWith("/clusters/")) return noMetrics();
    if (paths.get(cluster)?.inactive && !openWhileInactive(path))
      throw forbidden({ group: "core.kcp.io", resource: "logicalclusters" }, cluster, "logical cluster is marked inactive");
    if (homes && cluster === "root" && path === homePath) return homes;
    const actAs = asDeepReviewer(http);
    const own = this.#identitySurface(path) ?? (cluster === allClusters ? this.#metadataSurface(http, path) : undefined);
    return { cluster, path, surfaces: own ?? surfaces, authorize, ...(actAs ? { actAs } : {}), virtual: false };
  }

  #shardEndpoint(path: string): Endpoint {
    const { surfaces, authorize } = this.#parts;
    return { cluster: "", path, surfaces, authorize, virtual: false };
  }

  /** undefined for the usual URLs without a colon */
  #identitySurface(path: string): SurfaceSource | undefined {
    if (!path.includes(":") && !path.includes("%3A") && !path.includes("%3a")) return undefined;
    const segments = decode(path).split("/");
    if (segments[1] !== "apis" || segments.length < 5) return undefined;
    const at = segments[4] === "namespaces" && segments.length > 6 ? 6 : 4;
    const colon = segments[at]!.indexOf(":");
    if (colon < 0) return undefined;
    const resource = segments[at]!;
    return this.#parts.identitySurfaces(segments[2]!, segments[3]!, resource.slice(0, colon), resource.slice(colon + 1));
  }

  /** undefined unless only metadata is asked for, of a resource without an identity */
  #metadataSurface(http: HttpRequest, path: string): SurfaceSource | undefined {
    if (!/[;,]\s*as=PartialObjectMetadata/.test(single(http.headers["accept"]) ?? "")) return undefined;
    const [, apis, group, version, resource] = decode(path).split("/");
    return apis === "apis" && resource ? this.#parts.metadataSurfaces(group!, version!, resource) : undefined;
  }

  async #serviceEndpoint(http: HttpRequest, path: string): Promise<Endpoint | HttpResponse> {
    const { name, rest } = cut(path, "/services/".length);
    const endpoint = await this.#virtualWorkspaces.get(name)?.resolve(http, rest === "/" && !path.endsWith("/") ? "" : rest);
    return endpoint ?? unresolvedService(path);
  }
}

const homePath = "/apis/tenancy.kcp.io/v1alpha1/workspaces/~";

const openWhileInactive = (path: string): boolean =>
  path.startsWith("/openapi") || path.startsWith("/apis/core.kcp.io/v1alpha1/logicalclusters");

/** "a/rest" → "a", "/rest"; without a rest it is "/". */
function cut(path: string, start: number): { name: string; rest: string } {
  const slash = path.indexOf("/", start);
  return slash < 0 ? { name: path.slice(start), rest: "/" } : { name: path.slice(start, slash), rest: path.slice(slash) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest(`invalid cluster: "${text}" does not match the regex`);
  }
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** They name what all workspaces were asked for, so they are the shard's. */
const noMetrics = (): HttpResponse => plainAnswer(501, "shard-level endpoint not available at workspace scope\n");

const notAvailable = (): HttpResponse => plainAnswer(503, "Not available.\n");

/** 403 that names the caller, so it comes after authentication. Virtual workspaces use it for what they do not know (wire 17). */
export const unresolvedService = (path: string): Endpoint => ({
  cluster: "",
  path,
  surfaces: () => nothingServed,
  authorize: ({ user, target }) => {
    const why = `User ${JSON.stringify(user.name)} cannot ${target.verb} path ${JSON.stringify(path)}: Path not resolved to a valid virtual workspace`;
    throw forbidden({ group: "", resource: "" }, "", why);
  },
  virtual: true,
});

const nothingServed = surfaceOf("nothing", []);
