/**
 * `/services/cache/shards/<shard|*>/clusters/<cluster|*>/…`: what a cache server holds of this shard. With one shard nothing is copied: what
 * would be is shown where it lies; a write is answered, and the copy is at once what it was. @see spec scale §5
 */
import { allClusters, badRequest, isClusterName, labelSelectorFrom, type KubeList, type LabelSelector } from "@meshplane/apimachinery";
import { rootCluster } from "@meshplane/apis";
import {
  allow,
  decodeRecord,
  deny,
  mastersGroup,
  surfaceOf,
  type Authorizer,
  type ComputedRequest,
  type Endpoint,
  type HttpResponse,
  type ResourceDefinition,
  type Surface,
} from "@meshplane/apiserver";
import { deriveDefinition, sourceDefinition, type PublishedResource, type VirtualWorkspace } from "@meshplane/kcp";
import { keyPrefix } from "@meshplane/storage";
import { decodeSegment } from "../parse-view-path.ts";
import type { ViewDependencies } from "../view-dependencies.ts";
import { asCopy, copyDefinition } from "./copy-definition.ts";

/** Upstream copies some LogicalClusters and RBAC as well, for the other shards; there are none. */
const copied = new Set([
  "apis.kcp.io/v1alpha2/apiexports",
  "apis.kcp.io/v1alpha1/apiexportendpointslices",
  "apis.kcp.io/v1alpha1/apiresourceschemas",
  "apis.kcp.io/v1alpha1/apiconversions",
  "tenancy.kcp.io/v1alpha1/workspacetypes",
  "core.kcp.io/v1alpha1/shards",
  "cache.kcp.io/v1alpha1/clustercachedresources",
  "cache.kcp.io/v1alpha1/clustercachedresourceendpointslices",
  "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
  "admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
  "admissionregistration.k8s.io/v1/validatingadmissionpolicies",
  "admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
]);

const openPaths = new Set(["/livez", "/readyz", "/healthz"]);
const shardPaths = new Set(["/metrics"]);
const shardName = /^[a-z0-9-:]{0,61}$/;

export function cacheView(deps: ViewDependencies): VirtualWorkspace {
  const surfaceFor = copies(deps);
  return {
    name: "cache",
    resolve(_http, rest): Endpoint | HttpResponse | undefined {
      if (!rest.startsWith("/shards/")) {
        if (openPaths.has(rest) || shardPaths.has(rest)) return endpoint("", rest, () => surfaceOf("cache", []));
        throw badRequest("a shard name is required");
      }
      const [, , encodedShard = "", clusters, encodedCluster = "", ...path] = rest.split("/");
      const shard = decodeSegment(encodedShard);
      const cluster = decodeSegment(encodedCluster);
      if (shard === undefined || cluster === undefined) return undefined;
      if (shard === "") throw badRequest("a shard name is required");
      if (shard !== "*" && !shardName.test(shard)) throw badRequest(`invalid shard: ${JSON.stringify(shard)} does not match the regex`);
      if (clusters !== "clusters" || (cluster !== allClusters && !isClusterName(cluster))) return undefined;
      const below = `/${path.join("/")}`;
      if (shardPaths.has(below)) return notHere;
      const isHere = shard === "*" || shard === deps.shardName;
      const withIdentity = below.includes(":") || /%3a/i.test(below);
      return endpoint(cluster, below, () => surfaceFor(isHere ? cluster : undefined, withIdentity));
    },
  };
}

const endpoint = (cluster: string, path: string, surfaces: Endpoint["surfaces"]): Endpoint => ({
  cluster,
  path,
  surfaces,
  authorize: mastersOnly,
  virtual: true,
});

const mastersOnly: Authorizer = ({ user, target }) =>
  (target.kind === "nonResource" && openPaths.has(target.path)) || user.groups.includes(mastersGroup) ? allow("") : deny("");

const notHere: HttpResponse = {
  status: 501,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  body: "shard-level endpoint not available at shard or workspace scope\n",
};

