import type { KubeObject } from "@meshplane/apimachinery";
import type { RequestContext, ResourceDefinition } from "@meshplane/apiserver";
import { reviewSelf } from "../../authentication/reviews.ts";
import { createOnly, createdColumn, define, nameColumn, type Kind } from "../define.ts";

export interface AuthenticationReviewDependencies {
  /** milliseconds */
  clock(): number;
  /** The TokenReview with its status; a bad token is no error (wire 86). @throws StatusError 400 without a token */
  reviewToken(review: KubeObject, context: RequestContext): Promise<KubeObject>;
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

export function authenticationReviews({ clock, reviewToken }: AuthenticationReviewDependencies): ResourceDefinition[] {
  const group = "authentication.k8s.io";
  return [
    define<KubeObject>({
      ...asked,
      group,
      kind: "SelfSubjectReview",
      resource: "selfsubjectreviews",
      computed: {
        create: (review, { context }) => reviewSelf(context.user, clock(), review.apiVersion),
      },
    }),
    define<KubeObject>({
      ...asked,
      group,
      kind: "TokenReview",
      resource: "tokenreviews",
      computed: { create: (review, { context }) => reviewToken(review, context) },
    }),
  ];
}
