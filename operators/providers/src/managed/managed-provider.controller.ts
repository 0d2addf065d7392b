/** Where a ManagedProvider becomes a Provider in kcp and charts in a cluster: the chain of steps, and what brings it back to them. @see spec platform-mesh/providers §3 */
import { formatGroupResource, type GroupResource, type GroupVersionResource } from "@meshplane/apimachinery";
import { findResource, type ClusterClient, type HttpClusterClient, type HttpMultiClusterClient } from "@meshplane/client";
import { reconcileLifecycle, type Change, type ControllerOptions, type ObjectKey } from "@meshplane/controller-runtime";
import { providerResource, secretResource } from "../context.ts";
import { deployedResources, helmReleases, managedByLabel, ocmResources } from "./deployment-objects.ts";
import { managedProviderResource, type ManagedProvider, type ManagedProviderPhase } from "./managed-provider.ts";
import {
  copyRefused,
  deployStep,
  kubeconfigCopyStep,
  kubeconfigSecretOf,
  platformMeshes,
  providerOf,
  providerResourceStep,
  waitPlatformMeshStep,
  waitProviderStep,
} from "./managed-provider.steps.ts";

export interface ManagedContext {
  /** the hosting cluster */
  runtime: HttpMultiClusterClient;
  /** a workspace that the export `providers.platform-mesh.io` reaches; undefined for one that it does not. @param path or name */
  mesh(path: string): ClusterClient | undefined;
  /** path of a workspace that it reaches */
  pathOf(cluster: string): string | undefined;
  /** all that there are, cached; an installation has few */
  managedProviders(): readonly ManagedProvider[];
  /** which of the kinds that charts are deployed by the hosting cluster has */
  served: ReadonlySet<string>;
}

/** @returns which of the kinds that charts are deployed by are there */
export async function servedResources(runtime: HttpClusterClient): Promise<Set<string>> {
  const served = new Set<string>();
  for (const resource of [...deployedResources, platformMeshes])
    if (await findResource(runtime, resource)) served.add(formatGroupResource(resource));
  return served;
}

export function managedProviderController(context: ManagedContext, onError: NonNullable<ControllerOptions["onError"]>): ControllerOptions {
  const watched = (resource: GroupVersionResource, keys: (change: Change) => ObjectKey[]) =>
    context.served.has(formatGroupResource(resource)) ? [{ resource: resource as GroupResource, initial: false, keys }] : [];
  return {
    name: "ManagedProviderReconciler",
    for: managedProviderResource,
    watches: [
      { resource: providerResource, initial: false, keys: ({ key }) => ofProvider(key) },
      { resource: secretResource, initial: false, keys: ({ key }) => ofSecret(key) },
      // a workspace that the export reaches now
      {
        resource: { group: "apis.kcp.io", resource: "apibindings" },
        initial: false,
        keys: ({ key }) => keysWhere((managed) => providerOf(managed).path === context.pathOf(key.cluster)),
      },
      ...watched(platformMeshes, ({ key }) =>
        keysWhere(({ metadata, spec }) => metadata.namespace === key.namespace && spec.platformMeshRef.name === key.name),
      ),
      ...[helmReleases, ocmResources].flatMap((resource) => watched(resource, ofDeployed)),
    ],
    onError,
    reconcile: reconcileLifecycle<ManagedProvider>({
      client: context.runtime,
      resource: managedProviderResource,
      subroutines: [
        waitPlatformMeshStep(context),
        providerResourceStep(context),
        waitProviderStep(context),
        kubeconfigCopyStep(context),
        deployStep(context),
      ],
      conclude(managed, { ready, deleting }) {
        const status = (managed.status ??= {});
        status.phase = phaseOf(managed, ready, deleting);
        status.observedGeneration = managed.metadata.generation ?? 0;
      },
    }),
  };

  function keysWhere(fits: (managed: ManagedProvider) => boolean): ObjectKey[] {
    return context
      .managedProviders()
      .filter(fits)
      .map(({ metadata }) => ({
        cluster: metadata.annotations?.["kcp.io/cluster"] ?? "",
        namespace: metadata.namespace!,
        name: metadata.name!,
      }));
  }

  function ofProvider({ cluster, name }: ObjectKey): ObjectKey[] {
    const path = context.pathOf(cluster);
    return keysWhere((managed) => {
      const wanted = providerOf(managed);
      return wanted.name === name && (wanted.path === path || wanted.path === cluster);
    });
  }

  function ofSecret({ cluster, namespace, name }: ObjectKey): ObjectKey[] {
    const path = context.pathOf(cluster);
    return keysWhere((managed) => {
      const wanted = kubeconfigSecretOf(managed);
      return wanted.name === name && wanted.namespace === namespace && providerOf(managed).path === path;
    });
  }

  function ofDeployed({ key, labels }: Change): ObjectKey[] {
    const name = labels && Object.hasOwn(labels, managedByLabel) ? labels[managedByLabel]! : undefined;
    return name === undefined ? [] : [{ cluster: key.cluster, namespace: key.namespace, name }];
  }
}

const phases: [step: string, phase: ManagedProviderPhase][] = [
  ["WaitPlatformMeshSubroutine", "WaitingForPlatformMesh"],
  ["ProviderResourceSubroutine", "WaitingForProvider"],
  ["WaitProviderSubroutine", "WaitingForProvider"],
  ["KubeconfigCopySubroutine", "CopyingKubeconfig"],
  ["DeploySubroutine", "Deploying"],
];

function phaseOf({ status }: ManagedProvider, ready: boolean, deleting: boolean): ManagedProviderPhase {
  if (deleting) return "Deleting";
  if (ready) return "Ready";
  for (const [type, phase] of phases) {
    const condition = status?.conditions?.find((one) => one.type === type);
    if (condition?.status === "True") continue;
    return phase === "CopyingKubeconfig" && condition?.message.startsWith(copyRefused) ? "CopyingKubeconfigFailed" : phase;
  }
  return "Pending";
}
