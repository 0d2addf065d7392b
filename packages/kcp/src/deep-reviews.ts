/**
 * A SubjectAccessReview of a privileged caller may leave out who may enter the workspace: a header says so, and the question is then put to a shorter
 * chain. @see spec authz §6
 */
import {
  mastersGroup,
  type AuthorizationAttributes,
  type Authorizer,
  type Explanation,
  type HttpRequest,
  type RequestContext,
  type ResourceTarget,
  type User,
} from "@meshplane/apiserver";

const header = "x-kcp-internal-deep-subjectaccessreview";

/** Callers as they are for one such review. */
const asking = new WeakSet<User>();

/** What the endpoint of the request adds; undefined for everybody who does not ask. */
export function asDeepReviewer(http: HttpRequest): ((user: User, target: ResourceTarget) => User) | undefined {
  if (http.headers[header] !== "true") return undefined;
  return (user, { group, resource }) => {
    if (group !== "authorization.k8s.io" || resource !== "subjectaccessreviews" || !user.groups.includes(mastersGroup)) return user;
    const asked = { ...user };
    asking.add(asked);
    return asked;
  };
}

/** A review that asks for a trace gets every step's answer, those after the decisive one too. */
export const reviewAuthorizer =
  (authorize: Authorizer, deepAuthorize: Authorizer, explain: (attributes: AuthorizationAttributes) => Promise<Explanation>) =>
  ({ user }: RequestContext): Authorizer => {
    if (asking.has(user)) return deepAuthorize;
    return (attributes) => {
      const { trace } = attributes;
      if (!trace) return authorize(attributes);
      return explain(attributes).then((explanation) => {
        trace.push(...explanation.steps);
        return explanation;
      });
    };
  };
