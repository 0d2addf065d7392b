import { clusterAnnotation, equalJson, hasReason, labelSelectorFrom, everything, type LabelSelector } from "@meshplane/apimachinery";
import {
  apiBindingsInitializer,
  clusterNameAnnotation,
  logicalClusterName,
  newClusterName,
  ownerAnnotation,
  pathAnnotation,
  regionLabel,
  requiredGroupsAnnotation,
  shardAnnotation,
  shardHash,
  shardHashAnnotation,
  typeAnnotation,
  unschedulableAnnotation,
  workspaceFinalizer,
  type LogicalCluster,
  type Shard,
  type UserInfo,
  type Workspace,
  type WorkspaceType,
} from "@meshplane/apis";
import { markFalse, markTrue, ok, pending, stop, type Outcome, type Subroutine } from "@meshplane/controller-runtime";
import { lifecycleId } from "../../workspace-types.ts";
import { createLogicalCluster } from "../logical-cluster/create-logical-cluster.ts";
import { find, listShards, logicalClusterResource, withoutSlash, type ReconcilerParts } from "../parts.ts";

/**
 * Chooses a shard and a name, commits both and the address that follows from them, and only then makes the logical cluster: after a crash in between
 * the next try finds the name that was chosen. Nobody is led to the address before the phase is Initializing.
 */
export const scheduling =
  (parts: ReconcilerParts): Subroutine<Workspace> =>
  async (workspace, { cluster: parent }) => {
    const { metadata, spec } = workspace;
    if (metadata.deletionTimestamp || spec.mount) return ok;
    if (!parts.paths.get(parent)) return pending({ afterSeconds: 1 });
    const path = `${parts.paths.pathOf(parent)}:${metadata.name}`;
    const cluster = metadata.annotations?.[clusterNameAnnotation];
    if (spec.URL && spec.cluster && (workspace.status?.phase !== "Scheduling" || cluster !== spec.cluster))
      return followShard(workspace, parts);
    if (!cluster) return chooseShard(workspace, path, parts);

    const shard = (await listShards(parts)).find(({ metadata: { name } }) => name === metadata.annotations![shardAnnotation]);
    if (!shard) return followShard(workspace, parts);
    if (!(await makeLogicalCluster(workspace, parent, cluster, path, parts))) {
      assign(workspace, newClusterName(), path, shard); // taken by somebody else
      return stop;
    }
    assign(workspace, cluster, path, shard);
    markTrue(workspace, "WorkspaceScheduled");
    return ok;
  };

function assign({ metadata, spec }: Workspace, cluster: string, path: string, shard: Shard): void {
  metadata.annotations = { ...metadata.annotations, [clusterNameAnnotation]: cluster };
  spec.cluster = cluster;
  spec.URL = `${withoutSlash(shard.spec.externalURL ?? shard.spec.baseURL)}/clusters/${path}`;
}

async function chooseShard(workspace: Workspace, path: string, parts: ReconcilerParts): Promise<Outcome> {
  let selector: LabelSelector;
  try {
    selector = workspace.spec.location?.selector ? labelSelectorFrom(workspace.spec.location.selector) : everything;
  } catch (error) {
    markFalse(workspace, "WorkspaceScheduled", "Unschedulable", "Error", `spec.location.selector is invalid: ${(error as Error).message}`);
    return ok;
  }
  const candidates = (await listShards(parts)).filter(
    ({ metadata: { labels, annotations } }) => annotations?.[unschedulableAnnotation] === undefined && selector.matches(labels),
  );
  const shard = candidates[Math.floor(Math.random() * candidates.length)];
  if (!shard) {
    markFalse(workspace, "WorkspaceScheduled", "Unschedulable", "Error", "No available shards to schedule the workspace");
    return ok;
  }
  const { metadata } = workspace;
  metadata.annotations = {
    ...metadata.annotations,
    [shardAnnotation]: shard.metadata.name!,
    [shardHashAnnotation]: shardHash(shard.metadata.name!),
  };
  assign(workspace, newClusterName(), path, shard);
  copyRegion(workspace, shard);
  if (!metadata.finalizers?.includes(workspaceFinalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), workspaceFinalizer];
  return stop; // the write brings us back
}

