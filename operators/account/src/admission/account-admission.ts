/** Who may be made. @see spec platform-mesh/accounts §3 */
import type { Account } from "@meshplane/apis/platform-mesh";

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
  if (denyList.includes(name)) return `organization name "${name}" is not allowed`;
  return undefined;
}
