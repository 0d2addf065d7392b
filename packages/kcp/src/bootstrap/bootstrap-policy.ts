/** What kcp adds to Kubernetes' bootstrap policy; holds in every logical cluster. @see spec authz §7 */
import { kcpGroups, maximalPermissionPolicyPrefix } from "@meshplane/apis";
import { clusterRole, clusterRoleBinding, groupSubject, resourceRule, urlRule, type BootstrapPolicy } from "@meshplane/controlplane";

const read = ["get", "list", "watch"];
const tenancy = ["tenancy.kcp.io"];
const core = ["core.kcp.io"];
const apis = ["apis.kcp.io"];
const cache = ["cache.kcp.io"];
const migration = ["migration.kcp.io"];
const reviews = ["authorization.k8s.io"];

export const kcpBootstrapPolicy: BootstrapPolicy = {
  clusterRoles: [
    clusterRole("system:kcp:tenancy:reader", [
      resourceRule(read, tenancy, "workspaces workspacetypes"),
      resourceRule(read, core, "logicalclusters"),
    ]),
    clusterRole(kcpGroups.bootstrapper, [resourceRule(["*"], ["*"], "*"), urlRule(["*"], "*")]),
    clusterRole(kcpGroups.logicalClusterAdmin, [
      resourceRule(["*"], core, "logicalclusters logicalclusters/status"),
      resourceRule(["delete", "update", "get"], tenancy, "workspaces"),
    ]),
    clusterRole(kcpGroups.externalLogicalClusterAdmin, [
      resourceRule(["delete", "update", "get"], core, "logicalclusters logicalclusters/status"),
      resourceRule(["delete", "update", "patch", "get"], tenancy, "workspaces"),
      resourceRule(["get"], [""], "serviceaccounts secrets"),
      urlRule(["access"], "/"),
      resourceRule(["create"], reviews, "subjectaccessreviews"),
      resourceRule(read, apis, "apiexportendpointslices"),
      resourceRule(["update", "patch", "get"], apis, "apiexportendpointslices/status"),
      resourceRule(read, cache, "clustercachedresourceendpointslices"),
      resourceRule(["update", "patch", "get"], cache, "clustercachedresourceendpointslices/status"),
      resourceRule(["get"], tenancy, "workspaceauthenticationconfigurations"),
      resourceRule(["create"], migration, "logicalclusterdumps"),
      resourceRule(["get", "update", "patch"], migration, "logicalclustermigrations logicalclustermigrations/status"),
      resourceRule(["list"], apis, "apibindings"),
      resourceRule(["get"], apis, "apiexports apiresourceschemas"),
      resourceRule(["get", "create"], ["apiextensions.k8s.io"], "customresourcedefinitions"),
    ]),
    clusterRole("system:kcp:workspace:access", [urlRule(["access"], "/")]),
    clusterRole("system:kcp:metrics-reader", [urlRule(["get"], "/metrics")]),
  ],
  clusterRoleBindings: [
    clusterRoleBinding("system:kcp:admin:cluster-admin", [groupSubject(kcpGroups.admin)], "cluster-admin"),
    clusterRoleBinding(kcpGroups.bootstrapper, [
      groupSubject(kcpGroups.bootstrapper),
      groupSubject(maximalPermissionPolicyPrefix + kcpGroups.bootstrapper),
    ]),
    clusterRoleBinding(kcpGroups.logicalClusterAdmin, [groupSubject(kcpGroups.logicalClusterAdmin)]),
    clusterRoleBinding(kcpGroups.externalLogicalClusterAdmin, [groupSubject(kcpGroups.externalLogicalClusterAdmin)]),
  ],
};
