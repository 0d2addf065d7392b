import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { Workspace } from "@meshplane/apis";
import type { Provider } from "@meshplane/apis/platform-mesh";
import { resourceType, type ClusterClient } from "@meshplane/client";

export const providerResource = resourceType<Provider>({
  group: "providers.platform-mesh.io",
  version: "v1alpha1",
  resource: "providers",
  kind: "Provider",
});
export const workspaceResource = resourceType<Workspace & KubeObject>({
  group: "tenancy.kcp.io",
  version: "v1alpha1",
  resource: "workspaces",
  kind: "Workspace",
});
export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}
export const secretResource = resourceType<Secret>({ group: "", version: "v1", resource: "secrets", kind: "Secret" });
export const namespaceResource = resourceType<KubeObject>({ group: "", version: "v1", resource: "namespaces", kind: "Namespace" });
export const serviceAccountResource = resourceType<KubeObject>({
  group: "",
  version: "v1",
  resource: "serviceaccounts",
  kind: "ServiceAccount",
});

/** How long until a step that waits looks again, should no change bring it back. */
export const safetyNet = { afterSeconds: 10 };

/** What the steps work with. */
export interface ProviderContext {
  /** the workspace that has the Provider, as the export reaches it */
  beside(cluster: string): ClusterClient;
  /** `root:providers` */
  readonly providers: ClusterClient;
  /** a provider's workspace, as the export reaches it; undefined while it does not. @param cluster its logical cluster */
  inside(cluster: string): ClusterClient | undefined;
  /** base of the URLs in kubeconfigs */
  readonly host: string;
}

/** whether it was there is the same to us */
export async function gone(deleting: Promise<void>): Promise<void> {
  try {
    await deleting;
  } catch (error) {
    if (!hasReason(error, "NotFound")) throw error;
  }
}
