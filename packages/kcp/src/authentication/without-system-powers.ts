import { authenticated, TokenError, type TokenAuthenticator } from "@meshplane/controlplane";

const systemPrefix = "system:";
const kcpDomain = "kcp.io";

/**
 * An authenticator that tenants configure makes nobody a part of the system: its users have no system name, no system group, and no extra that kcp gives a
 * meaning. @see spec tenancy §11
 */
export const withoutSystemPowers =
  (authenticate: TokenAuthenticator): TokenAuthenticator =>
  async (token, audiences, cluster) => {
    const identity = await authenticate(token, audiences, cluster);
    if (!identity) return undefined;
    const { user } = identity;
    if (user.name.startsWith(systemPrefix)) throw new TokenError("system usernames are not admitted");
    const groups = [...new Set(user.groups)].filter((group) => !group.startsWith(systemPrefix));
    const extra = Object.fromEntries(Object.entries(user.extra).filter(([key]) => !key.includes(kcpDomain)));
    return { ...identity, user: authenticated({ ...user, groups: groups.toSorted(), extra }) };
  };
