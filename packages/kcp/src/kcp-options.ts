import type { AdmissionPlugin, AuthorizerStep, Decision, InProcessApi, Log, ResourceDefinition, Target, User } from "@meshplane/apiserver";
import type { GroupResource, KubeObject } from "@meshplane/apimachinery";
import type { MountProxy } from "./mounts/mount-proxy.ts";
import type { Store } from "@meshplane/storage";

/** What RBAC says in one logical cluster, about one identity as it is. `controlplane` implements it. */
export interface RbacEvaluator {
  /**
   * Roles and bindings of `cluster`; a role reference that `cluster` does not have is looked up in `system:admin`.
   * Never denies.
   */
  authorize(cluster: string, user: User, target: Target): Decision | Promise<Decision>;
}

/** The addresses that this shard hands out; none ends with a slash. @see spec tenancy §9 */
export interface ShardAddresses {
  name: string;
  baseURL: string;
  externalURL: string;
  virtualWorkspaceURL: string;
}

export interface KcpOptions {
  store: Store;
  /** milliseconds */
  clock: () => number;
  uid: () => string;
  log: Log;
  shard: ShardAddresses;
  /** the kinds that every logical cluster has, customresourcedefinitions included */
  builtIns: readonly ResourceDefinition[];
  rbac: RbacEvaluator;
  /** what system:admin has without anybody having stored it, by resource: the bootstrap policy */
  givenObjects?: Readonly<Record<string, readonly KubeObject[]>>;
  /** the server's own door; asked for when the first request is made, since the server needs what is built here */
  local: () => InProcessApi;
  /** webhooks and admission policies: they run where kcp places them (authz §8.1) */
  policyAdmission?: readonly AdmissionPlugin[];
  /** resource quotas of `controlplane`; runs before the last of kcp's own */
  quotaAdmission?: readonly AdmissionPlugin[];
  /** on by default: `workspace-types`, `admin` */
  batteries?: ReadonlySet<string>;
  /** GET of workspaces/~ makes a home; groups that may have one (default: system:authenticated) */
  homeWorkspaces?: { enabled: boolean; creatorGroups?: readonly string[] };
  /** may do everything; default system:masters */
  alwaysAllowGroups?: readonly string[];
  /** default /healthz, /readyz, /livez */
  alwaysAllowPaths?: readonly string[];
  /** beside kcp's own: a webhook, relationships */
  authorizerSteps?: readonly AuthorizerStep[];
  /** names of steps in the order to ask them; default: AlwaysAllowGroups, AlwaysAllowPaths, RBAC, then `authorizerSteps` */
  authorizationOrder?: readonly string[];
  /** objects per logical cluster; 0 (default): no limit */
  totalObjectLimit?: number;
  /** issuers that only this server may speak for */
  ownIssuers?: readonly string[];
  /** feature gate WorkspaceMounts; default off */
  workspaceMounts?: boolean;
  /** feature gate CacheAPIs: published resources, and virtual ones that show them; default off */
  cacheApis?: boolean;
  /** passes requests on to where a mounted workspace is served; without it they answer 503 */
  proxy?: MountProxy;
  /** ends open watches of a logical cluster ("*": those over all), when it becomes inactive or goes; or of one resource that is served no more */
  endWatches?: (cluster: string, resource?: GroupResource) => void;
}
