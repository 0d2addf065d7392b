/** `tenancy.kcp.io/Shard` @see spec tenancy §9 */
import { plainError } from "@meshplane/apimachinery";
import { coreGroup, type Shard } from "@meshplane/apis";
import type { AdmissionPlugin } from "@meshplane/apiserver";
import { isOn, isWrite } from "./requests.ts";

export const shardAdmission: AdmissionPlugin = {
  name: "tenancy.kcp.io/Shard",
  handles: (request) => isOn(request, coreGroup, "shards") && isWrite(request),
  mutate({ object }) {
    const shard = object as Shard;
    if (!shard.spec?.baseURL) throw plainError("spec.baseURL is required");
    shard.spec.externalURL ||= shard.spec.baseURL;
    shard.spec.virtualWorkspaceURL ||= shard.spec.baseURL;
  },
};
