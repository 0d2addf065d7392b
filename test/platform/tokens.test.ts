/** People of realms in organizations' workspaces: who signs in where, and which tokens count for nothing. The whole program, over HTTPS and kubectl. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type webcrypto,
} from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { browser } from "@meshplane/identity/testing";
import { haveKubectl, kubectl } from "../support/kubectl.ts";
import { repository, type RunningServer, startServer } from "../support/start-server.ts";

const rootDirectory = mkdtempSync(join(tmpdir(), "meshplane-tokens-"));
const redirect = "http://localhost:8000";
const orgs = "root:orgs";
const accounts = "/apis/core.platform-mesh.io/v1alpha1/accounts";
let server: RunningServer;
/** where the issuer listens */
let listener: string;
let issuers: string;

type JsonWebKey = webcrypto.JsonWebKey & { kid?: string };

interface Realm {
  name: string;
  clientId: string;
}
let acme: Realm;
let rival: Realm;
let annInAcme: string;

before(async () => {
  server = await startServer({ binary: "meshplane", rootDirectory });
  const welcome = await welcomeRealm();
  const found = async (email: string, organization: string): Promise<Realm> => {
    const token = await signIn(welcome, email, { register: true });
    const account = {
      apiVersion: "core.platform-mesh.io/v1alpha1",
      kind: "Account",
      metadata: { name: organization },
      spec: { type: "org", displayName: organization },
    };
    // The welcome realm's clients get to its configuration a moment after the start.
    const made = await eventually(
      async () => ask("POST", orgs, accounts, token, account),
      ({ status }) => status !== 401,
    );
    assert.equal(made.status, 201, made.text);
    const wait = ["wait", `account/${organization}`, "--for", "condition=Ready", "--timeout", "20s"];
    const { code, stderr } = await kubectl(server, wait, { workspace: orgs });
    assert.equal(code, 0, stderr);
    return { name: organization, clientId: await clientIdOf(organization) };
  };
  acme = await found("ann@example.com", "acme");
  rival = await found("rita@example.com", "rival");
  annInAcme = await signIn(acme, "ann@example.com", { choose: true });
});
after(async () => {
  await server?.stop();
  rmSync(rootDirectory, { recursive: true, force: true });
});

async function welcomeRealm(): Promise<Realm> {
  const { stdout } = await kubectl(server, ["get", "workspaceauthenticationconfiguration", "orgs-authentication", "-o", "json"], {
    workspace: "root",
  });
  const { spec } = JSON.parse(stdout) as { spec: { jwt: { issuer: { url: string } }[] } };
  issuers = spec.jwt[0]!.issuer.url.replace(/welcome$/, "");
  listener = `https://127.0.0.1:${new URL(issuers).port}`;
  const system = { workspace: "root:platform-mesh-system" };
  const clientId = await eventually(
    async () =>
      (
        await kubectl(
          server,
          ["get", "identityproviderconfiguration", "welcome", "-o", "jsonpath={.status.managedClients.welcome-kubectl.clientId}"],
          system,
        )
      ).stdout,
    (text) => text !== "",
  );
  return { name: "welcome", clientId };
}

async function clientIdOf(organization: string): Promise<string> {
  const path = ["get", "accountinfo", "account", "-o", "jsonpath={.spec.oidc.clients.kubectl.clientId}"];
  return (await kubectl(server, path, { workspace: `${orgs}:${organization}` })).stdout;
}

async function eventually<T>(look: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (const until = Date.now() + 15_000; ; await sleep(50)) {
    const value = await look();
    if (good(value) || Date.now() > until) return value;
  }
}

interface How {
  register?: boolean;
  /** the first time after an invitation */
  choose?: boolean;
}

const own = "a password of mine";

/** @returns the page that the browser ends at */
async function throughPages(url: string, email: string, { register, choose }: How) {
  const who = browser(listener);
  const form = await who.get(url);
  if (register) {
    const person = { email, password: own, "password-confirm": own, firstName: "A", lastName: "B" };
    return who.post(`${form.url}/registration`, person);
  }
  const next = await who.post(form.url, { email, password: choose ? "password" : own });
  return choose ? who.post(`${form.url}/password`, { "password-new": own, "password-confirm": own }) : next;
}

