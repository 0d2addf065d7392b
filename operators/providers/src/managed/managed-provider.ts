/** The kind `ManagedProvider` of a runtime cluster. @see spec platform-mesh/providers §3 */
import type { JsonValue, KubeObject } from "@meshplane/apimachinery";
import { resourceType } from "@meshplane/client";
import type { StandardConditionObject } from "@meshplane/apis/platform-mesh";

export type ManagedProviderPhase =
  | "Pending"
  | "WaitingForPlatformMesh"
  | "WaitingForProvider"
  | "CopyingKubeconfig"
  | "CopyingKubeconfigFailed"
  | "Deploying"
  | "Ready"
  | "Deleting";

export interface FluxDeployment {
  type?: "oci" | "helm";
  /** of type helm: the repository's URL */
  registry: string;
  chart: string;
  version: string;
  values?: JsonValue;
  insecure?: boolean;
}

export interface OcmDeployment {
  registry: string;
  component: string;
  version: string;
  name?: string;
  resourceName?: string;
  referencePath?: { name: string }[];
  values?: JsonValue;
  insecure?: boolean;
}

export interface ManagedProvider extends KubeObject {
  spec: {
    platformMeshRef: { name: string };
    runtimeDeployments: { flux?: FluxDeployment; ocm?: OcmDeployment }[];
    provider?: { path: string; name: string };
    providerKubeconfigSecret?: { name: string; key: string };
    runtimeKubeconfigSecretName?: string;
    providerHostOverride?: string;
    cleanupOnDelete?: boolean;
  };
  status?: {
    phase?: ManagedProviderPhase;
    providerKubeconfigSecretRef?: { name: string; namespace: string };
    conditions?: StandardConditionObject[];
    observedGeneration?: number;
  };
}

export const managedProviderResource = resourceType<ManagedProvider>({
  group: "providers.platform-mesh.io",
  version: "v1alpha1",
  resource: "managedproviders",
  kind: "ManagedProvider",
});
