import type { KubeObject } from "@meshplane/apimachinery";
import type { ClientConfig } from "@meshplane/client";
import { FleetProvider } from "./fleet-provider.ts";
import type { Provider } from "./provider.ts";

export interface ApiExportProviderOptions {
  /** the workspace that has the APIExport */
  config: ClientConfig;
  /** name of the APIExportEndpointSlice; kcp makes one with the export's name */
  endpointSlice: string;
  /** failures of watches and discovery; all are tried again */
  onError?: (error: unknown) => void;
  backOffMinMs?: number;
  backOffMaxMs?: number;
}

/** The consumers of an APIExport: the logical clusters that have a ready APIBinding of it. @see spec apis §11 */
export const apiExportProvider = (options: ApiExportProviderOptions): Provider =>
  new FleetProvider({
    ...options,
    endpoints: {
      resource: { group: "apis.kcp.io", version: "v1alpha1", resource: "apiexportendpointslices" },
      kind: "APIExportEndpointSlice",
      name: options.endpointSlice,
      urls: endpointUrls,
    },
    members: {
      resource: { group: "apis.kcp.io", version: "v1alpha2", resource: "apibindings" },
      belongs: isOfExport,
      ready: (binding) => hasTrueCondition(binding, "Ready"),
    },
  });

function endpointUrls(slice: KubeObject): string[] {
  const status = slice["status"] as { endpoints?: { url: string }[] | null } | undefined;
  return (status?.endpoints ?? []).map(({ url }) => url);
}

/** An export that claims bindings is shown all of a consumer's, and may write there once its own stands. */
function isOfExport(binding: KubeObject, url: string): boolean {
  const [, cluster, name] = /\/services\/apiexport\/([^/]+)\/([^/]+)$/.exec(url) ?? [];
  if (name === undefined) return true;
  const { spec, status } = binding as { spec?: { reference?: { export?: { name?: string } } }; status?: { apiExportClusterName?: string } };
  return (spec?.reference?.export?.name ?? name) === name && (status?.apiExportClusterName ?? cluster) === cluster;
}

function hasTrueCondition(object: KubeObject, type: string): boolean {
  const status = object["status"] as { conditions?: { type: string; status: string }[] | null } | undefined;
  return (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === "True");
}
