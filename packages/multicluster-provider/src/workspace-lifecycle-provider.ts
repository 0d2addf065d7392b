import { retryOnConflict, resourceType, typed, type ClientConfig } from "@meshplane/client";
import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import { FleetProvider } from "./fleet-provider.ts";
import type { FleetClient, Provider } from "./provider.ts";

export interface WorkspaceLifecycleProviderOptions {
  /** the workspace that has the WorkspaceType */
  config: ClientConfig;
  /** name of the WorkspaceType */
  workspaceType: string;
  /** failures of watches and discovery; all are tried again */
  onError?: (error: unknown) => void;
  backOffMinMs?: number;
  backOffMaxMs?: number;
}

interface LogicalCluster extends KubeObject {
  status?: { initializers?: string[]; terminators?: string[] };
}

const logicalClusters = resourceType<LogicalCluster>({
  group: "core.kcp.io",
  version: "v1alpha1",
  resource: "logicalclusters",
  kind: "LogicalCluster",
});

/**
 * The workspaces that wait for our initializer. Controllers watch `logicalclusters.core.kcp.io` (one object each, named `cluster`), work on the
 * content by the client, and end with `removeInitializer`, after which the workspace is let go. @see spec virtual-workspaces §3
 */
export const initializingWorkspacesProvider = (options: WorkspaceLifecycleProviderOptions): Provider =>
  lifecycleProvider(options, "/initializingworkspaces/", "initializers");

/** The workspaces that are being deleted and wait for our terminator; as above, ended by `removeTerminator`. @see spec virtual-workspaces §4 */
export const terminatingWorkspacesProvider = (options: WorkspaceLifecycleProviderOptions): Provider =>
  lifecycleProvider(options, "/terminatingworkspaces/", "terminators");

function lifecycleProvider(options: WorkspaceLifecycleProviderOptions, part: string, field: "initializers" | "terminators"): Provider {
  const { group, resource, version } = logicalClusters;
  return new FleetProvider({
    ...options,
    endpoints: {
      resource: { group: "tenancy.kcp.io", version: "v1alpha1", resource: "workspacetypes" },
      kind: "WorkspaceType",
      name: options.workspaceType,
      urls: (type) => {
        const status = type["status"] as { virtualWorkspaces?: { url: string }[] | null } | undefined;
        return (status?.virtualWorkspaces ?? []).map(({ url }) => url).filter((url) => url.includes(part));
      },
    },
    members: {
      resource: { group, version, resource },
      ready: () => true,
      // The change that takes our entry away arrives before the object leaves the view; its content is closed already.
      left: (member, url) => {
        const entry = url.slice(url.indexOf(part) + part.length);
        const status = (member as LogicalCluster).status;
        return !(status?.[field] ?? []).includes(entry);
      },
    },
    // The wildcard shows nothing else.
    watchable: (wanted) => wanted.group === group && wanted.resource === resource,
  });
}

/** Says that our part is done. Done already is fine too. @param initializer `<cluster>:<type>` */
export const removeInitializer = (client: FleetClient, cluster: string, initializer: string): Promise<void> =>
  removeFrom(client, cluster, "initializers", initializer);

/** @param terminator `<cluster>:<type>` */
export const removeTerminator = (client: FleetClient, cluster: string, terminator: string): Promise<void> =>
  removeFrom(client, cluster, "terminators", terminator);

function removeFrom(client: FleetClient, cluster: string, field: "initializers" | "terminators", entry: string): Promise<void> {
  const objects = typed(client.cluster(cluster), logicalClusters);
  return retryOnConflict(async () => {
    let current: LogicalCluster;
    try {
      current = await objects.get("cluster");
    } catch (error) {
      if (hasReason(error, "NotFound")) return;
      throw error;
    }
    const entries = current.status?.[field] ?? [];
    if (!entries.includes(entry)) return;
    const { resourceVersion } = current.metadata;
    const left = entries.filter((candidate) => candidate !== entry);
    // The resourceVersion guards against somebody else's removal in between.
    const patch = { metadata: { ...(resourceVersion ? { resourceVersion } : {}) }, status: { [field]: left } };
    await objects.patch("cluster", "merge", patch, { subresource: "status" });
  });
}
