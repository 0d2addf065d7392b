/** The five steps of a ManagedProvider, in order. @see spec platform-mesh/providers §3.1, §3.2 */
import {
  equalJson,
  formatGroupResource,
  hasReason,
  type GroupVersionResource,
  type JsonValue,
  type KubeObject,
} from "@meshplane/apimachinery";
import { platformMeshPaths, type Provider } from "@meshplane/apis/platform-mesh";
import { found, apply, typed, type HttpMultiClusterClient } from "@meshplane/client";
import { complete, stopped, type LifecycleSubroutine, type ObjectKey, type Verdict } from "@meshplane/controller-runtime";
import { ensureNamespace, ensureSecretKey } from "../access-objects.ts";
import { gone, providerResource, safetyNet, secretResource } from "../context.ts";
import {
  deployedResources,
  fluxObjects,
  helmReleases,
  lastSegment,
  managedByLabel,
  ociObjects,
  ocmNameOf,
  ocmObjects,
  ocmResources,
  ownerOf,
  resolvedChart,
  type Deployed,
} from "./deployment-objects.ts";
import type { ManagedContext } from "./managed-provider.controller.ts";
import type { ManagedProvider } from "./managed-provider.ts";
import { clientOfKubeconfig } from "./runtime-client.ts";

type Step = LifecycleSubroutine<ManagedProvider>;
type WithConditions = KubeObject & {
  status?: { conditions?: { type: string; status: string; message?: string }[]; observedGeneration?: number };
};

export const platformMeshes: GroupVersionResource = { group: "core.platform-mesh.io", version: "v1alpha1", resource: "platformmeshes" };
const finalizers = {
  deployments: "providers.platform-mesh.io/runtime-deployments",
  secret: "providers.platform-mesh.io/kubeconfig-secret",
  provider: "providers.platform-mesh.io/provider-resource",
};
const fieldManager = "managed-provider";
const labelMax = 63;
/** Secrets of a runtime cluster are not ours to watch, so a copy that somebody changed is looked at from time to time. */
const copyDrift = { afterSeconds: 60 };
/** how a refusal to copy begins, which only a change of the Provider mends */
export const copyRefused = "The Provider's kubeconfig Secret is ";

export const providerOf = ({ metadata, spec }: ManagedProvider): { path: string; name: string } =>
  spec.provider ?? { path: platformMeshPaths.systemProvider, name: metadata.name! };

/** in kcp and in the runtime cluster alike */
export const kubeconfigSecretOf = ({ metadata, spec }: ManagedProvider): { name: string; namespace: string; key: string } => ({
  ...(spec.providerKubeconfigSecret ?? { name: `${metadata.name}-provider-kubeconfig`, key: "kubeconfig" }),
  namespace: metadata.namespace!,
});

const isReady = (object: WithConditions | undefined): boolean =>
  object?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

export const waitPlatformMeshStep = ({ runtime }: ManagedContext): Step => ({
  name: "WaitPlatformMeshSubroutine",
  async process({ metadata, spec }, { cluster }) {
    const { name } = spec.platformMeshRef;
    const mesh = await found(
      runtime.cluster(cluster).resource<WithConditions>(platformMeshes).get(name, { namespace: metadata.namespace! }),
    );
    if (!mesh) return stopped(`PlatformMesh ${metadata.namespace}/${name} not found`, safetyNet);
    return isReady(mesh) ? complete() : stopped(`Waiting for PlatformMesh ${name} to become Ready`, safetyNet);
  },
});

const unreached = (path: string): Verdict => stopped(`Workspace ${path} not found, or without providers.platform-mesh.io`, safetyNet);

