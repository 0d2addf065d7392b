import type { RequestContext } from "@meshplane/apiserver";
import { userInfoOf, type TokenReviewStatus } from "../kinds/reviews/authentication-reviews.ts";
import { TokenError, type BearerTokens } from "./token-authenticator.ts";

/** Answers token reviews by the authenticators that requests go through; audiences are the server's own unless named (wire 86). */
export const tokenReviewer =
  (tokens: BearerTokens) =>
  async (token: string, audiences: readonly string[], { cluster }: Pick<RequestContext, "cluster">): Promise<TokenReviewStatus> => {
    try {
      const verified = await tokens.verify(token, audiences.length > 0 ? audiences : tokens.audiences, cluster);
      return {
        authenticated: true,
        user: userInfoOf(verified.user),
        audiences: [...verified.audiences],
      };
    } catch (error) {
      if (error instanceof TokenError) return { user: {}, error: error.message };
      throw error;
    }
  };
