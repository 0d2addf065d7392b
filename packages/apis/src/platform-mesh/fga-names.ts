/**
 * How Kubernetes' names become OpenFGA's. Whoever writes tuples and whoever asks about them use these, so that both mean the same.
 * @see spec platform-mesh/security §3, §5, authz-webhook §3.3
 */

export const accountType = "core_platform-mesh_io_account";
export const exportType = "apis_kcp_io_apiexport";
export const roleType = "role";
export const namespaceType = "core_namespace";
/** everybody in an organization's store, by way of the module of `root:orgs` */
export const authenticatedRole = "role:authenticated";

/** longest name that OpenFGA takes for a relation, in characters */
export const relationLengthMax = 50;

/** An account is named by the logical cluster that holds it, not by the one that it owns. */
export const accountObject = (originCluster: string, name: string): string => `${accountType}:${originCluster}/${encodeObjectName(name)}`;

/** @param role `owner` or `member` @param namespace of namespaced objects only */
export const roleObject = (type: string, cluster: string, name: string, role: string): string =>
  `${roleType}:${type}/${cluster}/${encodeObjectName(name)}/${role}`;

export const roleAssignees = (role: string): string => `${role}#assignee`;

export const apiExportUser = (cluster: string, name: string): string => `${exportType}:${cluster}/${encodeObjectName(name)}`;

export const resourceObject = (type: string, cluster: string, name: string): string => `${type}:${cluster}/${encodeObjectName(name)}`;

/** An empty namespace stands for all of them. */
export const namespaceObject = (cluster: string, namespace: string): string => resourceObject(namespaceType, cluster, namespace);

const serviceAccount = /^system:(?:serviceaccount|kcp:serviceaccount:[^:.]+):[^:.]+:[^:]+$/;

/**
 * `user:<name>`, never two names alike: colons of `system:` names become dots, as upstream writes them, and a name that only looks like such a one, or
 * like the wildcard, is told apart by percent signs.
 */
export function userOf(name: string): string {
  let encoded = name.replaceAll("%", "%25");
  if (name.startsWith("system:")) {
    if (!serviceAccount.test(name)) encoded = encoded.replaceAll(".", "%2E");
    encoded = encoded.replaceAll(":", ".");
  } else if (name.startsWith("system.")) encoded = `system%2E${encoded.slice("system.".length)}`;
  else if (name === "*") encoded = "%2A";
  return `user:${encodeDelimiters(encoded)}`;
}

/** Names keep what OpenFGA's identifiers may hold; slashes would shift the parts of an id. */
export const encodeObjectName = (name: string): string =>
  name === "*" ? "%2A" : encodeDelimiters(name.replaceAll("%", "%25")).replaceAll("/", "%2F");

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const delimiters = /[\u0000-\u0020:#\u007f-\u009f\s]/g;
const encodeDelimiters = (text: string): string =>
  text.replace(delimiters, (found) =>
    found < "\u0080" ? `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}` : encodeURIComponent(found),
  );

/**
 * The group as names of types and relations have it: cut from the front so that `create_<group>_<plural>` fits, dots as underscores, `core` for the
 * empty one.
 * @throws RangeError when the plural alone leaves no room
 */
export function groupName(group: string, plural: string): string {
  const full = group === "" ? "core" : group;
  const surplus = `create_${full}_${plural}`.length - relationLengthMax;
  if (surplus > full.length) throw new RangeError(`resource name ${JSON.stringify(plural)} is too long for a relation`);
  return full.slice(Math.max(0, surplus)).replaceAll(".", "_");
}

export const typeName = (group: string, plural: string, singular: string): string => `${groupName(group, plural)}_${singular}`;

/** relation on the parent for verbs that concern no single object */
export const parentRelation = (verb: string, group: string, plural: string): string => `${verb}_${groupName(group, plural)}_${plural}`;
