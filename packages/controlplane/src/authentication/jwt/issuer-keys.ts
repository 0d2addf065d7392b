import type { JsonObject } from "@meshplane/apimachinery";
import type { Log } from "@meshplane/apiserver";
import type { CryptoKey, JSONWebKeySet, JWK, JWTHeaderParameters, FlattenedJWSInput } from "jose";
import type { FetchJson } from "./fetch-json.ts";

export interface IssuerKeysOptions {
  /** as it stands in tokens */
  issuer: string;
  /** where its discovery document is, when that is not below the issuer's own address */
  discoveryUrl: string | undefined;
  ca: string | undefined;
  fetch: FetchJson;
  /** milliseconds */
  clock: () => number;
  log: Log;
}

/** The key of a token's header. @throws errors of `jose` when there is none or more than one */
export type GetKey = (header?: JWTHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

export class NotReady extends Error {}

const fetchTimeoutMs = 30_000;
const documentBytesMax = 1 << 20;
const keysMax = 256;
/** how long a request waits for an issuer that has not answered yet */
const patienceMs = 3_000;
/** the same once it has shown to be slow */
const shortPatienceMs = 200;
/** between attempts, doubled after each failure */
const retryMs = 1_000;
const retryMsMax = 10_000;
/** keys that an issuer has withdrawn are forgotten after this */
const ageMsMax = 10 * 60_000;
/** unknown keys may make us look again so often in a row, then once per `refetchMs` */
const refetchBurst = 3;
const refetchMs = 10_000;

/**
 * The keys of one issuer, found by its discovery document when somebody first shows its token. They are kept while the issuer is away, renewed in the
 * background, and looked for again when a token names one that is not there.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #known: { getKey: GetKey; fetched: number } | undefined;
  #flight: Promise<void> | undefined;
  #flightBegan = 0;
  #slow = false;
  #failures = 0;
  #retryAt = 0;
  #refetches = refetchBurst;
  #refetchesAt: number;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
    this.#refetchesAt = options.clock();
  }

  /** @throws NotReady at once, or after a short time, when the issuer cannot be reached */
  async get(): Promise<GetKey> {
    const now = this.#options.clock();
    if (this.#known) {
      if (now - this.#known.fetched > ageMsMax && now >= this.#retryAt) void this.#fetch();
      return this.#known.getKey;
    }
    if (!this.#flight && now < this.#retryAt) throw new NotReady("oidc: authenticator not initialized");
    await this.#patiently(this.#fetch());
    if (!this.#known) throw new NotReady("oidc: authenticator not initialized");
    return (this.#known as { getKey: GetKey }).getKey;
  }

  /** Looks again because `old` did not do; undefined when that was done too often lately, or brought nothing. */
  async renewed(old: GetKey): Promise<GetKey | undefined> {
    if (this.#known && this.#known.getKey !== old) return this.#known.getKey; // somebody else has just done so
    if (!this.#flight) {
      const now = this.#options.clock();
      const gained = Math.floor((now - this.#refetchesAt) / refetchMs);
      if (gained > 0) {
        this.#refetches = Math.min(refetchBurst, this.#refetches + gained);
        this.#refetchesAt = now;
      }
      if (this.#refetches === 0 || now < this.#retryAt) return undefined;
      this.#refetches--;
    }
    await this.#patiently(this.#fetch());
    return this.#known && this.#known.getKey !== old ? this.#known.getKey : undefined;
  }

  /** One look at a time, whoever asks. */
  #fetch(): Promise<void> {
    if (this.#flight) return this.#flight;
    this.#flightBegan = this.#options.clock();
    const flight = this.#look().then(
      (getKey) => {
        this.#known = { getKey, fetched: this.#options.clock() };
        this.#failures = 0;
        this.#retryAt = 0;
        this.#slow = false;
      },
      (error: unknown) => {
        this.#slow = this.#options.clock() - this.#flightBegan >= patienceMs;
        this.#retryAt = this.#options.clock() + Math.min(retryMsMax, retryMs * 2 ** this.#failures++);
        const { issuer, log } = this.#options;
        log.error("oidc authenticator: initializing plugin", { issuer, err: error instanceof Error ? error.message : String(error) });
      },
    );
    this.#flight = flight.finally(() => (this.#flight = undefined));
    return this.#flight;
  }

  async #look(): Promise<GetKey> {
    const { issuer, discoveryUrl, ca, fetch } = this.#options;
    const limits = { ca, timeoutMs: fetchTimeoutMs, bytesMax: documentBytesMax };
    const document = objectOf(await fetch(discoveryUrl ?? `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, limits));
    const told = textAt(document, "issuer");
    if (told !== issuer) {
      throw new Error(
        `oidc: issuer URL provided to client (${JSON.stringify(issuer)}) did not match the issuer URL returned by provider (${JSON.stringify(told)})`,
      );
    }
    const place = textAt(document, "jwks_uri");
    if (!URL.canParse(place)) throw new Error("provider did not return JWKS URL");
    const { keys } = objectOf(await fetch(place, limits));
    if (!Array.isArray(keys) || keys.length > keysMax) throw new Error(`${JSON.stringify(place)} holds no key set`);
    return keySet(keys.filter((key) => typeof key === "object" && key !== null && !Array.isArray(key)) as unknown as JWK[]);
  }

  async #patiently(work: Promise<void>): Promise<void> {
    const waited = this.#options.clock() - this.#flightBegan;
    const left = this.#slow ? shortPatienceMs : Math.max(shortPatienceMs, patienceMs - waited);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, left)))]);
    clearTimeout(timer);
  }
}

/** Symmetric keys have no business in a public set: with one, whoever reads it could sign. */
async function keySet(keys: readonly JWK[]): Promise<GetKey> {
  const { createLocalJWKSet } = await import("jose");
  const set: JSONWebKeySet = { keys: keys.filter(({ kty }) => kty === "RSA" || kty === "EC" || kty === "OKP") };
  return createLocalJWKSet(set);
}

const objectOf = (value: unknown): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

function textAt(object: JsonObject, key: string): string {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === "string" ? value : "";
}
