import type { Authorizer } from "./authorization/authorizer.ts";
import type { AdmissionPlugin } from "./admission/admission.ts";
import type { HttpRequest, HttpResponse } from "./http/http-request.ts";
import type { SurfaceSource } from "./surface.ts";
import type { ResourceTarget } from "./target.ts";
import type { User } from "./user.ts";

/** What a URL leads to: the API of one logical cluster, a virtual workspace's view of it, or the shard's own paths. */
export interface Endpoint {
  /** a logical cluster's name, "*", or "" for the shard level */
  readonly cluster: string;
  /** the path below the endpoint; starts with "/" */
  readonly path: string;
  readonly surfaces: SurfaceSource;
  readonly authorize: Authorizer;
  /** runs before the server's own admission (virtual workspaces protect their selectors here) */
  readonly admission?: readonly AdmissionPlugin[];
  /** whose name fieldManager defaults to instead of the client's: a view that writes on its behalf */
  readonly userAgent?: string;
  /** who acts once the request is allowed; virtual workspaces add a warrant here */
  readonly actAs?: (user: User, target: ResourceTarget) => User;
  /** the wildcard without identity is refused unless this endpoint says otherwise */
  readonly virtual: boolean;
}

/** Splits `/clusters/<x>/…`, `/services/<virtual workspace>/…` and the rest. @throws StatusError 400, 403, 404 */
export interface FrontDoor {
  resolve(http: HttpRequest): Endpoint | HttpResponse | Promise<Endpoint | HttpResponse>;
}
