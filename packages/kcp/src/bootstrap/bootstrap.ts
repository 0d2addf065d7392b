/** Brings `root` to what it must hold. Looks before it writes: a start on existing data costs a few reads. @see spec tenancy §6, scale §2 */
import { type GroupVersionResource, type KubeObject, parseGroupVersion } from "@meshplane/apimachinery";
import {
  logicalClusterName,
  ownerAnnotation,
  pathAnnotation,
  rootCluster,
  typeAnnotation,
  type LogicalCluster,
  type Shard,
} from "@meshplane/apis";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { encodeKey } from "@meshplane/storage";
import { reconcileApiBinding } from "../reconcilers/api-binding/api-binding.reconciler.ts";
import { reconcileApiExport } from "../reconcilers/api-export/api-export.reconciler.ts";
import { ensure, find, logicalClusterResource, withoutSlash, type ReconcilerParts } from "../reconcilers/parts.ts";
import { rootBindings, rootExports, rootNamespace, rootRoles, rootSchemas, rootWorkspaceTypes, shardObject } from "./root-content.ts";

export interface BootstrapOptions {
  batteries: ReadonlySet<string>;
  homeCreatorGroups: readonly string[];
  cacheApis: boolean;
}

const inRoot = (name: string) => ({ cluster: rootCluster, namespace: "", name });

export async function bootstrapRoot(parts: ReconcilerParts, options: BootstrapOptions): Promise<void> {
  await makeRootCluster(parts);
  for (const schema of rootSchemas()) await ensureInRoot(schema, parts);
  // Controllers do not run yet, and what comes next needs the APIs: their steps are taken here.
  for (const apiExport of rootExports())
    if (await ensureInRoot(apiExport, parts)) await reconcileApiExport(parts)(inRoot(apiExport.metadata.name!));
  for (const binding of rootBindings(options.cacheApis))
    if (await ensureInRoot(binding, parts)) await reconcileApiBinding(parts)(inRoot(binding.metadata.name!));
  for (const object of [rootNamespace(), ...rootRoles(options.homeCreatorGroups), ...rootWorkspaceTypes(options.batteries)])
    await ensureInRoot(object, parts);
  await registerShard(parts);
}

async function makeRootCluster({ client, shard }: ReconcilerParts): Promise<void> {
  const known = await find<LogicalCluster>(client, rootCluster, logicalClusterResource, logicalClusterName);
  const objects = client.cluster(rootCluster).resource<LogicalCluster>(logicalClusterResource);
  const logicalCluster =
    known ??
    (await objects.create({
      apiVersion: "core.kcp.io/v1alpha1",
      kind: "LogicalCluster",
      metadata: {
        name: logicalClusterName,
        annotations: {
          [typeAnnotation]: "root:root",
          [pathAnnotation]: rootCluster,
          [ownerAnnotation]: JSON.stringify({ username: "system:kcp-bootstrapper" }),
        },
      },
      spec: {},
    }));
  if (logicalCluster.status?.phase === "Ready") return;
  const URL = `${withoutSlash(shard.externalURL)}/clusters/${rootCluster}`;
  await objects.updateStatus({ ...logicalCluster, status: { ...logicalCluster.status, phase: "Ready", URL } });
}

/** @returns whether it was made now */
async function ensureInRoot(object: KubeObject, { client, store, apis }: ReconcilerParts): Promise<boolean> {
  const { surface } = await apis.of(rootCluster);
  const definition = surface.definitions.find((one) => isKind(one, object));
  if (!definition) throw new Error(`root does not serve ${object.kind}: a part of its start is missing`);
  const key = encodeKey({ ...definition.storage, cluster: rootCluster, namespace: "", name: object.metadata.name! });
  if (await store.get(key)) return false;
  const resource: GroupVersionResource = { group: definition.group, version: definition.version, resource: definition.resource };
  return ensure(client, rootCluster, resource, object);
}

function isKind(definition: ResourceDefinition, { apiVersion, kind }: KubeObject): boolean {
  const { group, version } = parseGroupVersion(apiVersion)!;
  return definition.kind === kind && definition.group === group && definition.version === version;
}

/** Its addresses may change from start to start. */
async function registerShard(parts: ReconcilerParts): Promise<void> {
  const wanted = shardObject(parts.shard);
  if (await ensureInRoot(wanted, parts)) return;
  const resource = { group: "core.kcp.io", version: "v1alpha1", resource: "shards" };
  const known = await find<Shard>(parts.client, rootCluster, resource, wanted.metadata.name!);
  const { baseURL, externalURL, virtualWorkspaceURL } = known!.spec;
  if (baseURL === wanted.spec.baseURL && externalURL === wanted.spec.externalURL && virtualWorkspaceURL === wanted.spec.virtualWorkspaceURL)
    return;
  await parts.client
    .cluster(rootCluster)
    .resource<Shard>(resource)
    .update({ ...known!, spec: wanted.spec });
}
