/** The ways to tokens: the browser, another device, the refresh token. */
import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { decodeJwt } from "./decode-jwt.ts";
import { issuerFetch, type IssuerTrust } from "./issuer-fetch.ts";
import type { CachedTokens } from "./token-cache.ts";

export interface SignInOptions extends IssuerTrust {
  issuerUrl: string;
  clientId: string;
  clientSecret: string | undefined;
  /** beside openid */
  extraScopes: readonly string[];
  /** `http://localhost:8000`: where the browser comes back, the first that is free */
  listen: readonly string[];
  openBrowser: boolean;
  /** one line for the person at the terminal */
  tell: (line: string) => void;
}

type Oidc = typeof import("openid-client");
type Tokens = Awaited<ReturnType<Oidc["refreshTokenGrant"]>>;

const patienceMs = 5 * 60_000;

export async function signIn(options: SignInOptions) {
  const oidc = await import("openid-client");
  const { issuerUrl, clientId, clientSecret } = options;
  if (URL.parse(issuerUrl)?.protocol !== "https:") throw new Error(`the issuer ${JSON.stringify(issuerUrl)} is no https URL`);
  const authentication = clientSecret ? oidc.ClientSecretBasic(clientSecret) : oidc.None();
  const configuration = await oidc
    .discovery(new URL(issuerUrl), clientId, {}, authentication, { [oidc.customFetch]: issuerFetch(options), timeout: 0 })
    .catch((error: unknown) => fail(`cannot read the configuration of ${issuerUrl}`, error));
  configuration[oidc.customFetch] = issuerFetch(options);
  const scope = ["openid", ...options.extraScopes].join(" ");
  return { refresh, byBrowser, byDevice };

  /** @returns undefined when the issuer takes the refresh token no more. @throws Error when it cannot be asked */
  async function refresh(refreshToken: string): Promise<CachedTokens | undefined> {
    try {
      return tokensOf(await oidc.refreshTokenGrant(configuration, refreshToken), refreshToken);
    } catch (error) {
      if (error instanceof oidc.ResponseBodyError) return undefined;
      return fail("cannot refresh the token", error);
    }
  }

  async function byBrowser(): Promise<CachedTokens> {
    const { server, redirectUri } = await listenForBrowser(options.listen);
    try {
      const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
      const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope,
        state: expectedState,
        nonce: expectedNonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: "S256",
      });
      options.tell(`Sign in at ${url.href}`);
      if (options.openBrowser) openBrowser(url.href);
      // The library says it as URLs are written, with a slash; issuers compare letter by letter with what they were asked.
      const send = issuerFetch(options);
      configuration[oidc.customFetch] = (url, { body, ...more }) => {
        const form = new URLSearchParams(String(body ?? ""));
        if (form.has("redirect_uri")) form.set("redirect_uri", redirectUri);
        return send(url, { ...more, body: form.toString() });
      };
      const answered = await comesBack(server, redirectUri, expectedState);
      const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
      return tokensOf(await oidc.authorizationCodeGrant(configuration, answered, checks));
    } catch (error) {
      return fail("signing in did not work", error);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  async function byDevice(): Promise<CachedTokens> {
    try {
      const begun = await oidc.initiateDeviceAuthorization(configuration, { scope });
      options.tell(`Sign in at ${begun.verification_uri} with the code ${begun.user_code}`);
      if (begun.verification_uri_complete) {
        options.tell(`or at ${begun.verification_uri_complete}`);
        if (options.openBrowser) openBrowser(begun.verification_uri_complete);
      }
      return tokensOf(await oidc.pollDeviceAuthorizationGrant(configuration, begun));
    } catch (error) {
      return fail("signing in did not work", error);
    }
  }
}

function tokensOf({ id_token: idToken, refresh_token: refreshToken }: Tokens, before?: string): CachedTokens {
  if (!idToken) throw new Error("the issuer has given no ID token");
  decodeJwt(idToken);
  const kept = refreshToken ?? before;
  return { idToken, ...(kept ? { refreshToken: kept } : {}) };
}

/** The first of the places that is free. Browsers may take `localhost` for either loopback address. */
async function listenForBrowser(places: readonly string[]): Promise<{ server: Server; redirectUri: string }> {
  const taken: string[] = [];
  for (const place of places) {
    const { protocol, hostname, port } = new URL(place);
    if (protocol !== "http:" || !["localhost", "127.0.0.1", "[::1]"].includes(hostname))
      throw new Error(`--listen ${place}: only http on this machine can be listened on`);
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(Number(port || 80), hostname === "[::1]" ? "::1" : "127.0.0.1", resolve);
      });
      return { server, redirectUri: place };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      taken.push(place);
    }
  }
  throw new Error(
    `the browser cannot come back: ${taken.join(" and ")} ${taken.length > 1 ? "are" : "is"} taken; use --device, or --listen with a redirect URI of the client`,
  );
}

/** @returns the URL that the browser was sent to; answers that are not to our question do not count */
function comesBack(server: Server, redirectUri: string, state: string): Promise<URL> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("nobody has signed in within five minutes")), patienceMs);
    server.on("request", (request, response) => {
      const url = new URL(request.url ?? "/", redirectUri);
      const ours = request.method === "GET" && url.pathname === new URL(redirectUri).pathname && url.searchParams.get("state") === state;
      const failed = url.searchParams.get("error");
      response.writeHead(ours ? 200 : 404, {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'",
        connection: "close",
      });
      response.end(
        `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Sign-in</title><p>${ours ? (failed ? "This did not work; the terminal says why." : "You are signed in. Go back to the terminal.") : "There is nothing here."}</p></html>`,
        () => {
          if (!ours) return;
          clearTimeout(timer);
          resolve(url);
        },
      );
    });
  });
}

/** What the issuer said, in one line. */
function fail(what: string, error: unknown): never {
  const { message, error: code, error_description: description, cause } = error as Error & { error?: unknown; error_description?: unknown };
  const why =
    typeof description === "string" ? description : typeof code === "string" ? code : cause instanceof Error ? cause.message : message;
  throw new Error(`${what}: ${why}`, { cause: error });
}

/** Where there is none to open, the line at the terminal is left. */
function openBrowser(url: string): void {
  const [command, args] =
    process.platform === "darwin"
      ? ["open", [url]]
      : process.platform === "win32"
        ? ["rundll32", ["url.dll,FileProtocolHandler", url]]
        : ["xdg-open", [url]];
  const child = spawn(command as string, args as string[], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}