/** @returns the ID token */
async function signIn({ name, clientId }: Realm, email: string, how: How = {}): Promise<string> {
  const verifier = randomBytes(32).toString("base64url");
  const query = { client_id: clientId, redirect_uri: redirect, response_type: "code", scope: "openid", state: "s", nonce: "n" };
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const base = `${issuers}${name}/protocol/openid-connect`;
  const end = await throughPages(
    `${base}/auth?${new URLSearchParams({ ...query, code_challenge: challenge, code_challenge_method: "S256" })}`,
    email,
    how,
  );
  const code = new URL(end.url).searchParams.get("code");
  assert.ok(code, `${end.url}: ${end.text}`);
  const form = { grant_type: "authorization_code", client_id: clientId, redirect_uri: redirect, code, code_verifier: verifier };
  const { status, text } = await browser(listener).post(`${base}/token`, form);
  assert.equal(status, 200, text);
  return (JSON.parse(text) as { id_token: string }).id_token;
}

function ask(method: string, workspace: string, path: string, token: string, body?: object): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(body ? { "content-type": "application/json" } : {}) };
    const call = request(
      `${server.url}/clusters/${workspace}${path}`,
      { method, headers, agent: false, rejectUnauthorized: false },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve({ status: response.statusCode!, text }));
      },
    );
    call.on("error", reject);
    call.end(body && JSON.stringify(body));
  });
}

const list = async (organization: string, token: string): Promise<number> =>
  (await ask("GET", `${orgs}:${organization}`, accounts, token)).status;

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (token: string, part: 0 | 1) =>
  JSON.parse(Buffer.from(token.split(".")[part]!, "base64url").toString()) as Record<string, unknown>;

/** the key of a realm, as whoever stole the file would have it */
function keyOf(realm: string): JsonWebKey {
  const file = new DatabaseSync(join(rootDirectory, "identity.db"), { readOnly: true });
  const row = file.prepare("SELECT jwks FROM realm_keys WHERE realm = ?").get(realm) as { jwks: string };
  file.close();
  return (JSON.parse(row.jwks) as { keys: JsonWebKey[] }).keys[0]!;
}