export const providerResourceStep = (context: ManagedContext): Step => ({
  name: "ProviderResourceSubroutine",
  // once held it must be given back, whatever is wanted by then
  finalizers: ({ metadata, spec }) =>
    spec.cleanupOnDelete || metadata.finalizers?.includes(finalizers.provider) ? [finalizers.provider] : [],

  async process(managed) {
    const { path, name } = providerOf(managed);
    const mesh = context.mesh(path);
    if (!mesh) return unreached(path);
    const providers = typed(mesh, providerResource);
    const held = await found(providers.get(name));
    const spec: Provider["spec"] = { ...held?.spec, providerKubeconfigSecret: kubeconfigSecretOf(managed) };
    if (managed.spec.providerHostOverride) spec.hostOverride = managed.spec.providerHostOverride;
    else delete spec.hostOverride;
    if (!held) await providers.create({ apiVersion: "providers.platform-mesh.io/v1alpha1", kind: "Provider", metadata: { name }, spec });
    else if (held.metadata.deletionTimestamp) return stopped(`Waiting for the former Provider ${name} to go`, safetyNet);
    else if (!equalJson(held.spec as JsonValue, spec as JsonValue)) await providers.update({ ...held, spec });
    return complete();
  },

  async finalize(managed) {
    if (!managed.spec.cleanupOnDelete) return complete();
    const { path, name } = providerOf(managed);
    const mesh = context.mesh(path);
    // a workspace that is gone has no Provider
    if (!mesh) return complete();
    const providers = typed(mesh, providerResource);
    const held = await found(providers.get(name));
    if (!held) return complete();
    if (!held.metadata.deletionTimestamp) await gone(providers.delete(name));
    return stopped(`Waiting for Provider ${name} to be deleted`, safetyNet);
  },
});

export const waitProviderStep = (context: ManagedContext): Step => ({
  name: "WaitProviderSubroutine",
  async process(managed) {
    const { path, name } = providerOf(managed);
    const mesh = context.mesh(path);
    if (!mesh) return unreached(path);
    const held = await found(typed(mesh, providerResource).get(name));
    // what it was Ready with may not be what is asked for now
    const current = held?.status?.observedGeneration === held?.metadata.generation;
    return held?.status?.phase === "Ready" && current ? complete() : stopped(`Waiting for Provider ${name} to become Ready`, safetyNet);
  },
});

export const kubeconfigCopyStep = (context: ManagedContext): Step => ({
  name: "KubeconfigCopySubroutine",
  finalizers: () => [finalizers.secret],

  async process(managed, key) {
    const { path, name } = providerOf(managed);
    const mesh = context.mesh(path);
    if (!mesh) return unreached(path);
    const target = kubeconfigSecretOf(managed);
    const provider = await found(typed(mesh, providerResource).get(name));
    const actual = provider?.spec.providerKubeconfigSecret;
    if (!actual || !equalJson(actual as JsonValue, target as JsonValue)) {
      const said = actual ? `${actual.namespace}/${actual.name}, key ${actual.key}` : "not given";
      return stopped(`${copyRefused}${said}; wanted is ${target.namespace}/${target.name}, key ${target.key}`, safetyNet);
    }
    const { data } = (await found(typed(mesh, secretResource).get(target.name, { namespace: target.namespace }))) ?? {};
    const value = data && Object.hasOwn(data, target.key) ? data[target.key] : undefined;
    if (!value) return stopped(`Waiting for Secret ${target.namespace}/${target.name} to be filled`, safetyNet);
    const before = managed.status?.providerKubeconfigSecretRef;
    await inRuntime(context, managed, key, async (client, cluster) => {
      await ensureNamespace(client.cluster(cluster), target.namespace);
      await ensureSecretKey(client.cluster(cluster), target, Buffer.from(value, "base64").toString("utf8"));
      if (before && before.name !== target.name) await removeSecret(client, cluster, before);
    });
    (managed.status ??= {}).providerKubeconfigSecretRef = { name: target.name, namespace: target.namespace };
    return complete(copyDrift);
  },

  async finalize(managed, key) {
    const written = managed.status?.providerKubeconfigSecretRef;
    if (written) await inRuntime(context, managed, key, (client, cluster) => removeSecret(client, cluster, written), "if known");
    return complete();
  },
});

const removeSecret = (client: HttpMultiClusterClient, cluster: string, { name, namespace }: { name: string; namespace: string }) =>
  gone(typed(client.cluster(cluster), secretResource).delete(name, { namespace }));

/** The cluster that the charts run in: another one when `runtimeKubeconfigSecretName` says so. Without its kubeconfig it cannot be known any more. */
async function inRuntime(
  { runtime }: ManagedContext,
  managed: ManagedProvider,
  { cluster }: ObjectKey,
  work: (client: HttpMultiClusterClient, cluster: string) => Promise<void>,
  required: "required" | "if known" = "required",
): Promise<void> {
  const name = managed.spec.runtimeKubeconfigSecretName;
  if (!name) return work(runtime, cluster);
  const namespace = managed.metadata.namespace!;
  const { data } = (await found(typed(runtime.cluster(cluster), secretResource).get(name, { namespace }))) ?? {};
  const value = data && Object.hasOwn(data, "kubeconfig") ? data["kubeconfig"] : undefined;
  if (!value) {
    if (required === "if known") return;
    throw new Error(`Secret ${namespace}/${name} with the runtime kubeconfig not found, or without key kubeconfig`);
  }
  const client = await clientOfKubeconfig(Buffer.from(value, "base64").toString("utf8"));
  try {
    await work(client, "");
  } finally {
    client.close();
  }
}

