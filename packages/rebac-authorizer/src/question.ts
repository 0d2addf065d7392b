import {
  accountObject,
  apiExportUser,
  encodeObjectName,
  namespaceObject,
  namespaceType,
  organizationsStoreName,
  parentRelation,
  resourceObject,
  typeName,
  userOf,
} from "@meshplane/apis/platform-mesh";
import type { TupleKey } from "@meshplane/rebac";
import type { AccessRequest, ResourceShape } from "./access-request.ts";
import type { AccountEntry } from "./account-directory.ts";

/** A relationship that would allow the request. */
export interface RelationshipQuestion {
  user: string;
  relation: string;
  object: string;
  contextualTuples: readonly TupleKey[];
  /** what the object is, in the requester's own words */
  about: string;
}

type ResourceRequest = NonNullable<AccessRequest["resource"]>;

/** asked about what holds the object, which need not be there yet */
const collectionVerbs: ReadonlySet<string> = new Set(["create", "list", "watch"]);

/** @see spec platform-mesh/authz-webhook §3.3 b @throws RangeError for a resource whose name is too long for a relation */
export function accountQuestion(
  { user, cluster }: AccessRequest,
  { verb, group, resource, namespace, name }: ResourceRequest,
  { singular, namespaced }: ResourceShape,
  { originCluster, account }: AccountEntry,
  /** objects of a namespace have its name in their id; upstream leaves it out, and objects of one name share a role then */
  idsWithNamespace = false,
): RelationshipQuestion {
  const place = accountObject(originCluster, account);
  const type = typeName(group, resource, singular);
  const object =
    idsWithNamespace && namespaced
      ? `${namespaceObject(cluster, namespace).replace(namespaceType, type)}/${encodeObjectName(name)}`
      : resourceObject(type, cluster, name);
  const inNamespace = namespaceObject(cluster, namespace);
  const parent = (child: string, of: string): TupleKey => ({ object: child, relation: "parent", user: of });
  const asked = { user: userOf(user), relation: relationOf(verb, group, resource), about: aboutOf(verb, resource, namespace, name) };
  if (!collectionVerbs.has(verb))
    return {
      ...asked,
      object,
      contextualTuples: namespaced ? [parent(inNamespace, place), parent(object, inNamespace)] : [parent(object, place)],
    };
  return namespaced
    ? { ...asked, object: inNamespace, contextualTuples: [parent(inNamespace, place)] }
    : { ...asked, object: place, contextualTuples: [parent(object, place)] };
}

const relationOf = (verb: string, group: string, resource: string): string =>
  collectionVerbs.has(verb) ? parentRelation(verb, group, resource) : verb;

const aboutOf = (verb: string, resource: string, namespace: string, name: string): string => {
  if (!collectionVerbs.has(verb)) return name === "" ? resource : `${resource} ${quote(name)}`;
  return namespace === "" ? "the workspace's account" : `namespace ${quote(namespace)}`;
};

/**
 * What a refusal tells whoever asked: the request's own words and nothing else, so that it is the same for workspaces that are there, that are not, and
 * that are somebody else's. undefined when no relation could have helped.
 */
export function missingRelation({ resource: asked, cluster }: AccessRequest, organizations: boolean): string | undefined {
  if (!asked || cluster === "root" || cluster === "" || cluster === "*" || cluster.startsWith("system:")) return undefined;
  const { verb, group, resource, namespace, name } = asked;
  try {
    if (organizations) return missing(parentRelation(verb, group, resource), theOrganizations);
    if (verb === "bind" && group === "apis.kcp.io") return missing(verb, theBinding);
    return missing(relationOf(verb, group, resource), aboutOf(verb, resource, namespace, name));
  } catch {
    return undefined; // too long for a relation
  }
}

export const missing = (relation: string, about: string): string => `relation ${relation} on ${about} is missing`;
const theOrganizations = "the organizations";
const theBinding = "the account that binds";

/** May this export be bound in that account? Who asks does not count: creating the binding is another question. @see spec platform-mesh/authz-webhook §3.3 a */
export const bindQuestion = (providerCluster: string, exportName: string, consumer: AccountEntry): RelationshipQuestion => ({
  user: apiExportUser(providerCluster, exportName),
  relation: "bind",
  object: accountObject(consumer.originCluster, consumer.account),
  contextualTuples: [],
  about: theBinding,
});

/** In the organizations' own workspace every verb is asked about the workspace. @see spec platform-mesh/authz-webhook §3.2 */
export const organizationsQuestion = ({ user }: AccessRequest, { verb, group, resource }: ResourceRequest): RelationshipQuestion => ({
  user: userOf(user),
  relation: parentRelation(verb, group, resource),
  object: `tenancy_kcp_io_workspace:${organizationsStoreName}`,
  contextualTuples: [],
  about: theOrganizations,
});

const quote = (text: string): string => JSON.stringify(text);
