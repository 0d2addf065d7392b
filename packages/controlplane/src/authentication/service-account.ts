/** How service accounts are called as users. */
export const serviceAccountPrefix = "system:serviceaccount:";
const allServiceAccountsGroup = "system:serviceaccounts";

export const serviceAccountUserName = (namespace: string, name: string): string => `${serviceAccountPrefix}${namespace}:${name}`;

export const serviceAccountGroups = (namespace: string): string[] => [allServiceAccountsGroup, `${allServiceAccountsGroup}:${namespace}`];

const dnsLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Namespace and name of a service account's user name; undefined for any other user. */
export function parseServiceAccountUserName(userName: string): { namespace: string; name: string } | undefined {
  if (!userName.startsWith(serviceAccountPrefix)) return undefined;
  const parts = userName.slice(serviceAccountPrefix.length).split(":");
  if (parts.length !== 2) return undefined;
  const [namespace, name] = parts as [string, string];
  return dnsLabel.test(namespace) && dnsSubdomain.test(name) ? { namespace, name } : undefined;
}
