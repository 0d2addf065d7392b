import type { KubeObject } from "@meshplane/apimachinery";
import {
  apiBindings,
  apiConversions,
  apiExportEndpointSlices,
  apiExports,
  apiResourceSchemas,
  bindingToV1alpha1,
  bindingToV1alpha2,
  clusterCachedResourceEndpointSlices,
  clusterCachedResources,
  exportToV1alpha1,
  exportToV1alpha2,
  logicalClusters,
  type APIBinding,
  type APIBindingV1alpha1,
  type APIExport,
  type APIExportV1alpha1,
  type ApiResource,
} from "@meshplane/apis";
import type { InProcessApi, ResourceDefinition } from "@meshplane/apiserver";
import { definitionsFromCrd } from "@meshplane/apiextensions";
import { builtInIdentity, type IndexEntry } from "@meshplane/storage";
import { withLifecycleMetadata } from "./lifecycle-metadata.ts";
import { withBindingMetadata } from "./binding-metadata.ts";

/** Names of the store's index entries that kcp's kinds have. */
export const kcpIndexes = {
  /** APIBindings by `<path or cluster of the export as written>|<name>`, for exports that do not exist yet too */
  bindingsOfReference: "apibindings-by-reference",
  /** APIBindings by `<cluster of the export>|<name>` */
  bindingsOfExport: "apibindings-by-export",
  /** LogicalClusters, Workspaces and APIBindings that still need work */
  unsettled: "kcp-unsettled",
  /** WorkspaceTypes, APIExports, endpoint slices: by what they refer to */
  slicesOfExport: "endpointslices-by-export",
} as const;

export const systemKinds: readonly ApiResource[] = [
  apiExports,
  apiBindings,
  apiResourceSchemas,
  apiConversions,
  apiExportEndpointSlices,
  logicalClusters,
  clusterCachedResources,
  clusterCachedResourceEndpointSlices,
];

type Convert = NonNullable<ResourceDefinition["convert"]>;

const conversions: Record<string, Convert> = {
  apiexports: {
    fromStorage: (object) => exportToV1alpha1(object as APIExport),
    toStorage: (object) => exportToV1alpha2(object as APIExportV1alpha1),
  },
  apibindings: {
    fromStorage: (object) => bindingToV1alpha1(object as APIBinding),
    toStorage: (object) => bindingToV1alpha2(object as APIBindingV1alpha1),
  },
};

/** The kinds that every logical cluster has besides the built-in ones. @see spec apis-served §2 */
export function systemDefinitions(api: () => InProcessApi): ResourceDefinition[] {
  return systemKinds
    .flatMap((kind) => definitionsFromCrd(kind, { identity: builtInIdentity, api, definedIn: "system:system-crds" }))
    .map((definition) => {
      const convert = conversions[definition.resource];
      return extend(convert && definition.convert ? { ...definition, convert } : definition);
    });
}

function extend(definition: ResourceDefinition): ResourceDefinition {
  switch (definition.resource) {
    case "apibindings":
      return { ...withBindingMetadata(definition), indexEntries: bindingIndexEntries };
    case "apiexports":
      return definition.version === "v1alpha1" ? withoutEmptyGroups(definition) : definition;
    case "apiexportendpointslices":
      return { ...definition, indexEntries: sliceIndexEntries };
    case "logicalclusters":
      return { ...withLifecycleMetadata(definition), indexEntries: unsettledUnlessReady };
    default:
      return definition;
  }
}

function bindingIndexEntries(object: KubeObject): IndexEntry[] {
  const { spec, status } = object as APIBinding;
  const reference = spec?.reference?.export;
  if (!reference) return [];
  const entries: IndexEntry[] = [{ name: kcpIndexes.bindingsOfReference, value: `${reference.path ?? ""}|${reference.name}` }];
  if (status?.apiExportClusterName)
    entries.push({ name: kcpIndexes.bindingsOfExport, value: `${status.apiExportClusterName}|${reference.name}` });
  if (status?.phase !== "Bound" || object.metadata.deletionTimestamp) entries.push({ name: kcpIndexes.unsettled, value: "apibindings" });
  return entries;
}

function sliceIndexEntries(object: KubeObject): IndexEntry[] {
  const { export: reference } = (object as unknown as { spec: { export?: { path?: string; name: string } } }).spec ?? {};
  return reference ? [{ name: kcpIndexes.slicesOfExport, value: reference.name }] : [];
}

export function unsettledUnlessReady(object: KubeObject): IndexEntry[] {
  const phase = (object as { status?: { phase?: string } }).status?.phase;
  return phase === "Ready" && !object.metadata.deletionTimestamp ? [] : [{ name: kcpIndexes.unsettled, value: "lifecycle" }];
}

/** v1alpha1 shows no empty group; its schema fills one in, for the key of the list. */
function withoutEmptyGroups(definition: ResourceDefinition): ResourceDefinition {
  return {
    ...definition,
    strategy: {
      ...definition.strategy,
      canonicalize(object) {
        object["status"] ??= {};
        for (const claim of (object as APIExportV1alpha1).spec?.permissionClaims ?? []) if (claim.group === "") delete claim.group;
      },
    },
  };
}
