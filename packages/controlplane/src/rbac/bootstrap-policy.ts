import { equalJson, labelSelectorFrom } from "@meshplane/apimachinery";
import { rbacGroup, rbacVersion, type PolicyRule, type Role, type RoleBinding, type Subject } from "./policy.ts";

export interface BootstrapPolicy {
  clusterRoles: Role[];
  clusterRoleBindings: RoleBinding[];
}

const read = ["get", "list", "watch"];
const write = ["create", "update", "patch", "delete", "deletecollection"];
const readWrite = [...read, ...write];

const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** A rule for resources, written `["", "apps"]`, `"pods pods/log"`. */
export const resourceRule = (
  verbs: readonly string[],
  apiGroups: readonly string[],
  resources: string,
  resourceNames?: readonly string[],
): PolicyRule => ({
  verbs: sorted(verbs),
  apiGroups: sorted(apiGroups),
  resources: sorted(resources.split(" ")),
  ...(resourceNames ? { resourceNames: sorted(resourceNames) } : {}),
});

/** A rule for paths, written `"/version /api/*"`. */
export const urlRule = (verbs: readonly string[], urls: string): PolicyRule => ({
  verbs: sorted(verbs),
  nonResourceURLs: sorted(urls.split(" ")),
});

const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "true" };
const bootstrapLabels = { "kubernetes.io/bootstrapping": "rbac-defaults" };

export const clusterRole = (name: string, rules: readonly PolicyRule[], labels: Record<string, string> = {}): Role => ({
  apiVersion: rbacVersion,
  kind: "ClusterRole",
  metadata: { name, labels: { ...bootstrapLabels, ...labels }, annotations: { ...annotations } },
  rules: [...rules],
});

export const groupSubject = (name: string): Subject => ({ kind: "Group", apiGroup: rbacGroup, name });
export const userSubject = (name: string): Subject => ({ kind: "User", apiGroup: rbacGroup, name });

export const clusterRoleBinding = (name: string, subjects: readonly Subject[], role = name): RoleBinding => ({
  apiVersion: rbacVersion,
  kind: "ClusterRoleBinding",
  metadata: { name, labels: { ...bootstrapLabels }, annotations: { ...annotations } },
  roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: role },
  subjects: [...subjects],
});

