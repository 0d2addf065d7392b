import type { ResourceDefinition } from "@meshplane/apiserver";
import { accessReviews, type AccessReviewDependencies } from "./access-reviews.ts";
import { authenticationReviews, type AuthenticationReviewDependencies } from "./authentication-reviews.ts";

export interface ReviewDependencies extends AccessReviewDependencies, AuthenticationReviewDependencies {}

/** Questions that are answered on the spot; nothing is stored. */
export const reviews = (dependencies: ReviewDependencies): ResourceDefinition[] => [
  ...authenticationReviews(dependencies),
  ...accessReviews(dependencies),
];
