import { unauthorized } from "@meshplane/apimachinery";
import { anonymousUser, authenticatedGroup, type Authenticator, type HttpRequest, type Log, type User } from "@meshplane/apiserver";

export interface TokenIdentity {
  readonly user: User;
  /** whom the token is for; undefined: it says nothing, so it is for this server */
  readonly audiences: readonly string[] | undefined;
}

/** A token that an authenticator knows as its own, but which does not hold. The message shows in a TokenReview. */
export class TokenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TokenError";
  }
}

/**
 * Whose token it is; undefined when it is of a kind that this authenticator does not know.
 * `audiences`: of whom the token must be for at least one. `cluster`: the logical cluster of the request, "" without one.
 * @throws TokenError for tokens that are its own but do not hold
 */
export type TokenAuthenticator = (
  token: string,
  audiences: readonly string[],
  cluster: string,
) => Promise<TokenIdentity | undefined> | TokenIdentity | undefined;

export interface VerifiedToken {
  user: User;
  /** those of the wanted audiences that the token is for */
  audiences: readonly string[];
}

export interface BearerTokens {
  /** for the server's list of authenticators; after it no bearer token goes unjudged */
  readonly authenticate: Authenticator;
  /** for reviews in a logical cluster. @throws TokenError */
  verify(token: string, audiences: readonly string[], cluster: string): Promise<VerifiedToken>;
  /** audiences of tokens that are for this server */
  readonly audiences: readonly string[];
}

const invalidBearerToken = "invalid bearer token";

/** Asks the authenticators in order; the first that knows the token decides. Why a token was refused is for the log: the client learns nothing of it. */
export function bearerTokens(authenticators: readonly TokenAuthenticator[], apiAudiences: readonly string[], log?: Log): BearerTokens {
  return { authenticate, verify, audiences: apiAudiences };

  async function authenticate(http: HttpRequest, cluster: string): Promise<User | undefined> {
    const token = bearerTokenOf(http);
    if (token === undefined) return undefined;
    try {
      return (await verify(token, apiAudiences, cluster)).user;
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      log?.error("Unable to authenticate the request", { err: error.message, ...(cluster ? { cluster } : {}) });
      throw unauthorized();
    }
  }

  async function verify(token: string, wanted: readonly string[], cluster: string): Promise<VerifiedToken> {
    const failures: string[] = [];
    for (const authenticator of authenticators) {
      let identity: TokenIdentity | undefined;
      try {
        identity = await authenticator(token, wanted, cluster);
      } catch (error) {
        if (!(error instanceof TokenError)) throw error;
        failures.push(error.message);
        continue;
      }
      if (!identity) continue;
      const of = identity.audiences ?? apiAudiences;
      const audiences = wanted.filter((audience) => of.includes(audience));
      if (audiences.length > 0) return { user: identity.user, audiences };
    }
    throw new TokenError(failures.length === 0 ? invalidBearerToken : `[${[invalidBearerToken, ...failures].join(", ")}]`);
  }
}

/** The scheme in any case, exactly one space, a token without spaces: everything else is no bearer token at all (wire 82). */
export function bearerTokenOf(http: HttpRequest): string | undefined {
  const header = http.headers["authorization"];
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (!text) return undefined;
  const [scheme, token, ...rest] = text.split(" ");
  if (scheme?.toLowerCase() !== "bearer" || !token || rest.length > 0) return undefined;
  return token;
}

/** Adds `system:authenticated`, which every user but the anonymous one has. */
export function authenticated(user: User): User {
  if (user.name === anonymousUser.name || user.groups.includes(authenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}
