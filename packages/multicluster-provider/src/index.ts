export * from "./provider.ts";
export { apiExportProvider, type ApiExportProviderOptions } from "./api-export-provider.ts";
export {
  initializingWorkspacesProvider,
  removeInitializer,
  removeTerminator,
  terminatingWorkspacesProvider,
  type WorkspaceLifecycleProviderOptions,
} from "./workspace-lifecycle-provider.ts";
export { FleetProvider, type FleetProviderOptions } from "./fleet-provider.ts";
export {
  createMultiClusterManager,
  type LeaderElection,
  type ManagerContext,
  type MultiClusterManager,
  type MultiClusterManagerOptions,
} from "./multi-cluster-manager.ts";
