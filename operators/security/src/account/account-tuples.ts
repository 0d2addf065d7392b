/** The tuples of an account and of an organization. @see spec platform-mesh/security §7, §8 */
import {
  accountObject,
  accountType,
  authenticatedRole,
  type RelationshipTuple,
  roleAssignees,
  roleObject,
  userOf,
} from "@meshplane/apis/platform-mesh";
import type { OpenFga } from "@meshplane/rebac";

export interface AccountPlace {
  /** logical cluster that holds the Account */
  originCluster: string;
  name: string;
}

/** Who made it owns it. */
export function ownerTuples({ originCluster, name }: AccountPlace, creator: string): RelationshipTuple[] {
  const role = roleObject(accountType, originCluster, name, "owner");
  return [
    { object: role, relation: "assignee", user: userOf(creator) },
    { object: accountObject(originCluster, name), relation: "owner", user: roleAssignees(role) },
  ];
}

export const parentTuple = (account: AccountPlace, parent: AccountPlace): RelationshipTuple => ({
  object: accountObject(account.originCluster, account.name),
  relation: "parent",
  user: accountObject(parent.originCluster, parent.name),
});

/** everybody who signs in to the organization is its member */
export const everybodyIsMember = ({ originCluster, name }: AccountPlace): RelationshipTuple[] => [
  { object: authenticatedRole, relation: "assignee", user: "user:*" },
  { object: accountObject(originCluster, name), relation: "member", user: roleAssignees(authenticatedRole) },
];

/** All tuples about the account and about the roles in it. @throws OpenFgaError */
export async function tuplesOfAccount(fga: OpenFga, storeId: string, { originCluster, name }: AccountPlace): Promise<RelationshipTuple[]> {
  const found = await readAll(fga, storeId, { object: accountObject(originCluster, name) });
  const prefix = `role:${accountType}/${originCluster}/${name}/`;
  const roles = new Set(found.flatMap(({ user }) => (user.startsWith(prefix) ? [user.slice(0, user.indexOf("#"))] : [])));
  for (const role of ["owner", "member"]) roles.add(roleObject(accountType, originCluster, name, role));
  for (const role of roles) found.push(...(await readAll(fga, storeId, { object: role })));
  return found;
}

async function readAll(fga: OpenFga, storeId: string, tupleKey: { object: string }): Promise<RelationshipTuple[]> {
  const found: RelationshipTuple[] = [];
  for (let continuationToken = ""; ;) {
    const page = await fga.read({ storeId, tupleKey, pageSize: 100, ...(continuationToken ? { continuationToken } : {}) });
    found.push(...page.tuples.map(({ key: { object, relation, user } }) => ({ object, relation, user })));
    if (!page.continuationToken) return found;
    continuationToken = page.continuationToken;
  }
}
