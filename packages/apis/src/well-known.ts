/** Annotations, labels, finalizers and names that kcp and its clients agree on. @see spec tenancy §3.2, §4.3, apis §5 */

export const pathAnnotation = "kcp.io/path";
export const ownerAnnotation = "experimental.tenancy.kcp.io/owner";
export const requiredGroupsAnnotation = "authorization.kcp.io/required-groups";
export const shardAnnotation = "core.kcp.io/shard";
export const shardHashAnnotation = "internal.tenancy.kcp.io/shard";
export const clusterNameAnnotation = "internal.tenancy.kcp.io/cluster";
export const typeAnnotation = "internal.tenancy.kcp.io/type";
export const inactiveAnnotation = "core.kcp.io/inactive";
export const legacyInactiveAnnotation = "internal.kcp.io/inactive";
export const maxTotalObjectsAnnotation = "core.kcp.io/max-total-objects";
export const resourceBindingsAnnotation = "internal.apis.kcp.io/resource-bindings";
export const unschedulableAnnotation = "experimental.core.kcp.io/unschedulable";
export const skipEndpointSliceAnnotation = "apiexports.apis.kcp.io/skip-endpointslice";
export const extraAnnotationPrefix = "extra.apis.kcp.io/";
export const createOnlyAnnotation = "bootstrap.kcp.io/create-only";
export const batteryAnnotation = "bootstrap.kcp.io/battery";
export const clusterScopedQuotaAnnotation = "experimental.quota.kcp.io/cluster-scoped";

export const phaseLabel = "tenancy.kcp.io/phase";
export const exportLabel = "internal.apis.kcp.io/export";
export const regionLabel = "region";

export const workspaceFinalizer = "core.kcp.io/logicalcluster";
export const logicalClusterDeletionFinalizer = "core.kcp.io/logicalcluster-deletion";
export const hasTerminatorsFinalizer = "kcp.io/has-terminators";
export const apiBindingFinalizer = "apis.kcp.io/apibinding-finalizer";

export const apiBindingsInitializer = "system:apibindings";
export const maximalPermissionPolicyPrefix = "apis.kcp.io:binding:";

export const rootCluster = "root";
/** holds the bootstrap policy, which every logical cluster sees */
export const systemAdminCluster = "system:admin";
export const systemCrdsCluster = "system:system-crds";
export const boundCrdsCluster = "system:bound-crds";
export const systemShardCluster = "system:shard";

export const kcpGroups = {
  admin: "system:kcp:admin",
  bootstrapper: "system:kcp:tenancy:workspace-bootstrapper",
  logicalClusterAdmin: "system:kcp:logical-cluster-admin",
  externalLogicalClusterAdmin: "system:kcp:external-logical-cluster-admin",
  initializerPrefix: "system:kcp:initializer:",
  terminatorPrefix: "system:kcp:terminator:",
  clusterPrefix: "system:cluster:",
} as const;

export const extraKeys = {
  scopes: "authentication.kcp.io/scopes",
  clusterName: "authentication.kcp.io/cluster-name",
  warrant: "authorization.kcp.io/warrant",
} as const;