/** The region is the shard's, whatever the user wrote. */
function copyRegion({ metadata }: Workspace, shard: Shard): void {
  const labels = { ...metadata.labels };
  const region = shard.metadata.labels?.[regionLabel];
  if (region === undefined) delete labels[regionLabel];
  else labels[regionLabel] = region;
  metadata.labels = labels;
}

async function followShard(workspace: Workspace, parts: ReconcilerParts): Promise<Outcome> {
  const name = workspace.metadata.annotations?.[shardAnnotation];
  const shard = (await listShards(parts)).find((one) => one.metadata.name === name);
  if (!shard) {
    const message = `chosen shard ${JSON.stringify(name ?? "")} does not exist anymore`;
    markFalse(workspace, "WorkspaceScheduled", "Unschedulable", "Error", message);
    return ok;
  }
  const base = withoutSlash(shard.spec.externalURL ?? shard.spec.baseURL);
  const at = workspace.spec.URL?.lastIndexOf("/clusters/") ?? -1;
  if (at >= 0 && workspace.spec.URL!.slice(0, at) !== base) workspace.spec.URL = base + workspace.spec.URL!.slice(at);
  markTrue(workspace, "WorkspaceScheduled");
  return ok;
}

/** @returns false when the cluster belongs to somebody else */
async function makeLogicalCluster(
  workspace: Workspace,
  parent: string,
  cluster: string,
  path: string,
  parts: ReconcilerParts,
): Promise<boolean> {
  const wanted = await logicalClusterOf(workspace, parent, path, parts);
  try {
    await createLogicalCluster(wanted, cluster, parts);
    return true;
  } catch (error) {
    if (!hasReason(error, "AlreadyExists")) throw error;
    const found = await find<LogicalCluster>(parts.client, cluster, logicalClusterResource, logicalClusterName);
    return found !== undefined && equalJson(found.spec.owner, wanted.spec.owner);
  }
}

async function logicalClusterOf(workspace: Workspace, parent: string, path: string, { types }: ReconcilerParts): Promise<LogicalCluster> {
  const { metadata, spec } = workspace;
  const annotations: Record<string, string> = {
    [shardAnnotation]: metadata.annotations![shardAnnotation]!,
    [pathAnnotation]: path,
  };
  for (const key of [ownerAnnotation, requiredGroupsAnnotation]) {
    const value = metadata.annotations?.[key];
    if (value !== undefined) annotations[key] = value;
  }
  const lifecycle = spec.type
    ? await lifecycleOf(await types.aliases(await types.resolve(parent, spec.type)))
    : { initializers: [], terminators: [] };
  if (spec.type) annotations[typeAnnotation] = `${spec.type.path}:${spec.type.name}`;
  const createdBy = createdByOf(metadata.annotations?.[ownerAnnotation]);
  return {
    apiVersion: "core.kcp.io/v1alpha1",
    kind: "LogicalCluster",
    metadata: { name: logicalClusterName, annotations },
    spec: {
      owner: {
        apiVersion: workspace.apiVersion,
        resource: "workspaces",
        name: metadata.name!,
        cluster: metadata.annotations![clusterAnnotation] ?? parent,
        uid: metadata.uid!,
      },
      ...(createdBy ? { createdBy } : {}),
      ...(lifecycle.initializers.length > 0 ? { initializers: lifecycle.initializers } : {}),
      ...(lifecycle.terminators.length > 0 ? { terminators: lifecycle.terminators } : {}),
    },
  };
}

/** Ids of who prepares and who cleans up, from a type and all that it extends. */
export function lifecycleOf(aliases: readonly WorkspaceType[]): { initializers: string[]; terminators: string[] } {
  const initializers = aliases.filter(({ spec }) => spec?.initializer).map(lifecycleId);
  if (aliases.some(({ spec }) => (spec?.defaultAPIBindings?.length ?? 0) > 0)) initializers.push(apiBindingsInitializer);
  return { initializers, terminators: aliases.filter(({ spec }) => spec?.terminator).map(lifecycleId) };
}

export function createdByOf(owner: string | undefined): UserInfo | undefined {
  if (owner === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(owner);
    return typeof value === "object" && value !== null ? (value as UserInfo) : undefined;
  } catch {
    return undefined;
  }
}
