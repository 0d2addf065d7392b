import { failure, formatGroupResource, parseFieldSelector } from "@meshplane/apimachinery";
import type { Authorizer, Decision } from "./authorization/authorizer.ts";
import type { RequestContext } from "./request-context.ts";
import type { ResourceTarget, Target } from "./target.ts";
import type { User } from "./user.ts";
import type { HttpRequest } from "./http/http-request.ts";

/** @throws StatusError 403, before anything is said about what exists (wire 85) */
export function requireAllowed(
  authorize: Authorizer,
  user: User,
  target: Target,
  context: RequestContext,
  http: HttpRequest,
): void | Promise<void> {
  const asked = target.kind === "resource" ? questionOf(target, http) : target;
  const decision = authorize({ user, target: asked });
  if (decision instanceof Promise) return decision.then((it) => settle(it, user, asked, context));
  settle(decision, user, asked, context);
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

function settle({ decision, reason }: Decision, user: User, target: Target, context: RequestContext): void {
  if (reason) context.annotate("authorization.k8s.io/reason", reason);
  if (decision === "allow") return;
  throw forbiddenTo(user, target, "access denied");
}

export function forbiddenTo(user: User, target: Target, why: string): Error {
  const who = `User ${JSON.stringify(user.name)} cannot`;
  if (target.kind === "nonResource") {
    return failure(403, "Forbidden", {}, `forbidden: ${who} ${target.verb} path ${JSON.stringify(target.path)}: ${why}`);
  }
  const { group, resource, subresource, name, namespace, verb } = target;
  const printed = formatGroupResource({ group, resource });
  const subject = name ? `${printed} ${JSON.stringify(name)}` : printed;
  const scope = namespace ? `in the namespace ${JSON.stringify(namespace)}` : "at the cluster scope";
  const asked = subresource ? `${resource}/${subresource}` : resource;
  return failure(
    403,
    "Forbidden",
    { ...(name ? { name } : {}), ...(group ? { group } : {}), kind: resource },
    `${subject} is forbidden: ${who} ${verb} resource ${JSON.stringify(asked)} in API group ${JSON.stringify(group)} ${scope}: ${why}`,
  );
}
