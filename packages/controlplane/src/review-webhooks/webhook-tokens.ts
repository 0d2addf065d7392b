import { hash } from "node:crypto";
import type { JsonObject, JsonValue } from "@meshplane/apimachinery";
import type { Log, User } from "@meshplane/apiserver";
import { authenticated, TokenError, type TokenAuthenticator, type TokenIdentity } from "../authentication/token-authenticator.ts";
import { ExpiringCache } from "./expiring-cache.ts";
import { ReviewWebhookError, type ReviewVersion, type ReviewWebhook } from "./review-webhook.ts";

export interface WebhookTokensOptions {
  webhook: ReviewWebhook;
  version: ReviewVersion;
  /** how long an answer is believed; milliseconds */
  cacheMs: number;
  /** of this server: whom a token is for when the webhook does not say */
  audiences: readonly string[];
  clock: () => number;
  log: Log;
}

const cachedMax = 4096;

type Answer = { identity: TokenIdentity | undefined } | { refused: string };

/** Asks a webhook whose token it is. A failing webhook knows nobody. @see k8s.io/apiserver plugin/pkg/authenticator/token/webhook */
export function webhookTokens({ webhook, version, cacheMs, audiences, clock, log }: WebhookTokensOptions): TokenAuthenticator {
  const cache = new ExpiringCache<Answer>(cachedMax, clock);
  const asking = new Map<string, Promise<Answer>>();

  return async (token, wanted) => {
    const key = hash("sha256", JSON.stringify([wanted, token]), "base64url");
    const answer = cache.get(key) ?? (await (asking.get(key) ?? ask(key, token, wanted)));
    if ("refused" in answer) throw new TokenError(answer.refused);
    return answer.identity;
  };

  /** Many requests with one token are one question. */
  function ask(key: string, token: string, wanted: readonly string[]): Promise<Answer> {
    const question = review(token, wanted)
      .then((answer) => {
        cache.set(key, answer, cacheMs);
        return answer;
      })
      .finally(() => asking.delete(key));
    asking.set(key, question);
    return question;
  }

  async function review(token: string, wanted: readonly string[]): Promise<Answer> {
    let status: JsonObject;
    try {
      status = await webhook.ask({
        kind: "TokenReview",
        apiVersion: `authentication.k8s.io/${version}`,
        spec: { token, audiences: wanted },
        status: { user: {} },
      });
    } catch (error) {
      if (!(error instanceof ReviewWebhookError)) throw error;
      log.error("Failed to make webhook authenticator request", { err: error.message });
      throw new TokenError(error.message);
    }
    const told = textsAt(status, "audiences");
    const of = told.length > 0 ? told : audiences;
    if (!wanted.some((audience) => of.includes(audience))) return { identity: undefined };
    if (status["authenticated"] !== true) {
      const why = status["error"];
      return typeof why === "string" && why !== "" ? { refused: why } : { identity: undefined };
    }
    const user = userOf(status["user"]);
    return user.name === "" ? { refused: "the webhook names no user" } : { identity: { user: authenticated(user), audiences: of } };
  }
}

function userOf(value: JsonValue | undefined): User {
  const info: JsonObject = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  const extra: [string, string[]][] = [];
  const given = info["extra"];
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    for (const key of Object.keys(given)) extra.push([key, textsAt(given, key)]);
  }
  const { username, uid } = info;
  return {
    name: typeof username === "string" ? username : "",
    uid: typeof uid === "string" ? uid : "",
    groups: textsAt(info, "groups"),
    extra: Object.fromEntries(extra),
  };
}

function textsAt(object: JsonObject, key: string): string[] {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
