import { hash } from "node:crypto";
import { fieldDuplicate, fieldInvalid, fieldRequired, type FieldError } from "@meshplane/apimachinery";
import type { JWTAuthenticator } from "@meshplane/apis";
import type { Log, User } from "@meshplane/apiserver";
import { LruCache } from "../lru-cache.ts";
import { authenticated, TokenError, type TokenAuthenticator } from "../token-authenticator.ts";
import { audiencesOf, issuerOf, quoteAll, readClaims, readObject, timeAt, type Claims } from "./claims.ts";
import { fetchJson, type FetchJson } from "./fetch-json.ts";
import { IssuerKeys, NotReady, type GetKey } from "./issuer-keys.ts";
import { compileUserMapping } from "./user-mapping.ts";

export interface JwtAuthenticatorOptions {
  /** milliseconds */
  clock: () => number;
  log: Log;
  /** default: every asymmetric one */
  signingAlgorithms?: readonly string[];
  /** issuers that are this server's own */
  disallowedIssuers?: readonly string[];
  fetch?: FetchJson;
}

/** The configuration cannot be used; `errors` says field by field why. */
export class JwtConfigurationError extends Error {
  readonly errors: readonly FieldError[];
  constructor(errors: readonly FieldError[]) {
    const texts = errors.map(({ field, detail }) => `${field}: ${detail}`);
    super(texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`);
    this.name = "JwtConfigurationError";
    this.errors = errors;
  }
}

/** Never a symmetric one, nor `none`: a public key must not pass for a secret (RFC 8725 §3.1). */
export const signingAlgorithms = ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"] as const;

const authenticatorsMax = 64;
const verifiedMax = 4096;
/** a token that was good is good for so long, whatever became of its key (as upstream) */
const verifiedMs = 10_000;
const notBeforeLeewaySeconds = 300;

/**
 * Users of OpenID Connect issuers, by their tokens. A token of no issuer in the list is not known here.
 * @param path of the list in messages: `jwt`
 * @throws JwtConfigurationError
 */
export function jwtAuthenticator(
  configurations: readonly JWTAuthenticator[],
  options: JwtAuthenticatorOptions,
  path = "jwt",
): TokenAuthenticator {
  const errors: FieldError[] = [];
  const byIssuer = new Map<string, TokenVerifier>();
  const discoveryUrls = new Set<string>();
  if (configurations.length > authenticatorsMax)
    throw new JwtConfigurationError([
      {
        type: "FieldValueTooMany",
        field: path,
        detail: `Too many: ${configurations.length}: must have at most ${authenticatorsMax} items`,
      },
    ]);
  configurations.forEach((configuration, i) => {
    const at = `${path}[${i}]`;
    const { url = "", discoveryURL = "" } = configuration.issuer ?? {};
    errors.push(...issuerErrors(configuration.issuer ?? {}, `${at}.issuer`, options.disallowedIssuers ?? []));
    const { mapping, errors: mappingErrors } = compileUserMapping(configuration, `${at}.`);
    errors.push(...mappingErrors);
    if (byIssuer.has(url)) errors.push(fieldDuplicate(`${at}.issuer.url`, url));
    if (discoveryURL && discoveryUrls.has(discoveryURL)) errors.push(fieldDuplicate(`${at}.issuer.discoveryURL`, discoveryURL));
    discoveryUrls.add(discoveryURL);
    byIssuer.set(url, new TokenVerifier(configuration.issuer ?? {}, mapping.userOf, options));
  });
  if (errors.length > 0) throw new JwtConfigurationError(errors);

  return (token) => {
    const claims = readClaims(token);
    return claims && byIssuer.get(issuerOf(claims))?.identityOf(token, claims);
  };
}

/** One issuer's tokens. */
class TokenVerifier {
  readonly #issuer: string;
  readonly #audiences: readonly string[];
  readonly #algorithms: readonly string[];
  readonly #userOf: (claims: Claims) => User;
  readonly #keys: IssuerKeys;
  readonly #clock: () => number;
  readonly #verified = new LruCache<string, { user: User; until: number }>(verifiedMax);

  constructor(issuer: Partial<JWTAuthenticator["issuer"]>, userOf: (claims: Claims) => User, options: JwtAuthenticatorOptions) {
    const { clock, log, fetch = fetchJson } = options;
    this.#issuer = issuer.url ?? "";
    this.#audiences = issuer.audiences ?? [];
    this.#algorithms = options.signingAlgorithms ?? signingAlgorithms;
    this.#userOf = userOf;
    this.#clock = clock;
    this.#keys = new IssuerKeys({
      issuer: this.#issuer,
      discoveryUrl: issuer.discoveryURL || undefined,
      ca: issuer.certificateAuthority || undefined,
      fetch,
      clock,
      log,
    });
  }

  /** @throws TokenError */
  async identityOf(token: string, claims: Claims): Promise<{ user: User; audiences: undefined }> {
    const id = hash("sha256", token, "base64url");
    const now = this.#clock();
    const known = this.#verified.get(id);
    if (known && now < known.until) return { user: known.user, audiences: undefined };
    this.#verified.delete(id);
    this.#requireCurrent(claims, now);
    const payload = await this.#requireSigned(token);
    const user = authenticated(this.#userOf(payload));
    this.#verified.set(id, { user, until: Math.min(now + verifiedMs, timeAt(payload, "exp")! * 1000) });
    return { user, audiences: undefined };
  }

  /** What needs no key is looked at first: who cannot be meant makes nobody fetch anything. */
  #requireCurrent(claims: Claims, now: number): void {
    const audiences = audiencesOf(claims);
    if (!audiences.some((audience) => this.#audiences.includes(audience))) {
      const wanted = this.#audiences.length === 1 ? JSON.stringify(this.#audiences[0]) : `in ${quoteAll(this.#audiences.toSorted())}`;
      throw new TokenError(`oidc: verify token: oidc: expected audience ${wanted} got ${quoteAll(audiences)}`);
    }
    const expires = timeAt(claims, "exp");
    if (expires === undefined || expires * 1000 < now)
      throw new TokenError(`oidc: verify token: oidc: token is expired (Token Expiry: ${printTime(expires ?? 0)})`);
    const notBefore = timeAt(claims, "nbf");
    if (notBefore !== undefined && now / 1000 + notBeforeLeewaySeconds < notBefore)
      throw new TokenError(
        `oidc: verify token: oidc: current time ${printTime(now / 1000)} before the nbf (not before) time: ${printTime(notBefore)}`,
      );
  }

  async #requireSigned(token: string): Promise<Claims> {
    let getKey: GetKey;
    try {
      getKey = await this.#keys.get();
    } catch (error) {
      if (error instanceof NotReady) throw new TokenError(error.message);
      throw error;
    }
    const signed = (await this.#payloadOf(token, getKey)) ?? (await this.#withRenewedKeys(token, getKey));
    if (!signed) throw new TokenError("oidc: verify token: failed to verify signature: failed to verify id token signature");
    const payload = readObject(signed);
    if (!payload || issuerOf(payload) !== this.#issuer) throw new TokenError("oidc: verify token: oidc: malformed jwt");
    return payload;
  }

  async #withRenewedKeys(token: string, old: GetKey): Promise<Uint8Array | undefined> {
    const getKey = await this.#keys.renewed(old);
    return getKey && this.#payloadOf(token, getKey);
  }

  /** undefined when none of the keys has signed it. @throws TokenError for what no key could make good */
  async #payloadOf(token: string, getKey: GetKey): Promise<Uint8Array | undefined> {
    const { compactVerify, errors } = await import("jose");
    const options = { algorithms: [...this.#algorithms] };
    try {
      return (await compactVerify(token, getKey, options)).payload;
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) {
        // the token names no key: any of them may have signed it
        for await (const key of error) {
          try {
            return (await compactVerify(token, key, options)).payload;
          } catch (failure) {
            if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
          }
        }
        return undefined;
      }
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed) return undefined;
      if (error instanceof errors.JOSEAlgNotAllowed)
        throw new TokenError(
          `oidc: verify token: oidc: malformed jwt: unexpected signature algorithm ${JSON.stringify(algorithmOf(token))}; expected ${quoteAll(this.#algorithms)}`,
        );
      throw new TokenError(`oidc: verify token: oidc: malformed jwt: ${(error as Error).message}`);
    }
  }
}

function algorithmOf(token: string): string {
  const header = readObject(Buffer.from(token.slice(0, token.indexOf(".")), "base64url"));
  const algorithm = header && Object.hasOwn(header, "alg") ? header["alg"] : undefined;
  return typeof algorithm === "string" ? algorithm : "";
}

function printTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}

