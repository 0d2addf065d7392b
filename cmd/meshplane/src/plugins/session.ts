import { createClient, loadKubeconfig, type HttpClusterClient, type HttpMultiClusterClient } from "@meshplane/client";
import { KubeconfigFile } from "./kubeconfig-file.ts";
import { parseWorkspaceUrl, type WorkspaceUrl } from "./workspace-url.ts";

/** The kubeconfig at hand, where it points, and a client for the server behind it. */
export interface Session {
  file: KubeconfigFile;
  url: WorkspaceUrl;
  /** the workspace of the current context, or of -w. @throws Error when there is none */
  workspace: string;
  client: HttpMultiClusterClient;
  at(path: string): HttpClusterClient;
}

export interface GlobalFlags {
  kubeconfig?: string;
  context?: string;
  workspace?: string;
}

export async function openSession(flags: GlobalFlags): Promise<Session> {
  const file = KubeconfigFile.open(flags.kubeconfig);
  const name = flags.context ?? file.currentContext;
  const context = file.context(name);
  if (!context) throw new Error(`${file.path} has no context ${JSON.stringify(name)}`);
  const cluster = file.cluster(context.cluster);
  if (!cluster) throw new Error(`${file.path} has no cluster ${JSON.stringify(context.cluster)}`);
  const url = parseWorkspaceUrl(cluster.server);
  const { config } = await loadKubeconfig({ path: file.path, context: name });
  const client = createClient({ ...config, server: url.base, userAgent: "kubectl-ws" });
  return {
    file,
    url,
    client,
    get workspace() {
      const path = flags.workspace ?? url.path;
      if (!path)
        throw new Error(
          `the current context is not in a workspace: its server ${cluster.server} has no /clusters/<path>; try 'kubectl ws :root'`,
        );
      return path.replace(/^:/, "");
    },
    at: (path) => client.cluster(path),
  };
}
