import { hasReason, type GroupResource, type GroupVersionResource, type KubeObject } from "@meshplane/apimachinery";
import type { Shard } from "@meshplane/apis";
import type { InProcessApi, Log, ResourceDefinition, User } from "@meshplane/apiserver";
import type { MultiClusterClient } from "@meshplane/client";
import type { Change } from "@meshplane/controller-runtime";
import { builtInIdentity, encodeKey, type Store } from "@meshplane/storage";
import type { BoundDefinitions } from "../definitions/bound-definitions.ts";
import type { ExportIndex } from "../exports/export-index.ts";
import type { ShardAddresses } from "../kcp-options.ts";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { ShardList } from "../shard-list.ts";
import type { ClusterApisCache } from "../surfaces/cluster-apis.ts";
import type { WorkspaceTypes } from "../workspace-types.ts";

/** What kcp's controllers work with. */
export interface ReconcilerParts {
  store: Store;
  /** writes as the system: no authorization, but admission and validation as for everybody */
  client: MultiClusterClient;
  api: () => InProcessApi;
  user: User;
  paths: PathIndex;
  exports: ExportIndex;
  apis: ClusterApisCache;
  bound: BoundDefinitions;
  objects: ObjectReader;
  types: WorkspaceTypes;
  shards: ShardList;
  shard: ShardAddresses;
  /** built-in and system kinds */
  base: readonly ResourceDefinition[];
  clock: () => number;
  log: Log;
  /** feature gate WorkspaceMounts */
  mountsEnabled: boolean;
  /** ends open watches of a cluster; "*": the wildcard ones too */
  endWatches: (cluster: string, resource?: GroupResource) => void;
}

export const workspaceResource: GroupVersionResource = { group: "tenancy.kcp.io", version: "v1alpha1", resource: "workspaces" };
export const workspaceTypeResource: GroupVersionResource = { ...workspaceResource, resource: "workspacetypes" };
export const logicalClusterResource: GroupVersionResource = { group: "core.kcp.io", version: "v1alpha1", resource: "logicalclusters" };
export const apiBindingResource: GroupVersionResource = { group: "apis.kcp.io", version: "v1alpha2", resource: "apibindings" };
export const apiExportResource: GroupVersionResource = { ...apiBindingResource, resource: "apiexports" };
export const endpointSliceResource: GroupVersionResource = {
  group: "apis.kcp.io",
  version: "v1alpha1",
  resource: "apiexportendpointslices",
};
export const schemaResource: GroupVersionResource = { ...endpointSliceResource, resource: "apiresourceschemas" };
export const clusterRoleBindingResource: GroupVersionResource = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "clusterrolebindings",
};
export const namespaceResource: GroupVersionResource = { group: "", version: "v1", resource: "namespaces" };
export const secretResource: GroupVersionResource = { group: "", version: "v1", resource: "secrets" };

/** An object of the caller's own (a `get` decodes for each caller), or undefined when there is none. */
export async function find<T extends KubeObject>(
  client: MultiClusterClient,
  cluster: string,
  resource: GroupVersionResource,
  name: string,
  namespace?: string,
): Promise<T | undefined> {
  try {
    return await client
      .cluster(cluster)
      .resource<T>(resource)
      .get(name, namespace ? { namespace } : {});
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}

/** Creates what is not there yet. @returns whether it was this call */
export async function ensure(
  client: MultiClusterClient,
  cluster: string,
  resource: GroupVersionResource,
  object: KubeObject,
): Promise<boolean> {
  try {
    await client.cluster(cluster).resource(resource).create(object);
    return true;
  } catch (error) {
    if (hasReason(error, "AlreadyExists")) return false;
    throw error;
  }
}

/**
 * Creates an object of a built-in or system kind together with its status, in one commit: for what is known to be complete from the first moment.
 * @throws StatusError AlreadyExists, and what any create may answer
 */
export function createWhole<T extends KubeObject>(
  { api, user, base }: ReconcilerParts,
  cluster: string,
  { group, version, resource }: GroupVersionResource,
  object: T,
): Promise<T> {
  const definition = base.find((one) => one.resource === resource && one.group === group && one.version === version)!;
  const options = { fieldManager: systemFieldManager, withStatus: true };
  return api().object<T>({ verb: "create", user, cluster, resource: definition, object, options });
}

/** who kcp's controllers are in managedFields */
const systemFieldManager = "kcp";

/** Only objects of root's own export: anybody may export an API of the same name, which is none of ours. */
export const isOfRootExport =
  ({ exports }: Pick<ReconcilerParts, "exports">, exportName: string) =>
  (change: Change): boolean => {
    const { identity } = change as Change & { identity?: string };
    return identity === undefined || identity === exports.rootIdentity(exportName);
  };

/** Whether a built-in or system object lies there: cheaper than asking for it and being refused. */
export async function isStored(store: Store, cluster: string, { group, resource }: GroupVersionResource, name: string): Promise<boolean> {
  const key = encodeKey({ group, resource, identity: builtInIdentity, cluster, namespace: "", name });
  return (await store.get(key)) !== undefined;
}

/** The shards that there are. Read-only. */
export const listShards = ({ shards }: Pick<ReconcilerParts, "shards">): readonly Shard[] | Promise<readonly Shard[]> => shards.list();

export const withoutSlash = (url: string): string => (url.endsWith("/") ? url.slice(0, -1) : url);

/** One after the other per key: for what several workers would only fight over. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work, work);
    const settled = turn
      .catch(() => {})
      .finally(() => {
        if (this.#last.get(key) === settled) this.#last.delete(key);
      });
    this.#last.set(key, settled);
    return turn;
  }
}
