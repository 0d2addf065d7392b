/** One realm as an OpenID provider: what it issues, for how long, and at which of Keycloak's paths. */
import { randomBytes } from "node:crypto";
import type { ClientMetadata, Configuration, KoaContextWithOIDC, Provider } from "oidc-provider";
import type { IdentityFile, RealmKeys, User } from "./identity-file.ts";
import { issuedAdapter } from "./issued-adapter.ts";
import { escapeHtml, page } from "./pages.ts";
import { redirectAllowed } from "./redirect-uris.ts";

/** seconds; access tokens as `--idp-access-token-lifespan`. @see spec platform-mesh/security §9 */
const tokenSeconds = 28_800;
const sessionSeconds = 36_000;
const offlineSeconds = 30 * 86_400;

const personClaims = ["email", "email_verified", "groups", "name", "given_name", "family_name", "preferred_username"];

export interface RealmProviderParts {
  file: IdentityFile;
  realm: string;
  issuer: string;
  log: (line: string) => void;
}

/** @throws Error when there is no such realm any more */
export async function realmProvider({ file, realm, issuer, log }: RealmProviderParts): Promise<Provider> {
  const [{ Provider: OpenIdProvider, interactionPolicy }, keys] = await Promise.all([loadLibrary(), keysOf(file, realm)]);
  const path = new URL(issuer).pathname;
  const cookie = { httpOnly: true, sameSite: "lax", signed: true, secure: true } as const;
  const html = (ctx: KoaContextWithOIDC, title: string, body: string): void => {
    ctx.type = "html";
    ctx.body = page(title, body);
  };
  const configuration: Configuration = {
    adapter: (model: string) => issuedAdapter(file, realm, model),
    jwks: JSON.parse(keys.jwks) as NonNullable<Configuration["jwks"]>,
    cookies: {
      keys: [keys.cookieKey],
      // realms share a host: each sees its own only
      long: { ...cookie, path: `${path}/` },
      short: cookie,
    },
    routes: {
      authorization: "/protocol/openid-connect/auth",
      device_authorization: "/protocol/openid-connect/auth/device",
      token: "/protocol/openid-connect/token",
      introspection: "/protocol/openid-connect/token/introspect",
      revocation: "/protocol/openid-connect/revoke",
      userinfo: "/protocol/openid-connect/userinfo",
      jwks: "/protocol/openid-connect/certs",
      end_session: "/protocol/openid-connect/logout",
      code_verification: "/device",
    },
    scopes: ["openid", "email", "profile", "groups", "offline_access"],
    // Keycloak's clients get these unasked, and kubectl's plugins count on it.
    claims: { openid: ["sub", ...personClaims], email: [], profile: [], groups: [] },
    // Kubernetes reads the ID token and asks nowhere else.
    conformIdTokenClaims: false,
    pkce: { required: (_ctx, client) => client.clientAuthMethod === "none" },
    ttl: {
      AccessToken: tokenSeconds,
      IdToken: tokenSeconds,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Interaction: 1800,
      Session: sessionSeconds,
      Grant: offlineSeconds,
      RefreshToken: (_ctx, token) => (token.scopes.has("offline_access") ? offlineSeconds : sessionSeconds),
    },
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    async findAccount(_ctx, id) {
      const user = file.user(realm, id);
      return user && { accountId: id, claims: async () => ({ sub: id, ...claimsOf(user) }) };
    },
    interactions: {
      policy: interactionPolicy.base(),
      url: (_ctx, interaction) => `${path}/login-actions/${interaction.uid}`,
    },
    // The platform's own clients are all there are: nobody is asked for consent.
    async loadExistingGrant(ctx) {
      const { client, session, provider } = ctx.oidc;
      const id = session!.grantIdFor(client!.clientId);
      const grant =
        (id ? await provider.Grant.find(id) : undefined) ??
        new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! });
      // the scopes of its own, which the types do not know yet
      const { requestParamOIDCScopes } = ctx.oidc as unknown as { requestParamOIDCScopes: Set<string> };
      grant.addOIDCScope([...requestParamOIDCScopes].join(" "));
      await grant.save();
      return grant;
    },
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => URL.parse(uri.replace(/\*$/, ""))?.origin === origin),
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      userinfo: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      deviceFlow: {
        enabled: true,
        charset: "base-20",
        mask: "****-****",
        userCodeInputSource: (ctx, form, _out, error) =>
          html(
            ctx,
            "Connect a device",
            `${error ? `<p class="error" role="alert">${escapeHtml(deviceError(error.name))}</p>` : ""}<p>Enter the code that the device shows.</p>${form}<button type="submit" form="op.deviceInputForm">Continue</button>`,
          ),
        userCodeConfirmSource: (ctx, form, client, _device, code) =>
          html(
            ctx,
            "Connect a device",
            `<p><strong>${escapeHtml(client.clientName ?? client.clientId)}</strong> wants to sign in as you. It should show this code:</p><p><code>${escapeHtml(code)}</code></p><p>If it does not, or you have not begun this yourself, cancel.</p>${form}<button type="submit" form="op.deviceConfirmForm" autofocus>Continue</button><button type="submit" class="quiet" form="op.deviceConfirmForm" name="abort" value="yes">Cancel</button>`,
          ),
        successSource: (ctx) => html(ctx, "Signed in", "<p>The device is connected. You can close this page.</p>"),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) =>
          html(
            ctx,
            "Sign out",
            `<p>Sign out of realm <strong>${escapeHtml(realm)}</strong>?</p>${form}<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button><button type="submit" class="quiet" form="op.logoutForm">Stay signed in</button>`,
          ),
        postLogoutSuccessSource: (ctx) => html(ctx, "Signed out", "<p>You can close this page.</p>"),
      },
    },
    renderError: (ctx, { error, error_description: description }) =>
      html(
        ctx,
        "This did not work",
        `<p class="error" role="alert">${escapeHtml(description ?? error)}</p><p>Start again from the application that sent you here.</p><p>${escapeHtml(error)}</p>`,
      ),
  };
  const provider = new OpenIdProvider(issuer, configuration);
  const client = provider.Client.prototype as unknown as ClientMetadata & {
    redirectUriAllowed(uri: unknown): boolean;
    postLogoutRedirectUriAllowed(uri: unknown): boolean;
    redirectUris: string[];
    postLogoutRedirectUris?: string[];
  };
  client.redirectUriAllowed = function (uri) {
    return redirectAllowed(uri, this.redirectUris);
  };
  client.postLogoutRedirectUriAllowed = function (uri) {
    return redirectAllowed(uri, this.postLogoutRedirectUris ?? []);
  };
  provider.on("server_error", (_ctx, error) => log(`identity: realm ${realm}: ${error.stack ?? error.message}`));
  return provider;
}

