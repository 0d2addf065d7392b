/** `workspaces/~` of root is the caller's own workspace, made on first sight. @see spec tenancy §7 */
import { forbidden, hasReason, plainError, type KubeObject } from "@meshplane/apimachinery";
import {
  homeClusterName,
  logicalClusterName,
  ownerAnnotation,
  pathAnnotation,
  rootCluster,
  shardAnnotation,
  tenancyGroup,
  typeAnnotation,
  type LogicalCluster,
  type UserInfo,
} from "@meshplane/apis";
import {
  allow,
  surfaceOf,
  type Authorizer,
  type Endpoint,
  type ResourceDefinition,
  type ResourceTarget,
  type User,
} from "@meshplane/apiserver";
import { userInfo } from "./admission/requests.ts";
import { createLogicalCluster } from "./reconcilers/logical-cluster/create-logical-cluster.ts";
import { lifecycleOf } from "./reconcilers/workspace/scheduling.ts";
import { find, logicalClusterResource, type ReconcilerParts } from "./reconcilers/parts.ts";

/** Homes are ready in well under a second: the first request waits for it rather than asking the client to come again. */
const patienceMs = 10_000;
const pollMs = 10;

/** @param workspaces the definition that root serves: the answer looks like one of its objects */
export function homeEndpoint(parts: ReconcilerParts, authorize: Authorizer, workspaces: () => Promise<ResourceDefinition>): Endpoint {
  return {
    cluster: rootCluster,
    path: "/apis/tenancy.kcp.io/v1alpha1/workspaces/~",
    surfaces: async () => {
      const definition = await workspaces();
      return surfaceOf("homes", [{ ...definition, computed: { get: ({ context }) => homeOf(context.user) } }]);
    },
    // who may have a home is asked below
    authorize: () => allow("everybody may ask for their home"),
    virtual: false,
  };

  async function homeOf(user: User): Promise<KubeObject> {
    const cluster = homeClusterName(user.name);
    let logicalCluster = await read(cluster);
    if (!logicalCluster) {
      await requireCreate(user);
      await make(user, cluster);
      logicalCluster = await read(cluster);
    }
    for (
      let waited = 0;
      !logicalCluster?.status?.phase || ["Scheduling", "Initializing"].includes(logicalCluster.status.phase);
      waited += pollMs
    ) {
      if (waited > patienceMs) throw plainError("home workspace creation timeout");
      await new Promise((resolve) => setTimeout(resolve, pollMs));
      if (parts.paths.get(cluster)?.phase !== "Initializing") logicalCluster = await read(cluster);
    }
    return workspaceOf(cluster, logicalCluster);
  }

  function read(cluster: string): Promise<LogicalCluster | undefined> {
    return find<LogicalCluster>(parts.client, cluster, logicalClusterResource, logicalClusterName);
  }

  async function requireCreate(user: User): Promise<void> {
    const target = {
      kind: "resource",
      verb: "create",
      cluster: rootCluster,
      group: tenancyGroup,
      version: "v1alpha1",
      resource: "workspaces",
      identity: undefined,
      namespace: "",
      name: "~",
      subresource: "",
      path: "",
    } satisfies ResourceTarget;
    if ((await authorize({ user, target })).decision === "allow") return;
    const why = `User ${JSON.stringify(user.name)} cannot create resource "workspaces" in API group "${tenancyGroup}" at the cluster scope: workspace access not permitted`;
    throw forbidden({ group: tenancyGroup, resource: "workspaces" }, "~", why);
  }

  async function make(user: User, cluster: string): Promise<void> {
    const { initializers, terminators } = lifecycleOf(await parts.types.aliases(await parts.types.get(rootCluster, "home")));
    try {
      const wanted: LogicalCluster = {
        apiVersion: "core.kcp.io/v1alpha1",
        kind: "LogicalCluster",
        metadata: {
          name: logicalClusterName,
          annotations: {
            [ownerAnnotation]: JSON.stringify(userInfo(user)),
            [typeAnnotation]: "root:home",
            [pathAnnotation]: `user:${user.name}`,
            [shardAnnotation]: parts.shard.name,
          },
        },
        spec: { createdBy: userInfo(user) as UserInfo, initializers, ...(terminators.length > 0 ? { terminators } : {}) },
      };
      await createLogicalCluster(wanted, cluster, parts);
    } catch (error) {
      // another request of the same user was faster
      if (!hasReason(error, "AlreadyExists") && !hasReason(error, "Conflict")) throw error;
    }
  }
}

const workspaceOf = (cluster: string, { metadata, status }: LogicalCluster): KubeObject => ({
  apiVersion: "tenancy.kcp.io/v1alpha1",
  kind: "Workspace",
  metadata: { name: logicalClusterName, ...(metadata.creationTimestamp ? { creationTimestamp: metadata.creationTimestamp } : {}) },
  spec: { cluster, URL: status!.URL! },
  status: {
    phase: status!.phase!,
    ...(status!.conditions ? { conditions: status!.conditions } : {}),
    ...(status!.initializers?.length ? { initializers: status!.initializers } : {}),
  },
});
