import { badRequest, type KubeObject } from "@meshplane/apimachinery";
import type { User } from "@meshplane/apiserver";
import { timestamp } from "@meshplane/controller-runtime";
import { TokenError, type BearerTokens } from "./token-authenticator.ts";

/** authentication/v1 UserInfo: only what is there. */
export interface UserInfo {
  username?: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

export const userInfoOf = (user: User): UserInfo => ({
  ...(user.name ? { username: user.name } : {}),
  ...(user.uid ? { uid: user.uid } : {}),
  ...(user.groups.length ? { groups: user.groups } : {}),
  ...(Object.keys(user.extra).length ? { extra: user.extra } : {}),
});

/** authentication.k8s.io SelfSubjectReview: who the server takes the caller for. `now` in milliseconds. */
export function reviewSelf(user: User, now: number, apiVersion = "authentication.k8s.io/v1"): KubeObject {
  return {
    kind: "SelfSubjectReview",
    apiVersion,
    metadata: { creationTimestamp: timestamp(new Date(now)) },
    status: { userInfo: userInfoOf(user) },
  };
}

/**
 * authentication.k8s.io TokenReview: fills in the status.
 * @throws StatusError 400 without a token
 */
export async function reviewToken(review: KubeObject, tokens: BearerTokens): Promise<KubeObject> {
  const spec = review["spec"] as { token?: string; audiences?: string[] } | undefined;
  if (!spec?.token) throw badRequest("token is required for TokenReview in authentication");
  const wanted = spec.audiences?.length ? spec.audiences : tokens.audiences;
  let status: Record<string, unknown>;
  try {
    const { user, audiences } = await tokens.verify(spec.token, wanted);
    status = { authenticated: true, user: userInfoOf(user), audiences };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    status = { user: {}, error: error.message };
  }
  return { ...review, status };
}
