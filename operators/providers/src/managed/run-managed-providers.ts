import { setTimeout as sleep } from "node:timers/promises";
import { formatGroupResource, hasReason, type GroupResource, type GroupVersionResource, type KubeObject } from "@meshplane/apimachinery";
import { createClient, findResource, Informers, type ClientConfig, type HttpClusterClient, type Informer } from "@meshplane/client";
import { startController, tellChanges, type KeySource } from "@meshplane/controller-runtime";
import type { Provider as ClusterProvider } from "@meshplane/multicluster-provider";
import { helmReleases, ocmResources } from "./deployment-objects.ts";
import { managedProviderCrd } from "./managed-provider-crd.ts";
import { managedProviderController, servedResources, type ManagedContext } from "./managed-provider.controller.ts";
import { managedProviderResource, type ManagedProvider } from "./managed-provider.ts";
import { platformMeshes } from "./managed-provider.steps.ts";

export interface ManagedProvidersOptions {
  /** the hosting cluster: any Kubernetes API, with Flux and, for entries of that kind, OCM */
  runtime: ClientConfig;
  /** the consumers of `providers.platform-mesh.io`, started already */
  mesh: ClusterProvider;
  signal: AbortSignal;
  log: (line: string) => void;
}

/** Runs until the signal. A runtime cluster that does not answer is waited for; it keeps nothing else from working. */
export async function runManagedProviders({ runtime, mesh, signal, log }: ManagedProvidersOptions): Promise<void> {
  const client = createClient(runtime);
  const onError = (error: unknown) => void (signal.aborted || log(`runtime cluster: ${String(error)}`));
  const informers = new Informers(client.cluster(""), { onError });
  const managed = informers.get<ManagedProvider>(managedProviderResource);
  try {
    const served = await prepared(client.cluster(""));
    if (!served) return;
    const context: ManagedContext = {
      runtime: client,
      mesh: (path) => (mesh.engaged(path) ? mesh.client.cluster(path) : undefined),
      pathOf: (cluster) => mesh.engaged(cluster)?.path,
      managedProviders: () => managed.lister.list(),
      served,
    };
    const report = (error: unknown, { namespace, name }: { namespace: string; name: string }) =>
      log(`ManagedProviderReconciler: ${namespace}/${name}: ${String(error)}`);
    const controller = startController(managedProviderController(context, report), sourceOf(informers, mesh));
    // a stop meanwhile makes it reject
    await informers.start().catch(() => {});
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await controller.stop();
  } finally {
    await informers.stop();
    client.close();
  }

  /** @returns which kinds the cluster has, ManagedProvider being one; undefined when stopped meanwhile */
  async function prepared(cluster: HttpClusterClient): Promise<Set<string> | undefined> {
    for (let waitMs = 500; !signal.aborted; waitMs = Math.min(waitMs * 2, 30_000)) {
      try {
        if (await findResource(cluster, managedProviderResource)) return await servedResources(cluster);
        await cluster
          .resource<KubeObject>({ group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions" })
          .create(managedProviderCrd())
          .catch((error: unknown) => {
            if (!hasReason(error, "AlreadyExists")) throw error;
          });
      } catch (error) {
        onError(error);
      }
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
    return undefined;
  }
}

/** Kinds of the runtime cluster from there, all others from kcp. */
function sourceOf(informers: Informers, mesh: ClusterProvider): KeySource {
  const there = new Map<string, GroupVersionResource>(
    [managedProviderResource, platformMeshes, helmReleases, ocmResources].map((one) => [formatGroupResource(one), one]),
  );
  return {
    subscribe(resource: GroupResource, onChange, options) {
      const found = there.get(formatGroupResource(resource));
      if (found) tellChanges(informers.get(found) as Informer, resource, onChange, options);
      else mesh.source.subscribe(resource, onChange, options);
    },
    start: () => informers.start(),
    stop: () => void informers.stop(),
  };
}
