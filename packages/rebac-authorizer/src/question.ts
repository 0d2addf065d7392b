import {
  accountObject,
  apiExportUser,
  namespaceObject,
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
): RelationshipQuestion {
  const place = accountObject(originCluster, account);
  const type = typeName(group, resource, singular);
  const object = resourceObject(type, cluster, name);
  const inNamespace = namespaceObject(cluster, namespace);
  const parent = (child: string, of: string): TupleKey => ({ object: child, relation: "parent", user: of });
  const asked = { user: userOf(user) };
  if (collectionVerbs.has(verb)) {
    const relation = parentRelation(verb, group, resource);
    return namespaced
      ? {
          ...asked,
          relation,
          object: inNamespace,
          contextualTuples: [parent(inNamespace, place)],
          about: namespace === "" ? `all namespaces of account ${quote(account)}` : `namespace ${quote(namespace)}`,
        }
      : { ...asked, relation, object: place, contextualTuples: [parent(object, place)], about: `account ${quote(account)}` };
  }
  return {
    ...asked,
    relation: verb,
    object,
    contextualTuples: namespaced ? [parent(inNamespace, place), parent(object, inNamespace)] : [parent(object, place)],
    about: `${singular} ${quote(name)}`,
  };
}

/** May this export be bound in that account? Who asks does not count: creating the binding is another question. @see spec platform-mesh/authz-webhook §3.3 a */
export const bindQuestion = (providerCluster: string, exportName: string, consumer: AccountEntry): RelationshipQuestion => ({
  user: apiExportUser(providerCluster, exportName),
  relation: "bind",
  object: accountObject(consumer.originCluster, consumer.account),
  contextualTuples: [],
  about: `account ${quote(consumer.account)}`,
});

/** In the organizations' own workspace every verb is asked about the workspace. @see spec platform-mesh/authz-webhook §3.2 */
export const organizationsQuestion = ({ user }: AccessRequest, { verb, group, resource }: ResourceRequest): RelationshipQuestion => ({
  user: userOf(user),
  relation: parentRelation(verb, group, resource),
  object: `tenancy_kcp_io_workspace:${organizationsStoreName}`,
  contextualTuples: [],
  about: "the organizations",
});

const quote = (text: string): string => JSON.stringify(text);
