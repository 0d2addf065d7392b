import type { KubeObject, LabelSelectorSpec } from "@meshplane/apimachinery";
import type { PolicyRule } from "@meshplane/apis";

export type { PolicyRule };

export const rbacGroup = "rbac.authorization.k8s.io";
export const rbacVersion = `${rbacGroup}/v1`;

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
