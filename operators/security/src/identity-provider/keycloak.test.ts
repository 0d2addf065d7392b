/** Against a server that answers as Keycloak's documentation says; there is no Keycloak here. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { keycloakDriver } from "./keycloak.ts";

interface FakeClient {
  id: string;
  clientId: string;
  name: string;
  token: string;
  metadata: Record<string, unknown>;
}

const base = "https://portal.example/keycloak";
let realms: Map<string, { settings: Record<string, unknown>; clients: FakeClient[]; users: Record<string, unknown>[] }>;
let calls: string[];
let adminToken: string;
let mailStatus: number;
let serial = 0;

beforeEach(() => {
  realms = new Map();
  calls = [];
  adminToken = "admin-1";
  mailStatus = 204;
});

const fake = (async (input: string, init: RequestInit = {}) => {
  const url = new URL(input);
  const path = url.pathname.slice("/keycloak".length);
  const method = init.method ?? "GET";
  calls.push(`${method} ${path}`);
  const answer = (status: number, body?: unknown) => new Response(body === undefined ? null : JSON.stringify(body), { status });
  if (path === "/realms/master/protocol/openid-connect/token") {
    const form = init.body as URLSearchParams;
    return form.get("client_secret") === "s3cret" ? answer(200, { access_token: adminToken, expires_in: 60 }) : answer(401);
  }
  const token = new Headers(init.headers).get("authorization")?.slice("Bearer ".length);
  const body = init.body ? (JSON.parse(String(init.body)) as Record<string, unknown>) : {};
  const [, area, , name = "", kind, id, last] = path.startsWith("/admin") ? path.split("/") : ["", "", "", ...path.split("/").slice(2)];
  if (area !== "admin") {
    const { clients } = realms.get(name)!;
    const clientId = path.split("/")[5];
    const client = clients.find((one) => one.clientId === clientId);
    const shown = (one: FakeClient) => ({
      client_id: one.clientId,
      client_secret: "generated",
      registration_client_uri: `${base}/realms/${name}/clients-registrations/openid-connect/${one.clientId}`,
      registration_access_token: (one.token = `rat-${++serial}`),
    });
    if (method === "POST") {
      if (token !== "initial") return answer(401);
      const made = { id: `id-${++serial}`, clientId: `uuid-${serial}`, name: String(body["client_name"]), token: "", metadata: body };
      clients.push(made);
      return answer(201, shown(made));
    }
    if (!client || token !== client.token) return answer(401);
    if (method === "DELETE") return (clients.splice(clients.indexOf(client), 1), answer(204));
    client.metadata = body;
    return answer(200, shown(client));
  }
  if (token !== adminToken) return answer(401);
  if (!name) {
    if (realms.has(String(body["realm"]))) return answer(409);
    realms.set(String(body["realm"]), { settings: body, clients: [], users: [] });
    return answer(201);
  }
  const realm = realms.get(name);
  if (!realm) return answer(404);
  if (!kind) {
    if (method === "GET") return answer(200, realm.settings);
    if (method === "DELETE") return (realms.delete(name), answer(204));
    Object.assign(realm.settings, body);
    return answer(204);
  }
  if (kind === "clients-initial-access") return answer(200, { token: "initial" });
  if (kind === "clients" && last === "registration-access-token")
    return answer(200, { registrationAccessToken: (realm.clients.find((one) => one.id === id)!.token = `rat-${++serial}`) });
  if (kind === "clients") {
    const wanted = url.searchParams.get("clientId");
    return answer(
      200,
      realm.clients.filter((one) => wanted === null || one.clientId === wanted),
    );
  }
  if (last === "execute-actions-email") return answer(mailStatus);
  if (method === "POST") return (realm.users.push({ ...body, id: `user-${++serial}` }), answer(201));
  if (method === "DELETE") return ((realm.users = realm.users.filter((user) => user["id"] !== id)), answer(204));
  return answer(
    200,
    realm.users.filter((user) => user["email"] === url.searchParams.get("email")),
  );
}) as typeof fetch;

const driver = (more = {}) =>
  keycloakDriver({ baseUrl: `${base}/`, clientId: "security-operator", clientSecret: "s3cret", fetch: fake, ...more });
const kubectl = { name: "kubectl", type: "public", redirectUris: ["http://localhost:8000"], postLogoutRedirectUris: [] } as const;

test("a realm is made, brought in line and deleted; somebody else's is left alone", async () => {
  const keycloak = driver();
  assert.equal(await keycloak.realm("acme"), "none");
  await keycloak.ensureRealm("acme", { registrationAllowed: false });
  const { settings } = realms.get("acme")!;
  assert.equal(settings["accessTokenLifespan"], 28_800);
  assert.equal(settings["registrationEmailAsUsername"], true);
  await keycloak.ensureRealm("acme", { registrationAllowed: true });
  assert.equal(settings["registrationAllowed"], true);
  assert.equal(await keycloak.realm("acme"), "ours");
  realms.set("theirs", { settings: { realm: "theirs" }, clients: [], users: [] });
  assert.equal(await keycloak.realm("theirs"), "foreign");
  await assert.rejects(keycloak.ensureRealm("theirs", { registrationAllowed: true }), /keycloak realm "theirs" already exists/);
  await keycloak.deleteRealm("theirs");
  assert.ok(realms.has("theirs"));
  await keycloak.deleteRealm("acme");
  await keycloak.deleteRealm("acme");
  assert.equal(await keycloak.realm("acme"), "none");
  assert.equal(calls.filter((call) => call.endsWith("/realms/master/protocol/openid-connect/token")).length, 1, "one sign-in");
});

test("a client is registered once; a registration token that counts no more is made anew, once", async () => {
  const keycloak = driver();
  await keycloak.ensureRealm("acme", { registrationAllowed: false });
  const first = await keycloak.ensureClient("acme", kubectl);
  assert.equal(first.clientSecret, undefined, "public clients have none");
  assert.equal(realms.get("acme")!.clients[0]!.metadata["token_endpoint_auth_method"], "none");
  const second = await keycloak.ensureClient("acme", { ...kubectl, redirectUris: ["http://localhost:9000"] }, first);
  assert.equal(second.clientId, first.clientId);
  assert.notEqual(second.registrationAccessToken, first.registrationAccessToken);
  calls = [];
  const third = await keycloak.ensureClient("acme", kubectl, first);
  assert.equal(third.clientId, first.clientId);
  assert.equal(calls.filter((call) => call.startsWith("PUT")).length, 2);
  const lost = await keycloak.ensureClient("acme", kubectl);
  assert.equal(lost.clientId, first.clientId, "found by its name");
  await keycloak.deleteClient("acme", first);
  await keycloak.deleteClient("acme", first);
  assert.equal(realms.get("acme")!.clients.length, 0);
  const evil = { ...third, registrationClientUri: "https://evil.example/x" };
  await keycloak.ensureClient("acme", kubectl);
  const { clientId } = realms.get("acme")!.clients[0]!;
  await assert.rejects(keycloak.ensureClient("acme", kubectl, { ...evil, clientId }), /not below the Keycloak's address/);
});

test("people are invited by mail, and anew when the mail could not be sent", async () => {
  const keycloak = driver();
  await keycloak.ensureRealm("acme", { registrationAllowed: false });
  const invitation = { email: "ann@example.com", clientId: "none", redirectUri: "https://acme.portal.example/" };
  await assert.rejects(keycloak.inviteUser("acme", invitation), /^Error: client does not exist yet$/);
  const { clientId } = await keycloak.ensureClient("acme", kubectl);
  mailStatus = 500;
  await assert.rejects(keycloak.inviteUser("acme", { ...invitation, clientId }), /execute-actions-email: 500/);
  assert.equal(await keycloak.hasUser("acme", "ann@example.com"), false);
  mailStatus = 204;
  await keycloak.inviteUser("acme", { ...invitation, clientId });
  assert.equal(await keycloak.hasUser("acme", "ann@example.com"), true);
  assert.deepEqual(realms.get("acme")!.users[0]!["requiredActions"], ["UPDATE_PASSWORD", "VERIFY_EMAIL"]);
  await driver({ defaultPassword: "password" }).inviteUser("acme", { ...invitation, email: "bob@example.com", clientId });
  assert.deepEqual(realms.get("acme")!.users[1]!["requiredActions"], ["UPDATE_PASSWORD"]);
});

test("an admin token that counts no more is asked for anew; wrong credentials are said", async () => {
  const keycloak = driver();
  await keycloak.ensureRealm("acme", { registrationAllowed: false });
  adminToken = "admin-2";
  assert.equal(await keycloak.realm("acme"), "ours");
  await assert.rejects(driver({ clientSecret: "wrong" }).realm("acme"), /^KeycloakError|keycloak: client credentials: 401/);
});
