import type { Authorizer, SurfaceSource } from "@meshplane/apiserver";
import type { ViewParts } from "@meshplane/kcp";
import type { Store } from "@meshplane/storage";

/** What the views need of the rooms below. `createKcp` brings all of it. */
export interface ViewDependencies extends ViewParts {
  store: Store;
  /** the chain of a logical cluster */
  authorize: Authorizer;
  /** the same without the question whether the user may enter the cluster */
  deepAuthorize: Authorizer;
  /** the logical cluster at a workspace path of this shard */
  clusterOfPath: (path: string) => string | undefined;
  /** another number after every change of an APIExport or APIResourceSchema: the views' surfaces hang on it */
  generation: () => number;
  /** surfaces of logical clusters */
  surfaces: SurfaceSource;
}

export interface ExportName {
  cluster: string;
  name: string;
}
