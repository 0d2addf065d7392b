import { hash } from "node:crypto";
import { authenticatedGroup, type User } from "@meshplane/apiserver";
import { builtInIdentity, encodeKey, type Store, type StoredRecord } from "@meshplane/storage";
import { objectOf } from "../local/feed-key-source.ts";
import { LruCache } from "./lru-cache.ts";
import { serviceAccountGroups, serviceAccountUserName } from "./service-account.ts";
import type { SigningKey } from "./signing-key.ts";
import { TokenError, type TokenAuthenticator } from "./token-authenticator.ts";

export interface ServiceAccountTokensOptions {
  store: Store;
  signingKey: SigningKey;
  /** `iss` of the tokens, and the audience of tokens for this server */
  issuer: string;
  /** milliseconds */
  clock: () => number;
  uid: () => string;
  /** what an account of this logical cluster carries as extra besides its credential */
  extraOf?: (cluster: string) => Record<string, readonly string[]>;
}

export interface TokenSubject {
  cluster: string;
  namespace: string;
  serviceAccount: { name: string; uid: string };
  /** the token ends with this secret */
  secret?: { name: string; uid: string };
}

export interface ServiceAccountTokens {
  readonly issuer: string;
  /** @returns the JWT and its id. `seconds` until it ends */
  issue(subject: TokenSubject, audiences: readonly string[], seconds: number): Promise<IssuedToken>;
  /** for a secret of type service-account-token: without end, it lasts as long as the secret */
  issueLegacy(subject: Required<TokenSubject>): Promise<string>;
  readonly authenticate: TokenAuthenticator;
  /** for `/openid/v1/jwks` */
  keySet(): { keys: Record<string, unknown>[] };
  /** for `/.well-known/openid-configuration`; `externalUrl` without a slash at the end */
  discovery(externalUrl: string): Record<string, unknown>;
}

export interface IssuedToken {
  token: string;
  /** milliseconds */
  expiration: number;
}

const algorithm = "RS256";
const legacyIssuer = "kubernetes/serviceaccount";
/** clocks of issuer and reader may differ */
const leewaySeconds = 60;
const verifiedMax = 4096;

/** What a token is good for as long as the records it leans on are there. */
interface Verified {
  user: User;
  audiences: readonly string[] | undefined;
  /** milliseconds; Infinity for legacy tokens */
  expires: number;
  account: { key: string; uid: string };
  /** `revision`: of a legacy token's secret, whose content is part of the proof */
  secret: { key: string; uid: string; revision: number | undefined } | undefined;
}

interface Claims {
  iss: string;
  aud: string[];
  cluster: string;
  namespace: string;
  account: { name: string; uid: string };
  secret: { name: string; uid: string | undefined } | undefined;
  exp: number | undefined;
  nbf: number | undefined;
  jti: string | undefined;
  legacy: boolean;
}

/**
 * Issues and verifies tokens of service accounts. A verified token is remembered by its hash until it ends, but each use reads the account's
 * (and the secret's) record: a deleted account is refused at once.
 */
