/** All controllers of a shard. */
import type { ControllerOptions } from "@meshplane/controller-runtime";
import { cachedResourceController, type CachedResourceParts } from "../cached-resources/cached-resource.controller.ts";
import { cachedSliceController } from "../cached-resources/cached-slice.controller.ts";
import { CompleteBindings } from "./api-binding/complete-bindings.ts";
import { apiBindingController } from "./api-binding/api-binding.reconciler.ts";
import { apiExportController } from "./api-export/api-export.reconciler.ts";
import { endpointSliceController } from "./api-export/endpoint-slice.reconciler.ts";
import { logicalClusterController } from "./logical-cluster/logical-cluster.reconciler.ts";
import { crdController } from "./crd.controller.ts";
import type { ReconcilerParts } from "./parts.ts";
import { partitionSetController } from "./topology/partition-set.reconciler.ts";
import { workspaceTypeController } from "./workspace-type/workspace-type.reconciler.ts";
import { workspaceController } from "./workspace/workspace.reconciler.ts";

export function kcpControllers(parts: ReconcilerParts): ControllerOptions[] {
  const complete = new CompleteBindings(parts);
  return [
    workspaceController(parts),
    logicalClusterController(parts, complete),
    apiBindingController(parts, complete),
    apiExportController(parts),
    endpointSliceController(parts),
    workspaceTypeController(parts),
    partitionSetController(parts),
    crdController(parts),
  ];
}

/** Those of the feature gate CacheAPIs. */
export const cacheControllers = (parts: CachedResourceParts): ControllerOptions[] => [
  cachedResourceController(parts),
  cachedSliceController(parts),
];
