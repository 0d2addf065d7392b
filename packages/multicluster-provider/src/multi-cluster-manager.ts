import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { GroupResource, KubeObject } from "@meshplane/apimachinery";
import { createClient, runAsLeader, type ClientConfig, type Lister } from "@meshplane/client";
import { startController, type Controller, type ControllerOptions } from "@meshplane/controller-runtime";
import { UnknownClusterError, type EngagedCluster, type FleetClient, type Provider } from "./provider.ts";

/** What controllers work with. */
export interface ManagerContext {
  /** reads and writes in engaged clusters */
  client: FleetClient;
  /** what is cached of a watched resource; shared, read-only */
  lister<T extends KubeObject = KubeObject>(resource: GroupResource): Lister<T>;
  engaged(cluster: string): EngagedCluster | undefined;
}

export interface LeaderElection {
  /** where the Lease is: the provider's own workspace, normally */
  config: ClientConfig;
  name: string;
  namespace?: string;
  leaseMs?: number;
  renewDeadlineMs?: number;
  retryMs?: number;
}

export interface MultiClusterManagerOptions {
  provider: Provider;
  controllers: (context: ManagerContext) => ControllerOptions[];
  /** without: the one process that there is leads */
  leaderElection?: LeaderElection;
  /** how long running reconciles may take to end; 30 s by default */
  graceMs?: number;
  /** one line for people */
  log?: (line: string) => void;
}

export interface MultiClusterManager {
  /**
   * Runs until the signal, then stops: no new work, running reconciles end, the lease is given back. Once only.
   * @throws Error when leadership is lost: the process should end and be started again
   */
  run(signal: AbortSignal): Promise<void>;
}

/** Runs controllers over all the clusters of a provider, one set for all of them. */
export function createMultiClusterManager(options: MultiClusterManagerOptions): MultiClusterManager {
  const { provider, leaderElection, log = () => {}, graceMs = 30_000 } = options;
  return {
    async run(signal) {
      if (!leaderElection) return lead(signal);
      const { config, name, namespace = "default", leaseMs, renewDeadlineMs, retryMs } = leaderElection;
      const identity = `${hostname()}_${randomUUID()}`;
      const client = createClient(config);
      log(`waiting to become leader by Lease ${namespace}/${name}`);
      try {
        const kept = await runAsLeader(
          {
            cluster: client.cluster(""),
            namespace,
            name,
            identity,
            signal,
            ...(leaseMs === undefined ? {} : { leaseMs }),
            ...(renewDeadlineMs === undefined ? {} : { renewDeadlineMs }),
            ...(retryMs === undefined ? {} : { retryMs }),
            onError: (error) => log(`leader election: ${String(error)}`),
          },
          lead,
        );
        if (!kept) throw new Error(`leadership by Lease ${namespace}/${name} was lost`);
      } finally {
        client.close();
      }
    },
  };

  async function lead(signal: AbortSignal): Promise<void> {
    const context: ManagerContext = {
      client: provider.client,
      lister: (resource) => provider.lister(resource),
      engaged: (cluster) => provider.engaged(cluster),
    };
    const controllers = options.controllers(context).map((one) => startController(inEngaged(one), provider.source));
    const unlisten = provider.onChange({
      engaged: ({ name, path }) => log(`workspace ${path ?? name} joins`),
      disengaged: ({ name, path }) => log(`workspace ${path ?? name} leaves`),
    });
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    // a stop while it starts makes it reject, which is nobody's failure
    const started = provider.start().then(
      () => signal.aborted || log(`serving ${provider.describe()}`),
      (error: unknown) => signal.aborted || log(`cannot start: ${String(error)}`),
    );
    await Promise.race([started, aborted]);
    await aborted;
    unlisten();
    await stopAll(controllers);
    await provider.stop();
    log("stopped");
  }

  /** Keys of clusters that have left meanwhile are dropped: they would only fail. */
  function inEngaged(controller: ControllerOptions): ControllerOptions {
    return {
      onError: (error, key, failures) =>
        log(`${controller.name}: ${key.cluster}|${key.namespace}/${key.name}: ${String(error)} (failure ${failures})`),
      ...controller,
      async reconcile(key) {
        if (!provider.engaged(key.cluster)) return undefined;
        try {
          return await controller.reconcile(key);
        } catch (error) {
          if (error instanceof UnknownClusterError && error.cluster === key.cluster) return undefined;
          throw error;
        }
      },
    };
  }

  async function stopAll(controllers: Controller[]): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
    await Promise.race([Promise.all(controllers.map((controller) => controller.stop())), grace]);
    clearTimeout(timer);
  }
}
