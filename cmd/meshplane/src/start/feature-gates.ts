/** kcp's own feature gates: what they switch on here. All are off by default, as upstream. */
export type FeatureGate = "WorkspaceMounts" | "CacheAPIs" | "WorkspaceAuthentication";

const served: readonly string[] = ["WorkspaceMounts", "CacheAPIs", "WorkspaceAuthentication"] satisfies FeatureGate[];
/** there is one shard: nowhere to move a logical cluster to, and no URLs of the time before endpoint slices */
const unsupported: readonly string[] = ["LogicalClusterMigration", "EnableDeprecatedAPIExportVirtualWorkspacesUrls"];

export interface FeatureGates {
  on: ReadonlySet<FeatureGate>;
  /** switched on, but not served: starting as if they were would mislead */
  refused: string[];
  /** Kubernetes' own, and names that nobody knows: they change nothing */
  ignored: string[];
}

/** Sorts what `--feature-gates` says. */
export function featureGates(given: Readonly<Record<string, boolean>>): FeatureGates {
  const names = Object.keys(given);
  const on = names.filter((name) => given[name]);
  return {
    on: new Set(on.filter((name): name is FeatureGate => served.includes(name))),
    refused: on.filter((name) => unsupported.includes(name)),
    ignored: names.filter((name) => !served.includes(name) && !unsupported.includes(name)),
  };
}
