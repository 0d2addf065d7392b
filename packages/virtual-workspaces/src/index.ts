import type { VirtualWorkspace } from "@meshplane/kcp";
import { apiExportView } from "./apiexport/apiexport-view.ts";
import { apiResourceSchemaView } from "./apiresourceschema/apiresourceschema-view.ts";
import { cacheView } from "./cache/cache-view.ts";
import { initializing, terminating } from "./lifecycle/lifecycle.ts";
import { lifecycleView } from "./lifecycle/lifecycle-view.ts";
import { replicationView } from "./replication/replication-view.ts";
import type { ViewDependencies } from "./view-dependencies.ts";

export type { ViewDependencies } from "./view-dependencies.ts";
export { SharingGeneration } from "./sharing-generation.ts";

/** All views of this server, to be mounted below `/services/`. */
export const virtualWorkspaces = (deps: ViewDependencies): VirtualWorkspace[] => [
  apiExportView(deps),
  lifecycleView(initializing, deps),
  lifecycleView(terminating, deps),
  apiResourceSchemaView(deps),
  replicationView(deps),
  cacheView(deps),
];
