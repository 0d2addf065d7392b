/** From flags to the parts that say who is who and who may what. Files are read here, servers of others only when somebody asks. */
import { X509Certificate } from "node:crypto";
import { unwatchFile, watchFile } from "node:fs";
import type { JWTAuthenticator } from "@meshplane/apis";
import { mastersGroup, parseGoDuration, type Authenticator, type AuthorizerStep, type Log } from "@meshplane/apiserver";
import { loadKubeconfig } from "@meshplane/client";
import {
  AuthenticationConfigurationError,
  jwtAuthenticator,
  JwtConfigurationError,
  parseAuthenticationConfiguration,
  requestHeaders,
  ReviewWebhook,
  reviewVersions,
  signingAlgorithms,
  webhookTokens,
  type AuthenticationConfiguration,
  type ReviewVersion,
  type TokenAuthenticator,
} from "@meshplane/controlplane";
import { webhookStep } from "@meshplane/kcp";
import type { AccessFlags } from "./access-flags.ts";
import { FlagError } from "./flag-error.ts";
import { OperatorError } from "./operator-error.ts";
import { readCertificates, readOperatorFile } from "./read-operator-file.ts";

export interface Access {
  /** PEM bundles for the listener */
  clientCa: string | undefined;
  proxyCa: string | undefined;
  /** asked before everything else: front proxies */
  proxies: readonly Authenticator[];
  /** of issuers and webhooks; asked after the server's own tokens */
  tokens: readonly TokenAuthenticator[];
  anonymous: boolean | ((path: string) => boolean);
  /** beside kcp's own authorizers */
  steps: readonly AuthorizerStep[];
  order: readonly string[] | undefined;
  alwaysAllowPaths: readonly string[] | undefined;
  close(): void;
}

export interface AccessOptions {
  /** the server's own issuer, which is its audience too */
  issuer: string;
  clock: () => number;
  log: Log;
  /** asked in the webhook's place when there is none */
  relationships?: AuthorizerStep;
}

const reloadMs = 10_000;

/** @throws OperatorError, FlagError */
export async function openAccess(flags: AccessFlags & { clientCaFile: string | undefined }, options: AccessOptions): Promise<Access> {
  const clientCa = flags.clientCaFile ? readCertificates(flags.clientCaFile, "--client-ca-file") : undefined;
  const proxyCa = flags.requestHeaderClientCaFile
    ? readCertificates(flags.requestHeaderClientCaFile, "--requestheader-client-ca-file")
    : undefined;
  if (clientCa && proxyCa && flags.requestHeaderAllowedNames.length === 0 && overlap(clientCa, proxyCa))
    throw new FlagError(
      "--requestheader-client-ca-file and --client-ca-file contain overlapping certificates; --requestheader-allowed-names must be specified to ensure regular client certificates cannot set authenticating proxy headers for arbitrary users",
    );
  const issuers = issuersOf(flags, options);
  const tokenWebhook = await tokenWebhookOf(flags, options);
  const authorizer = await authorizerOf(flags, options);
  return {
    clientCa,
    proxyCa,
    proxies: proxyCa
      ? [
          requestHeaders({
            allowedNames: flags.requestHeaderAllowedNames,
            usernameHeaders: flags.requestHeaderUsernameHeaders,
            uidHeaders: flags.requestHeaderUidHeaders,
            groupHeaders: flags.requestHeaderGroupHeaders,
            extraHeaderPrefixes: flags.requestHeaderExtraPrefixes,
          }),
        ]
      : [],
    tokens: [...issuers.tokens, ...tokenWebhook.tokens],
    anonymous: issuers.anonymous,
    steps: authorizer.steps,
    // without a webhook its place in the order stays empty, as upstream
    order: flags.authorizationOrder?.filter((name) => name !== "Webhook" || authorizer.steps.length > 0),
    alwaysAllowPaths: flags.authorizationAlwaysAllowPaths,
    close() {
      for (const part of [issuers, tokenWebhook, authorizer]) part.close();
    },
  };
}

type Part = { close(): void };
const nothing = (): void => {};

function issuersOf(
  flags: AccessFlags,
  options: AccessOptions,
): Part & { tokens: TokenAuthenticator[]; anonymous: boolean | ((path: string) => boolean) } {
  if (flags.authenticationConfig) return issuersOfFile(flags.authenticationConfig, flags, options);
  if (!flags.oidcIssuerUrl) return { tokens: [], anonymous: flags.anonymousAuth, close: nothing };
  const algorithms = flags.oidcSigningAlgs ?? ["RS256"];
  for (const algorithm of algorithms)
    if (!(signingAlgorithms as readonly string[]).includes(algorithm))
      throw new FlagError(`oidc: unsupported signing alg: ${JSON.stringify(algorithm)}`);
  try {
    const tokens = [jwtAuthenticator([issuerOfFlags(flags)], { ...jwtOptions(options), signingAlgorithms: algorithms })];
    return { tokens, anonymous: flags.anonymousAuth, close: nothing };
  } catch (cause) {
    if (cause instanceof JwtConfigurationError) throw new FlagError(`--oidc-*: ${cause.message}`, { cause });
    throw cause;
  }
}

const jwtOptions = ({ clock, log, issuer }: AccessOptions) => ({ clock, log, disallowedIssuers: [issuer] });