/** @returns the surface of a cluster; of undefined: a shard that does not exist has the same resources, and no objects */
function copies(deps: ViewDependencies): (cluster: string | undefined, withIdentity: boolean) => Promise<Surface> {
  const fixed = new WeakMap<Surface, { here: ResourceDefinition[]; elsewhere: ResourceDefinition[] }>();
  let made = 0;
  return async (cluster, withIdentity) => {
    const root = await deps.surfaces(rootCluster);
    let known = fixed.get(root);
    if (!known) {
      const here = root.definitions
        .filter(({ group, version, resource }) => copied.has(`${group}/${version}/${resource}`))
        .map((definition) => copyDefinition(definition, deps.shardName));
      const elsewhere = here.map((definition) => deriveDefinition(definition, { restriction: noLabels }));
      fixed.set(root, (known = { here, elsewhere }));
    }
    if (cluster === undefined) return surfaceOf(`cache/elsewhere/${++made}`, known.elsewhere);
    if (cluster !== allClusters) return surfaceOf(`cache/${cluster}/${++made}`, [...known.here, ...(await publishedIn(cluster))]);
    const surface = surfaceOf(`cache/*/${++made}`, known.here);
    if (!withIdentity) return surface;
    const everywhere = await publishedEverywhere();
    return {
      ...surface,
      lookup: (group, version, resource, identity) =>
        identity === undefined
          ? surface.lookup(group, version, resource)
          : everywhere.get(`${group === "core" ? "" : group}/${version}/${resource}:${identity}`),
    };
  };

  async function publishedIn(cluster: string): Promise<ResourceDefinition[]> {
    const found: ResourceDefinition[] = [];
    for (const published of deps.published.inCluster(cluster)) {
      const source = await sourceOf(published);
      if (source) found.push(deriveDefinition(copyDefinition(source, deps.shardName), { restriction: published.selector }));
    }
    return found;
  }

  /** by `<group>/<version>/<resource>:<identity>`: several clusters may publish under one identity */
  async function publishedEverywhere(): Promise<Map<string, ResourceDefinition>> {
    const sources = new Map<string, Source[]>();
    for (const published of deps.published.all()) {
      const definition = published.identityHash === undefined ? undefined : await sourceOf(published);
      if (!definition) continue;
      const { group, version, resource } = definition;
      const name = `${group}/${version}/${resource}:${published.identityHash}`;
      const others = sources.get(name);
      if (others) others.push({ published, definition });
      else sources.set(name, [{ published, definition }]);
    }
    return new Map([...sources].map(([name, all]) => [name, unionOf(all)]));
  }

  async function sourceOf(published: PublishedResource): Promise<ResourceDefinition | undefined> {
    if (published.deleting) return undefined;
    const { definitions } = await deps.surfaces(published.cluster);
    const source = sourceDefinition(definitions, published);
    return source && !source.namespaced && !source.computed && source.storage.cluster === undefined ? source : undefined;
  }

  function unionOf(sources: readonly Source[]): ResourceDefinition {
    const { definition } = sources[0]!;
    const list = async ({ labelSelector }: ComputedRequest): Promise<KubeList> => {
      const parts = await Promise.all(sources.map((source) => objectsOf(source, labelSelector)));
      const revision = Math.max(...parts.map((part) => part.revision));
      return {
        apiVersion: definition.group === "" ? definition.version : `${definition.group}/${definition.version}`,
        kind: definition.listKind,
        metadata: { resourceVersion: String(revision) },
        items: parts.flatMap(({ items }) => items),
      };
    };
    return deriveDefinition(definition, { builtIn: false, verbs: ["list"], subresources: {}, computed: { list } });
  }

  async function objectsOf({ published, definition }: Source, wanted: LabelSelector) {
    const { group, resource, identity } = definition.storage;
    const selector = published.selector.and(wanted);
    const { records, revision } = await deps.store.range(keyPrefix(group, resource, identity, published.cluster), {
      headerFilter: ({ labels }) => selector.matches(labels),
    });
    const items = await Promise.all(records.map(async (record) => asCopy(await decodeRecord(record, definition), deps.shardName)));
    return { items, revision };
  }
}

interface Source {
  published: PublishedResource;
  definition: ResourceDefinition;
}

/** what no object can have */
const noLabels: LabelSelector = labelSelectorFrom({ matchExpressions: [{ key: "kcp.io/none", operator: "In", values: ["none"] }] });
