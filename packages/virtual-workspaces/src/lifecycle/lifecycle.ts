/** What initializing and terminating have in common, as data: one view serves both. @see spec virtual-workspaces §3, §4 */
import {
  initializerLabel,
  kcpGroups,
  phaseLabel,
  terminatorLabel,
  type LogicalCluster,
  type PolicyRule,
  type WorkspaceType,
} from "@meshplane/apis";
import { labelSelectorFrom, type LabelSelector } from "@meshplane/apimachinery";

export interface Lifecycle {
  /** the segment after `/services/` */
  service: string;
  /** on workspacetypes, in the type's cluster */
  verb: "initialize" | "terminate";
  /** as messages say it */
  noun: "initializer" | "terminator";
  list: "initializers" | "terminators";
  permissions: (type: WorkspaceType) => readonly PolicyRule[];
  /** the group that the content authorizer lets in during this phase */
  group: (id: string) => string;
  /** which LogicalClusters are shown */
  selector: (id: string) => LabelSelector;
  /** and of those only the ones that are being deleted */
  onlyDeleting: boolean;
  /** whether the holder of `id` may work in the cluster now */
  isOpen: (cluster: LogicalCluster, id: string) => boolean;
  /** whether discovery of one cluster is the LogicalCluster's own, not the workspace's */
  ownDiscovery: boolean;
}

export const initializing: Lifecycle = {
  service: "initializingworkspaces",
  verb: "initialize",
  noun: "initializer",
  list: "initializers",
  permissions: (type) => type.spec?.initializerPermissions ?? [],
  group: (id) => kcpGroups.initializerPrefix + id,
  selector: (id) => phaseAnd(["Initializing"], initializerLabel(id)),
  onlyDeleting: false,
  isOpen: ({ status }, id) => status?.phase === "Initializing" && (status.initializers ?? []).includes(id),
  ownDiscovery: false,
};

export const terminating: Lifecycle = {
  service: "terminatingworkspaces",
  verb: "terminate",
  noun: "terminator",
  list: "terminators",
  permissions: (type) => type.spec?.terminatorPermissions ?? [],
  group: (id) => kcpGroups.terminatorPrefix + id,
  selector: (id) => labelled(terminatorLabel(id)),
  onlyDeleting: true,
  isOpen: ({ metadata, status }, id) => Boolean(metadata.deletionTimestamp) && (status?.terminators ?? []).includes(id),
  ownDiscovery: true,
};

const labelled = ({ key, value }: { key: string; value: string }): LabelSelector =>
  labelSelectorFrom({ matchExpressions: [{ key, operator: "In", values: [value] }] });

const phaseAnd = (phases: string[], { key, value }: { key: string; value: string }): LabelSelector =>
  labelSelectorFrom({
    matchExpressions: [
      { key: phaseLabel, operator: "In", values: phases },
      { key, operator: "In", values: [value] },
    ],
  });
