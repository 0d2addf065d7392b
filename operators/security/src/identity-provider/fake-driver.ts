/** For tests: an identity provider in memory, which says what was asked of it. */
import type { ClientSettings, IdentityProviderDriver } from "./driver.ts";

interface FakeRealm {
  registrationAllowed: boolean;
  foreign?: boolean;
  clients: Map<string, ClientSettings>;
  users: string[];
}

export function fakeDriver() {
  const realms = new Map<string, FakeRealm>();
  const calls: string[] = [];
  let serial = 0;
  const driver: IdentityProviderDriver = {
    async realm(name) {
      const found = realms.get(name);
      return found ? (found.foreign ? "foreign" : "ours") : "none";
    },
    async ensureRealm(name, { registrationAllowed }) {
      const found = realms.get(name);
      if (found) found.registrationAllowed = registrationAllowed;
      else realms.set(name, { registrationAllowed, clients: new Map(), users: [] });
    },
    async deleteRealm(name) {
      calls.push(`deleteRealm ${name}`);
      realms.delete(name);
    },
    async ensureClient(name, client, known) {
      const { clients } = realms.get(name)!;
      const clientId = known?.clientId ?? [...clients].find(([, one]) => one.name === client.name)?.[0] ?? `uuid-${++serial}`;
      clients.set(clientId, client);
      calls.push(`ensureClient ${client.name} ${known?.registrationAccessToken ?? "-"}`);
      const secret = client.type === "confidential" ? { clientSecret: `secret-of-${clientId}` } : {};
      return { clientId, ...secret, registrationClientUri: `https://kc/${clientId}`, registrationAccessToken: `rat-${++serial}` };
    },
    async deleteClient(name, { clientId, registrationAccessToken }) {
      calls.push(`deleteClient ${clientId} ${registrationAccessToken ?? "-"}`);
      realms.get(name)?.clients.delete(clientId);
    },
    async hasUser(name, email) {
      return realms.get(name)?.users.includes(email) ?? false;
    },
    async inviteUser(name, { email, clientId, redirectUri }) {
      const realm = realms.get(name)!;
      if (!realm.clients.has(clientId)) throw new Error("client does not exist yet");
      realm.users.push(email);
      calls.push(`inviteUser ${email} ${redirectUri}`);
    },
  };
  return { driver, realms, calls };
}
