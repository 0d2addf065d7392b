import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { ControllerOptions } from "@meshplane/controller-runtime";
import { builtInIdentity, encodeKey } from "@meshplane/storage";
import { objectOf } from "../local/feed-key-source.ts";
import { internalUser } from "../local/local-client.ts";
import type { ControllerDependencies } from "./dependencies.ts";

const user = internalUser("system:serviceaccount:kube-system:validatingadmissionpolicy-status-controller");
const group = "admissionregistration.k8s.io";
const resource = "validatingadmissionpolicies";
const kind = { apiVersion: `${group}/v1`, kind: "ValidatingAdmissionPolicy" };

interface ValidatingPolicy extends KubeObject {
  status?: { observedGeneration?: number; typeChecking?: object };
}

/**
 * Says which generation of a policy is in force: clients wait for it. Expressions were compiled when the policy was written; they are not checked
 * against the types of what they match, so there are no warnings to report.
 */
export function validatingPolicyStatus({ store, local }: ControllerDependencies): ControllerOptions {
  return {
    name: "validatingadmissionpolicy-status",
    for: { group, resource },
    filter: ({ deleted, deleting }) => !deleted && !deleting,
    async reconcile({ cluster, name }) {
      const record = await store.get(encodeKey({ group, resource, identity: builtInIdentity, cluster, namespace: "", name }));
      if (!record || record.header.deleting) return undefined;
      const policy = objectOf(record, kind) as ValidatingPolicy;
      const observedGeneration = Number(policy.metadata.generation ?? 0);
      if (policy.status?.typeChecking && policy.status.observedGeneration === observedGeneration) return undefined;
      try {
        await local().object({
          verb: "update",
          user,
          cluster,
          resource: { group, version: "v1", resource },
          name,
          subresource: "status",
          object: { ...policy, status: { ...policy.status, observedGeneration, typeChecking: {} } } as KubeObject,
        });
      } catch (error) {
        if (!hasReason(error, "NotFound")) throw error;
      }
      return undefined;
    },
  };
}
