/** Who may do what on a shard, in the order it is asked. @see spec authz §6 */
import { systemAdminCluster } from "@meshplane/apis";
import {
  explainSteps,
  mastersGroup,
  unionAuthorizer,
  unionOfSteps,
  type AuthorizationAttributes,
  type Authorizer,
  type AuthorizerStep,
  type Decision,
  type Explanation,
} from "@meshplane/apiserver";
import type { ExportIndex } from "../exports/export-index.ts";
import type { RbacEvaluator } from "../kcp-options.ts";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import type { ClusterApisSource } from "../surfaces/cluster-apis.ts";
import { alwaysAllowGroups } from "./always-allow-groups.ts";
import { alwaysAllowPaths } from "./always-allow-paths.ts";
import { contentAuthorizer } from "./content.ts";
import { anonymized, policyOf } from "./delegate.ts";
import { kcpStep } from "./kcp-step.ts";
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
  /** beside kcp's own: a webhook, relationships */
  steps?: readonly AuthorizerStep[] | undefined;
  /** names of steps; those that are not named are not asked. Default: kcp's own, then the others as given */
  order?: readonly string[] | undefined;
}

export interface Chain {
  authorize: Authorizer;
  /** without required groups, content and maximal permission policy: what a deep SubjectAccessReview asks */
  deepAuthorize: Authorizer;
  /** the same question as to `authorize`, put to every step: who says what, and whose word counts */
  explain(attributes: AuthorizationAttributes): Promise<Explanation>;
}

/** Names of kcp's own steps, in their usual order. */
export const kcpStepNames = ["AlwaysAllowGroups", "AlwaysAllowPaths", "RBAC"] as const;

/** @throws Error for a name in `order` that no step has */
export function authorizerChain(parts: ChainParts): Chain {
  const { paths, exports, apisOf, rbac } = parts;
  const inBootstrap = rbacAuthorizer(rbac, () => systemAdminCluster);
  const inCluster = rbacAuthorizer(rbac, (target) => target.cluster);
  const policies = unionAuthorizer([inBootstrap, inCluster]);
  const local = ({ target }: AuthorizationAttributes): string => `local cluster ${JSON.stringify(target.cluster)}`;
  const chain = unionAuthorizer([
    kcpStep(
      "05-bootstrap",
      policyOf(() => "bootstrap", inBootstrap),
    ),
    kcpStep("05-local", policyOf(local, inCluster)),
  ]);
  const withinPolicy = kcpStep("04-maxpermissionpolicy", maximalPermissionPolicy(apisOf, exports, policies, chain));
  const systemGuarded = kcpStep("03-systemcrd", systemCrdAuthorizer(withinPolicy));
  const entered = kcpStep("02-content", contentAuthorizer(paths, policies, systemGuarded));
  const guarded = kcpStep("01-requiredgroups", requiredGroups(paths, entered));

  const stepsWith = (rbacChain: Authorizer): AuthorizerStep[] =>
    inOrder(
      [
        { name: "AlwaysAllowGroups", authorize: alwaysAllowGroups(parts.alwaysAllowGroups ?? [mastersGroup]) },
        { name: "AlwaysAllowPaths", authorize: alwaysAllowPaths(parts.alwaysAllowPaths ?? ["/healthz", "/readyz", "/livez"]) },
        { name: "RBAC", authorize: anonymized(rbacChain) },
        ...(parts.steps ?? []),
      ],
      parts.order,
    );
  const steps = stepsWith(guarded);
  const deepSteps = stepsWith(systemCrdAuthorizer(policies));
  return {
    authorize: shown(unionOfSteps(steps)),
    deepAuthorize: shown(unionOfSteps(deepSteps)),
    explain: (attributes) => explainSteps(steps, attributes),
  };
}

/** What is left of the reasons is for the client: kcp's own are hidden, a webhook's are meant to be read. */
const shown =
  (authorize: Authorizer): Authorizer =>
  (attributes) => {
    const answer = authorize(attributes);
    return answer instanceof Promise ? answer.then(show) : show(answer);
  };

const show = (decision: Decision): Decision => (decision.decision === "allow" ? decision : { ...decision, shown: decision.reason });

function inOrder(steps: readonly AuthorizerStep[], order: readonly string[] | undefined): AuthorizerStep[] {
  if (!order) return [...steps];
  return order.map((wanted) => {
    const step = steps.find(({ name }) => name === wanted);
    if (!step) throw new Error(`invalid authorizer: ${JSON.stringify(wanted)}`);
    return step;
  });
}