function signed(header: object, claims: object, key: JsonWebKey): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), createPrivateKey({ key, format: "jwk" })).toString("base64url")}`;
}

test("a founder's token of the organization's realm counts in the organization", async () => {
  const { status, text } = await ask("GET", `${orgs}:acme`, accounts, annInAcme);
  assert.equal(status, 200, text);
});

test("a token counts where its realm does and nowhere else", async () => {
  const inWelcome = await signIn(await welcomeRealm(), "ann@example.com");
  assert.equal((await ask("GET", orgs, accounts, inWelcome)).status, 200);
  assert.equal(await list("acme", inWelcome), 401, "the welcome realm's in an organization");
  assert.equal(await list("rival", annInAcme), 401, "one organization's in another");
  assert.equal((await ask("GET", orgs, accounts, annInAcme)).status, 401, "an organization's in root:orgs");
  assert.equal((await ask("GET", "root", "/api/v1/namespaces", annInAcme)).status, 401);
});

test("forged, expired and misdirected tokens count for nothing", async () => {
  const header = decode(annInAcme, 0);
  const claims = decode(annInAcme, 1);
  const key = keyOf("acme");
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  const publicKey = createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "pem" });
  const now = Math.floor(Date.now() / 1000);
  const hmac = `${encode({ ...header, alg: "HS256" })}.${encode(claims)}`;
  const [, payload, signature] = annInAcme.split(".");
  const tokens: Record<string, string> = {
    "another's key under the same name": signed(header, claims, stranger),
    "another's key, shown in the header": signed({ ...header, jwk: { kty: "RSA", n: stranger.n, e: stranger.e } }, claims, stranger),
    "changed claims": `${encode(header)}.${encode({ ...claims, email: "rita@example.com" })}.${signature}`,
    "alg none": `${encode({ ...header, alg: "none" })}.${payload}.`,
    "alg None, with a signature": `${encode({ ...header, alg: "None" })}.${payload}.${signature}`,
    "HS256 with the public key": `${hmac}.${createHmac("sha256", publicKey).update(hmac).digest("base64url")}`,
    expired: signed(header, { ...claims, exp: now - 60 }, key),
    "not yet": signed(header, { ...claims, nbf: now + 3600 }, key),
    "another audience": signed(header, { ...claims, aud: rival.clientId }, key),
    "another issuer": signed(header, { ...claims, iss: `${issuers}rival` }, key),
    "another issuer's key": signed({ ...header, kid: keyOf("welcome")["kid"] }, claims, keyOf("welcome")),
    "no expiry": signed(header, { ...claims, exp: undefined }, key),
    "an address that nobody has verified": signed(header, { ...claims, email_verified: false }, key),
    "no signature": `${encode(header)}.${payload}.`,
  };
  for (const [what, token] of Object.entries(tokens)) assert.equal(await list("acme", token), 401, what);
  assert.equal(await list("acme", signed(header, { ...claims, exp: now + 60 }, key)), 200, "the test itself signs well");
  for (const email of ["system:admin", "system:serviceaccount:default:default", "system.serviceaccount.default.default"])
    assert.notEqual(await list("acme", signed(header, { ...claims, email }, key)), 200, email);
  const masters = signed(header, { ...claims, email: "eve@example.com", groups: ["system:masters", "system:kcp:admin"] }, key);
  assert.notEqual(await list("acme", masters), 200, "groups of the system");
});

test("kubectl signs in with the plugin", { skip: !haveKubectl && "no kubectl" }, async () => {
  const written = join(rootDirectory, "acme.kubeconfig");
  const environment = {
    ...process.env,
    PATH: `${join(repository, "bin")}${delimiter}${process.env["PATH"]}`,
    XDG_CACHE_HOME: join(rootDirectory, "cache"),
  };
  const meshplane = spawn(join(repository, "bin", "meshplane"), ["login", "kubeconfig", "-w", `${orgs}:acme`, "-o", written, "--device"], {
    env: { ...environment, KUBECONFIG: server.kubeconfig },
    stdio: ["ignore", "inherit", "inherit"],
  });
  assert.equal(await new Promise((resolve) => meshplane.once("close", resolve)), 0);
  const child = spawn("kubectl", ["get", "accounts", "-o", "name"], { env: { ...environment, KUBECONFIG: written } });
  let [out, told] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const address = await eventually(
    async () => /Sign in at (\S+) with the code (\S+)/.exec(told),
    (found) => found !== null || child.exitCode !== null,
  );
  assert.ok(address, told);
  const who = browser(listener);
  const page = await who.get(address[1]!);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)![1]!;
  const login = await who.post(page.url, { xsrf, user_code: address[2]!, confirm: "yes" });
  assert.match((await who.post(login.url, { email: "ann@example.com", password: own })).text, /device is connected/);
  assert.equal(await ended, 0, told);
  assert.equal(out, "");
});

test("with the organization goes its realm, and what was signed there", async () => {
  const inRival = await signIn(rival, "rita@example.com", { choose: true });
  assert.equal(await list("rival", inRival), 200);
  const { code, stderr } = await kubectl(server, ["delete", "account", "rival", "--timeout", "30s"], { workspace: orgs });
  assert.equal(code, 0, stderr);
  assert.notEqual(await list("rival", inRival), 200);
  const gone = await eventually(
    async () => (await browser(listener).get(`${issuers}rival/.well-known/openid-configuration`)).status,
    (status) => status === 404,
  );
  assert.equal(gone, 404);
  assert.equal(await list("acme", annInAcme), 200, "the others stay");
});

test("a restart changes nothing: the same keys, the same people", async () => {
  assert.equal(await server.stop(), 0, server.output());
  const port = new URL(issuers).port;
  server = await startServer({ binary: "meshplane", rootDirectory, flags: ["--identity-port", port] });
  assert.equal(
    await eventually(
      () => list("acme", annInAcme),
      (status) => status === 200,
    ),
    200,
  );
  assert.ok(await signIn(acme, "ann@example.com"));
});
