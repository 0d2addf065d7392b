import { logicalClusterName, type LogicalCluster, type Workspace } from "@meshplane/apis";
import {
  getCondition,
  isConditionTrue,
  markFalse,
  markTrue,
  ok,
  pending,
  setCondition,
  type Outcome,
  type Subroutine,
} from "@meshplane/controller-runtime";
import { find, logicalClusterResource, type ReconcilerParts } from "../parts.ts";

/** how long a new logical cluster may be out of sight */
const graceMs = 60_000;

/** The Workspace's phase, after that of its logical cluster. @see spec tenancy §3.3 */
export const phase =
  (parts: ReconcilerParts): Subroutine<Workspace> =>
  async (workspace) => {
    const status = (workspace.status ??= {});
    if (workspace.metadata.deletionTimestamp) return deleting(workspace, parts);
    if (status.phase === "Scheduling" && isConditionTrue(workspace, "WorkspaceScheduled")) status.phase = "Initializing";
    if (status.phase === "Initializing") return initializing(workspace, parts);
    if (status.phase === "Unavailable" && getCondition(workspace, "WorkspaceInitialized")?.reason === "WorkspaceDisappeared")
      if (await logicalClusterOf(workspace, parts)) markTrue(workspace, "WorkspaceInitialized");
    if (status.phase === "Ready" && workspace.spec.cluster && !parts.paths.get(workspace.spec.cluster)) disappeared(workspace);
    return availability(workspace);
  };

const logicalClusterOf = ({ spec }: Workspace, { client }: ReconcilerParts): Promise<LogicalCluster | undefined> =>
  find<LogicalCluster>(client, spec.cluster!, logicalClusterResource, logicalClusterName);

async function initializing(workspace: Workspace, parts: ReconcilerParts): Promise<Outcome> {
  const status = workspace.status!;
  const logicalCluster = await logicalClusterOf(workspace, parts);
  if (!logicalCluster) {
    if (parts.clock() - Date.parse(workspace.metadata.creationTimestamp ?? "") < graceMs) return pending({ afterSeconds: 1 });
    disappeared(workspace);
    return ok;
  }
  mirror(workspace, "terminators", logicalCluster.status?.terminators);
  if (!logicalCluster.status?.phase || logicalCluster.status.phase === "Scheduling") {
    markFalse(workspace, "WorkspaceInitialized", "InitializerExists", "Info", "LogicalCluster is not initializing yet");
    return pending({ afterSeconds: 1 });
  }
  const left = logicalCluster.status.initializers ?? [];
  mirror(workspace, "initializers", left);
  if (left.length > 0) {
    markFalse(workspace, "WorkspaceInitialized", "InitializerExists", "Info", `Initializers still exist: [${left.join(" ")}]`);
    return ok; // the next change of the LogicalCluster brings us back
  }
  status.phase = "Ready";
  markTrue(workspace, "WorkspaceInitialized");
  return ok;
}

async function deleting(workspace: Workspace, parts: ReconcilerParts): Promise<Outcome> {
  const { status, metadata, spec } = workspace;
  if (!["Ready", "Terminating", "Deleting", "Initializing"].includes(status!.phase!) || !spec.cluster) return ok;
  const logicalCluster = await logicalClusterOf(workspace, parts);
  if (!logicalCluster) {
    markTrue(workspace, "WorkspaceContentDeleted");
    return ok;
  }
  mirror(workspace, "terminators", logicalCluster.status?.terminators);
  status!.phase = logicalCluster.status?.terminators?.length ? "Terminating" : "Deleting";
  const content = getCondition(logicalCluster, "WorkspaceContentDeleted");
  if (content) setCondition(workspace, content);
  const age = parts.clock() - Date.parse(metadata.deletionTimestamp!);
  return { next: true, requeueAfterMs: Math.min(300_000, Math.max(1_000, age / 5)) };
}

/** Any False condition about the workspace makes it unavailable. */
function availability(workspace: Workspace): Outcome {
  const status = workspace.status!;
  const broken = status.conditions?.some(({ type, status: value }) => type.startsWith("Workspace") && value === "False") ?? false;
  if (broken) status.phase = "Unavailable";
  else if (status.phase === "Unavailable") status.phase = workspace.spec.URL && workspace.spec.cluster ? "Ready" : "Scheduling";
  return ok;
}

const disappeared = (workspace: Workspace): void =>
  markFalse(workspace, "WorkspaceInitialized", "WorkspaceDisappeared", "Error", `LogicalCluster ${workspace.spec.cluster} not found`);

function mirror(workspace: Workspace, field: "initializers" | "terminators", list: string[] | undefined): void {
  if (list?.length) workspace.status![field] = list;
  else delete workspace.status![field];
}
