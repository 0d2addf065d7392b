export type { KubeObject } from "@meshplane/apimachinery";

/** meta/v1 LabelSelector as it stands in objects. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** rbac.authorization.k8s.io/v1 PolicyRule: for resources or for URLs, never both. */
export interface PolicyRule {
  verbs: readonly string[];
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
}
