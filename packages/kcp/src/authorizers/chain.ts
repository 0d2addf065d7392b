/** Who may do what on a shard, in the order it is asked. @see spec authz §6 */
import { systemAdminCluster } from "@meshplane/apis";
import { mastersGroup, unionAuthorizer, type Authorizer } from "@meshplane/apiserver";
import type { ExportIndex } from "../exports/export-index.ts";
import type { RbacEvaluator } from "../kcp-options.ts";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import type { ClusterApisSource } from "../surfaces/cluster-apis.ts";
import { alwaysAllowGroups } from "./always-allow-groups.ts";
import { alwaysAllowPaths } from "./always-allow-paths.ts";
import { contentAuthorizer } from "./content.ts";
import { maximalPermissionPolicy } from "./maximal-permission-policy.ts";
import { rbacAuthorizer } from "./rbac.ts";
import { requiredGroups } from "./required-groups.ts";
import { systemCrdAuthorizer } from "./system-crd.ts";

export interface ChainParts {
  paths: PathIndex;
  exports: ExportIndex;
  apisOf: ClusterApisSource;
  rbac: RbacEvaluator;
  alwaysAllowGroups?: readonly string[] | undefined;
  alwaysAllowPaths?: readonly string[] | undefined;
  /** after RBAC: webhooks, ReBAC */
  further?: readonly Authorizer[] | undefined;
}

export interface Chain {
  authorize: Authorizer;
  /** without required groups, content and maximal permission policy: what a deep SubjectAccessReview asks */
  deepAuthorize: Authorizer;
}

export function authorizerChain(parts: ChainParts): Chain {
  const { paths, exports, apisOf, rbac, further = [] } = parts;
  const masters = alwaysAllowGroups(parts.alwaysAllowGroups ?? [mastersGroup]);
  const openPaths = alwaysAllowPaths(parts.alwaysAllowPaths ?? ["/healthz", "/readyz", "/livez"]);
  const policies = unionAuthorizer([
    rbacAuthorizer(rbac, () => systemAdminCluster), // 05-bootstrap
    rbacAuthorizer(rbac, (target) => target.cluster), // 05-local
  ]);
  const withinPolicy = maximalPermissionPolicy(apisOf, exports, policies, policies); // 04
  const guarded = requiredGroups(paths, contentAuthorizer(paths, policies, systemCrdAuthorizer(withinPolicy))); // 01 02 03
  return {
    authorize: unionAuthorizer([masters, openPaths, guarded, ...further]),
    deepAuthorize: unionAuthorizer([masters, systemCrdAuthorizer(policies), ...further]),
  };
}
