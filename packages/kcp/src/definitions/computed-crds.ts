/** What upstream keeps as CRDs in two clusters of its own is computed here: read-only, for those who look there. @see spec scale §1 */
import { formatTime, type KubeList, type KubeObject, type ObjectMeta } from "@meshplane/apimachinery";
import type { APIResourceSchema } from "@meshplane/apis";
import type { ComputedResource, ResourceDefinition } from "@meshplane/apiserver";
import type { CrdLikeSpec } from "@meshplane/apiextensions";
import type { Store } from "@meshplane/storage";
import type { BoundDefinitions } from "./bound-definitions.ts";
import { systemKinds } from "./system-definitions.ts";
import { uidOf } from "./uid-of.ts";

export const systemCrdCluster = "system:system-crds";
export const boundCrdCluster = "system:bound-crds";

export interface ComputedCrdParts {
  store: Store;
  bound: BoundDefinitions;
  /** milliseconds: since when the system's kinds are there */
  since: number;
}

/** The CRDs of one of the two clusters in place of stored ones; undefined for other clusters. */
export function computedCrds(cluster: string, crds: ResourceDefinition, parts: ComputedCrdParts): ResourceDefinition | undefined {
  if (cluster !== systemCrdCluster && cluster !== boundCrdCluster) return undefined;
  const all = async (): Promise<KubeObject[]> =>
    cluster === systemCrdCluster
      ? systemKinds.map((kind) => systemCrd(kind, parts.since))
      : (await parts.bound.kept()).map((schema) => boundCrd(schema));
  const computed: ComputedResource = {
    get: async ({ name }) => (await all()).find(({ metadata }) => metadata.name === name),
    async list({ labelSelector }): Promise<KubeList> {
      const items = (await all()).filter(({ metadata }) => labelSelector.matches(metadata.labels));
      return { metadata: { resourceVersion: String(await parts.store.revision()) }, items } as unknown as KubeList;
    },
  };
  return { ...crds, verbs: ["get", "list"], subresources: {}, computed };
}

function systemCrd(spec: CrdLikeSpec, since: number): KubeObject {
  const name = `${spec.names.plural}.${spec.group}`;
  const uid = uidOf(name);
  return crdOf(spec, {
    name,
    uid,
    resourceVersion: "1",
    creationTimestamp: formatTime(since),
    annotations: { "kcp.io/cluster": systemCrdCluster },
  });
}

function boundCrd({ metadata, spec }: APIResourceSchema): KubeObject {
  return crdOf(spec as unknown as CrdLikeSpec, {
    name: metadata.uid!,
    uid: metadata.uid!,
    resourceVersion: metadata.resourceVersion ?? "1",
    ...(metadata.creationTimestamp ? { creationTimestamp: metadata.creationTimestamp } : {}),
    annotations: {
      "apis.kcp.io/bound-crd": "",
      "apis.kcp.io/schema-cluster": metadata.annotations?.["kcp.io/cluster"] ?? "",
      "apis.kcp.io/schema-name": metadata.name!,
      "kcp.io/cluster": boundCrdCluster,
    },
  });
}

function crdOf({ group, names, scope, versions, conversion }: CrdLikeSpec, metadata: ObjectMeta): KubeObject {
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: "True",
    reason,
    message,
    lastTransitionTime: metadata.creationTimestamp ?? null,
  });
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { generation: 1, ...metadata },
    spec: {
      group,
      names: { ...names },
      scope,
      versions: versions.map(({ schema, ...version }) => ({
        ...version,
        schema: schema && "openAPIV3Schema" in schema ? schema : { openAPIV3Schema: schema },
      })),
      conversion: conversion ?? { strategy: "None" },
    },
    status: {
      conditions: [
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
      ],
      acceptedNames: { ...names },
      storedVersions: versions.filter(({ storage }) => storage).map(({ name }) => name),
    },
  } as unknown as KubeObject;
}
