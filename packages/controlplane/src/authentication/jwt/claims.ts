import { decodeJson, type JsonObject, type JsonValue } from "@meshplane/apimachinery";

/** What a token says of itself; nothing is true of it before its signature has been checked. */
export type Claims = JsonObject;

export const claimAt = (claims: Claims, name: string): JsonValue | undefined => (Object.hasOwn(claims, name) ? claims[name] : undefined);

/** undefined for anything but a JWT in its compact form with an object inside */
export function readClaims(token: string): Claims | undefined {
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  if (first < 0 || second < 0 || token.indexOf(".", second + 1) >= 0) return undefined;
  return readObject(Buffer.from(token.slice(first + 1, second), "base64url"));
}

export function readObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const { value } = decodeJson(bytes);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function issuerOf(claims: Claims): string {
  const issuer = claimAt(claims, "iss");
  if (typeof issuer !== "string") return "";
  return issuer === "accounts.google.com" ? "https://accounts.google.com" : issuer;
}

/** `aud` may be one or many. */
export function audiencesOf(claims: Claims): string[] {
  const audience = claimAt(claims, "aud");
  if (typeof audience === "string") return [audience];
  return Array.isArray(audience) ? audience.filter((one): one is string => typeof one === "string") : [];
}

/** seconds since 1970, when it is a number */
export function timeAt(claims: Claims, name: string): number | undefined {
  const value = claimAt(claims, name);
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

/** as Go prints a list with %q */
export const quoteAll = (texts: readonly string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(" ")}]`;
