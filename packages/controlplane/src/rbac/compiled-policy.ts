import type { Target, User } from "@meshplane/apiserver";
import { serviceAccountUserName } from "../authentication/service-account.ts";
import type { PolicyRule, Role, RoleBinding, RoleRef, Subject } from "./policy.ts";
import { ruleAllows } from "./rule-allows.ts";

interface CompiledBinding {
  readonly name: string;
  readonly namespace: string;
  readonly roleRef: RoleRef;
}

/** Bindings by whom they are for, in the order of their names. */
type BySubject = Map<string, CompiledBinding[]>;

export interface PolicyObjects {
  clusterRoles: readonly Role[];
  clusterRoleBindings: readonly RoleBinding[];
  roles: readonly Role[];
  roleBindings: readonly RoleBinding[];
}

/** Where a role reference leads that this policy does not have itself. */
export type ClusterRoleFallback = (name: string) => readonly PolicyRule[] | undefined;

const noRules: readonly PolicyRule[] = [];

/** Roles and bindings of one logical cluster, arranged for the question: may this identity do that? */
export class CompiledPolicy {
  readonly #clusterRoles = new Map<string, readonly PolicyRule[]>();
  readonly #clusterBindings: BySubject = new Map();
  /** `namespace/name`: a namespace holds no slash */
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  readonly #roleBindings = new Map<string, BySubject>();

  constructor({ clusterRoles, clusterRoleBindings, roles, roleBindings }: PolicyObjects) {
    for (const role of clusterRoles) this.#clusterRoles.set(role.metadata.name!, rulesOf(role));
    for (const role of roles) {
      this.#roles.set(`${role.metadata.namespace}/${role.metadata.name}`, rulesOf(role));
    }
    for (const binding of clusterRoleBindings) addBinding(this.#clusterBindings, binding, "");
    for (const binding of roleBindings) {
      const namespace = binding.metadata.namespace ?? "";
      let bySubject = this.#roleBindings.get(namespace);
      if (!bySubject) this.#roleBindings.set(namespace, (bySubject = new Map()));
      addBinding(bySubject, binding, namespace);
    }
  }

  clusterRole(name: string): readonly PolicyRule[] | undefined {
    return this.#clusterRoles.get(name);
  }

  /** The rules that a reference leads to; undefined when there is no such role. */
  roleRules(roleRef: RoleRef, namespace: string, fallback?: ClusterRoleFallback): readonly PolicyRule[] | undefined {
    if (roleRef.kind === "Role") return this.#roles.get(`${namespace}/${roleRef.name}`);
    return this.#clusterRoles.get(roleRef.name) ?? fallback?.(roleRef.name);
  }

  /** The binding that allows the request, as text; or which referenced roles were missing. */
  decide(user: User, target: Target, fallback?: ClusterRoleFallback): { allowedBy: string } | { missing: string[] } {
    const missing: string[] = [];
    const clusterWide = this.#firstAllowing(this.#clusterBindings, user, target, fallback, missing);
    if (clusterWide) return { allowedBy: clusterWide };
    if (target.kind === "resource" && target.namespace !== "") {
      const bySubject = this.#roleBindings.get(target.namespace);
      const local = bySubject && this.#firstAllowing(bySubject, user, target, fallback, missing);
      if (local) return { allowedBy: local };
    }
    return { missing };
  }

  /** Every rule that applies to one of the identities; in a namespace, those of its bindings too. */
  rulesFor(users: readonly User[], namespace: string, fallback?: ClusterRoleFallback): { rules: PolicyRule[]; missing: RoleRef[] } {
    const rules: PolicyRule[] = [];
    const missing: RoleRef[] = [];
    const scopes = [this.#clusterBindings];
    const local = namespace === "" ? undefined : this.#roleBindings.get(namespace);
    if (local) scopes.push(local);
    for (const bySubject of scopes) {
      const applying = new Set<CompiledBinding>();
      for (const user of users) {
        for (const subject of subjectsOf(user)) {
          for (const binding of bySubject.get(subject) ?? []) applying.add(binding);
        }
      }
      const inOrder = [...applying].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      for (const { roleRef, namespace: place } of inOrder) {
        const found = this.roleRules(roleRef, place, fallback);
        if (found) rules.push(...found);
        else missing.push(roleRef);
      }
    }
    return { rules, missing };
  }

  #firstAllowing(
    bySubject: BySubject,
    user: User,
    target: Target,
    fallback: ClusterRoleFallback | undefined,
    missing: string[],
  ): string | undefined {
    for (const subject of subjectsOf(user)) {
      const bindings = bySubject.get(subject);
      if (!bindings) continue;
      for (const binding of bindings) {
        const rules = this.roleRules(binding.roleRef, binding.namespace, fallback);
        if (!rules) missing.push(`${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)} not found`);
        else if (rules.some((rule) => ruleAllows(rule, target))) return describe(binding, subject);
      }
    }
    return undefined;
  }
}

const rulesOf = (role: Role): readonly PolicyRule[] => role.rules ?? noRules;

function addBinding(bySubject: BySubject, binding: RoleBinding, namespace: string): void {
  const compiled = { name: binding.metadata.name!, namespace, roleRef: binding.roleRef };
  const keys = new Set<string>();
  for (const subject of binding.subjects ?? []) {
    const key = subjectKey(subject, namespace);
    if (key === undefined || keys.has(key)) continue;
    keys.add(key);
    const known = bySubject.get(key);
    if (known) known.push(compiled);
    else bySubject.set(key, [compiled]);
  }
}

function subjectKey(subject: Subject, namespace: string): string | undefined {
  switch (subject.kind) {
    case "User":
      return `User ${subject.name}`;
    case "Group":
      return `Group ${subject.name}`;
    case "ServiceAccount": {
      const place = subject.namespace || namespace;
      return place === "" ? undefined : `User ${serviceAccountUserName(place, subject.name)}`;
    }
    default:
      return undefined;
  }
}

function* subjectsOf(user: User): Iterable<string> {
  yield `User ${user.name}`;
  for (const group of user.groups) yield `Group ${group}`;
}

function describe({ name, namespace, roleRef }: CompiledBinding, subject: string): string {
  const blank = subject.indexOf(" ");
  const who = `${subject.slice(0, blank)} ${JSON.stringify(subject.slice(blank + 1))}`;
  const binding = namespace === "" ? `ClusterRoleBinding ${JSON.stringify(name)}` : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  return `RBAC: allowed by ${binding} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${who}`;
}
