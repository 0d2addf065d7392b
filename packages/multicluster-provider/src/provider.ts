import type { ClusterName, ClusterPath, GroupResource, KubeObject } from "@meshplane/apimachinery";
import type { HttpClusterClient, Lister } from "@meshplane/client";
import type { KeySource } from "@meshplane/controller-runtime";

/** One logical cluster that we work for. */
export interface EngagedCluster {
  name: ClusterName;
  /** as an annotation told it; undefined when none did */
  path: ClusterPath | undefined;
}

/** The cluster is not (or no longer) one of those that we work for. */
export class UnknownClusterError extends Error {
  readonly cluster: string;
  constructor(cluster: string) {
    super(`logical cluster ${JSON.stringify(cluster)} is not engaged`);
    this.name = "UnknownClusterError";
    this.cluster = cluster;
  }
}

/** Clients of the engaged clusters. It is a MultiClusterClient, so subroutines take it as it is. */
export interface FleetClient {
  /** @param cluster name or path @throws UnknownClusterError */
  cluster(cluster: string): HttpClusterClient;
}

/**
 * The logical clusters that some virtual workspace shows, as they come and go, and what changes in them.
 * @see kcp-dev/multicluster-provider, whose behaviour this has
 */
export interface Provider {
  readonly client: FleetClient;
  /** Changes in engaged clusters only. A cluster that is engaged later is told as if it had just been found. */
  readonly source: KeySource;
  /** cached objects of a resource that some controller subscribed to, over all endpoints */
  lister<T extends KubeObject = KubeObject>(resource: GroupResource): Lister<T>;
  clusters(): EngagedCluster[];
  /** undefined when it is not engaged; by name or path */
  engaged(cluster: string): EngagedCluster | undefined;
  /** Those of now are told at once. @returns how to stop listening */
  onChange(listener: ClusterListener): () => void;
  /** Resolves when what is there at the start is known, or cannot be reached for now; then goes on by itself. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** one line for people: what is served, or why nothing is */
  describe(): string;
}

export interface ClusterListener {
  engaged?(cluster: EngagedCluster): void;
  disengaged?(cluster: EngagedCluster): void;
}
