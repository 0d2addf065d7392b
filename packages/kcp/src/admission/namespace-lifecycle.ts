/** `WorkspaceNamespaceLifecycle` @see spec authz §8.2, wire 60 */
import type { AdmissionPlugin } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { isOn, refuse } from "./requests.ts";

const immortal = new Set(["default", "kube-system", "kube-public"]);

/** Some namespaces stay as long as their logical cluster does. Missing and terminating ones are the write path's guards. */
export const namespaceLifecycle = (paths: PathIndex): AdmissionPlugin => ({
  name: "WorkspaceNamespaceLifecycle",
  handles: (request) => isOn(request, "", "namespaces") && request.operation === "DELETE" && request.subresource === "",
  validate(request) {
    if (immortal.has(request.name) && !paths.get(request.cluster)?.deleting) throw refuse(request, "this namespace may not be deleted");
  },
});