function issuerOfFlags(flags: AccessFlags): JWTAuthenticator {
  const { oidcUsernamePrefix: prefix, oidcUsernameClaim: claim, oidcIssuerUrl: url } = flags;
  const usernamePrefix = prefix === "-" ? "" : prefix === "" && claim !== "email" ? `${url}#` : prefix;
  return {
    issuer: {
      url,
      audiences: [flags.oidcClientId],
      ...(flags.oidcCaFile ? { certificateAuthority: readOperatorFile(flags.oidcCaFile, "--oidc-ca-file") } : {}),
    },
    claimMappings: {
      username: { claim, prefix: usernamePrefix },
      ...(flags.oidcGroupsClaim ? { groups: { claim: flags.oidcGroupsClaim, prefix: flags.oidcGroupsPrefix } } : {}),
    },
    claimValidationRules: Object.entries(flags.oidcRequiredClaims).map(([name, requiredValue]) => ({ claim: name, requiredValue })),
  };
}

/** The file is looked at again from time to time; a version that cannot be used changes nothing. */
function issuersOfFile(path: string, flags: AccessFlags, options: AccessOptions): ReturnType<typeof issuersOf> {
  const { log } = options;
  const load = () => {
    const configuration = parseAuthenticationConfiguration(readOperatorFile(path, "--authentication-config"));
    if (configuration.anonymous && flags.anonymousAuthGiven)
      throw new FlagError(
        "anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file",
      );
    return { tokens: jwtAuthenticator(configuration.jwt, jwtOptions(options)), anonymous: anonymousOf(configuration, flags) };
  };
  let current: ReturnType<typeof load>;
  try {
    current = load();
  } catch (cause) {
    if (cause instanceof AuthenticationConfigurationError || cause instanceof JwtConfigurationError)
      throw new OperatorError(
        `failed to load authentication configuration from file ${JSON.stringify(path)}: ${cause.message}`,
        "mend the file",
        { cause },
      );
    throw cause;
  }
  const { anonymous } = current;
  watchFile(path, { interval: reloadMs, persistent: false }, () => {
    try {
      current = load();
      log.info("the authentication configuration was read again");
    } catch (error) {
      log.error("the authentication configuration has changed and cannot be used; what was before holds", {
        err: (error as Error).message,
      });
    }
  });
  return { tokens: [(...asked) => current.tokens(...asked)], anonymous, close: () => unwatchFile(path) };
}

function anonymousOf({ anonymous }: AuthenticationConfiguration, flags: AccessFlags): boolean | ((path: string) => boolean) {
  if (!anonymous) return flags.anonymousAuth;
  const { enabled, paths } = anonymous;
  return enabled && paths ? (path) => paths.includes(path) : enabled;
}

async function tokenWebhookOf(flags: AccessFlags, { issuer, clock, log }: AccessOptions): Promise<Part & { tokens: TokenAuthenticator[] }> {
  const flag = "authentication-token-webhook";
  const version = versionOf(flags.tokenWebhookVersion, `${flag}-version`);
  const cacheMs = milliseconds(flags.tokenWebhookCacheTtl, `${flag}-cache-ttl`);
  if (!flags.tokenWebhookConfigFile) return { tokens: [], close: nothing };
  const webhook = await openWebhook(flags.tokenWebhookConfigFile, `--${flag}-config-file`);
  return { tokens: [webhookTokens({ webhook, version, cacheMs, audiences: [issuer], clock, log })], close: () => webhook.close() };
}

async function authorizerOf(flags: AccessFlags, { clock, log, relationships }: AccessOptions): Promise<Part & { steps: AuthorizerStep[] }> {
  const flag = "authorization-webhook";
  const version = versionOf(flags.authorizationWebhookVersion, `${flag}-version`);
  const authorizedMs = milliseconds(flags.authorizationWebhookAuthorizedTtl, `${flag}-cache-authorized-ttl`);
  const unauthorizedMs = milliseconds(flags.authorizationWebhookUnauthorizedTtl, `${flag}-cache-unauthorized-ttl`);
  if (!flags.authorizationWebhookConfigFile) return { steps: relationships ? [relationships] : [], close: nothing };
  const webhook = await openWebhook(flags.authorizationWebhookConfigFile, `--${flag}-config-file`);
  const step = webhookStep({ webhook, version, authorizedMs, unauthorizedMs, alwaysAllowGroups: [mastersGroup], clock, log });
  return { steps: [step], close: () => webhook.close() };
}

async function openWebhook(path: string, flag: string): Promise<ReviewWebhook> {
  readOperatorFile(path, flag);
  try {
    return new ReviewWebhook((await loadKubeconfig({ path })).config);
  } catch (cause) {
    throw new OperatorError(`${flag}: ${(cause as Error).message}`, "mend the kubeconfig", { cause });
  }
}

function versionOf(text: string, flag: string): ReviewVersion {
  const version = reviewVersions.find((one) => one === text);
  if (!version) throw new FlagError(`--${flag}: unsupported version ${JSON.stringify(text)}, supported versions are "v1", "v1beta1"`);
  return version;
}

function milliseconds(text: string, flag: string): number {
  const duration = parseGoDuration(text);
  if ("error" in duration) throw new FlagError(`invalid argument ${JSON.stringify(text)} for "--${flag}" flag: ${duration.error}`);
  return duration.ms;
}

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function overlap(a: string, b: string): boolean {
  const fingerprints = (bundle: string): string[] => [...bundle.matchAll(pemBlock)].map(([pem]) => new X509Certificate(pem).fingerprint512);
  const known = new Set(fingerprints(a));
  return fingerprints(b).some((one) => known.has(one));
}
