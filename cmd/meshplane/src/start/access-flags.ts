/**
 * Flags that say who is who and who may what: OpenID Connect, webhooks, front proxies, the order of authorizers. Upstream's names and meanings.
 * @see spec authz §2, §6
 */
import { FlagError } from "./flag-error.ts";

export interface AccessFlags {
  anonymousAuth: boolean;
  /** the flag was given, whatever it says */
  anonymousAuthGiven: boolean;
  authenticationConfig: string | undefined;
  oidcIssuerUrl: string;
  oidcClientId: string;
  oidcCaFile: string;
  oidcUsernameClaim: string;
  oidcUsernamePrefix: string;
  oidcGroupsClaim: string;
  oidcGroupsPrefix: string;
  oidcRequiredClaims: Readonly<Record<string, string>>;
  /** undefined: RS256 */
  oidcSigningAlgs: readonly string[] | undefined;
  /** names of the flags above that were given */
  oidcGiven: readonly string[];
  tokenWebhookConfigFile: string | undefined;
  tokenWebhookVersion: string;
  /** Go durations, as given */
  tokenWebhookCacheTtl: string;
  requestHeaderClientCaFile: string | undefined;
  requestHeaderAllowedNames: readonly string[];
  requestHeaderUsernameHeaders: readonly string[];
  requestHeaderUidHeaders: readonly string[];
  requestHeaderGroupHeaders: readonly string[];
  requestHeaderExtraPrefixes: readonly string[];
  authorizationOrder: readonly string[] | undefined;
  authorizationAlwaysAllowPaths: readonly string[] | undefined;
  authorizationWebhookConfigFile: string | undefined;
  authorizationWebhookVersion: string;
  authorizationWebhookAuthorizedTtl: string;
  authorizationWebhookUnauthorizedTtl: string;
}

export const defaultAccessFlags: AccessFlags = {
  anonymousAuth: true,
  anonymousAuthGiven: false,
  authenticationConfig: undefined,
  oidcIssuerUrl: "",
  oidcClientId: "",
  oidcCaFile: "",
  oidcUsernameClaim: "sub",
  oidcUsernamePrefix: "",
  oidcGroupsClaim: "",
  oidcGroupsPrefix: "",
  oidcRequiredClaims: {},
  oidcSigningAlgs: undefined,
  oidcGiven: [],
  tokenWebhookConfigFile: undefined,
  tokenWebhookVersion: "v1beta1",
  tokenWebhookCacheTtl: "2m",
  requestHeaderClientCaFile: undefined,
  requestHeaderAllowedNames: [],
  requestHeaderUsernameHeaders: [],
  requestHeaderUidHeaders: [],
  requestHeaderGroupHeaders: [],
  requestHeaderExtraPrefixes: [],
  authorizationOrder: undefined,
  authorizationAlwaysAllowPaths: undefined,
  authorizationWebhookConfigFile: undefined,
  authorizationWebhookVersion: "v1beta1",
  authorizationWebhookAuthorizedTtl: "5m",
  authorizationWebhookUnauthorizedTtl: "30s",
};

interface Flag {
  kind: "string" | "list" | "bool" | "map" | "duration";
  help: string;
  set(flags: AccessFlags, value: string): void;
}

type Texts = { [Key in keyof AccessFlags]: AccessFlags[Key] extends string | undefined ? Key : never }[keyof AccessFlags];
type Lists = { [Key in keyof AccessFlags]: AccessFlags[Key] extends readonly string[] | undefined ? Key : never }[keyof AccessFlags];

const text = (key: Texts, help: string, kind: "string" | "duration" = "string"): Flag => ({
  kind,
  help,
  set: (flags, value) => void (flags[key] = value),
});

/** The first time it replaces the default, then it adds. */
const texts = (key: Lists, help: string): Flag => ({
  kind: "list",
  help,
  set: (flags, value) => void (flags[key] = [...(flags[key] ?? []), ...value.split(",").filter((part) => part !== "")]),
});

const oidc = (name: string, flag: Flag): Flag => ({
  ...flag,
  set(flags, value) {
    flag.set(flags, value);
    flags.oidcGiven = [...flags.oidcGiven, name];
  },
});

const requiredClaim: Flag = {
  kind: "map",
  help: "claim=value that a token must have; may be repeated",
  set(flags, value) {
    const at = value.indexOf("=");
    if (at < 1)
      throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--oidc-required-claim": malformed pair, expect key=value`);
    flags.oidcRequiredClaims = { ...flags.oidcRequiredClaims, [value.slice(0, at).trim()]: value.slice(at + 1).trim() };
  },
};

