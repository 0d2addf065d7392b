import type { InProcessApi, Log, SurfaceSource } from "@meshplane/apiserver";
import type { Store } from "@meshplane/storage";
import type { ServiceAccountTokens } from "../authentication/service-account-tokens.ts";

/** What the controllers of every logical cluster are given. */
export interface ControllerDependencies {
  store: Store;
  /** the server's own door; asked for when there is work */
  local: () => InProcessApi;
  /** which definitions a logical cluster has: for contents of namespaces and dependents of any kind */
  surfaces: SurfaceSource;
  /** milliseconds */
  clock: () => number;
  log: Log;
  /** PEM, what the ConfigMap kube-root-ca.crt holds */
  rootCa: string;
  tokens: ServiceAccountTokens;
}