export function serviceAccountTokens(options: ServiceAccountTokensOptions): ServiceAccountTokens {
  const { store, signingKey, issuer, clock } = options;
  const verified = new LruCache<string, Verified>(verifiedMax);

  return {
    issuer,
    issue,
    issueLegacy,
    authenticate,
    keySet,
    discovery,
  };

  async function issue(subject: TokenSubject, audiences: readonly string[], seconds: number): Promise<IssuedToken> {
    const now = Math.floor(clock() / 1000);
    const exp = now + seconds;
    const { cluster, namespace, serviceAccount, secret } = subject;
    const token = await sign({
      aud: audiences,
      exp,
      iat: now,
      iss: issuer,
      jti: options.uid(),
      "kubernetes.io": {
        clusterName: cluster,
        namespace,
        ...(secret ? { secret } : {}),
        serviceaccount: serviceAccount,
      },
      nbf: now,
      sub: serviceAccountUserName(namespace, serviceAccount.name),
    });
    return { token, expiration: exp * 1000 };
  }

  function issueLegacy({ cluster, namespace, serviceAccount, secret }: Required<TokenSubject>): Promise<string> {
    return sign({
      iss: legacyIssuer,
      "kubernetes.io/serviceaccount/clusterName": cluster,
      "kubernetes.io/serviceaccount/namespace": namespace,
      "kubernetes.io/serviceaccount/secret.name": secret.name,
      "kubernetes.io/serviceaccount/service-account.name": serviceAccount.name,
      "kubernetes.io/serviceaccount/service-account.uid": serviceAccount.uid,
      sub: serviceAccountUserName(namespace, serviceAccount.name),
    });
  }

  async function sign(claims: Record<string, unknown>): Promise<string> {
    const { SignJWT } = await import("jose");
    return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: signingKey.id }).sign(signingKey.privateKey);
  }

  async function authenticate(
    token: string,
    wanted: readonly string[],
  ): Promise<{ user: User; audiences: readonly string[] | undefined } | undefined> {
    const claimed = readClaims(token);
    if (!claimed || (claimed.iss !== issuer && claimed.iss !== legacyIssuer)) return undefined;
    const id = hash("sha256", token, "base64url");
    let known = verified.get(id);
    if (known && (known.expires + leewaySeconds * 1000 <= clock() || !(await stillThere(known)))) {
      verified.delete(id);
      known = undefined;
    }
    if (!known) {
      known = await verify(token, claimed);
      verified.set(id, known);
    }
    if (known.audiences && !known.audiences.some((audience) => wanted.includes(audience))) {
      throw new TokenError(`token audiences ${quoteAll(known.audiences)} is invalid for the target audiences ${quoteAll(wanted)}`);
    }
    return { user: known.user, audiences: known.audiences };
  }

  async function stillThere({ account, secret }: Verified): Promise<boolean> {
    const record = await store.get(account.key);
    if (record?.header.uid !== account.uid) return false;
    if (!secret) return true;
    const bound = await store.get(secret.key);
    return bound?.header.uid === secret.uid && (secret.revision === undefined || bound.revision === secret.revision);
  }

  async function verify(token: string, claims: Claims): Promise<Verified> {
    const { compactVerify } = await import("jose");
    try {
      await compactVerify(token, signingKey.publicKey, { algorithms: [algorithm] });
    } catch {
      throw new TokenError("failed to verify signature");
    }
    const seconds = clock() / 1000;
    if (claims.exp !== undefined && seconds > claims.exp + leewaySeconds) {
      throw new TokenError("service account token has expired");
    }
    if (claims.nbf !== undefined && seconds < claims.nbf - leewaySeconds) {
      throw new TokenError("service account token is not valid yet");
    }
    if (!claims.legacy && claims.exp === undefined) throw new TokenError("service account token has no end");

    const { cluster, namespace } = claims;
    const account = await find("serviceaccounts", "serviceaccount", cluster, namespace, claims.account.name);
    if (account.record.header.uid !== claims.account.uid) {
      throw new TokenError(`service account UID (${account.record.header.uid}) does not match claim (${claims.account.uid})`);
    }
    let secret: Verified["secret"];
    if (claims.secret) {
      const found = await find("secrets", "secret", cluster, namespace, claims.secret.name);
      if (claims.legacy) requireTokenOf(found.record, token, claims);
      else if (found.record.header.uid !== claims.secret.uid) {
        throw new TokenError(`secret UID (${found.record.header.uid}) does not match claim`);
      }
      secret = {
        key: found.key,
        uid: found.record.header.uid,
        revision: claims.legacy ? found.record.revision : undefined,
      };
    } else if (claims.legacy) throw new TokenError("token names no secret");

    return {
      user: {
        name: serviceAccountUserName(namespace, claims.account.name),
        uid: claims.account.uid,
        groups: [...serviceAccountGroups(namespace), authenticatedGroup],
        extra: {
          ...options.extraOf?.(cluster),
          ...(claims.jti ? { "authentication.kubernetes.io/credential-id": [`JTI=${claims.jti}`] } : {}),
        },
      },
      audiences: claims.legacy ? undefined : claims.aud,
      expires: claims.exp === undefined ? Infinity : claims.exp * 1000,
      account: { key: account.key, uid: claims.account.uid },
      secret,
    };
  }

  async function find(
    resource: string,
    singular: string,
    cluster: string,
    namespace: string,
    name: string,
  ): Promise<{ key: string; record: StoredRecord }> {
    const key = coreKey(resource, cluster, namespace, name);
    const record = await store.get(key);
    if (!record) throw new TokenError(`${singular} "${name}" not found`);
    return { key, record };
  }

  function keySet(): { keys: Record<string, unknown>[] } {
    const { n, e, kty } = signingKey.publicKey.export({ format: "jwk" });
    return { keys: [{ use: "sig", kty, kid: signingKey.id, alg: algorithm, n, e }] };
  }

  function discovery(externalUrl: string): Record<string, unknown> {
    return {
      issuer,
      jwks_uri: `${externalUrl}/openid/v1/jwks`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [algorithm],
    };
  }
}

