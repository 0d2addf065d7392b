import { badRequest, type KubeObject } from "@meshplane/apimachinery";
import type { RequestContext, ResourceDefinition, User } from "@meshplane/apiserver";
import { createOnly, createdColumn, define, nameColumn, type Kind } from "../define.ts";

/** authentication/v1 UserInfo: only what is there. */
export interface UserInfo {
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

export interface TokenReviewStatus {
  authenticated?: boolean;
  user?: UserInfo;
  audiences?: string[];
  error?: string;
}

export interface AuthenticationReviewDependencies {
  /** milliseconds */
  clock(): number;
  /** Whose token it is; no audiences stands for the server's own. A bad token is no failure: `error` says why (wire 86). */
  reviewToken(token: string, audiences: readonly string[], context: RequestContext): Promise<TokenReviewStatus> | TokenReviewStatus;
}

interface TokenReview extends KubeObject {
  spec: { token?: string; audiences?: string[] };
  status?: TokenReviewStatus;
}

/** What the kinds that are only asked have in common. */
export const asked: Omit<Kind<KubeObject>, "group" | "resource" | "kind"> = {
  namespaced: false,
  verbs: createOnly,
  names: "pathSegment",
  listKind: "",
  columns: [nameColumn, createdColumn],
  cells: ({ metadata }) => [metadata.name ?? "", metadata.creationTimestamp ?? null],
};

export const userInfoOf = ({ name, uid, groups, extra }: User): UserInfo => ({
  ...(name ? { username: name } : {}),
  ...(uid ? { uid } : {}),
  ...(groups.length ? { groups: [...groups] } : {}),
  ...(Object.keys(extra).length ? { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) } : {}),
});

export function authenticationReviews({ clock, reviewToken }: AuthenticationReviewDependencies): ResourceDefinition[] {
  const group = "authentication.k8s.io";
  return [
    define<KubeObject>({
      ...asked,
      group,
      kind: "SelfSubjectReview",
      resource: "selfsubjectreviews",
      computed: {
        create({ apiVersion, kind }, { context }) {
          const creationTimestamp = `${new Date(clock()).toISOString().slice(0, 19)}Z`;
          return { kind, apiVersion, metadata: { creationTimestamp }, status: { userInfo: userInfoOf(context.user) } };
        },
      },
    }),
    define<KubeObject>({
      ...asked,
      group,
      kind: "TokenReview",
      resource: "tokenreviews",
      computed: {
        async create(object, { context }) {
          const review = object as TokenReview;
          const { token = "", audiences = [] } = review.spec;
          if (token === "") throw badRequest("token is required for TokenReview in authentication");
          const status = await reviewToken(token, audiences, context);
          return { ...review, status: { ...status, user: status.user ?? {} } };
        },
      },
    }),
  ];
}
