/** Relationships as one of the server's authorizers: what they need to know of accounts comes from the server's own store. */
import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { LogicalCluster } from "@meshplane/apis";
import { platformMeshPaths, type RelationshipStore } from "@meshplane/apis/platform-mesh";
import type { ApiServer, AuthorizerStep, Projection, Surface } from "@meshplane/apiserver";
import type { MultiClusterClient } from "@meshplane/client";
import { type Kcp, perEffectiveUser } from "@meshplane/kcp";
import type { OpenFga } from "@meshplane/rebac";
import {
  AccountDirectory,
  defaultOpenPrefixes,
  type FollowedRelationships,
  followRelationships,
  relationshipAuthorizer,
  type ResourceShape,
} from "@meshplane/rebac-authorizer";
import { decodeKey, keyPrefix } from "@meshplane/storage";

export interface RelationshipStep extends AuthorizerStep {
  /** hears of stores that come, change and go */
  readonly projection: Projection;
  /** before the first request */
  connect(server: { kcp: Kcp; client: MultiClusterClient; watches: Pick<ApiServer, "recheckWatches" | "clustersWatchedOn"> }): void;
  stop(): void;
}

const group = "core.platform-mesh.io";
/** every request fails while an engine is down */
const tellEveryMs = 10_000;
const storesPrefix = keyPrefix(group, "stores");
const logicalClusters = { group: "core.kcp.io", version: "v1alpha1", resource: "logicalclusters" };
const stores = { group, version: "v1alpha1", resource: "stores" };

export function createRelationshipStep(fga: OpenFga, onError: (error: unknown) => void = () => {}): RelationshipStep {
  let followed: FollowedRelationships | undefined;
  let toldAt = -tellEveryMs;
  let server: { kcp: Kcp; client: MultiClusterClient };
  const organizationsCluster = () => server.kcp.paths.clusterOf(platformMeshPaths.organizations);
  const directory = new AccountDirectory({
    async readLogicalCluster(cluster) {
      const known = server.kcp.paths.get(cluster);
      if (!known) return undefined;
      // of most clusters that are no account's, the path says so
      if (!known.path.startsWith(`${platformMeshPaths.organizations}:`)) return { path: known.path, ownerCluster: undefined };
      const found = await present(server.client.cluster(cluster).resource<LogicalCluster & KubeObject>(logicalClusters).get("cluster"));
      return found && { path: known.path, ownerCluster: found.spec?.owner?.cluster };
    },
    async readStoreId(organization) {
      const cluster = organizationsCluster();
      if (!cluster) return undefined;
      return (await present(server.client.cluster(cluster).resource<RelationshipStore>(stores).get(organization)))?.status?.storeId;
    },
  });
  const authorize = relationshipAuthorizer({
    fga,
    directory,
    shapeOf(cluster, group, version, resource) {
      const surface = server.kcp.surfaces(cluster);
      return surface instanceof Promise
        ? surface.then((it) => shapeIn(it, group, version, resource))
        : shapeIn(surface, group, version, resource);
    },
    organizationsCluster,
    openPrefixes: defaultOpenPrefixes,
    onFailure: (failure) => tellNowAndThen(`requests are refused, the engine cannot be asked: ${failure}`),
  });
  return {
    name: "Webhook",
    authorize: perEffectiveUser(authorize),
    projection: {
      name: "relationship stores",
      apply({ events }) {
        for (const { key } of events) if (key.startsWith(storesPrefix)) storeChanged(decodeKey(key).name);
      },
    },
    connect(parts) {
      server = parts;
      followed = followRelationships({ fga, directory, server: parts.watches, onError });
    },
    stop: () => followed?.stop(),
  };

  function tellNowAndThen(text: string): void {
    if (performance.now() - toldAt < tellEveryMs) return;
    toldAt = performance.now();
    onError(text);
  }

  function storeChanged(organization: string): void {
    if (followed) followed.storeChanged(organization);
    else directory.forgetStore(organization);
  }
}

function shapeIn(surface: Surface, group: string, version: string, resource: string): ResourceShape | undefined {
  const found =
    version === ""
      ? surface.definitions.find((one) => one.group === group && one.resource === resource)
      : surface.lookup(group, version, resource);
  return found && { singular: found.singular, namespaced: found.namespaced };
}

async function present<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}
