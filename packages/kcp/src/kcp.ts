import type {
  AdmissionPlugin,
  AuthorizationAttributes,
  Authorizer,
  Explanation,
  FrontDoor,
  Projection,
  RequestContext,
  ResourceDefinition,
  ServerOptions,
  SurfaceSource,
  User,
} from "@meshplane/apiserver";
import type { KindOf, TokenAuthenticator } from "@meshplane/controlplane";
import type { Controller, KeySource } from "@meshplane/controller-runtime";
import type { PublishedResources } from "./cached-resources/published-resources.ts";
import type { PathIndex } from "./logical-clusters/path-index.ts";
import type { ExportIndex } from "./exports/export-index.ts";
import type { ClusterApisSource } from "./surfaces/cluster-apis.ts";
import type { VirtualWorkspace } from "./virtual-workspace.ts";

/** The parts of a kcp, ready to be put into a server. Made by `createKcp`. */
export interface Kcp {
  /** in this order, before the watch hub */
  projections: Projection[];
  frontDoor: FrontDoor;
  surfaces: SurfaceSource;
  admission: AdmissionPlugin[];
  createGuards: NonNullable<ServerOptions["createGuards"]>;
  /** the chain of a shard: groups, paths, RBAC with everything around it */
  authorize: Authorizer;
  /** the same without required groups, content and maximal permission policy: for `bind`, `use` and policies (authz §6) */
  deepAuthorize: Authorizer;
  /** every step's answer to one question, for `why`; the same steps that requests go through */
  explain(attributes: AuthorizationAttributes): Promise<Explanation>;
  /** users of issuers that the request's workspace trusts by its type (feature WorkspaceAuthentication) */
  workspaceTokens: TokenAuthenticator;
  /** `authorize`, or `deepAuthorize` for an access review that asks for it by header and may (authz §6) */
  authorizerFor(context: RequestContext): Authorizer;
  /** how objects of a stored resource are called, for the feed of the controllers */
  kindOf: KindOf;
  /** whose webhooks and admission policies judge a write: of a bound resource its export's, else the cluster's own (apis §9) */
  policyCluster(cluster: string, definition: ResourceDefinition): string | Promise<string>;
  /** names, paths and states of all logical clusters */
  paths: PathIndex;
  /** what packages/virtual-workspaces is built on */
  views: ViewParts;
  /** adds a view below `/services/<name>/` */
  mount(virtualWorkspace: VirtualWorkspace): void;
  /** content of system clusters and root; after the projections are loaded, before the listener opens. Idempotent. */
  bootstrap(): Promise<void>;
  startControllers(source: KeySource): Controller[];
}

/** What the views below `/services/` read. */
export interface ViewParts {
  exports: ExportIndex;
  /** empty while the feature CacheAPIs is off */
  published: PublishedResources;
  apisOf: ClusterApisSource;
  /** of this shard */
  shardName: string;
  /** served versions of an APIResourceSchema, by its name, under an identity; [] when there is no such schema */
  schemaDefinitions(cluster: string, schemaName: string, identityHash: string): ResourceDefinition[] | Promise<ResourceDefinition[]>;
  /** the user as maximal permission policies name it */
  policyUser(user: User): User;
}
