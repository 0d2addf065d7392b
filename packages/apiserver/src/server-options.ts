import type { Store } from "@meshplane/storage";
import type { AdmissionPlugin } from "./admission/admission.ts";
import type { Auditor } from "./audit/audit-trail.ts";
import type { Authenticator } from "./authentication/authenticator.ts";
import type { FrontDoor } from "./front-door.ts";
import type { InProcessApi } from "./in-process.ts";
import type { Projection } from "./projection.ts";
import type { RequestContext } from "./request-context.ts";
import type { SurfaceSource } from "./surface.ts";
import type { User } from "./user.ts";
import type { HttpRequest, HttpResponse } from "./http/http-request.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import type { GroupResource, JsonSchema } from "@meshplane/apimachinery";
import type { Guard } from "@meshplane/storage";
import type { NonResourceTarget, Target } from "./target.ts";
import type { ProtobufCodec } from "./protobuf-codec.ts";
import type { SeatLimits } from "./flow-control/seat-keeper.ts";
import type { Surface } from "./surface.ts";

/** Everything that the generic server does not know by itself. Built by `cmd`, or by `testing/start` for tests. */
export interface ServerOptions {
  store: Store;
  /** in the order they see each batch; the watch hub comes last */
  projections: Projection[];
  frontDoor: FrontDoor;
  /** surfaces of the logical clusters themselves, for in-process requests */
  surfaces: SurfaceSource;
  authenticators: Authenticator[];
  /** who comes without credentials is anonymous: everywhere, nowhere, or on some paths (below the logical cluster) */
  anonymous: boolean | ((path: string) => boolean);
  /** decides whether `user` may act as `wanted`. @throws StatusError 403 */
  impersonate?: (user: User, wanted: User, cluster: string, http: HttpRequest, target: Target) => Promise<User> | User;
  admission: AdmissionPlugin[];
  /**
   * Other keys that must hold for a create in this place: the namespace exists and is not being deleted, the logical cluster likewise.
   * @throws StatusError 404, 403
   */
  createGuards?: (
    definition: ResourceDefinition,
    cluster: string,
    namespace: string,
    context: RequestContext,
    /** of the new object, as far as it is known */
    name: string,
  ) => Promise<Guard[]> | Guard[];
  /** paths that no generic handler knows (/openid/v1/jwks, /metrics, …); undefined falls through to 404 */
  nonResource?: (
    http: HttpRequest,
    target: NonResourceTarget,
    surface: Surface | undefined,
  ) => Promise<HttpResponse | undefined> | HttpResponse | undefined;
  /** milliseconds */
  clock: () => number;
  /** a random v4 uuid */
  uid: () => string;
  version: VersionInfo;
  log: Log;
  /** without it nothing is served or read as protobuf */
  protobuf?: ProtobufCodec;
  /** names of OpenAPI components that schemas of built-in kinds stand for */
  componentNameOf?: (schema: JsonSchema) => string | undefined;
  /** who owns the fields that parts of this program set without naming a manager; "unknown" unless given */
  localManager?: string;
  /** called once per request, when its answer has been decided */
  audit?: AuditHook;
  /** writes events of requests, as a policy says */
  auditor?: Auditor;
  /** how many requests are served at once, how many wait */
  seats?: Partial<SeatLimits>;
}

/** For metrics; it must not throw. */
export type AuditHook = (entry: {
  readonly context: RequestContext;
  /** HTTP status of the answer */
  readonly status: number;
  readonly target: Target | undefined;
  readonly http: HttpRequest;
}) => void;

export interface VersionInfo {
  major: string;
  minor: string;
  gitVersion: string;
  gitCommit: string;
  gitTreeState: string;
  buildDate: string;
  platform: string;
}

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The generic API server: handles requests of any listener, and of this process. */
export interface ApiServer {
  /** one request, from target to answer */
  handle(http: HttpRequest): Promise<HttpResponse>;
  readonly local: InProcessApi;
  /** loads the projections and opens the feed; requests before it get 503 */
  start(): Promise<void>;
  /** /readyz and /livez checks */
  addReadyCheck(name: string, check: () => string | undefined): void;
  /** ends open watches of a cluster ("*": of all), of one resource if it is named, cleanly */
  endWatches(cluster: string, resource?: GroupResource): void;
  /**
   * Asks the authorizers again for open watches that stand on this ground (`Decision.ground`), in the clusters concerned; those that have lost it end
   * with a 403. Returns at once; cheap while there are none.
   */
  recheckWatches(ground: string, concerns?: (cluster: string) => boolean): void;
  /** clusters of open watches that stand on this ground */
  clustersWatchedOn(ground: string): ReadonlySet<string>;
  /** not ready, watches end, no new long-running request */
  drain(): Promise<void>;
}
