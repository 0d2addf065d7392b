import type { KubeObject } from "../../../kube.ts";
import { apiResource, column, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, object, text } from "../../../schema-parts.ts";
import { refreshStatus, standardConditionsSchema } from "../../schema-parts.ts";
import type { StandardConditionObject } from "../../standard-condition.ts";
import { providersGroup } from "../../well-known.ts";

export type ProviderPhase = "Pending" | "ProvisioningWorkspace" | "ProvisioningKubeconfig" | "Ready" | "Deleting";

/** Somebody who offers APIs: gets a workspace and a kubeconfig for it. @see spec platform-mesh/providers §2 */
export interface Provider extends KubeObject {
  spec: {
    /** without: `<name>-provider-kubeconfig`, `default`, `kubeconfig` */
    providerKubeconfigSecret?: { name: string; namespace: string; key: string };
    /** base of the server's URL in the kubeconfig */
    hostOverride?: string;
  };
  status?: {
    phase?: ProviderPhase;
    providerKubeconfigSecretRef?: { name: string; namespace: string };
    conditions?: StandardConditionObject[];
    observedGeneration?: number;
  };
}

export const providers: ApiResource = apiResource(
  providersGroup,
  "Provider",
  [
    {
      name: "v1alpha1",
      status: true,
      columns: [
        column("Phase", ".status.phase"),
        column("KubeconfigSecret", ".status.providerKubeconfigSecretRef.name"),
        column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
      ],
      schema: kindSchema(
        "Somebody who offers APIs: a workspace, and a kubeconfig for it.",
        {
          spec: object({
            hostOverride: text({ description: "Base of the server's URL in the kubeconfig." }),
            providerKubeconfigSecret: object({ key: text(), name: text(), namespace: text() }, ["key", "name", "namespace"], {
              description: "The Secret, beside this object, that the kubeconfig is written to.",
            }),
          }),
          status: object({
            conditions: standardConditionsSchema,
            phase: text({ enum: ["Pending", "ProvisioningWorkspace", "ProvisioningKubeconfig", "Ready", "Deleting"] }),
            providerKubeconfigSecretRef: object({ name: text(), namespace: text() }),
            ...refreshStatus,
          }),
        },
        ["spec"],
      ),
    },
  ],
  { categories: [] },
);
