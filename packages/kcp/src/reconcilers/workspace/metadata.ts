import { phaseLabel, type Workspace } from "@meshplane/apis";
import { ok, type Subroutine } from "@meshplane/controller-runtime";

/** The phase and its label from the first step on; later the write path keeps them together. */
export const metadata = (): Subroutine<Workspace> => (workspace) => {
  if (workspace.spec.mount) return ok;
  workspace.status ??= {};
  workspace.status.phase ??= "Scheduling";
  if (workspace.metadata.labels?.[phaseLabel] === undefined)
    workspace.metadata.labels = { ...workspace.metadata.labels, [phaseLabel]: workspace.status.phase };
  return ok;
};
