import { copyJson, equalJson, forbidden, formatGroupResource, notFound, plainError, type KubeObject } from "@meshplane/apimachinery";
import { mastersGroup, type AdmissionPlugin, type AdmissionRequest, type Authorizer, type User } from "@meshplane/apiserver";
import { describeRights, missingRights, quoteList } from "./covers.ts";
import { rbacGroup, type PolicyRule, type Role, type RoleBinding, type RoleRef } from "./policy.ts";
import type { RbacIndex } from "./rbac-index.ts";

export interface EscalationOptions {
  rbac: RbacIndex;
  /** asked about the verbs `escalate` and `bind` */
  authorize: Authorizer;
  /** as whom a user counts in a cluster, beside or instead of himself; by default just himself */
  effectiveUsers?: (user: User, cluster: string) => readonly User[];
}

const roleResources = new Set(["roles", "clusterroles"]);
const bindingResources = new Set(["rolebindings", "clusterrolebindings"]);

const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/**
 * Nobody grants what he does not have: writing a role needs its rights or the verb `escalate` on roles, binding one needs its rights or the verb
 * `bind` on it. Only roles of the same logical cluster count. Runs with the mutating plugins, because upstream refuses before it validates.
 */
export function escalationAdmission(options: EscalationOptions): AdmissionPlugin {
  const { rbac, authorize } = options;
  const effectiveUsers = options.effectiveUsers ?? ((user: User) => [user]);

  return {
    name: "rbac.authorization.k8s.io/Escalation",
    handles({ operation, definition, subresource }) {
      if (definition.group !== rbacGroup || subresource !== "") return false;
      return operation === "CREATE" || operation === "UPDATE";
    },
    async mutate(request) {
      const { user } = request.context;
      if (user.groups.includes(mastersGroup)) return;
      const { object, oldObject } = request;
      if (!object || (oldObject && differsForCollectorOnly(object, oldObject))) return;
      const { resource } = request.definition;
      if (roleResources.has(resource)) await requireRoleAllowed(request, object as Role);
      else if (bindingResources.has(resource)) await requireBindingAllowed(request, object as RoleBinding);
    },
  };

  async function requireRoleAllowed(request: AdmissionRequest, role: Role): Promise<void> {
    // A POST carries no name in its URL, and the question is about the URL.
    const name = request.operation === "CREATE" ? "" : request.name;
    if (await may("escalate", request, request.definition.resource, name)) return;
    const refusal = await refusalOf(request, role.rules ?? []);
    if (refusal) throw forbiddenRequest(request, refusal);
    const aggregates = (it: KubeObject | undefined): boolean =>
      Boolean((it as Role | undefined)?.aggregationRule?.clusterRoleSelectors?.length);
    if (!aggregates(role) && !aggregates(request.oldObject)) return;
    if (await refusalOf(request, everything)) {
      throw forbiddenRequest(request, "must have cluster-admin privileges to use the aggregationRule");
    }
  }

  async function requireBindingAllowed(request: AdmissionRequest, binding: RoleBinding): Promise<void> {
    const { kind, name } = binding.roleRef ?? {};
    if (kind !== "Role" && kind !== "ClusterRole") {
      throw plainError(`unsupported role reference kind: ${JSON.stringify(kind ?? "")}`);
    }
    if (await may("bind", request, kind === "Role" ? "roles" : "clusterroles", name)) return;
    const rules = await rbac.roleRules(request.cluster, binding.roleRef, request.namespace);
    if (!rules) throw notFound(resourceOf(request), name);
    const refusal = await refusalOf(request, rules);
    if (refusal) throw forbiddenRequest(request, refusal);
  }

  async function may(verb: string, request: AdmissionRequest, resource: string, name: string): Promise<boolean> {
    const { decision } = await authorize({
      user: request.context.user,
      target: {
        kind: "resource",
        verb: verb as never,
        cluster: request.cluster,
        group: rbacGroup,
        version: "*",
        resource,
        identity: undefined,
        namespace: request.namespace,
        name,
        subresource: "",
        path: "",
      },
    });
    return decision === "allow";
  }

  /** undefined when the user has all these rights */
  async function refusalOf(request: AdmissionRequest, granted: readonly PolicyRule[]): Promise<string | undefined> {
    const { user } = request.context;
    const users = effectiveUsers(user, request.cluster);
    const held = await rbac.rulesFor(request.cluster, users, request.namespace, { local: true });
    const missing = missingRights(held.rules, granted);
    if (missing.length === 0) return undefined;
    const lines = describeRights(missing).join("\n");
    const text = `user ${JSON.stringify(user.name)} (groups=${quoteList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${lines}`;
    return held.missing.length === 0 ? text : `${text}; resolution errors: [${notFoundTexts(request, held.missing)}]`;
  }
}

const resourceOf = ({ definition }: AdmissionRequest) => ({
  group: definition.group,
  resource: definition.resource,
});

const forbiddenRequest = (request: AdmissionRequest, why: string): Error => forbidden(resourceOf(request), request.name, why);

/** Upstream names the resource of the request, whatever the role is. Several make a list of their own. */
function notFoundTexts(request: AdmissionRequest, roleRefs: readonly RoleRef[]): string {
  const texts = [...new Set(roleRefs.map(({ name }) => `${formatGroupResource(resourceOf(request))} ${JSON.stringify(name)} not found`))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}

/** The garbage collector may touch what it must, whatever the role grants. */
function differsForCollectorOnly(next: KubeObject, current: KubeObject): boolean {
  const bare = (object: KubeObject): KubeObject => {
    const metadata = copyJson(object.metadata);
    delete metadata.ownerReferences;
    delete metadata.finalizers;
    delete metadata.managedFields;
    delete metadata.resourceVersion;
    return { ...object, metadata };
  };
  const ownersOrFinalizers = ({ metadata }: KubeObject): unknown => [metadata.ownerReferences ?? [], metadata.finalizers ?? []];
  return equalJson(bare(next), bare(current)) && !equalJson(ownersOrFinalizers(next), ownersOrFinalizers(current));
}
