/** What is put into the hosting cluster for an entry of `runtimeDeployments`; pure. @see spec platform-mesh/providers §3.1, "deploy detail" */
import type { GroupVersionResource, JsonValue, KubeObject } from "@meshplane/apimachinery";
import type { FluxDeployment, ManagedProvider, OcmDeployment } from "./managed-provider.ts";

const source = (resource: string): GroupVersionResource => ({ group: "source.toolkit.fluxcd.io", version: "v1", resource });
const ocm = (resource: string): GroupVersionResource => ({ group: "delivery.ocm.software", version: "v1alpha1", resource });

export const helmReleases: GroupVersionResource = { group: "helm.toolkit.fluxcd.io", version: "v2", resource: "helmreleases" };
export const ociRepositories = source("ocirepositories");
export const helmRepositories = source("helmrepositories");
export const ocmResources = ocm("resources");
/** in the order in which they are taken back */
export const deployedResources = [helmReleases, ociRepositories, helmRepositories, ocmResources, ocm("components"), ocm("repositories")];

/** on what was deployed: the ManagedProvider that it is of */
export const managedByLabel = "providers.platform-mesh.io/managed-provider";

export interface Deployed {
  resource: GroupVersionResource;
  object: KubeObject;
}

interface Owner {
  name: string;
  namespace: string;
  runtimeKubeconfigSecretName: string | undefined;
}

export const ownerOf = ({ metadata, spec }: ManagedProvider): Owner => ({
  name: metadata.name!,
  namespace: metadata.namespace!,
  runtimeKubeconfigSecretName: spec.runtimeKubeconfigSecretName,
});

export const lastSegment = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** explicit, then what tells it apart from others best */
export const ocmNameOf = ({ name, resourceName, referencePath, component }: OcmDeployment): string =>
  name || (resourceName && resourceName !== "chart" ? resourceName : referencePath?.at(-1)?.name) || lastSegment(component);

export function fluxObjects(owner: Owner, { type, registry, chart, version, values, insecure }: FluxDeployment): Deployed[] {
  const name = lastSegment(chart);
  if (type !== "helm") return ociObjects(owner, name, { url: `oci://${registry}/${chart}`, tag: version, values, insecure });
  return [
    made(owner, helmRepositories, "HelmRepository", name, {
      interval: "5m",
      url: registry,
      ...(insecure ? { insecure: true } : {}),
    }),
    helmRelease(owner, name, values, { chart: { spec: { chart, version, sourceRef: { kind: "HelmRepository", name } } } }),
  ];
}

/** What finds the chart; `ociObjects` follow when it is found. */
export function ocmObjects(owner: Owner, entry: OcmDeployment): Deployed[] {
  const { registry, component, version, resourceName = "chart", referencePath, insecure } = entry;
  const name = ocmNameOf(entry);
  const slash = registry.indexOf("/");
  const host = slash < 0 ? registry : registry.slice(0, slash);
  const config = (kind: string) => [{ apiVersion: "delivery.ocm.software/v1alpha1", kind, name, policy: "Propagate" }];
  return [
    made(owner, ocm("repositories"), "Repository", name, {
      interval: "1m",
      repositorySpec: {
        type: "OCIRegistry",
        baseUrl: insecure ? `http://${host}` : host,
        ...(slash < 0 ? {} : { subPath: registry.slice(slash + 1) }),
      },
    }),
    made(owner, ocm("components"), "Component", name, {
      interval: "1m",
      component,
      semver: version,
      downgradePolicy: "Deny",
      repositoryRef: { name },
      ocmConfig: config("Repository"),
    }),
    made(
      owner,
      ocmResources,
      "Resource",
      name,
      {
        interval: "1m",
        componentRef: { name },
        resource: { byReference: { resource: { name: resourceName }, ...(referencePath ? { referencePath } : {}) } },
        ocmConfig: config("Component"),
      },
      { artifact: "chart", repo: "oci" },
    ),
  ];
}

/** @returns the image that an OCM Resource was resolved to; undefined while it is not */
export function resolvedChart(resource: KubeObject | undefined, version: string): { url: string; tag: string } | undefined {
  const found = (
    resource?.["status"] as { resource?: { access?: { imageReference?: string }; imageReference?: string; version?: string } } | undefined
  )?.resource;
  const image = found?.access?.imageReference || found?.imageReference;
  if (!image) return undefined;
  const [reference = ""] = image.replace(/^oci:\/\//, "").split("@");
  // a colon before the last slash is a port
  const colon = reference.indexOf(":", reference.lastIndexOf("/") + 1);
  return colon < 0
    ? { url: `oci://${reference}`, tag: found?.version || version }
    : { url: `oci://${reference.slice(0, colon)}`, tag: reference.slice(colon + 1) };
}

export function ociObjects(
  owner: Owner,
  name: string,
  { url, tag, values, insecure }: { url: string; tag: string; values: JsonValue | undefined; insecure: boolean | undefined },
): Deployed[] {
  return [
    made(owner, ociRepositories, "OCIRepository", name, {
      interval: "1m",
      url,
      ref: { tag },
      provider: "generic",
      ...(insecure ? { insecure: true } : {}),
      layerSelector: { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", operation: "copy" },
    }),
    helmRelease(owner, name, values, { chartRef: { kind: "OCIRepository", name } }),
  ];
}

const helmRelease = (owner: Owner, name: string, values: JsonValue | undefined, chart: Record<string, unknown>): Deployed =>
  made(owner, helmReleases, "HelmRelease", name, {
    interval: "5m",
    ...chart,
    ...(values === undefined ? {} : { values }),
    ...(owner.runtimeKubeconfigSecretName
      ? { kubeConfig: { secretRef: { name: owner.runtimeKubeconfigSecretName, key: "kubeconfig" } } }
      : {}),
  });

const made = (
  owner: Owner,
  resource: GroupVersionResource,
  kind: string,
  name: string,
  spec: Record<string, unknown>,
  labels: Record<string, string> = {},
): Deployed => ({
  resource,
  object: {
    apiVersion: `${resource.group}/${resource.version}`,
    kind,
    metadata: { name, namespace: owner.namespace, labels: { ...labels, [managedByLabel]: owner.name } },
    spec,
  } as unknown as KubeObject,
});