const aggregateLabel = (to: string): Record<string, string> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${to}`]: "true",
});

const aggregated = (name: string, labels?: Record<string, string>): Role => ({
  ...clusterRole(name, [], labels),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateLabel(name) }] },
});

const apps = {
  read: "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
  write: "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale",
};
const extensions = {
  read: "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale",
  write:
    "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale",
};

const viewRules = [
  resourceRule(
    read,
    [""],
    "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status",
  ),
  resourceRule(
    read,
    [""],
    "bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status",
  ),
  resourceRule(read, [""], "namespaces"),
  resourceRule(read, ["", "events.k8s.io"], "events"),
  resourceRule(read, ["discovery.k8s.io"], "endpointslices"),
  resourceRule(read, ["apps"], apps.read),
  resourceRule(read, ["autoscaling"], "horizontalpodautoscalers horizontalpodautoscalers/status"),
  resourceRule(read, ["batch"], "cronjobs cronjobs/status jobs jobs/status"),
  resourceRule(read, ["extensions"], extensions.read),
  resourceRule(read, ["policy"], "poddisruptionbudgets poddisruptionbudgets/status"),
  resourceRule(read, ["networking.k8s.io"], "ingresses ingresses/status networkpolicies"),
  resourceRule(read, ["resource.k8s.io"], "resourceclaims resourceclaims/status resourceclaimtemplates"),
];

const editRules = [
  resourceRule(read, [""], "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
  resourceRule(["impersonate"], [""], "serviceaccounts"),
  resourceRule(write, [""], "pods pods/attach pods/exec pods/portforward pods/proxy"),
  resourceRule(["create"], [""], "pods/eviction"),
  resourceRule(
    write,
    [""],
    "configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy",
  ),
  resourceRule(["create"], [""], "serviceaccounts/token"),
  resourceRule(write, ["", "events.k8s.io"], "events"),
  resourceRule(write, ["apps"], apps.write),
  resourceRule(write, ["autoscaling"], "horizontalpodautoscalers"),
  resourceRule(write, ["batch"], "cronjobs jobs"),
  resourceRule(write, ["extensions"], extensions.write),
  resourceRule(write, ["policy"], "poddisruptionbudgets"),
  resourceRule(write, ["networking.k8s.io"], "ingresses networkpolicies"),
  resourceRule(readWrite, ["coordination.k8s.io"], "leases"),
  resourceRule(write, ["resource.k8s.io"], "resourceclaims resourceclaimtemplates"),
];

const certificates = "certificates.k8s.io";
const approver = (name: string, signer: string): Role =>
  clusterRole(`system:certificates.k8s.io:${name}-approver`, [resourceRule(["approve"], [certificates], "signers", [signer])]);

/**
 * The cluster roles and bindings that every Kubernetes API server starts with, without those of nodes, scheduling, storage and proxies: there are
 * none here. `more` is added before aggregated roles are filled, so it may take part in them.
 * @see spec authz §7; names and rules after k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy
 */
export function bootstrapPolicy(more: Partial<BootstrapPolicy> = {}): BootstrapPolicy {
  const clusterRoles = [
    clusterRole("cluster-admin", [resourceRule(["*"], ["*"], "*"), urlRule(["*"], "*")]),
    clusterRole("system:discovery", [
      urlRule(["get"], "/livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*"),
    ]),
    clusterRole("system:monitoring", [
      urlRule(["get"], "/metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/* /statusz"),
    ]),
    clusterRole("system:basic-user", [
      resourceRule(["create"], ["authorization.k8s.io"], "selfsubjectaccessreviews selfsubjectrulesreviews"),
      resourceRule(["create"], ["authentication.k8s.io"], "selfsubjectreviews"),
    ]),
    clusterRole("system:public-info-viewer", [urlRule(["get"], "/livez /readyz /healthz /version /version/")]),
    aggregated("admin"),
    aggregated("edit", aggregateLabel("admin")),
    aggregated("view", aggregateLabel("edit")),
    clusterRole(
      "system:aggregate-to-admin",
      [
        resourceRule(["create"], ["authorization.k8s.io"], "localsubjectaccessreviews"),
        resourceRule(readWrite, [rbacGroup], "rolebindings roles"),
      ],
      aggregateLabel("admin"),
    ),
    clusterRole("system:aggregate-to-edit", editRules, aggregateLabel("edit")),
    clusterRole("system:aggregate-to-view", viewRules, aggregateLabel("view")),
    clusterRole("system:auth-delegator", [
      resourceRule(["create"], ["authentication.k8s.io"], "tokenreviews"),
      resourceRule(["create"], ["authorization.k8s.io"], "subjectaccessreviews"),
    ]),
    clusterRole("system:kube-controller-manager", [
      resourceRule(["create", "patch", "update"], ["", "events.k8s.io"], "events"),
      resourceRule(["create"], ["coordination.k8s.io"], "leases"),
      resourceRule(["get", "update"], ["coordination.k8s.io"], "leases", ["kube-controller-manager"]),
      resourceRule(["create"], [""], "secrets serviceaccounts"),
      resourceRule(["delete"], [""], "secrets"),
      resourceRule(["get"], [""], "configmaps namespaces secrets serviceaccounts"),
      resourceRule(["update"], [""], "secrets serviceaccounts"),
      resourceRule(["create"], ["authentication.k8s.io"], "tokenreviews"),
      resourceRule(["create"], ["authorization.k8s.io"], "subjectaccessreviews"),
      resourceRule(["list", "watch"], ["*"], "*"),
      resourceRule(["create"], [""], "serviceaccounts/token"),
    ]),
    clusterRole("system:certificates.k8s.io:certificatesigningrequests:nodeclient", [
      resourceRule(["create"], [certificates], "certificatesigningrequests/nodeclient"),
    ]),
    clusterRole("system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", [
      resourceRule(["create"], [certificates], "certificatesigningrequests/selfnodeclient"),
    ]),
    approver("legacy-unknown", "kubernetes.io/legacy-unknown"),
    approver("kubelet-serving", "kubernetes.io/kubelet-serving"),
    approver("kube-apiserver-client", "kubernetes.io/kube-apiserver-client"),
    approver("kube-apiserver-client-kubelet", "kubernetes.io/kube-apiserver-client-kubelet"),
    clusterRole("system:service-account-issuer-discovery", [
      urlRule(["get"], "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/"),
    ]),
    ...(more.clusterRoles ?? []),
  ];
  fillAggregated(clusterRoles);
  const authenticated = groupSubject("system:authenticated");
  const clusterRoleBindings = [
    clusterRoleBinding("cluster-admin", [groupSubject("system:masters")]),
    clusterRoleBinding("system:monitoring", [groupSubject("system:monitoring")]),
    clusterRoleBinding("system:discovery", [authenticated]),
    clusterRoleBinding("system:basic-user", [authenticated]),
    clusterRoleBinding("system:public-info-viewer", [authenticated, groupSubject("system:unauthenticated")]),
    clusterRoleBinding("system:kube-controller-manager", [userSubject("system:kube-controller-manager")]),
    clusterRoleBinding("system:service-account-issuer-discovery", [groupSubject("system:serviceaccounts")]),
    ...(more.clusterRoleBindings ?? []),
  ];
  return { clusterRoles, clusterRoleBindings };
}

/** Until nothing changes: an aggregated role may be part of another. */
function fillAggregated(roles: Role[]): void {
  for (let again = true; again;) {
    again = false;
    for (const role of roles) {
      if (!role.aggregationRule) continue;
      const rules = aggregateRules(role, roles);
      if (equalJson(rules, role.rules)) continue;
      role.rules = rules;
      again = true;
    }
  }
}

/** The rules of all other roles that an aggregated role selects, in the order of their names, each rule once. */
export function aggregateRules(role: Role, roles: readonly Role[]): PolicyRule[] {
  const rules: PolicyRule[] = [];
  for (const spec of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = labelSelectorFrom(spec);
    const selected = roles
      .filter((it) => it.metadata.name !== role.metadata.name && selector.matches(it.metadata.labels))
      .sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1));
    for (const { rules: own } of selected) {
      for (const rule of own ?? []) if (!rules.some((it) => equalJson(it, rule))) rules.push(rule);
    }
  }
  return rules;
}
