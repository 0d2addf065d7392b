import { failure, formatGroupResource, parseFieldSelector } from "@meshplane/apimachinery";
import type { AuthorizationAttributes, Authorizer, Decision } from "./authorization/authorizer.ts";
import type { CollectingContext } from "./resource-request.ts";
import type { ResourceTarget, Target } from "./target.ts";
import { TextAnswer } from "./text-answer.ts";
import type { User } from "./user.ts";
import type { HttpRequest } from "./http/http-request.ts";

/** @throws StatusError 403, before anything is said about what exists (wire 85) */
export function requireAllowed(
  authorize: Authorizer,
  user: User,
  target: Target,
  context: CollectingContext,
  http: HttpRequest,
): void | Promise<void> {
  const asked = target.kind === "resource" ? questionOf(target, http) : target;
  const annotate = context.trail ? (key: string, value: string) => context.annotate(key, value) : undefined;
  const decision = authorize({ user, target: asked, annotate, selectors: selectorsOf(asked, http) });
  if (decision instanceof Promise) return decision.then((it) => settle(it, user, asked, context, http));
  settle(decision, user, asked, context, http);
}

const collectionVerbs = new Set<string>(["list", "watch", "deletecollection"]);

function selectorsOf({ kind, verb }: Target, { query }: HttpRequest): AuthorizationAttributes["selectors"] {
  if (query.text === "" || kind !== "resource" || !collectionVerbs.has(verb)) return undefined;
  const field = query.get("fieldSelector") ?? "";
  const label = query.get("labelSelector") ?? "";
  return field === "" && label === "" ? undefined : { field, label };
}

/** A namespace lies in itself: a role in it may allow to read it. */
function questionOf(target: ResourceTarget, http: HttpRequest): ResourceTarget {
  if (target.name === "") return withSelectedName(target, http);
  return target.resource === "namespaces" && target.group === "" ? { ...target, namespace: target.name } : target;
}

/** A collection narrowed to one name is a question about that name. */
function withSelectedName(target: ResourceTarget, http: HttpRequest): ResourceTarget {
  const text = http.query.text === "" ? undefined : http.query.get("fieldSelector");
  if (!text || !text.includes("metadata.name")) return target;
  try {
    const name = parseFieldSelector(text).requirements.find(({ field, operator }) => field === "metadata.name" && operator === "=")?.value;
    return name ? { ...target, name } : target;
  } catch {
    return target;
  }
}

function settle(
  { decision, reason, shown, error, ground }: Decision,
  user: User,
  target: Target,
  context: CollectingContext,
  http: HttpRequest,
): void {
  if (context.trail) {
    context.annotate("authorization.k8s.io/decision", decision === "allow" ? "allow" : "forbid");
    context.annotate("authorization.k8s.io/reason", error === undefined || decision === "allow" ? reason : "internal error");
  }
  if (decision === "allow") {
    context.ground = ground;
    return;
  }
  if (error !== undefined) throw undecidable(http, error);
  throw forbiddenTo(user, target, shown ?? "access denied");
}

/** Nobody allowed it, but somebody who could have was not to be asked: no refusal, upstream's plain text for what went wrong. */
function undecidable({ path, query }: HttpRequest, error: string): TextAnswer {
  const uri = JSON.stringify(query.text === "" ? path : `${path}?${query.text}`);
  const text = `Internal Server Error: ${uri}: ${error}`.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return new TextAnswer(500, `${text}\n`, { "x-content-type-options": "nosniff" });
}

export function forbiddenTo(user: User, target: Target, why: string): Error {
  const who = `User ${JSON.stringify(user.name)} cannot`;
  const because = why === "" ? "" : `: ${why}`;
  if (target.kind === "nonResource") {
    return failure(403, "Forbidden", {}, `forbidden: ${who} ${target.verb} path ${JSON.stringify(target.path)}${because}`);
  }
  const { group, subresource, name, namespace, verb } = target;
  const resource = target.identity === undefined ? target.resource : `${target.resource}:${target.identity}`;
  const printed = formatGroupResource({ group, resource });
  const subject = name ? `${printed} ${JSON.stringify(name)}` : printed;
  const scope = namespace ? `in the namespace ${JSON.stringify(namespace)}` : "at the cluster scope";
  const asked = subresource ? `${resource}/${subresource}` : resource;
  return failure(
    403,
    "Forbidden",
    { ...(name ? { name } : {}), ...(group ? { group } : {}), kind: resource },
    `${subject} is forbidden: ${who} ${verb} resource ${JSON.stringify(asked)} in API group ${JSON.stringify(group)} ${scope}${because}`,
  );
}
