import type { KubeObject } from "@meshplane/apimachinery";
import type { LogicalCluster } from "@meshplane/apis";
import { ok, type Subroutine } from "@meshplane/controller-runtime";
import { clusterRoleBindingResource, ensure, isStored, type ReconcilerParts } from "../parts.ts";

/** Whoever asked for the cluster is its admin, as long as it lives. @see spec tenancy §5.1 */
export const administrator =
  ({ client, store }: ReconcilerParts): Subroutine<LogicalCluster> =>
  async ({ metadata, spec }, { cluster }) => {
    const user = spec.createdBy?.username;
    if (!user || metadata.deletionTimestamp) return ok;
    if (await isStored(store, cluster, clusterRoleBindingResource, adminBindingName)) return ok;
    await ensure(client, cluster, clusterRoleBindingResource, adminBinding(user));
    return ok;
  };

const adminBindingName = "workspace-admin";

const adminBinding = (user: string): KubeObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  // upstream's replication puts this on, and clients show it
  metadata: { name: adminBindingName, annotations: { "internal.kcp.io/replicate": "apis.kcp.io,tenancy.kcp.io" } },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
});
