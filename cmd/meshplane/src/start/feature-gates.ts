/** kcp's own feature gates: what they switch on here. All are off by default, as upstream. */
export type FeatureGate = "WorkspaceMounts" | "CacheAPIs" | "WorkspaceAuthentication";

const served: readonly string[] = ["WorkspaceMounts", "CacheAPIs", "WorkspaceAuthentication"] satisfies FeatureGate[];
/** what it would add to APIExports is not there */
const unsupported: readonly string[] = ["EnableDeprecatedAPIExportVirtualWorkspacesUrls"];

export interface FeatureGates {
  on: ReadonlySet<FeatureGate>;
  /** switched on, but not served: starting as if they were would mislead */
  refused: string[];
  /** they change nothing: Kubernetes' own, names that nobody knows, and LogicalClusterMigration, since one shard has nowhere to move to */
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