export const deployStep = (context: ManagedContext): Step => ({
  name: "DeploySubroutine",
  finalizers: () => [finalizers.deployments],

  async process(managed, { cluster }) {
    const hosting = context.runtime.cluster(cluster);
    const namespace = managed.metadata.namespace!;
    const owner = ownerOf(managed);
    const wanted = new Set<string>();
    if (owner.name.length > labelMax) return stopped(`The name has more than ${labelMax} characters, which no label can have`);
    const names = new Set<string>();
    for (const [at, { flux, ocm }] of managed.spec.runtimeDeployments.entries()) {
      const name = flux && !ocm ? lastSegment(flux.chart) : ocm && !flux ? ocmNameOf(ocm) : undefined;
      if (name === undefined) return stopped(`runtimeDeployments[${at}]: exactly one of flux and ocm`);
      if (names.has(name)) return stopped(`runtimeDeployments[${at}]: another entry is named ${name} too; names must differ`);
      names.add(name);
    }
    for (const { flux, ocm } of managed.spec.runtimeDeployments) {
      if (flux) await put(fluxObjects(owner, flux));
      if (ocm) {
        const name = ocmNameOf(ocm);
        await put(ocmObjects(owner, ocm));
        const chart = resolvedChart(await found(hosting.resource<KubeObject>(ocmResources).get(name, { namespace })), ocm.version);
        if (!chart) return stopped(`Waiting for Resource ${name} to be resolved`, safetyNet);
        await put(ociObjects(owner, name, { ...chart, values: ocm.values, insecure: ocm.insecure }));
      }
      const name = flux ? lastSegment(flux.chart) : ocmNameOf(ocm!);
      const release = await found(hosting.resource<WithConditions>(helmReleases).get(name, { namespace }));
      const said = release?.status?.conditions?.find(({ type }) => type === "Ready")?.message;
      if (!isReady(release) || (release!.status!.observedGeneration ?? 0) < (release!.metadata.generation ?? 0))
        return stopped(`Waiting for HelmRelease ${name} to become Ready${said ? `: ${said}` : ""}`, safetyNet);
    }
    await removeDeployed(context, managed, cluster, wanted);
    return complete();

    async function put(objects: readonly Deployed[]): Promise<void> {
      for (const { resource, object } of objects) {
        wanted.add(`${formatGroupResource(resource)}/${object.metadata.name}`);
        await apply(hosting.resource<KubeObject>(resource), object, { fieldManager, force: true });
      }
    }
  },

  async finalize(managed, { cluster }) {
    const left = await removeDeployed(context, managed, cluster, new Set());
    return left.length === 0 ? complete() : stopped(`Waiting for ${left.join(", ")} to be deleted`, safetyNet);
  },
});

/** Deletes what was deployed and is not wanted any more. @returns what was there still, in words */
async function removeDeployed(
  { runtime }: ManagedContext,
  { metadata }: ManagedProvider,
  cluster: string,
  wanted: ReadonlySet<string>,
): Promise<string[]> {
  const left: string[] = [];
  if (metadata.name!.length > labelMax) return left;
  for (const resource of deployedResources) {
    const objects = runtime.cluster(cluster).resource<KubeObject>(resource);
    let items: KubeObject[];
    try {
      ({ items } = await objects.list({ namespace: metadata.namespace!, labelSelector: `${managedByLabel}=${metadata.name}` }));
    } catch (error) {
      // kinds that the cluster does not have
      if (hasReason(error, "NotFound")) continue;
      throw error;
    }
    for (const one of items) {
      const text = `${formatGroupResource(resource)}/${one.metadata.name}`;
      if (wanted.has(text)) continue;
      left.push(text);
      if (!one.metadata.deletionTimestamp) await gone(objects.delete(one.metadata.name!, { namespace: metadata.namespace! }));
    }
    // a chart is uninstalled before what it came from goes
    if (left.length > 0) return left;
  }
  return left;
}
