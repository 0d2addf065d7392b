import type { AdmissionPlugin } from "@meshplane/apiserver";
import { isOn, isPrivileged, isWrite, refuse } from "./requests.ts";

/** Keeps a finalizer on every object of a resource; only the system takes it off. @see spec authz §8.2 */
export const finalizerAdmission = (name: string, group: string, resource: string, finalizer: string): AdmissionPlugin => ({
  name,
  handles: (request) => isOn(request, group, resource) && isWrite(request),

  mutate({ object }) {
    const { metadata } = object!;
    if (metadata.deletionTimestamp || metadata.finalizers?.includes(finalizer)) return;
    metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },

  validate(request) {
    const { metadata } = request.object!;
    const has = metadata.finalizers?.includes(finalizer) ?? false;
    if (!metadata.deletionTimestamp) {
      if (!has) throw refuse(request, `finalizer ${finalizer} is required`);
      return;
    }
    const had = request.oldObject?.metadata.finalizers?.includes(finalizer) ?? false;
    if (had && !has && !isPrivileged(request.context.user)) throw refuse(request, `removing the finalizer ${finalizer} is forbidden`);
  },
});