/** Addresses count as verified: there is no mail in development, as in upstream's local setup. */
function claimsOf({ email, firstName, lastName, groups }: User): Record<string, unknown> {
  const name = [firstName, lastName].filter(Boolean).join(" ");
  return {
    email,
    email_verified: true,
    preferred_username: email,
    groups,
    ...(name ? { name } : {}),
    ...(firstName ? { given_name: firstName } : {}),
    ...(lastName ? { family_name: lastName } : {}),
  };
}

function deviceError(name: string): string {
  if (name === "AbortedError") return "The sign-in was cancelled.";
  return name === "NoCodeError" ? "Enter a code." : "There is no such code, or it has been used or has expired.";
}

/** made when a realm is first used: thousands of realms cost nothing until then */
async function keysOf(file: IdentityFile, realm: string): Promise<RealmKeys> {
  const kept = file.keys(realm);
  if (kept) return kept;
  const { generateKeyPair, exportJWK, calculateJwkThumbprint } = await import("jose");
  const { privateKey } = await generateKeyPair("RS256", { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  const jwks = JSON.stringify({ keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk), alg: "RS256", use: "sig" }] });
  return file.addKeys(realm, { jwks, cookieKey: randomBytes(32).toString("base64url") });
}

let library: Promise<typeof import("oidc-provider")> | undefined;

/** It warns about a Node that is newer than the latest long-term release, which says nothing to whoever started us. */
function loadLibrary(): Promise<typeof import("oidc-provider")> {
  return (library ??= (async () => {
    const { warn } = console;
    console.warn = (...told: unknown[]) => (String(told[0]).includes("Unsupported runtime") ? undefined : warn(...told));
    try {
      return await import("oidc-provider");
    } finally {
      console.warn = warn;
    }
  })());
}
