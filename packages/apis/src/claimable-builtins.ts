/** Built-in resources that exports may claim without an identity. @see spec apis-served §6 */
import type { GroupResource } from "@meshplane/apimachinery";

const byGroup: Record<string, readonly string[]> = {
  "": ["namespaces", "configmaps", "events", "resourcequotas", "secrets", "serviceaccounts"],
  "rbac.authorization.k8s.io": ["clusterroles", "clusterrolebindings", "roles", "rolebindings"],
  "certificates.k8s.io": ["certificatesigningrequests"],
  "coordination.k8s.io": ["leases"],
  "admissionregistration.k8s.io": [
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
  ],
  "events.k8s.io": ["events"],
  "apiextensions.k8s.io": ["customresourcedefinitions"],
  "core.kcp.io": ["logicalclusters"],
  "authorization.k8s.io": ["subjectaccessreviews", "localsubjectaccessreviews"],
  "authentication.k8s.io": ["tokenreviews"],
};

export const claimableBuiltins: readonly GroupResource[] = Object.entries(byGroup).flatMap(([group, resources]) =>
  resources.map((resource) => ({ group, resource })),
);

const known = new Set(claimableBuiltins.map(({ group, resource }) => `${resource}.${group}`));

export const isClaimableBuiltin = ({ group, resource }: GroupResource): boolean => known.has(`${resource}.${group}`);
