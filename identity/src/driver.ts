/** The realms of this issuer, as the security operator manages them (its IdentityProviderDriver). @see spec platform-mesh/security §9, §10 */
import { randomBytes, randomUUID } from "node:crypto";
import type { Client, IdentityFile } from "./identity-file.ts";
import { hashPassword } from "./passwords.ts";

export interface ClientSettings {
  name: string;
  type: "confidential" | "public";
  redirectUris: readonly string[];
  postLogoutRedirectUris: readonly string[];
}

export interface RealmDriver {
  realm(realm: string): Promise<"none" | "ours" | "foreign">;
  ensureRealm(realm: string, settings: { registrationAllowed: boolean }): Promise<void>;
  deleteRealm(realm: string): Promise<void>;
  ensureClient(realm: string, client: ClientSettings, known?: { clientId: string }): Promise<{ clientId: string; clientSecret?: string }>;
  deleteClient(realm: string, known: { clientId: string }): Promise<void>;
  hasUser(realm: string, email: string): Promise<boolean>;
  inviteUser(realm: string, invitation: { email: string; clientId: string; redirectUri: string }): Promise<void>;
}

export interface RealmDriverOptions {
  file: IdentityFile;
  /** of invited people, until they choose one on first sign-in */
  invitationPassword: string;
  realmDeleted: (realm: string) => void;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function realmDriver({ file, invitationPassword, realmDeleted }: RealmDriverOptions): RealmDriver {
  return {
    async realm(name) {
      return file.realm(name) ? "ours" : "none";
    },
    async ensureRealm(name, { registrationAllowed }) {
      file.putRealm({ name, registrationAllowed });
    },
    async deleteRealm(name) {
      file.deleteRealm(name);
      realmDeleted(name);
    },
    async ensureClient(realm, { name, type, redirectUris, postLogoutRedirectUris }, known) {
      if (!file.realm(realm)) throw new Error(`realm ${JSON.stringify(realm)} does not exist`);
      const current = (known && file.client(realm, known.clientId)) ?? file.clientNamed(realm, name);
      const wanted: Client = {
        // Configuration elsewhere names the id: a file restored from an older copy takes it up again.
        id: current?.id ?? (known && uuid.test(known.clientId) ? known.clientId : randomUUID()),
        name,
        secret: type === "public" ? undefined : (current?.secret ?? randomBytes(32).toString("base64url")),
        redirectUris: [...redirectUris],
        postLogoutRedirectUris: [...postLogoutRedirectUris],
      };
      if (!current || JSON.stringify(current) !== JSON.stringify(wanted)) file.putClient(realm, wanted);
      return { clientId: wanted.id, ...(wanted.secret ? { clientSecret: wanted.secret } : {}) };
    },
    async deleteClient(realm, { clientId }) {
      file.deleteClient(realm, clientId);
    },
    async hasUser(realm, email) {
      return file.userByEmail(realm, email) !== undefined;
    },
    async inviteUser(realm, { email, clientId }) {
      if (!file.client(realm, clientId)) throw new Error("client does not exist yet");
      const password = await hashPassword(invitationPassword);
      file.addUser(realm, { id: randomUUID(), email, firstName: "", lastName: "", groups: [], password, passwordTemporary: true });
    },
  };
}
