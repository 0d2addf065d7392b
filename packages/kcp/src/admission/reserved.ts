/** Groups, annotations and names that belong to kcp. @see spec authz §8.2, §9 */
import { fieldInvalid, type KubeObject } from "@meshplane/apimachinery";
import { apisGroup, boundCrdsCluster, systemCrdsCluster, tenancyGroup } from "@meshplane/apis";
import type { AdmissionPlugin, AdmissionRequest } from "@meshplane/apiserver";
import { isOn, isWrite, refuse } from "./requests.ts";

const isCrd = (request: AdmissionRequest): boolean =>
  isOn(request, "apiextensions.k8s.io", "customresourcedefinitions") && isWrite(request);

export const reservedCrdAnnotations: AdmissionPlugin = {
  name: "apis.kcp.io/ReservedCRDAnnotations",
  handles: isCrd,
  validate(request) {
    if (request.cluster === boundCrdsCluster) return;
    for (const key of Object.keys(request.object!.metadata.annotations ?? {})) {
      const domain = key.slice(0, Math.max(0, key.indexOf("/")));
      if (domain === apisGroup || domain.endsWith(`.${apisGroup}`)) throw refuse(request, `${key} is a reserved annotation`);
    }
  },
};

export const reservedCrdGroups: AdmissionPlugin = {
  name: "kcp.io/ReservedCRDGroups",
  handles: isCrd,
  validate(request) {
    const { group = "" } = (request.object as KubeObject & { spec?: { group?: string } }).spec ?? {};
    if (request.cluster !== systemCrdsCluster && group.endsWith(apisGroup)) throw refuse(request, `${group} is a reserved group`);
  },
};

const reservedTypeNames = new Set(["any", "system"]);

export const reservedNames: AdmissionPlugin = {
  name: "apis.kcp.io/ReservedNames",
  handles: (request) => isOn(request, tenancyGroup, "workspacetypes") && request.operation === "CREATE",
  // before the schema, which would refuse them in other words
  mutate: refuseReserved,
};

function refuseReserved(request: AdmissionRequest): void {
  const name = request.object!.metadata.name ?? "";
  if (reservedTypeNames.has(name)) throw refuse(request, `metadata.name: ${fieldInvalid("", name, "name is reserved").detail}`);
}
