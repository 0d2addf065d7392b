import { formatGroupResource } from "@meshplane/apimachinery";
import { platformMeshExports, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { createClient, Informer, typed, type ClientConfig, type HttpMultiClusterClient } from "@meshplane/client";
import { tellChanges, type ControllerMetrics } from "@meshplane/controller-runtime";
import {
  apiExportProvider,
  createMultiClusterManager,
  type LeaderElection,
  type MultiClusterManager,
  type Provider as ClusterProvider,
} from "@meshplane/multicluster-provider";
import { workspaceResource, type ProviderContext } from "./context.ts";
import { runManagedProviders } from "./managed/run-managed-providers.ts";
import { providerController } from "./provider.controller.ts";

export interface ProvidersOperatorOptions {
  /** the workspace that has the export, as somebody who may use its virtual workspace and make workspaces in `root:providers` */
  config: ClientConfig;
  /** name of the APIExportEndpointSlice; upstream's by default */
  endpointSlice?: string;
  /** base of the URLs in the providers' kubeconfigs; that of `config` by default */
  kcpUrl?: string;
  /** a cluster whose ManagedProviders are looked after too */
  runtime?: ClientConfig;
  /** one line for people */
  log: (line: string) => void;
  metrics?: ControllerMetrics;
  leaderElection?: LeaderElection;
}

/** The providers operator, ready to run until its signal. */
export function createProvidersOperator({
  config,
  endpointSlice = platformMeshExports.providers,
  kcpUrl = new URL(config.server).origin,
  runtime,
  log,
  metrics,
  leaderElection,
}: ProvidersOperatorOptions): MultiClusterManager {
  const onError = (error: unknown) => log(`providers-operator: ${String(error)}`);
  return {
    async run(signal) {
      const client = createClient(config);
      const ending = new AbortController();
      let managed: Promise<void> | undefined;
      const provider = withWorkspaces(apiExportProvider({ config, endpointSlice, onError }), client, onError, () => {
        if (runtime)
          managed = runManagedProviders({
            runtime,
            mesh: provider,
            signal: AbortSignal.any([signal, ending.signal]),
            log: (line) => log(`providers-operator: ${line}`),
          }).catch(onError);
      });
      try {
        await createMultiClusterManager({
          provider,
          controllers: (manager) => {
            const context: ProviderContext = {
              beside: (cluster) => manager.client.cluster(cluster),
              providers: client.cluster(platformMeshPaths.providers),
              inside: (cluster) => (manager.engaged(cluster) ? manager.client.cluster(cluster) : undefined),
              host: kcpUrl,
            };
            return [providerController(manager, context, metrics)];
          },
          ...(leaderElection ? { leaderElection } : {}),
          log: (line) => log(`providers-operator: ${line}`),
        }).run(signal);
      } finally {
        ending.abort();
        await managed;
        client.close();
      }
    },
  };
}

/** @param started told when what is there at the start is known. Adds the workspaces of `root:providers` to what an export shows. */
function withWorkspaces(
  provider: ClusterProvider,
  client: HttpMultiClusterClient,
  onError: (error: unknown) => void,
  started: () => void,
): ClusterProvider {
  const workspaces = new Informer({ resource: typed(client.cluster(platformMeshPaths.providers), workspaceResource), onError });
  const ours = formatGroupResource(workspaceResource);
  const start = async (): Promise<void> => {
    // a provider's change that comes first finds its workspace by reading it
    workspaces.start().catch(() => {});
    await provider.start();
    started();
  };
  const stop = async (): Promise<void> => {
    await Promise.all([workspaces.stop(), provider.stop()]);
  };
  return {
    client: provider.client,
    source: {
      subscribe(resource, onChange, options) {
        if (formatGroupResource(resource) === ours) tellChanges(workspaces as unknown as Informer, resource, onChange, options);
        else provider.source.subscribe(resource, onChange, options);
      },
      start,
      stop: () => void stop(),
    },
    lister: (resource) => provider.lister(resource),
    clusters: () => provider.clusters(),
    engaged: (cluster) => provider.engaged(cluster),
    onChange: (listener) => provider.onChange(listener),
    start,
    stop,
    describe: () => provider.describe(),
  };
}
