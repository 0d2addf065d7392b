/** From a request's path to its realm. A realm's provider is made when somebody asks for it, and the ones asked last are kept. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Provider } from "oidc-provider";
import type { IdentityFile } from "./identity-file.ts";
import { loginActions } from "./login-actions.ts";
import { contentSecurityPolicy } from "./pages.ts";
import { realmProvider } from "./realm-provider.ts";

export interface RealmServerParts {
  file: IdentityFile;
  issuer: (realm: string) => string;
  log: (line: string) => void;
}

export interface RealmServer {
  /** never rejects */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** of a realm that is no more */
  forget(realm: string): void;
  /** when nothing is being answered any more */
  idle(): Promise<void>;
}

interface Made {
  provider: Provider;
  callback: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

const providersMax = 64;

export function realmServer({ file, issuer, log }: RealmServerParts): RealmServer {
  const made = new Map<string, Promise<Made>>();
  const running = new Set<Promise<void>>();
  const actions = loginActions(file);

  return {
    handle(request, response) {
      const work = serve(request, response).catch((error: unknown) => {
        log(`identity: ${request.method} ${pathOf(request)}: ${error instanceof Error ? error.message : String(error)}`);
        if (!response.headersSent) answer(response, 500, "Internal server error");
        else response.destroy();
      });
      running.add(work);
      return work.finally(() => running.delete(work));
    },
    forget: (realm) => void made.delete(realm),
    async idle() {
      await Promise.all(running);
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("content-security-policy", contentSecurityPolicy);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    const path = /^\/keycloak\/realms\/([^/?]+)([^?]*)/.exec(request.url ?? "");
    const realm = path && decode(path[1]!);
    if (!realm || !file.realm(realm)) return answer(response, 404, path ? "Realm does not exist" : "Not found");
    const rest = path[2]!;
    if (rest === "" || rest === "/")
      return answer(response, 200, undefined, { realm, "token-service": `${issuer(realm)}/protocol/openid-connect` });
    // Whatever the client says: the library's own addresses are below the issuer.
    request.headers.host = new URL(issuer(realm)).host;
    const { provider, callback } = await madeFor(realm);
    const action = /^\/login-actions\/([\w-]{1,64})(\/[a-z]+)?$/.exec(rest);
    if (action) {
      const [, uid = "", step = ""] = action;
      return actions({ request, response, provider, realm, uid, step, base: `${new URL(issuer(realm)).pathname}/login-actions/${uid}` });
    }
    const original = request.url!;
    Object.assign(request, { originalUrl: original, url: original.slice(original.indexOf(rest, `/keycloak/realms/${path[1]!}`.length)) });
    return callback(request, response);
  }

  function madeFor(realm: string): Promise<Made> {
    let found = made.get(realm);
    if (found) made.delete(realm);
    else {
      found = realmProvider({ file, realm, issuer: issuer(realm), log }).then((provider) => ({ provider, callback: provider.callback() }));
      found.catch(() => made.delete(realm));
    }
    made.set(realm, found);
    if (made.size > providersMax) made.delete(made.keys().next().value!);
    return found;
  }
}

function answer(response: ServerResponse, status: number, error: string | undefined, body: object = { error }): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

/** without the query, which may hold codes and tokens */
const pathOf = (request: IncomingMessage): string => (request.url ?? "").split("?", 1)[0]!;

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
