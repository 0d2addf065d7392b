/** Claims of a token, unverified: it is ours to pass on, not to judge. @throws Error when it is none */
export function decodeJwt(token: string): { exp?: number } {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as { exp?: number };
  } catch {
    throw new Error("the issuer's ID token is no JWT");
  }
}
