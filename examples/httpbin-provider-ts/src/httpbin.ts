import type { KubeObject } from "@meshplane/apimachinery";
import { resourceType } from "@meshplane/client";

/** The TypeScript side of ../../httpbin-provider/config/apiresourceschema.yaml. */
export interface HttpBin extends KubeObject {
  spec?: { region?: string };
  status?: {
    ready?: boolean;
    url?: string;
    conditions?: {
      type: string;
      status: "True" | "False" | "Unknown";
      reason: string;
      message: string;
      lastTransitionTime: string;
      observedGeneration?: number;
    }[];
  };
}

export const httpBins = resourceType<HttpBin>({
  group: "orchestrate.platform-mesh.io",
  version: "v1alpha1",
  resource: "httpbins",
  kind: "HttpBin",
});

export interface Secret extends KubeObject {
  type?: string;
  /** base64 */
  data?: Record<string, string>;
  stringData?: Record<string, string>;
}

export const secrets = resourceType<Secret>({ group: "", version: "v1", resource: "secrets", kind: "Secret" });
