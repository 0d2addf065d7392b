/** The handlers in their order; the first that has an answer wins. @see spec platform-mesh/authz-webhook §3 */
import { organizationsStoreName } from "@meshplane/apis/platform-mesh";
import { type OpenFga, OpenFgaError } from "@meshplane/rebac";
import type { AccessRequest, ShapeOf } from "./access-request.ts";
import type { AccountDirectory, AccountEntry } from "./account-directory.ts";
import { accountQuestion, bindQuestion, organizationsQuestion, type RelationshipQuestion } from "./question.ts";

export interface DecideParts {
  fga: OpenFga;
  directory: AccountDirectory;
  shapeOf: ShapeOf;
  /** logical cluster of `root:orgs`; undefined while there is none */
  organizationsCluster: () => string | undefined | Promise<string | undefined>;
  /** paths that begin so are open to everybody, in every logical cluster */
  openPrefixes: readonly string[];
}

export const defaultOpenPrefixes: readonly string[] = ["/api", "/openapi", "/version"];

export interface Answer {
  allowed: boolean;
  /** for logs and `why`: what was decided by what */
  reason: string;
  /** what was asked of the engine, and in which store */
  asked?: RelationshipQuestion & { storeId: string };
  /** the logical cluster is of no account that is known: a webhook may be asked again in a moment */
  unknownCluster?: boolean;
  /** the engine could not be asked */
  failure?: string;
}

type Maybe<T> = T | Promise<T>;

/** Synchronous when everything is at hand, which it is on the hot path. */
export function decide(request: AccessRequest, parts: DecideParts): Maybe<Answer> {
  const { cluster, resource, nonResource } = request;
  if (nonResource) {
    const { path } = nonResource;
    return parts.openPrefixes.some((prefix) => path.startsWith(prefix))
      ? { allowed: true, reason: "discovery is open to everybody" }
      : no("paths beside the APIs are no matter of relationships");
  }
  if (!resource || cluster === "" || cluster === "*") return no("the request is about no logical cluster");
  return then(parts.organizationsCluster(), (organizations) =>
    cluster === organizations ? inOrganizations(request, resource, parts) : inAccount(request, resource, parts),
  );
}

type ResourceRequest = NonNullable<AccessRequest["resource"]>;

function inOrganizations(request: AccessRequest, resource: ResourceRequest, parts: DecideParts): Maybe<Answer> {
  let question: RelationshipQuestion;
  try {
    question = organizationsQuestion(request, resource);
  } catch (error) {
    return no(messageOf(error));
  }
  return check(organizationsStoreName, question, parts);
}

const clusterGroup = "system:cluster:";

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
  let question: RelationshipQuestion;
  try {
    question = accountQuestion(request, resource, shape, entry);
  } catch (error) {
    return no(messageOf(error));
  }
  return check(entry.organization, question, parts);
}

function check(store: string, question: RelationshipQuestion, parts: DecideParts): Maybe<Answer> {
  return then(parts.directory.storeOf(store), (storeId): Maybe<Answer> => {
    if (!storeId) return no("the organization's relationships are not there yet");
    const asked = { ...question, storeId };
    const { user, relation, object, contextualTuples } = question;
    try {
      const answer = parts.fga.check({ storeId, user, relation, object, contextualTuples });
      return answer instanceof Promise ? answer.then(told, failed) : told(answer);
    } catch (error) {
      return failed(error);
    }

    function told({ allowed }: { allowed: boolean }): Answer {
      return allowed
        ? { allowed, reason: `relation ${relation} on ${question.about}`, asked }
        : { ...no(`relation ${relation} on ${question.about} is missing`), asked };
    }

    function failed(error: unknown): Answer {
      // a relation that no model knows is nobody's
      if (error instanceof OpenFgaError && error.httpStatus < 500)
        return { ...no(`relation ${relation} on ${question.about} is nobody's`), asked };
      const failure = messageOf(error);
      return { ...no(`the relationships cannot be asked: ${failure}`), asked, failure };
    }
  });
}

const no = (reason: string): Answer => ({ allowed: false, reason });
const unknown = (_cluster: string): Answer => ({ ...no("the logical cluster is no account's workspace"), unknownCluster: true });
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function then<T, R>(value: Maybe<T>, next: (value: T) => Maybe<R>): Maybe<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
