/** `kcp.io/PathAnnotation` @see spec authz §8.2 */
import { coreGroup, pathAnnotation } from "@meshplane/apis";
import type { AdmissionPlugin, AdmissionRequest } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { isOn, isWrite, refuse, setAnnotation } from "./requests.ts";

const carriers = new Set([
  "apiexports.apis.kcp.io",
  "apibindings.apis.kcp.io",
  "clustercachedresources.cache.kcp.io",
  "workspacetypes.tenancy.kcp.io",
]);

/** Some kinds tell the path of their cluster, and whatever else carries the annotation tells it right. */
export const pathAnnotationAdmission = (paths: PathIndex): AdmissionPlugin => ({
  name: "kcp.io/PathAnnotation",
  handles: (request) =>
    isWrite(request) &&
    request.subresource === "" &&
    !isOn(request, coreGroup, "logicalclusters") &&
    (isCarrier(request) || carries(request)),

  mutate(request) {
    const entry = paths.get(request.cluster);
    if (!entry) {
      if (isBinding(request)) return; // while a workspace is being made
      throw refuse(request, `cannot get this workspace: logicalcluster.core.kcp.io "cluster" not found`);
    }
    if (request.object!.metadata.annotations?.[pathAnnotation] !== entry.path) setAnnotation(request.object!, pathAnnotation, entry.path);
  },

  validate(request) {
    const path = paths.get(request.cluster)?.path;
    const value = request.object!.metadata.annotations?.[pathAnnotation];
    if (path !== undefined && value !== path && !isBinding(request))
      throw refuse(request, `annotation "${pathAnnotation}" must match canonical path "${path}"`);
  },
});

const isCarrier = ({ definition }: AdmissionRequest): boolean => carriers.has(`${definition.resource}.${definition.group}`);
const isBinding = ({ definition }: AdmissionRequest): boolean => definition.resource === "apibindings";
const carries = ({ object }: AdmissionRequest): boolean => object?.metadata.annotations?.[pathAnnotation] !== undefined;
