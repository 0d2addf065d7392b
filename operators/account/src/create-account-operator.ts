import { platformMeshExports } from "@meshplane/apis/platform-mesh";
import type { ClientConfig } from "@meshplane/client";
import type { ControllerMetrics } from "@meshplane/controller-runtime";
import { apiExportProvider, createMultiClusterManager, type LeaderElection } from "@meshplane/multicluster-provider";
import { accountController } from "./account.controller.ts";
import { accountInfoController } from "./account-info.controller.ts";
import { accountContext } from "./context.ts";

export interface AccountOperatorOptions {
  /** the workspace that has the export, as somebody who may use its virtual workspace */
  config: ClientConfig;
  /** name of the APIExportEndpointSlice; upstream's by default */
  endpointSlice?: string;
  /** one line for people */
  log: (line: string) => void;
  metrics?: ControllerMetrics;
  leaderElection?: LeaderElection;
}

/** The account operator, ready to run until its signal. */
export function createAccountOperator({
  config,
  endpointSlice = platformMeshExports.core,
  log,
  metrics,
  leaderElection,
}: AccountOperatorOptions) {
  const provider = apiExportProvider({ config, endpointSlice, onError: (error) => log(`account-operator: ${String(error)}`) });
  return createMultiClusterManager({
    provider,
    controllers: (manager) => {
      const context = accountContext(manager, config.ca ?? "");
      return [accountController(manager, context, metrics), accountInfoController(manager, context)];
    },
    ...(leaderElection ? { leaderElection } : {}),
    log: (line) => log(`account-operator: ${line}`),
  });
}
