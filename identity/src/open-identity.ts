/** The development issuer: realms in a file, served at Keycloak's paths. */
import { realmIssuer } from "@meshplane/apis/platform-mesh";
import { randomUUID } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type RealmDriver, realmDriver } from "./driver.ts";
import { IdentityFile } from "./identity-file.ts";
import { hashPassword } from "./passwords.ts";
import { realmServer } from "./realm-server.ts";

export interface IdentityOptions {
  /** where everything is kept; a path, or `:memory:` */
  file: string;
  /** host and port that browsers and clients see: issuers are `https://<baseDomain>/keycloak/realms/<realm>` */
  baseDomain: string;
  listen: { host: string; port: number };
  /** PEM; its names hold the base domain's host */
  tls: { cert: string; key: string };
  /** of people who were invited, until they choose one on first sign-in; "password" by default, as upstream's local setup does */
  invitationPassword?: string;
  log: (line: string) => void;
}

export interface NewUser {
  email: string;
  password: string;
  firstName?: string;
  lastName?: string;
  groups?: readonly string[];
}

export interface Identity {
  /** structurally the IdentityProviderDriver of the security operator */
  driver: RealmDriver;
  /** where it listens */
  url: string;
  issuer(realm: string): string;
  /** Makes somebody known; who is known already stays as they are. @throws Error when there is no such realm */
  seedUser(realm: string, user: NewUser): Promise<void>;
  close(): Promise<void>;
}

const sweepMs = 10 * 60_000;

/** @throws Error when the file cannot be opened, or the port is taken */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { baseDomain, listen, tls, log, invitationPassword = "password" } = options;
  const file = new IdentityFile(options.file);
  const issuer = (realm: string): string => realmIssuer(baseDomain, realm);
  const realms = realmServer({ file, issuer, log });
  const server = createServer(
    { cert: tls.cert, key: tls.key, maxHeaderSize: 32 << 10 },
    (request, response) => void realms.handle(request, response),
  );
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(listen.port, listen.host, resolve);
    });
  } catch (error) {
    file.close();
    throw error;
  }
  const sweep = setInterval(() => file.removeExpired(Math.floor(Date.now() / 1000)), sweepMs);
  sweep.unref();
  const { port } = server.address() as AddressInfo;
  return {
    driver: realmDriver({ file, invitationPassword, realmDeleted: (realm) => realms.forget(realm) }),
    url: `https://${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${port}`,
    issuer,
    async seedUser(realm, { email, password, firstName = "", lastName = "", groups = [] }) {
      if (!file.realm(realm)) throw new Error(`realm ${JSON.stringify(realm)} does not exist`);
      if (file.userByEmail(realm, email)) return;
      const kept = await hashPassword(password);
      file.addUser(realm, { id: randomUUID(), email, firstName, lastName, groups, password: kept, passwordTemporary: false });
    },
    async close() {
      clearInterval(sweep);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await realms.idle();
      file.close();
    },
  };
}
