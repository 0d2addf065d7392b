/** `meshplane login get-token`: a credential plugin for kubectl (client.authentication.k8s.io), with kubelogin's flags where they mean the same. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { decodeJwt } from "./decode-jwt.ts";
import { signIn, type SignInOptions } from "./sign-in.ts";
import { type CachedTokens, defaultCacheDirectory, TokenCache } from "./token-cache.ts";

export const getTokenUsage = `Usage: meshplane login get-token --issuer-url URL --client-id ID [flags]

  --issuer-url URL               who signs the tokens (or --oidc-issuer-url)
  --client-id ID                 (or --oidc-client-id)
  --client-secret SECRET         of confidential clients (or --oidc-client-secret)
  --extra-scope S                beside openid; may be repeated (or --oidc-extra-scope)
  --device                       sign in on another device (or --grant-type device-code)
  --listen URL                   where the browser comes back, a redirect URI of the client;
                                 may be repeated, the first that is free is used
                                 (http://localhost:8000, http://localhost:18000; or --listen-address HOST:PORT)
  --skip-open-browser            only print the address
  --certificate-authority FILE   of the issuer (or --certificate-authority-data BASE64)
  --insecure-skip-tls-verify     trust any certificate of the issuer
  --token-cache-dir DIR          ~/.cache/meshplane/login
  --force-refresh                even if the token at hand is still good`;

/** a token that ends while the request is on its way is of no use */
const slackSeconds = 30;

export async function runGetToken(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      "issuer-url": { type: "string" },
      "oidc-issuer-url": { type: "string" },
      "client-id": { type: "string" },
      "oidc-client-id": { type: "string" },
      "client-secret": { type: "string" },
      "oidc-client-secret": { type: "string" },
      "extra-scope": { type: "string", multiple: true },
      "oidc-extra-scope": { type: "string", multiple: true },
      device: { type: "boolean" },
      "grant-type": { type: "string" },
      listen: { type: "string", multiple: true },
      "listen-address": { type: "string", multiple: true },
      "oidc-redirect-url": { type: "string" },
      "skip-open-browser": { type: "boolean" },
      "certificate-authority": { type: "string" },
      "certificate-authority-data": { type: "string" },
      "insecure-skip-tls-verify": { type: "boolean" },
      "token-cache-dir": { type: "string" },
      "force-refresh": { type: "boolean" },
      "oidc-use-pkce": { type: "boolean" },
      "oidc-pkce-method": { type: "string" },
      v: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return (console.log(getTokenUsage), 0);
  const issuerUrl = values["issuer-url"] ?? values["oidc-issuer-url"];
  const clientId = values["client-id"] ?? values["oidc-client-id"];
  if (!issuerUrl) throw new Error("--issuer-url is required");
  if (!clientId) throw new Error("--client-id is required");
  const grantType = values["grant-type"] ?? "auto";
  if (!["auto", "authcode", "device-code"].includes(grantType))
    throw new Error(`--grant-type ${grantType} is not supported: auto, authcode or device-code`);
  const given = values["certificate-authority-data"];
  const listen = [
    ...(values["oidc-redirect-url"] ? [values["oidc-redirect-url"]] : []),
    ...(values.listen ?? []),
    ...(values["listen-address"] ?? []).map((address) => `http://${address.replace(/^(127\.0\.0\.1|\[::1\])?:/, "localhost:")}`),
  ];
  const options: SignInOptions = {
    issuerUrl,
    clientId,
    clientSecret: values["client-secret"] ?? values["oidc-client-secret"],
    extraScopes: [...(values["extra-scope"] ?? []), ...(values["oidc-extra-scope"] ?? [])],
    listen: listen.length > 0 ? listen : ["http://localhost:8000", "http://localhost:18000"],
    openBrowser: !values["skip-open-browser"],
    ca: given
      ? Buffer.from(given, "base64").toString("utf8")
      : values["certificate-authority"] && readFileSync(values["certificate-authority"], "utf8"),
    insecureSkipTlsVerify: values["insecure-skip-tls-verify"] ?? false,
    tell: (line) => console.error(line),
  };
  const cache = new TokenCache(values["token-cache-dir"] ?? defaultCacheDirectory(), [
    issuerUrl,
    clientId,
    ...options.extraScopes.toSorted(),
  ]);
  const device = values.device === true || grantType === "device-code";
  const { idToken } = await currentTokens(cache, options, { device, renew: values["force-refresh"] ?? false });
  console.log(JSON.stringify(credential(idToken)));
  return 0;
}

export async function currentTokens(
  cache: TokenCache,
  options: SignInOptions,
  how: { device: boolean; renew: boolean },
): Promise<CachedTokens> {
  const good = (tokens: CachedTokens | undefined): tokens is CachedTokens =>
    tokens !== undefined && (decodeJwt(tokens.idToken).exp ?? 0) > Date.now() / 1000 + slackSeconds;
  const before = cache.read();
  if (!how.renew && good(before)) return before;
  return cache.exclusively(async () => {
    const kept = cache.read();
    // somebody else has renewed it while we waited
    if (good(kept) && (!how.renew || kept.idToken !== before?.idToken)) return kept;
    const ways = await signIn(options);
    const tokens =
      (kept?.refreshToken ? await ways.refresh(kept.refreshToken) : undefined) ?? (await (how.device ? ways.byDevice() : ways.byBrowser()));
    cache.write(tokens);
    return tokens;
  });
}

/** in the version that kubectl has asked for */
function credential(token: string) {
  const { exp } = decodeJwt(token);
  return {
    kind: "ExecCredential",
    apiVersion: askedVersion() ?? "client.authentication.k8s.io/v1",
    spec: { interactive: false },
    status: { token, ...(exp ? { expirationTimestamp: new Date(exp * 1000).toISOString().replace(/\.\d+Z$/, "Z") } : {}) },
  };
}

function askedVersion(): string | undefined {
  try {
    const { apiVersion } = JSON.parse(process.env["KUBERNETES_EXEC_INFO"] ?? "{}") as { apiVersion?: unknown };
    return typeof apiVersion === "string" && apiVersion.startsWith("client.authentication.k8s.io/") ? apiVersion : undefined;
  } catch {
    return undefined;
  }
}
