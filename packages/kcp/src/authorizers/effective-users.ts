/** Scopes and warrants: as whom a user is asked about in a cluster. @see spec authz §5 */
import { extraKeys, kcpGroups, maximalPermissionPolicyPrefix } from "@meshplane/apis";
import { authenticatedGroup, type User } from "@meshplane/apiserver";

const serviceAccountPrefix = "system:serviceaccount:";
const anonymous = "system:anonymous";
const unauthenticated = "system:unauthenticated";
/** warrants can hold warrants */
const depthMax = 8;

const noExtra = Object.freeze({});
const identity = (name: string, groups: readonly string[]): User => ({ name, uid: "", groups, extra: noExtra });

const valuesOf = (user: User, key: string): readonly string[] | undefined => (Object.hasOwn(user.extra, key) ? user.extra[key] : undefined);

export const isServiceAccount = ({ name }: User): boolean => name.startsWith(serviceAccountPrefix);

/** True when RBAC of `cluster` may see the identity as it is. */
export const isInScope = (user: User, cluster: string): boolean => isForeign(user, cluster) === false && scopesAllow(user, cluster);

/** A service account of another cluster; one without a cluster counts as local. */
function isForeign(user: User, cluster: string): boolean {
  if (!isServiceAccount(user)) return false;
  const clusters = valuesOf(user, extraKeys.clusterName);
  if (!clusters || clusters.length === 0) return false;
  return clusters.length !== 1 || clusters[0] !== cluster;
}

function scopesAllow(user: User, cluster: string): boolean {
  const scopes = valuesOf(user, extraKeys.scopes);
  return !scopes || scopes.every((scope) => scope.split(",").some((one) => one.trim() === `cluster:${cluster}`));
}

/** The clusters that all scopes have in common; undefined without scopes. */
function scopedClusters(user: User): string[] | undefined {
  const scopes = valuesOf(user, extraKeys.scopes);
  if (!scopes || scopes.length === 0) return undefined;
  const sets = scopes.map((scope) =>
    scope
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one.startsWith("cluster:"))
      .map((one) => one.slice("cluster:".length)),
  );
  return sets.reduce((common, set) => common.filter((cluster) => set.includes(cluster)));
}

/** `<cluster>`, namespace and name of a service account with exactly one cluster. */
function globalName(user: User): { name: string; cluster: string } | undefined {
  if (!isServiceAccount(user)) return undefined;
  const clusters = valuesOf(user, extraKeys.clusterName);
  if (clusters?.length !== 1) return undefined;
  return { name: `system:kcp:serviceaccount:${clusters[0]}:${user.name.slice(serviceAccountPrefix.length)}`, cluster: clusters[0]! };
}

/** The identities to ask RBAC about in `cluster`: access is given if any of them has it. */
export function effectiveUsers(user: User, cluster: string): User[] {
  // the usual case: neither scopes nor warrants
  if (!isServiceAccount(user) && valuesOf(user, extraKeys.scopes) === undefined && valuesOf(user, extraKeys.warrant) === undefined)
    return [user];
  const users: User[] = [];
  collect(user, cluster, users, 0);
  return users;
}

/** The groups of all of them: a group that a scope leaves outside does not count inside. */
export function effectiveGroups(user: User, cluster: string): readonly string[] {
  const users = effectiveUsers(user, cluster);
  return users.length === 1 ? users[0]!.groups : users.flatMap(({ groups }) => groups);
}

function collect(user: User, cluster: string, users: User[], depth: number): void {
  if (isInScope(user, cluster)) users.push(user);
  else if (user.groups.includes(authenticatedGroup)) {
    const clusters = scopedClusters(user) ?? [];
    users.push(identity(anonymous, [authenticatedGroup, ...clusters.map((name) => kcpGroups.clusterPrefix + name)]));
  } else users.push(identity(anonymous, [unauthenticated]));
  const global = globalName(user);
  if (global) users.push(identity(global.name, [authenticatedGroup, kcpGroups.clusterPrefix + global.cluster]));
  if (depth >= depthMax) return;
  for (const warrant of warrantsOf(user)) collect(warrant, cluster, users, depth + 1);
}

function warrantsOf(user: User): User[] {
  return (valuesOf(user, extraKeys.warrant) ?? []).flatMap((text) => {
    const warrant = parseWarrant(text);
    return warrant ? [warrant] : [];
  });
}

/** undefined for what cannot be parsed, and for a service account without a cluster */
function parseWarrant(text: string): User | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { user, uid, groups, extra } = value as Record<string, unknown>;
  if (typeof user !== "string") return undefined;
  const warrant: User = {
    name: user,
    uid: typeof uid === "string" ? uid : "",
    groups: isStrings(groups) ? groups : [],
    extra: extraOf(extra),
  };
  return isServiceAccount(warrant) && !valuesOf(warrant, extraKeys.clusterName)?.length ? undefined : warrant;
}

const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === "string");

function extraOf(value: unknown): Record<string, string[]> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string[]] => isStrings(entry[1])));
}

/** JSON of a warrant that makes its holder also count as `user`. */
export const warrantText = (user: User): string =>
  JSON.stringify({
    user: user.name,
    ...(user.uid ? { uid: user.uid } : {}),
    ...(user.groups.length ? { groups: user.groups } : {}),
    ...(Object.keys(user.extra).length ? { extra: user.extra } : {}),
  });

export function withWarrant(user: User, warrant: User): User {
  const warrants = [...(valuesOf(user, extraKeys.warrant) ?? []), warrantText(warrant)];
  return { ...user, extra: { ...user.extra, [extraKeys.warrant]: warrants } };
}

/** Groups that the identity claims, those of its warrants included, whatever scope they have. */
export const claimedGroups = (user: User, depth = 0): readonly string[] => {
  const warrants = depth < depthMax ? warrantsOf(user) : [];
  return warrants.length === 0 ? user.groups : [...user.groups, ...warrants.flatMap((warrant) => claimedGroups(warrant, depth + 1))];
};

/** The identity, tied to one cluster with all its warrants: one that is not scoped would count everywhere. */
export function confinedUser(user: User, cluster: string, depth = 0): User {
  const scopes = [...(valuesOf(user, extraKeys.scopes) ?? []), `cluster:${cluster}`];
  const warrants = depth < depthMax ? warrantsOf(user).map((warrant) => warrantText(confinedUser(warrant, cluster, depth + 1))) : [];
  const { [extraKeys.warrant]: _, ...extra } = user.extra;
  return { ...user, extra: { ...extra, [extraKeys.scopes]: scopes, ...(warrants.length > 0 ? { [extraKeys.warrant]: warrants } : {}) } };
}

/** The user as maximal permission policies know it. @see spec authz §5 */
export function prefixedUser(user: User, depth = 0): User {
  const prefix = maximalPermissionPolicyPrefix;
  const name = isServiceAccount(user) ? (globalName(user)?.name ?? anonymous) : user.name;
  const warrants = depth < depthMax ? warrantsOf(user).map((warrant) => warrantText(prefixedUser(warrant, depth + 1))) : [];
  const extra: Record<string, readonly string[]> = { ...user.extra };
  delete extra[extraKeys.warrant];
  // a service account is known by its global name everywhere, so its scope is not asked again
  if (isServiceAccount(user)) {
    delete extra[extraKeys.scopes];
    delete extra[extraKeys.clusterName];
  }
  if (warrants.length > 0) extra[extraKeys.warrant] = warrants;
  return { name: prefix + name, uid: user.uid, groups: user.groups.map((group) => prefix + group), extra };
}
