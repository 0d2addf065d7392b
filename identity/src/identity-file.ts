/** Realms, clients, people and what was issued to them: one SQLite file. Whatever belongs to a realm goes with it. */
import { DatabaseSync, type StatementSync } from "node:sqlite";

export interface Realm {
  name: string;
  registrationAllowed: boolean;
}

export interface Client {
  id: string;
  name: string;
  /** of confidential clients */
  secret: string | undefined;
  redirectUris: readonly string[];
  postLogoutRedirectUris: readonly string[];
}

export interface User {
  /** never given to anybody else */
  id: string;
  /** in small letters; one per realm */
  email: string;
  firstName: string;
  lastName: string;
  groups: readonly string[];
  /** see passwords.ts */
  password: string;
  /** the password was given by somebody else, and only opens the door to choosing one */
  passwordTemporary: boolean;
}

/** What a realm signs with. */
export interface RealmKeys {
  /** JSON Web Keys, private, newest first */
  jwks: string;
  /** of its cookies */
  cookieKey: string;
}

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS realms (name TEXT PRIMARY KEY, registration INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS realm_keys (
    realm TEXT PRIMARY KEY REFERENCES realms (name) ON DELETE CASCADE, jwks TEXT NOT NULL, cookie_key TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS clients (
    realm TEXT NOT NULL REFERENCES realms (name) ON DELETE CASCADE, id TEXT NOT NULL, name TEXT NOT NULL, secret TEXT,
    redirect_uris TEXT NOT NULL, post_logout_redirect_uris TEXT NOT NULL, PRIMARY KEY (realm, id), UNIQUE (realm, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS users (
    realm TEXT NOT NULL REFERENCES realms (name) ON DELETE CASCADE, id TEXT NOT NULL, email TEXT NOT NULL, first_name TEXT NOT NULL,
    last_name TEXT NOT NULL, groups TEXT NOT NULL, password TEXT NOT NULL, password_temporary INTEGER NOT NULL,
    PRIMARY KEY (realm, id), UNIQUE (realm, email)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS issued (
    realm TEXT NOT NULL REFERENCES realms (name) ON DELETE CASCADE, model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL,
    grant_id TEXT, user_code TEXT, uid TEXT, account TEXT, expires INTEGER, PRIMARY KEY (realm, model, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS issued_by_grant ON issued (realm, grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS issued_by_user_code ON issued (realm, user_code) WHERE user_code IS NOT NULL;
  CREATE INDEX IF NOT EXISTS issued_by_uid ON issued (realm, uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS issued_by_account ON issued (realm, account) WHERE account IS NOT NULL;
  CREATE INDEX IF NOT EXISTS issued_by_expiry ON issued (expires) WHERE expires IS NOT NULL;
`;

type Row = Record<string, string | number | null>;

export class IdentityFile {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @param file path, or `:memory:` */
  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(schema);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  realm(name: string): Realm | undefined {
    const row = this.#get("SELECT * FROM realms WHERE name = ?", name);
    return row && { name, registrationAllowed: row["registration"] === 1 };
  }

  putRealm({ name, registrationAllowed }: Realm): void {
    this.#run(
      "INSERT INTO realms VALUES (?, ?) ON CONFLICT DO UPDATE SET registration = excluded.registration WHERE registration != excluded.registration",
      name,
      registrationAllowed ? 1 : 0,
    );
  }

  /** with everything in it */
  deleteRealm(name: string): void {
    this.#run("DELETE FROM realms WHERE name = ?", name);
  }

  keys(realm: string): RealmKeys | undefined {
    const row = this.#get("SELECT * FROM realm_keys WHERE realm = ?", realm);
    return row && { jwks: row["jwks"] as string, cookieKey: row["cookie_key"] as string };
  }

  /** The first to come decides. @throws when there is no such realm */
  addKeys(realm: string, { jwks, cookieKey }: RealmKeys): RealmKeys {
    this.#run("INSERT INTO realm_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING", realm, jwks, cookieKey);
    return this.keys(realm)!;
  }

  client(realm: string, id: string): Client | undefined {
    return clientOf(this.#get("SELECT * FROM clients WHERE realm = ? AND id = ?", realm, id));
  }

  clientNamed(realm: string, name: string): Client | undefined {
    return clientOf(this.#get("SELECT * FROM clients WHERE realm = ? AND name = ?", realm, name));
  }

  /** @throws when there is no such realm, or another client has the name */
  putClient(realm: string, { id, name, secret, redirectUris, postLogoutRedirectUris }: Client): void {
    this.#run(
      `INSERT INTO clients VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (realm, id) DO UPDATE SET name = excluded.name, secret = excluded.secret,
         redirect_uris = excluded.redirect_uris, post_logout_redirect_uris = excluded.post_logout_redirect_uris`,
      realm,
      id,
      name,
      secret ?? null,
      JSON.stringify(redirectUris),
      JSON.stringify(postLogoutRedirectUris),
    );
  }

  deleteClient(realm: string, id: string): void {
    this.#run("DELETE FROM clients WHERE realm = ? AND id = ?", realm, id);
  }

  user(realm: string, id: string): User | undefined {
    return userOf(this.#get("SELECT * FROM users WHERE realm = ? AND id = ?", realm, id));
  }

  userByEmail(realm: string, email: string): User | undefined {
    return userOf(this.#get("SELECT * FROM users WHERE realm = ? AND email = ?", realm, email.toLowerCase()));
  }

  /** @returns whether it was added: of two with one address the first counts. @throws when there is no such realm */
  addUser(realm: string, user: User): boolean {
    return this.#run(
      "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      realm,
      user.id,
      user.email.toLowerCase(),
      user.firstName,
      user.lastName,
      JSON.stringify(user.groups),
      user.password,
      user.passwordTemporary ? 1 : 0,
    );
  }

  /** Whoever was signed in with the old one has to sign in again. */
  setPassword(realm: string, id: string, password: string): void {
    this.#run("UPDATE users SET password = ?, password_temporary = 0 WHERE realm = ? AND id = ?", password, realm, id);
    this.#run("DELETE FROM issued WHERE realm = ? AND account = ? AND model != 'Interaction'", realm, id);
  }

  setName(realm: string, id: string, firstName: string, lastName: string): void {
    this.#run("UPDATE users SET first_name = ?, last_name = ? WHERE realm = ? AND id = ?", firstName, lastName, realm, id);
  }

  /** @returns the payload, JSON; what has expired is gone, since `now` is in seconds */
  issued(realm: string, model: string, id: string, now: number): string | undefined {
    return payloadOf(
      this.#get(
        "SELECT payload FROM issued WHERE realm = ? AND model = ? AND id = ? AND (expires IS NULL OR expires > ?)",
        realm,
        model,
        id,
        now,
      ),
    );
  }

  issuedBy(column: "uid" | "user_code", realm: string, model: string, value: string, now: number): string | undefined {
    const query = `SELECT payload FROM issued WHERE realm = ? AND ${column} = ? AND model = ? AND (expires IS NULL OR expires > ?)`;
    return payloadOf(this.#get(query, realm, value, model, now));
  }

  issue(
    realm: string,
    model: string,
    id: string,
    record: { payload: string; grantId?: string; userCode?: string; uid?: string; account?: string; expires?: number },
  ): void {
    const { payload, grantId, userCode, uid, account, expires } = record;
    this.#run(
      `INSERT OR REPLACE INTO issued VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[realm, model, id, payload],
      ...[grantId ?? null, userCode ?? null, uid ?? null, account ?? null, expires ?? null],
    );
  }

  /** @param now seconds */
  consume(realm: string, model: string, id: string, now: number): void {
    this.#run(
      "UPDATE issued SET payload = json_set(payload, '$.consumed', ?) WHERE realm = ? AND model = ? AND id = ?",
      now,
      realm,
      model,
      id,
    );
  }

  withdraw(realm: string, model: string, id: string): void {
    this.#run("DELETE FROM issued WHERE realm = ? AND model = ? AND id = ?", realm, model, id);
  }

  withdrawGrant(realm: string, grantId: string): void {
    this.#run("DELETE FROM issued WHERE realm = ? AND grant_id = ?", realm, grantId);
  }

  /** @param now seconds */
  removeExpired(now: number): void {
    this.#run("DELETE FROM issued WHERE expires <= ?", now);
  }

  #get(query: string, ...values: (string | number)[]): Row | undefined {
    return this.#statement(query).get(...values) as Row | undefined;
  }

  /** @returns whether anything has changed */
  #run(query: string, ...values: (string | number | null)[]): boolean {
    return Number(this.#statement(query).run(...values).changes) > 0;
  }

  #statement(query: string): StatementSync {
    let statement = this.#statements.get(query);
    if (!statement) this.#statements.set(query, (statement = this.#database.prepare(query)));
    return statement;
  }
}

const payloadOf = (row: Row | undefined): string | undefined => row?.["payload"] as string | undefined;

const clientOf = (row: Row | undefined): Client | undefined =>
  row && {
    id: row["id"] as string,
    name: row["name"] as string,
    secret: (row["secret"] as string | null) ?? undefined,
    redirectUris: JSON.parse(row["redirect_uris"] as string) as string[],
    postLogoutRedirectUris: JSON.parse(row["post_logout_redirect_uris"] as string) as string[],
  };

const userOf = (row: Row | undefined): User | undefined =>
  row && {
    id: row["id"] as string,
    email: row["email"] as string,
    firstName: row["first_name"] as string,
    lastName: row["last_name"] as string,
    groups: JSON.parse(row["groups"] as string) as string[],
    password: row["password"] as string,
    passwordTemporary: row["password_temporary"] === 1,
  };
