/** The handlers in their order; the first that has an answer wins. @see spec platform-mesh/authz-webhook §3 */
import { organizationsStoreName } from "@meshplane/apis/platform-mesh";
import { type OpenFga, OpenFgaError } from "@meshplane/rebac";
import type { AccessRequest, ShapeOf } from "./access-request.ts";
import type { AccountDirectory, AccountEntry } from "./account-directory.ts";
import { accountQuestion, bindQuestion, missing, missingRelation, organizationsQuestion, type RelationshipQuestion } from "./question.ts";

export interface DecideParts {
  fga: OpenFga;
  directory: AccountDirectory;
  shapeOf: ShapeOf;
  /** logical cluster of `root:orgs`; undefined while there is none */
  organizationsCluster: () => string | undefined | Promise<string | undefined>;
  /** paths that begin so are open to everybody, in every logical cluster */
  openPrefixes: readonly string[];
  /** narrower than upstream: discovery for who is signed in only; the namespace is a part of the ids of objects in it */
  strict?: boolean;
}

export const defaultOpenPrefixes: readonly string[] = ["/api", "/openapi", "/version"];

export interface Answer {
  allowed: boolean;
  /** for logs and `why`: what was decided by what */
  reason: string;
  /** what was asked of the engine, and in which store */
  asked?: RelationshipQuestion & { storeId: string };
  /** of a refusal: what whoever asked may read of it */
  shown?: string;
  /** the logical cluster is of no account that is known: a webhook may be asked again in a moment */
  unknownCluster?: string;
  /** the engine could not be asked */
  failure?: string;
}

type Maybe<T> = T | Promise<T>;

/** Synchronous when everything is at hand, which it is on the hot path. */
export function decide(request: AccessRequest, parts: DecideParts): Maybe<Answer> {
  try {
    const answer = decideByHandlers(request, parts);
    return answer instanceof Promise ? answer.catch(unread) : answer;
  } catch (error) {
    return unread(error);
  }
}

function decideByHandlers(request: AccessRequest, parts: DecideParts): Maybe<Answer> {
  const { cluster, resource, nonResource } = request;
  if (nonResource) {
    const { path } = nonResource;
    if (!parts.openPrefixes.some((prefix) => path.startsWith(prefix))) return no("paths beside the APIs are no matter of relationships");
    return parts.strict && !request.groups.includes(authenticated)
      ? no("discovery is for those who are signed in")
      : { allowed: true, reason: "discovery is open to everybody" };
  }
  if (!resource || cluster === "" || cluster === "*") return no("the request is about no logical cluster");
  return then(parts.organizationsCluster(), (organizations) => {
    const inOrgs = cluster === organizations;
    return then(inOrgs ? inOrganizations(request, resource, parts) : inAccount(request, resource, parts), (answer) => {
      if (answer.allowed) return answer;
      const shown = missingRelation(request, inOrgs);
      return shown === undefined ? answer : { ...answer, shown };
    });
  });
}

type ResourceRequest = NonNullable<AccessRequest["resource"]>;

/** `user:*` stands for people who have signed in, and so for neither of these: nobody in particular, and programs, whatever workspace they are of. */
function inOrganizations(request: AccessRequest, resource: ResourceRequest, parts: DecideParts): Maybe<Answer> {
  if (request.user.startsWith("system:")) return no("organizations are a matter of people who are signed in");
  let question: RelationshipQuestion;
  try {
    question = organizationsQuestion(request, resource);
  } catch (error) {
    return no(messageOf(error));
  }
  return check(organizationsStoreName, question, parts);
}

const clusterGroup = "system:cluster:";
const authenticated = "system:authenticated";
const anonymous = "system:anonymous";

function inAccount(request: AccessRequest, resource: ResourceRequest, parts: DecideParts): Maybe<Answer> {
  const { cluster, groups } = request;
  if (resource.verb === "bind" && resource.group === "apis.kcp.io") {
    const consumer = groups.find((group) => group.startsWith(clusterGroup))?.slice(clusterGroup.length);
    if (!consumer) return no("nobody says where the export is to be bound");
    return then(parts.directory.of(consumer), (entry) =>
      entry ? check(entry.organization, bindQuestion(cluster, resource.name, entry), parts) : unknown(consumer),
    );
  }
  return then(parts.directory.of(cluster), (entry) => {
    if (!entry) return unknown(cluster);
    const version = resource.version === "*" ? "" : resource.version;
    return then(parts.shapeOf(cluster, resource.group, version, resource.resource), (shape) => {
      if (!shape) return no(`${resource.resource} is not served here`);
      return askAbout(request, resource, entry, shape, parts);
    });
  });
}

function askAbout(
  request: AccessRequest,
  resource: ResourceRequest,
  entry: AccountEntry,
  shape: { singular: string; namespaced: boolean },
  parts: DecideParts,
): Maybe<Answer> {
  // somebody who was never asked who they are would otherwise be one person, who can own things
  if (request.user === anonymous) return no("nobody is signed in");
  let question: RelationshipQuestion;
  try {
    question = accountQuestion(request, resource, shape, entry, parts.strict);
  } catch (error) {
    return no(messageOf(error));
  }
  return check(entry.organization, question, parts);
}

function check(store: string, question: RelationshipQuestion, parts: DecideParts, again = true): Maybe<Answer> {
  return then(parts.directory.storeOf(store), (storeId): Maybe<Answer> => {
    if (!storeId) return no("the organization's relationships are not there yet");
    const asked = { ...question, storeId };
    const { user, relation, object, contextualTuples, about } = question;
    try {
      const answer = parts.fga.check({ storeId, user, relation, object, contextualTuples });
      return answer instanceof Promise ? answer.then(told, failed) : told(answer);
    } catch (error) {
      return failed(error);
    }

    function told({ allowed }: { allowed: boolean }): Answer {
      return allowed ? { allowed, reason: `relation ${relation} on ${about}`, asked } : { ...no(missing(relation, about)), asked };
    }

    function failed(error: unknown): Maybe<Answer> {
      const code = error instanceof OpenFgaError ? error.code : undefined;
      if (again && code !== undefined && storeGone.has(code)) {
        // the organization may have another store by now
        parts.directory.forgetStore(store);
        return then(parts.directory.storeOf(store), (id) => (id === storeId ? unanswered(error) : check(store, question, parts, false)));
      }
      return unanswered(error);
    }

    function unanswered(error: unknown): Answer {
      // what no model knows is nobody's
      if (error instanceof OpenFgaError && unknownToModel.has(error.code))
        return { ...no(`relation ${relation} on ${about} is nobody's`), asked };
      const failure = messageOf(error);
      return { ...no(`the relationships cannot be asked: ${failure}`), asked, failure };
    }
  });
}

const storeGone: ReadonlySet<string> = new Set(["store_id_not_found", "latest_authorization_model_not_found"]);
/** The engine understood, and there is no such type, relation or name. Everything else is a failure of the engine. */
const unknownToModel: ReadonlySet<string> = new Set([
  "validation_error",
  "type_not_found",
  "relation_not_found",
  "invalid_tuple",
  "latest_authorization_model_not_found",
  "store_id_not_found",
]);

const no = (reason: string): Answer => ({ allowed: false, reason });
const unknown = (cluster: string): Answer => ({ ...no("the logical cluster is no account's workspace"), unknownCluster: cluster });
/** What the decision needs to know could not be read. */
const unread = (error: unknown): Answer => ({ ...no(`the account cannot be looked up: ${messageOf(error)}`), failure: messageOf(error) });
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function then<T, R>(value: Maybe<T>, next: (value: T) => Maybe<R>): Maybe<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