/** Where a namespaced built-in object of the core group lies. */
export const coreKey = (resource: string, cluster: string, namespace: string, name: string): string =>
  encodeKey({ group: "", resource, identity: builtInIdentity, cluster, namespace, name });

/** A legacy token holds only while its secret shows it. */
function requireTokenOf(record: StoredRecord, token: string, claims: Claims): void {
  const secret = objectOf(record, undefined) as { data?: Record<string, string> } & Record<string, unknown>;
  const stored = secret.data && Object.hasOwn(secret.data, "token") ? secret.data["token"]! : "";
  if (record.header.deleting || Buffer.from(stored, "base64").toString("utf8") !== token) {
    throw new TokenError(`token is no longer valid for service account ${claims.namespace}/${claims.account.name}`);
  }
}

/** Claims of a JWT that may be ours, unverified; undefined for anything else. */
function readClaims(token: string): Claims | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  const payload = objectAt(parseJson(Buffer.from(parts[1]!, "base64url").toString("utf8")));
  if (!payload) return undefined;
  const iss = textAt(payload, "iss") ?? "";
  const times = { exp: numberAt(payload, "exp"), nbf: numberAt(payload, "nbf") };
  const jti = textAt(payload, "jti");
  if (iss === legacyIssuer) {
    const at = (name: string): string => textAt(payload, `kubernetes.io/serviceaccount/${name}`) ?? "";
    return {
      iss,
      aud: [],
      cluster: at("clusterName"),
      namespace: at("namespace"),
      account: { name: at("service-account.name"), uid: at("service-account.uid") },
      secret: at("secret.name") === "" ? undefined : { name: at("secret.name"), uid: undefined },
      ...times,
      jti,
      legacy: true,
    };
  }
  const own = objectAt(payload["kubernetes.io"]) ?? {};
  const account = objectAt(own["serviceaccount"]) ?? {};
  const secret = objectAt(own["secret"]);
  const aud = payload["aud"];
  return {
    iss,
    aud: typeof aud === "string" ? [aud] : Array.isArray(aud) ? aud.filter((it): it is string => typeof it === "string") : [],
    cluster: textAt(own, "clusterName") ?? "",
    namespace: textAt(own, "namespace") ?? "",
    account: { name: textAt(account, "name") ?? "", uid: textAt(account, "uid") ?? "" },
    secret: secret && { name: textAt(secret, "name") ?? "", uid: textAt(secret, "uid") },
    ...times,
    jti,
    legacy: false,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const objectAt = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

function textAt(object: Record<string, unknown>, key: string): string | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === "string" ? value : undefined;
}

function numberAt(object: Record<string, unknown>, key: string): number | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === "number" ? value : undefined;
}

const quoteAll = (texts: readonly string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(" ")}]`;
