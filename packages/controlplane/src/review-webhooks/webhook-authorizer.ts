import { parseFieldSelector, parseLabelSelector, type JsonObject } from "@meshplane/apimachinery";
import {
  allow,
  deny,
  noOpinion,
  type AuthorizationAttributes,
  type Authorizer,
  type Decision,
  type Log,
  type Target,
} from "@meshplane/apiserver";
import { ExpiringCache } from "./expiring-cache.ts";
import { ReviewWebhookError, type ReviewVersion, type ReviewWebhook } from "./review-webhook.ts";

export interface WebhookAuthorizerOptions {
  webhook: ReviewWebhook;
  version: ReviewVersion;
  /** how long an answer is believed; milliseconds */
  authorizedMs: number;
  unauthorizedMs: number;
  /** members of these are allowed without a question */
  alwaysAllowGroups: readonly string[];
  /** says to the webhook which logical cluster it is about, beside the user's own extra */
  extraOf(cluster: string): Record<string, readonly string[]>;
  clock: () => number;
  log: Log;
}

const cachedMax = 8192;
/** what a request could make arbitrarily long is not kept */
const attributesCachedMax = 10_000;

/**
 * Asks a webhook by SubjectAccessReview. One that cannot be reached has no opinion and says so: the next step is asked, and when nobody allows, the
 * request fails instead of being forbidden. @see k8s.io/apiserver plugin/pkg/authorizer/webhook
 */
export function webhookAuthorizer(options: WebhookAuthorizerOptions): Authorizer {
  const { webhook, version, alwaysAllowGroups, extraOf, clock, log } = options;
  const cache = new ExpiringCache<Decision>(cachedMax, clock);
  const asking = new Map<string, Promise<Decision>>();

  return (attributes) => {
    const { user, trace } = attributes;
    for (const group of alwaysAllowGroups) if (user.groups.includes(group)) return allow(trace ? `member of ${group}` : "");
    const spec = specOf(attributes);
    const key = JSON.stringify(spec);
    return cache.get(key) ?? asking.get(key) ?? ask(key, spec, isKept(attributes));
  };

  /** Many equal requests are one question. */
  function ask(key: string, spec: object, keeps: boolean): Promise<Decision> {
    const question = review(spec)
      .then((decision) => {
        if (keeps && decision.error === undefined)
          cache.set(key, decision, decision.decision === "allow" ? options.authorizedMs : options.unauthorizedMs);
        return decision;
      })
      .finally(() => asking.delete(key));
    asking.set(key, question);
    return question;
  }

  async function review(spec: object): Promise<Decision> {
    let status: JsonObject;
    try {
      status = await webhook.ask({
        kind: "SubjectAccessReview",
        apiVersion: `authorization.k8s.io/${version}`,
        spec,
        status: { allowed: false },
      });
    } catch (error) {
      if (!(error instanceof ReviewWebhookError)) throw error;
      log.error("Failed to make webhook authorizer request", { err: error.message });
      return { decision: "noOpinion", reason: "", error: error.message };
    }
    const reason = typeof status["reason"] === "string" ? status["reason"] : "";
    const allowed = status["allowed"] === true;
    if (status["denied"] !== true) return allowed ? allow(reason) : noOpinion(reason);
    if (!allowed) return deny(reason);
    return { ...deny(reason), error: "webhook subject access review returned both allow and deny response" };
  }

  function specOf({ user, target, selectors }: AuthorizationAttributes): object {
    const { cluster } = target;
    const extra = { ...user.extra, ...(cluster === "" || cluster === "*" ? {} : extraOf(cluster)) };
    return {
      ...(target.kind === "resource"
        ? { resourceAttributes: { ...withoutEmpty(resourceAttributes(target)), ...selectorAttributes(selectors) } }
        : { nonResourceAttributes: withoutEmpty({ path: target.path, verb: target.verb }) }),
      ...(user.name ? { user: user.name } : {}),
      // the older version spells it so
      ...(user.groups.length > 0 ? { [version === "v1" ? "groups" : "group"]: user.groups } : {}),
      ...(Object.keys(extra).length > 0 ? { extra } : {}),
      ...(user.uid ? { uid: user.uid } : {}),
    };
  }
}

const resourceAttributes = ({
  namespace,
  verb,
  group,
  version,
  resource,
  subresource,
  name,
}: Target & { kind: "resource" }): Record<string, string> => ({ namespace, verb, group, version, resource, subresource, name });

const withoutEmpty = (fields: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));

interface Requirement {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: readonly string[];
}

/** Of what can be read; the rest only makes a collection smaller. */
function selectorAttributes(selectors: AuthorizationAttributes["selectors"]): object {
  if (!selectors) return {};
  const fields = readable(() => parseFieldSelector(selectors.field).requirements).map(({ field, operator, value }): Requirement => ({
    key: field,
    operator: operator === "!=" ? "NotIn" : "In",
    values: [value],
  }));
  const labels = readable(() => parseLabelSelector(selectors.label).requirements).flatMap(({ key, operator, values }): Requirement[] => {
    const known = labelOperators.get(operator);
    return known ? [{ key, operator: known, ...(values.length > 0 ? { values } : {}) }] : [];
  });
  return {
    ...(fields.length > 0 ? { fieldSelector: { requirements: fields } } : {}),
    ...(labels.length > 0 ? { labelSelector: { requirements: labels } } : {}),
  };
}

const labelOperators = new Map<string, Requirement["operator"]>([
  ["=", "In"],
  ["==", "In"],
  ["in", "In"],
  ["!=", "NotIn"],
  ["notin", "NotIn"],
  ["exists", "Exists"],
  ["!", "DoesNotExist"],
]);

function readable<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch {
    return []; // the request will be refused for it
  }
}

function isKept({ target, selectors }: AuthorizationAttributes): boolean {
  const texts = target.kind === "resource" ? Object.values(resourceAttributes(target)) : [target.path, target.verb];
  if (selectors) texts.push(selectors.field, selectors.label);
  return texts.reduce((length, text) => length + text.length, 0) < attributesCachedMax;
}
