import { forbidden } from "@meshplane/apimachinery";
import {
  anonymousUser,
  authenticatedGroup,
  mastersGroup,
  separateHeaders,
  type Authorizer,
  type HttpRequest,
  type ResourceTarget,
  type Target,
  type User,
} from "@meshplane/apiserver";
import { forbiddenBecause } from "../rbac/forbidden-text.ts";
import { LruCache } from "./lru-cache.ts";
import { parseServiceAccountUserName, serviceAccountGroups } from "./service-account.ts";

export interface ImpersonationOptions {
  authorize: Authorizer;
  /** groups that only those who have them (or are of system:masters) may lend themselves */
  privilegedGroups: readonly string[];
  /** groups that an identity claims in whatever way; those it names by default */
  groupsOf?: (user: User) => readonly string[];
  /** ties the new identity to where it was allowed; not asked for requests of system:masters */
  confine?: (user: User, cluster: string) => User;
}

/**
 * Decides whether `user` may act as `wanted` for the request at hand, and who that is then. Without `target` only the blanket right counts.
 * @throws StatusError 403
 */
export type Impersonate = (user: User, wanted: User, cluster: string, http: HttpRequest, target?: Target) => Promise<User>;

type Mode = "constrained" | "legacy";

const rememberedMax = 1024;
const authenticationGroup = "authentication.k8s.io";
const nodePrefix = "system:node:";

type Place = Pick<Target, "cluster" | "path">;

/**
 * Two ways lead to an identity: the right to impersonate exactly this kind of user for exactly this kind of request
 * (`impersonate:user-info` with `impersonate-on:user-info:list`), or the older blanket right `impersonate`. Who succeeded by the older way is
 * asked for that first: the refusal then names it.
 */
export function createImpersonation(options: ImpersonationOptions): Impersonate {
  const lastMode = new LruCache<string, Mode>(rememberedMax);

  return async (user, wanted, cluster, http, target) => {
    requireOwnGroups(user, wanted);
    const caller = `${cluster}|${user.name}`;
    const place = target ?? { cluster, path: http.path };
    const legacy = legacyQuestions(wanted, place, http);
    const ways = target ? [{ mode: "constrained" as Mode, questions: constrainedQuestions(wanted, target, http) }] : [];
    if (lastMode.get(caller) === "legacy") ways.unshift({ mode: "legacy", questions: legacy });
    else ways.push({ mode: "legacy", questions: legacy });
    let refusal: Error | undefined;
    for (const { mode, questions } of ways) {
      const refused = await firstRefusal(questions, user, options.authorize);
      refusal ??= refused;
      if (refused) continue;
      if (lastMode.get(caller) !== mode) lastMode.set(caller, mode);
      if (user.groups.includes(mastersGroup) || !options.confine) return wanted;
      return options.confine(wanted, cluster);
    }
    throw refusal!;
  };

  function requireOwnGroups(user: User, wanted: User): void {
    if (user.groups.includes(mastersGroup)) return;
    const claimed = options.groupsOf?.(wanted) ?? wanted.groups;
    for (const group of [mastersGroup, ...options.privilegedGroups]) {
      if (claimed.includes(group) && !user.groups.includes(group)) {
        throw forbidden({ group: "", resource: "" }, "", "impersonation is not allowed for the requestor");
      }
    }
  }
}

async function firstRefusal(questions: readonly Target[], user: User, authorize: Authorizer): Promise<Error | undefined> {
  for (const target of questions) {
    const { decision } = await authorize({ user, target });
    // why is not the client's to know
    if (decision !== "allow") return forbiddenBecause(user, target, "access denied");
  }
  return undefined;
}

/** What a user must be allowed to do in order to act as `wanted`, whatever for. */
function legacyQuestions(wanted: User, place: Place, http: HttpRequest): Target[] {
  const account = parseServiceAccountUserName(wanted.name);
  const verb = "impersonate";
  const questions: Target[] = [
    account
      ? question(place, verb, "", "serviceaccounts", account.name, account.namespace)
      : question(place, verb, "", "users", wanted.name),
  ];
  if (wanted.uid) questions.push(question(place, verb, authenticationGroup, "uids", wanted.uid));
  for (const group of askedGroups(wanted, http)) {
    questions.push(question(place, verb, "", "groups", group));
  }
  return [...questions, ...extraQuestions(place, verb, wanted)];
}

/** The same for exactly this kind of user and this kind of request. */
function constrainedQuestions(wanted: User, target: Target, http: HttpRequest): Target[] {
  const account = parseServiceAccountUserName(wanted.name);
  const node = wanted.name.startsWith(nodePrefix);
  const kind = account ? "serviceaccount" : node ? "arbitrary-node" : "user-info";
  const verb = `impersonate:${kind}`;
  const ask = (resource: string, name: string, namespace = ""): ResourceTarget =>
    question(target, verb, authenticationGroup, resource, name, namespace);
  const questions: Target[] = [{ ...target, verb: `impersonate-on:${kind}:${target.verb}` as never }];
  if (account) questions.push(ask("serviceaccounts", account.name, account.namespace));
  else if (node) questions.push(ask("nodes", wanted.name.slice(nodePrefix.length)));
  else questions.push(ask("users", wanted.name));
  if (wanted.uid) questions.push(ask("uids", wanted.uid));
  for (const group of askedGroups(wanted, http)) questions.push(ask("groups", group));
  return [...questions, ...extraQuestions(target, verb, wanted)];
}

/** All groups but those that come along by themselves, unless the request names them. */
function askedGroups(wanted: User, http: HttpRequest): readonly string[] {
  const asked = separateHeaders(http).get("impersonate-group") ?? [];
  const account = parseServiceAccountUserName(wanted.name);
  const implied = [
    authenticatedGroup,
    ...(account ? serviceAccountGroups(account.namespace) : []),
    ...(wanted.name === anonymousUser.name ? anonymousUser.groups : []),
  ];
  return wanted.groups.filter((group) => asked.includes(group) || !implied.includes(group));
}

function extraQuestions(place: Place, verb: string, wanted: User): Target[] {
  return Object.entries(wanted.extra).flatMap(([key, values]) =>
    values.map((value) => question(place, verb, authenticationGroup, "userextras", value, "", key)),
  );
}

function question(
  { cluster, path }: Place,
  verb: string,
  group: string,
  resource: string,
  name: string,
  namespace = "",
  subresource = "",
): ResourceTarget {
  return {
    kind: "resource",
    verb: verb as never,
    cluster,
    group,
    version: "v1",
    resource,
    identity: undefined,
    namespace,
    name,
    subresource,
    path,
  };
}
