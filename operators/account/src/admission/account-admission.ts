/** Who may be made. @see spec platform-mesh/accounts §3 */
import { equalJson, type JsonValue } from "@meshplane/apimachinery";
import { type Account, reservedOrganizationNames } from "@meshplane/apis/platform-mesh";

export interface AccountRules {
  /** types besides `org` */
  additionalTypes: readonly string[];
  /** names that no organization may have */
  denyList: readonly string[];
}

export const defaultAccountRules: AccountRules = { additionalTypes: ["account"], denyList: ["admin", "root", "system", "www"] };

/** JSON patch that says who made it, whatever the client said. */
export const creatorPatch = (account: Account, username: string) => [
  { op: account.spec?.creator === undefined ? "add" : "replace", path: "/spec/creator", value: username },
];

/** @returns why the account may not be, in upstream's words; undefined when it may */
export function refusalOf(account: Account, { additionalTypes, denyList }: AccountRules): string | undefined {
  const { type } = account.spec;
  if (type !== "org" && !additionalTypes.includes(type)) return `account type ${type} not in allowlist`;
  if (type !== "org") return undefined;
  const name = (account.metadata.name ?? "").trim();
  if (name.length < 3) return `organization name "${name}" is too short, must be at least 3 characters`;
  if (denyList.includes(name) || reservedOrganizationNames.has(name)) return `organization name "${name}" is not allowed`;
  return undefined;
}

/**
 * What an update must leave alone; upstream lets it through. Members may update accounts, and must not become their owners by that, nor have them collected as
 * garbage: that takes the right to delete.
 * @returns why the change may not be
 */
export function changeRefusalOf(account: Account, old: Account): string | undefined {
  if (account.spec.type !== old.spec.type) return `spec.type is immutable: it is ${old.spec.type}`;
  if (account.spec.creator !== old.spec.creator) return "spec.creator is immutable";
  const owners = old.metadata.ownerReferences ?? [];
  const added = (account.metadata.ownerReferences ?? []).some(
    (one) => !owners.some((known) => equalJson(known as unknown as JsonValue, one as unknown as JsonValue)),
  );
  return added ? "metadata.ownerReferences of an account can only be removed" : undefined;
}