const oidcFlags: Record<string, Flag> = {
  "oidc-issuer-url": text("oidcIssuerUrl", "OpenID Connect issuer whose tokens are users (https)"),
  "oidc-client-id": text("oidcClientId", "audience of its tokens"),
  "oidc-ca-file": text("oidcCaFile", "CA of the issuer (default: the system's)"),
  "oidc-username-claim": text("oidcUsernameClaim", "claim that names the user (default sub)"),
  "oidc-username-prefix": text(
    "oidcUsernamePrefix",
    "before each user name; - for none (default: the issuer, for claims other than email)",
  ),
  "oidc-groups-claim": text("oidcGroupsClaim", "claim that lists the groups"),
  "oidc-groups-prefix": text("oidcGroupsPrefix", "before each group"),
  "oidc-required-claim": requiredClaim,
  "oidc-signing-algs": texts("oidcSigningAlgs", "algorithms of its signatures (default RS256)"),
};

export const accessFlags: Record<string, Flag> = {
  "anonymous-auth": {
    kind: "bool",
    help: "requests without credentials are system:anonymous (default true)",
    set(flags, value) {
      const given = /^(true|1|t)$/i.test(value) ? true : /^(false|0|f)$/i.test(value) ? false : undefined;
      if (given === undefined)
        throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--anonymous-auth": true or false is wanted`);
      flags.anonymousAuth = given;
      flags.anonymousAuthGiven = true;
    },
  },
  "authentication-config": text("authenticationConfig", "file of kind AuthenticationConfiguration: token issuers, who is anonymous"),
  ...Object.fromEntries(Object.entries(oidcFlags).map(([name, flag]) => [name, oidc(name, flag)])),
  "authentication-token-webhook-config-file": text("tokenWebhookConfigFile", "kubeconfig of a webhook that reviews tokens"),
  "authentication-token-webhook-version": text("tokenWebhookVersion", "of TokenReview: v1beta1 (default) or v1"),
  "authentication-token-webhook-cache-ttl": text("tokenWebhookCacheTtl", "how long its answers are believed (default 2m)", "duration"),
  "requestheader-client-ca-file": text("requestHeaderClientCaFile", "CA of front proxies, who say in headers who the user is"),
  "requestheader-allowed-names": texts("requestHeaderAllowedNames", "common names of such proxies (default: any with a certificate)"),
  "requestheader-username-headers": texts("requestHeaderUsernameHeaders", "headers with the user name, as X-Remote-User"),
  "requestheader-uid-headers": texts("requestHeaderUidHeaders", "headers with the uid, as X-Remote-Uid"),
  "requestheader-group-headers": texts("requestHeaderGroupHeaders", "headers with groups, as X-Remote-Group"),
  "requestheader-extra-headers-prefix": texts("requestHeaderExtraPrefixes", "beginnings of headers with extra, as X-Remote-Extra-"),
  "authorization-order": texts(
    "authorizationOrder",
    "which authorizers are asked (default AlwaysAllowGroups,AlwaysAllowPaths,RBAC,Webhook)",
  ),
  "authorization-always-allow-paths": texts("authorizationAlwaysAllowPaths", "paths open to all (default /healthz,/readyz,/livez)"),
  "authorization-webhook-config-file": text("authorizationWebhookConfigFile", "kubeconfig of a webhook that is asked for access"),
  "authorization-webhook-version": text("authorizationWebhookVersion", "of SubjectAccessReview: v1beta1 (default) or v1"),
  "authorization-webhook-cache-authorized-ttl": text(
    "authorizationWebhookAuthorizedTtl",
    "how long its yes is believed (default 5m)",
    "duration",
  ),
  "authorization-webhook-cache-unauthorized-ttl": text(
    "authorizationWebhookUnauthorizedTtl",
    "how long its no is believed (default 30s)",
    "duration",
  ),
};

const authorizers = ["AlwaysAllowGroups", "AlwaysAllowPaths", "RBAC", "Webhook"];

/** What must not stand together, or not alone. @throws FlagError */
export function requireSensibleAccess(flags: AccessFlags): void {
  if (flags.oidcGiven.length > 0 && (!flags.oidcIssuerUrl || !flags.oidcClientId))
    throw new FlagError("oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set");
  if (flags.authenticationConfig && flags.oidcGiven.length > 0)
    throw new FlagError("authentication-config file and oidc-* flags are mutually exclusive");
  for (const name of flags.authorizationOrder ?? [])
    if (!authorizers.includes(name)) throw new FlagError(`invalid authorizer: ${JSON.stringify(name)}`);
  if (flags.requestHeaderUsernameHeaders.length > 0 && !flags.requestHeaderClientCaFile)
    throw new FlagError("--requestheader-username-headers needs --requestheader-client-ca-file: nobody else's headers are believed");
}
