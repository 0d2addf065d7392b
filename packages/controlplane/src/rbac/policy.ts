import type { KubeObject, LabelSelectorSpec } from "@meshplane/apimachinery";

export const rbacGroup = "rbac.authorization.k8s.io";
export const rbacVersion = `${rbacGroup}/v1`;

/** rbac.authorization.k8s.io/v1 PolicyRule: for resources or for URLs, never both. */
export interface PolicyRule {
  verbs: readonly string[];
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
}

export interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

export interface RoleRef {
  apiGroup: string;
  kind: string;
  name: string;
}

/** Role or ClusterRole. */
export interface Role extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: { clusterRoleSelectors?: LabelSelectorSpec[] };
}

/** RoleBinding or ClusterRoleBinding. */
export interface RoleBinding extends KubeObject {
  subjects?: Subject[] | null;
  roleRef: RoleRef;
}
