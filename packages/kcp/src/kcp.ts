import type { AdmissionPlugin, Authorizer, FrontDoor, Projection, ServerOptions, SurfaceSource } from "@meshplane/apiserver";
import type { Controller, KeySource } from "@meshplane/controller-runtime";
import type { VirtualWorkspace } from "./virtual-workspace.ts";

/** The parts of a kcp, ready to be put into a server. Made by `createKcp`. */
export interface Kcp {
  /** in this order, before the watch hub */
  projections: Projection[];
  frontDoor: FrontDoor;
  surfaces: SurfaceSource;
  admission: AdmissionPlugin[];
  createGuards: NonNullable<ServerOptions["createGuards"]>;
  /** the chain of a shard: groups, paths, RBAC with everything around it */
  authorize: Authorizer;
  /** the same without required groups, content and maximal permission policy: for `bind`, `use` and policies (authz §6) */
  deepAuthorize: Authorizer;
  /** adds a view below `/services/<name>/` */
  mount(virtualWorkspace: VirtualWorkspace): void;
  /** content of system clusters and root; after the projections are loaded, before the listener opens. Idempotent. */
  bootstrap(): Promise<void>;
  startControllers(source: KeySource): Controller[];
}
