import type { Authorizer, Decision, RequestContext, StepDecision, Target, User } from "@meshplane/apiserver";
import type { SubjectRulesStatus } from "../kinds/reviews/access-reviews.ts";
import type { PolicyRule } from "./policy.ts";
import type { RbacIndex } from "./rbac-index.ts";

/** Answers access reviews by the authorizer that requests go through, in the words that it has for clients (wire 86). */
export const accessReviewer =
  (authorizerFor: (context: RequestContext) => Authorizer) =>
  async (user: User, target: Target, context: RequestContext, trace?: StepDecision[]): Promise<Decision> =>
    authorizerFor(context)({ user, target, trace });

export interface RulesReviewOptions {
  rbac: RbacIndex;
  /** whose bindings count for everybody, beside those of the cluster itself */
  policyCluster: string;
  /** as whom a user counts in a cluster; by default just himself */
  effectiveUsers?: (user: User, cluster: string) => readonly User[];
}

/** Lists what a user may do in a namespace of the request's cluster, as far as RBAC says. */
export const rulesReviewer =
  ({ rbac, policyCluster, effectiveUsers }: RulesReviewOptions) =>
  async (user: User, namespace: string, context: RequestContext): Promise<SubjectRulesStatus> => {
    const { cluster } = context;
    const users = effectiveUsers?.(user, cluster) ?? [user];
    const rules: PolicyRule[] = [];
    for (const place of cluster === policyCluster ? [cluster] : [cluster, policyCluster]) {
      rules.push(...(await rbac.rulesFor(place, users, namespace)).rules);
    }
    const list = (values: readonly string[] | undefined): string[] => [...(values ?? [])];
    return {
      resourceRules: rules
        .filter((rule) => rule.resources?.length)
        .map((rule) => ({
          verbs: list(rule.verbs),
          ...(rule.apiGroups?.length ? { apiGroups: list(rule.apiGroups) } : {}),
          resources: list(rule.resources),
          ...(rule.resourceNames?.length ? { resourceNames: list(rule.resourceNames) } : {}),
        })),
      nonResourceRules: rules
        .filter((rule) => rule.nonResourceURLs?.length)
        .map((rule) => ({ verbs: list(rule.verbs), nonResourceURLs: list(rule.nonResourceURLs) })),
      incomplete: false,
    };
  };
