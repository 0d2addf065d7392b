import { noOpinion, type Authorizer, type Decision } from "@meshplane/apiserver";
import type { ExportIndex } from "../exports/export-index.ts";
import type { ClusterApis, ClusterApisSource } from "../surfaces/cluster-apis.ts";
import { prefixedUser } from "./effective-users.ts";
import { delegate } from "./delegate.ts";

/**
 * `04-maxpermissionpolicy`: on a bound resource nobody may do more than the export's cluster allows `apis.kcp.io:binding:<user>`.
 * An export that is gone limits nothing. @see spec apis §8, authz §6
 *
 * @param inExportCluster RBAC without access checks, in the cluster of the target
 */
export const maximalPermissionPolicy =
  (apisOf: ClusterApisSource, exports: ExportIndex, inExportCluster: Authorizer, next: Authorizer): Authorizer =>
  (attributes) => {
    const { user, target } = attributes;
    if (target.kind !== "resource" || target.cluster === "*" || target.cluster === "")
      return delegate(next, attributes, "no relevant binding found");
    const { group, resource } = target;
    const apis = apisOf(target.cluster);
    return apis instanceof Promise ? apis.then(judge) : judge(apis);

    function judge(apis: ClusterApis): Decision | Promise<Decision> {
      const binding = apis.boundBy(group, resource);
      const bound = binding?.exportCluster === undefined ? undefined : exports.get(binding.exportCluster, binding.exportName);
      if (!binding) return delegate(next, attributes, "no relevant binding found");
      if (!bound) return delegate(next, attributes, `APIExport ${JSON.stringify(binding.exportName)} not found`);
      const where = `API Export ${JSON.stringify(bound.cluster)}|${JSON.stringify(binding.exportName)}`;
      if (!bound.localPolicy) return delegate(next, attributes, `no maximum permission policy in ${where}`);
      const answer = inExportCluster({ user: prefixedUser(user), target: { ...attributes.target, cluster: bound.cluster } });
      return answer instanceof Promise ? answer.then((it) => limit(it, where)) : limit(answer, where);
    }

    function limit({ decision, reason }: Decision, where: string): Decision | Promise<Decision> {
      const why = `${where} policy: ${reason}`;
      return decision === "allow" ? delegate(next, attributes, why) : noOpinion(why);
    }
  };
