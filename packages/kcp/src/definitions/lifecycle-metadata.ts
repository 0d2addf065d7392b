import type { KubeObject } from "@meshplane/apimachinery";
import {
  initializerLabel,
  initializerLabelPrefix,
  ownerAnnotation,
  phaseLabel,
  terminatorLabel,
  terminatorLabelPrefix,
  hasTerminatorsFinalizer,
  type LogicalCluster,
  type Workspace,
} from "@meshplane/apis";
import type { ResourceDefinition } from "@meshplane/apiserver";

/**
 * Labels of Workspaces and LogicalClusters that follow from their status are written in the same commit. Upstream's controllers write them afterwards;
 * one commit is cheaper, and a watcher of the label never sees the old status with it. @see spec tenancy §3.2, §4.3
 */
export function withLifecycleMetadata(definition: ResourceDefinition): ResourceDefinition {
  const isLogicalCluster = definition.resource === "logicalclusters";
  return { ...definition, strategy: { ...definition.strategy, canonicalize } };

  function canonicalize(object: KubeObject): void {
    definition.strategy.canonicalize?.(object);
    // a new object has lost the status that the client sent, defaults included
    definition.strategy.applyDefaults?.(object);
    const { status } = object as Workspace | LogicalCluster;
    const { metadata } = object;
    const phase = status?.phase;
    // a new object shows no label yet: the first step of its controller sets it
    if (phase && (phase !== "Scheduling" || metadata.labels?.[phaseLabel] !== undefined)) setLabel(object, phaseLabel, phase);
    if (isLogicalCluster) {
      followList(object, initializerLabelPrefix, (status?.initializers ?? []).map(initializerLabel));
      followList(object, terminatorLabelPrefix, (status?.terminators ?? []).map(terminatorLabel));
      followTerminators(object as LogicalCluster);
    }
    if (phase === "Ready") trimOwner(object);
  }
}

function setLabel(object: KubeObject, key: string, value: string): void {
  const { labels } = object.metadata;
  if (labels?.[key] !== value) object.metadata.labels = { ...labels, [key]: value };
}

function followList(object: KubeObject, prefix: string, wanted: { key: string; value: string }[]): void {
  const old = Object.entries(object.metadata.labels ?? {});
  if (wanted.length === 0 && !old.some(([key]) => key.startsWith(prefix))) return;
  const labels = Object.fromEntries(old.filter(([key]) => !key.startsWith(prefix)));
  for (const { key, value } of wanted) labels[key] = value;
  object.metadata.labels = labels;
  if (Object.keys(labels).length === 0) delete object.metadata.labels;
}

/** `kcp.io/has-terminators` holds the logical cluster while terminators remain. */
function followTerminators({ metadata, status }: LogicalCluster): void {
  const others = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== hasTerminatorsFinalizer);
  if (status?.terminators?.length) metadata.finalizers = [...others, hasTerminatorsFinalizer];
  else if (others.length !== (metadata.finalizers?.length ?? 0)) metadata.finalizers = others;
}

/** Of the owner only the name stays once nobody needs the rest. A value that cannot be read goes. */
function trimOwner({ metadata }: KubeObject): void {
  const text = metadata.annotations?.[ownerAnnotation];
  if (text === undefined) return;
  const annotations = { ...metadata.annotations };
  const name = userNameOf(text);
  if (name === undefined) delete annotations[ownerAnnotation];
  else annotations[ownerAnnotation] = JSON.stringify({ username: name });
  metadata.annotations = annotations;
}

export function userNameOf(owner: string): string | undefined {
  try {
    const value: unknown = JSON.parse(owner);
    const name = typeof value === "object" && value !== null ? (value as { username?: unknown }).username : undefined;
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}
