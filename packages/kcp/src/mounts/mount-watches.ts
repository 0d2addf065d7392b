import { tenancyGroup } from "@meshplane/apis";
import type { ControllerOptions } from "@meshplane/controller-runtime";
import { allResources } from "@meshplane/controlplane";
import { isOfRootExport, type ReconcilerParts } from "../reconcilers/parts.ts";
import { MountReferences } from "./mount-references.ts";

/** What else the controller of workspaces looks at, for those that are mounts. Nothing while the feature is off. */
export function mountWatches(parts: ReconcilerParts): NonNullable<ControllerOptions["watches"]> {
  if (!parts.mountsEnabled) return [];
  const references = new MountReferences();
  const isOurs = isOfRootExport(parts, tenancyGroup);
  return [
    {
      resource: { group: tenancyGroup, resource: "workspaces" },
      keys: (change) => {
        if (isOurs(change)) references.note(change);
        return [];
      },
    },
    // an object to mount may be of any kind
    { resource: allResources, keys: (change) => references.mounting(change), initial: false },
  ];
}
