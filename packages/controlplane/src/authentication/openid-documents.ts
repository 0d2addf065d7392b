import type { HttpRequest, HttpResponse, NonResourceTarget } from "@meshplane/apiserver";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";

/**
 * For `ServerOptions.nonResource`: where others find the key that service account tokens are signed with (wire 10). The same for all logical
 * clusters: there is one issuer.
 * @param externalUrl of the server, without a slash at the end
 */
export const openIdDocuments =
  (tokens: ServiceAccountTokens, externalUrl: string) =>
  (http: HttpRequest, { path }: NonResourceTarget): HttpResponse | undefined => {
    if (http.method !== "GET" && http.method !== "HEAD") return undefined;
    switch (path.replace(/\/$/, "")) {
      case "/openid/v1/jwks":
        return document("application/jwk-set+json", tokens.keySet());
      case "/.well-known/openid-configuration":
        return document("application/json", tokens.discovery(externalUrl));
      default:
        return undefined;
    }
  };

const document = (contentType: string, body: unknown): HttpResponse => ({
  status: 200,
  headers: { "content-type": contentType, "cache-control": "public, max-age=3600" },
  body: JSON.stringify(body),
});