function issuerErrors(issuer: Partial<JWTAuthenticator["issuer"]>, path: string, disallowed: readonly string[]): FieldError[] {
  const { url = "", discoveryURL = "", audiences = [], audienceMatchPolicy = "", certificateAuthority = "" } = issuer;
  const errors: FieldError[] = [];
  if (!url) errors.push(fieldRequired(`${path}.url`));
  else errors.push(...urlErrors(url, `${path}.url`, disallowed));
  if (discoveryURL) {
    if (url && url.replace(/\/{1,100}$/, "") === discoveryURL.replace(/\/{1,100}$/, ""))
      errors.push(fieldInvalid(`${path}.discoveryURL`, discoveryURL, "discoveryURL must be different from URL"));
    errors.push(...urlErrors(discoveryURL, `${path}.discoveryURL`, []));
  }
  if (audiences.length === 0) errors.push(fieldRequired(`${path}.audiences`, `at least one ${path}.audiences is required`));
  audiences.forEach((audience, i) => {
    if (!audience) errors.push(fieldRequired(`${path}.audiences[${i}]`));
    if (audiences.indexOf(audience) < i) errors.push(fieldDuplicate(`${path}.audiences[${i}]`, audience));
  });
  if (audiences.length > 1 && audienceMatchPolicy !== "MatchAny")
    errors.push(
      fieldInvalid(`${path}.audienceMatchPolicy`, audienceMatchPolicy, "audienceMatchPolicy must be MatchAny for multiple audiences"),
    );
  if (audiences.length === 1 && audienceMatchPolicy && audienceMatchPolicy !== "MatchAny")
    errors.push(
      fieldInvalid(`${path}.audienceMatchPolicy`, audienceMatchPolicy, "audienceMatchPolicy must be empty or MatchAny for single audience"),
    );
  if (certificateAuthority && !certificateAuthority.includes("-----BEGIN CERTIFICATE-----"))
    errors.push({
      type: "FieldValueInvalid",
      field: `${path}.certificateAuthority`,
      detail: 'Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
    });
  return errors;
}

function urlErrors(text: string, path: string, disallowed: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const invalid = (why: string): void => void errors.push(fieldInvalid(path, text, why));
  if (disallowed.includes(text)) invalid(`URL must not overlap with disallowed issuers: [${disallowed.toSorted().join(" ")}]`);
  const url = URL.parse(text);
  if (!url) {
    invalid("it is no URL");
    return errors;
  }
  if (url.protocol !== "https:") invalid("URL scheme must be https");
  if (url.username || url.password) invalid("URL must not contain a username or password");
  if (url.search) invalid("URL must not contain a query");
  if (url.hash) invalid("URL must not contain a fragment");
  return errors;
}
