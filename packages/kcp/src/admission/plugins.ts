/** kcp's admission in the order that it sees a write. @see spec authz §8.1 */
import { apiBindingFinalizer, apisGroup, coreGroup, logicalClusterDeletionFinalizer } from "@meshplane/apis";
import type { AdmissionPlugin, Authorizer } from "@meshplane/apiserver";
import { immortalNamespaces } from "@meshplane/controlplane";
import type { Store } from "@meshplane/storage";
import { cachedSliceAdmission } from "../cached-resources/slice-admission.ts";
import type { ExportIndex } from "../exports/export-index.ts";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import type { ClusterApisSource } from "../surfaces/cluster-apis.ts";
import type { WorkspaceTypes } from "../workspace-types.ts";
import { apiBindingAdmission } from "./api-binding.ts";
import { apiExportAdmission } from "./api-export.ts";
import { apiExportEndpointSliceAdmission } from "./api-export-endpoint-slice.ts";
import { apiResourceSchemaAdmission } from "./api-resource-schema.ts";
import { clusterCachedResourceAdmission } from "./cluster-cached-resource.ts";
import { finalizerAdmission } from "./finalizer.ts";
import { logicalClusterAdmission } from "./logical-cluster.ts";
import { objectCountLimit } from "./object-count-limit.ts";
import { pathAnnotationAdmission } from "./path-annotation.ts";
import { permissionClaimsAdmission } from "./permission-claims.ts";
import { reservedCrdAnnotations, reservedCrdGroups, reservedNames } from "./reserved.ts";
import { shardAdmission } from "./shard.ts";
import { workspaceAdmission } from "./workspace.ts";
import { workspaceTypeAdmission } from "./workspace-type.ts";
import { workspaceTypeExistsAdmission } from "./workspace-type-exists.ts";

export interface AdmissionParts {
  store: Store;
  paths: PathIndex;
  exports: ExportIndex;
  apisOf: ClusterApisSource;
  types: WorkspaceTypes;
  deepAuthorize: Authorizer;
  /** webhooks and policies */
  policies: readonly AdmissionPlugin[];
  quota: readonly AdmissionPlugin[];
  totalObjectLimit: number;
  countObjects: (cluster: string) => Promise<number>;
}

export function admissionPlugins(parts: AdmissionParts): AdmissionPlugin[] {
  const { store, paths, exports, apisOf, types, deepAuthorize } = parts;
  const logicalClusterFinalizer = "tenancy.kcp.io/LogicalClusterDeletionFinalizer";
  const bindingFinalizer = "apis.kcp.io/APIBindingDeletionFinalizer";
  return [
    immortalNamespaces({ mayDelete: (cluster) => paths.get(cluster)?.deleting ?? false }), // WorkspaceNamespaceLifecycle
    apiResourceSchemaAdmission,
    workspaceAdmission(paths),
    finalizerAdmission(logicalClusterFinalizer, coreGroup, "logicalclusters", logicalClusterDeletionFinalizer),
    shardAdmission,
    workspaceTypeAdmission(paths, deepAuthorize),
    workspaceTypeExistsAdmission(paths, types, deepAuthorize),
    logicalClusterAdmission,
    apiExportAdmission,
    apiBindingAdmission(paths, exports, deepAuthorize),
    finalizerAdmission(bindingFinalizer, apisGroup, "apibindings", apiBindingFinalizer),
    apiExportEndpointSliceAdmission(paths, exports, deepAuthorize),
    ...parts.policies, // they see objects before claim labels and kcp.io/path are set
    reservedCrdAnnotations,
    reservedCrdGroups,
    reservedNames,
    permissionClaimsAdmission(apisOf),
    pathAnnotationAdmission(paths),
    objectCountLimit(paths, parts.totalObjectLimit, parts.countObjects),
    ...parts.quota,
    clusterCachedResourceAdmission(store, apisOf),
    cachedSliceAdmission(paths, deepAuthorize),
  ];
}
