import { equalJson, labelSelectorFrom, type KubeObject } from "@meshplane/apimachinery";
import type { Change, ControllerOptions, ObjectKey } from "@meshplane/controller-runtime";
import { builtInIdentity, encodeKey, keyPrefix } from "@meshplane/storage";
import { bodyIncludes, objectOf } from "../local/feed-key-source.ts";
import { internalUser } from "../local/local-client.ts";
import { aggregateRules } from "../rbac/bootstrap-policy.ts";
import { rbacGroup, rbacVersion, type Role } from "../rbac/policy.ts";
import type { ControllerDependencies } from "./dependencies.ts";

const user = internalUser("system:serviceaccount:kube-system:clusterrole-aggregation-controller");
const kind = { apiVersion: rbacVersion, kind: "ClusterRole" };

/** A ClusterRole with an aggregationRule has the rules of the roles it selects. */
export function clusterRoleAggregation({ store, local }: ControllerDependencies): ControllerOptions {
  return {
    name: "clusterrole-aggregation",
    watches: [{ resource: { group: rbacGroup, resource: "clusterroles" }, keys: concerned }],
    async reconcile({ cluster, name }) {
      const record = await store.get(roleKey(cluster, name));
      if (!record || record.header.deleting) return undefined;
      const role = objectOf(record, kind) as Role;
      if (!role.aggregationRule) return undefined;
      const rules = aggregateRules(role, await rolesOf(cluster));
      if (equalJson(rules, role.rules ?? [])) return undefined;
      await local().object({
        verb: "update",
        user,
        cluster,
        resource: { group: rbacGroup, version: "v1", resource: "clusterroles" },
        name,
        object: { ...role, rules } as KubeObject,
      });
      return undefined;
    },
  };

  /** The role itself when it aggregates, and those that select it, now or before. Roles without labels are selected by nobody but `{}`. */
  async function concerned(change: Change): Promise<ObjectKey[]> {
    const { cluster } = change.key;
    const own = change.object() as Role | undefined;
    const keys: ObjectKey[] = own?.aggregationRule ? [change.key] : [];
    const labels = [own, change.previous()].filter((it) => it !== undefined).map((it) => it.metadata.labels);
    for (const role of await rolesOf(cluster, "aggregationRule")) {
      if (role.metadata.name === change.key.name) continue;
      const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
      if (selectors.some((spec) => labels.some((it) => labelSelectorFrom(spec).matches(it)))) {
        keys.push({ cluster, namespace: "", name: role.metadata.name! });
      }
    }
    return keys;
  }

  /** @param having only those whose text has it: most need not be parsed */
  async function rolesOf(cluster: string, having?: string): Promise<Role[]> {
    const prefix = keyPrefix(rbacGroup, "clusterroles", builtInIdentity, cluster);
    const { records } = await store.range(prefix);
    const wanted = having ? records.filter(({ body }) => bodyIncludes(body, having)) : records;
    return wanted.map((record) => objectOf(record, kind) as Role);
  }
}

const roleKey = (cluster: string, name: string): string =>
  encodeKey({ group: rbacGroup, resource: "clusterroles", identity: builtInIdentity, cluster, namespace: "", name });
