import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { decodeJwt } from "jose";
import { type Identity, openIdentity } from "./index.ts";
import { browser, type Browser, testCertificate } from "./testing.ts";

const callback = "http://localhost:8000";
let identity: Identity;
let base: string;
let clientId: string;

before(async () => {
  const tls = await testCertificate();
  identity = await openIdentity({
    file: ":memory:",
    baseDomain: "portal.localhost:8443",
    listen: { host: "127.0.0.1", port: 0 },
    tls,
    log: (line) => assert.fail(line),
  });
  base = `${identity.url}/keycloak/realms/acme`;
  await identity.driver.ensureRealm("acme", { registrationAllowed: false });
  const settings = { name: "kubectl", type: "public", redirectUris: [callback], postLogoutRedirectUris: [] } as const;
  ({ clientId } = await identity.driver.ensureClient("acme", settings));
  await identity.seedUser("acme", { email: "Ann@Example.com", password: "correct horse", firstName: "Ann", groups: ["devs"] });
});
after(() => identity.close());

const pkce = () => {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
};

function authorizeUrl(challenge: string, more: Record<string, string> = {}): string {
  const query = { client_id: clientId, redirect_uri: callback, response_type: "code", scope: "openid", state: "s", nonce: "n" };
  return `${base}/protocol/openid-connect/auth?${new URLSearchParams({ ...query, code_challenge: challenge, code_challenge_method: "S256", ...more })}`;
}

async function tokens(form: Record<string, string>): Promise<{ status: number; body: Record<string, string> }> {
  const { status, text } = await browser().post(`${base}/protocol/openid-connect/token`, form);
  return { status, body: JSON.parse(text) as Record<string, string> };
}

async function signIn(who: Browser, email: string, password: string, more: Record<string, string> = {}) {
  const { verifier, challenge } = pkce();
  const form = await who.get(authorizeUrl(challenge, more));
  return { verifier, answer: await who.post(form.url, { email, password }) };
}

test("discovery names Keycloak's paths below the public issuer", async () => {
  const document = JSON.parse((await browser().get(`${base}/.well-known/openid-configuration`)).text) as Record<string, unknown>;
  const issuer = "https://portal.localhost:8443/keycloak/realms/acme";
  assert.equal(document["issuer"], issuer);
  assert.equal(document["authorization_endpoint"], `${issuer}/protocol/openid-connect/auth`);
  assert.equal(document["token_endpoint"], `${issuer}/protocol/openid-connect/token`);
  assert.equal(document["jwks_uri"], `${issuer}/protocol/openid-connect/certs`);
  assert.equal(document["userinfo_endpoint"], `${issuer}/protocol/openid-connect/userinfo`);
  assert.equal(document["end_session_endpoint"], `${issuer}/protocol/openid-connect/logout`);
  assert.equal(document["device_authorization_endpoint"], `${issuer}/protocol/openid-connect/auth/device`);
  assert.deepEqual(document["code_challenge_methods_supported"], ["S256"]);
  const { keys } = JSON.parse((await browser().get(`${base}/protocol/openid-connect/certs`)).text) as { keys: Record<string, string>[] };
  assert.deepEqual(
    keys.map(({ kty, alg, use, d }) => ({ kty, alg, use, d })),
    [{ kty: "RSA", alg: "RS256", use: "sig", d: undefined }],
  );
});

test("a code with its verifier gives an ID token with all that Kubernetes asks for, and a refresh token", async () => {
  const { verifier, answer } = await signIn(browser(), "ann@example.com", "correct horse");
  const back = new URL(answer.url);
  assert.equal(back.origin + back.pathname, `${callback}/`);
  assert.equal(back.searchParams.get("state"), "s");
  const exchange = { grant_type: "authorization_code", client_id: clientId, redirect_uri: callback, code: back.searchParams.get("code")! };
  assert.equal((await tokens({ ...exchange, code_verifier: pkce().verifier })).status, 400, "another's verifier");
  const second = await signIn(browser(), "ann@example.com", "correct horse");
  const code = new URL(second.answer.url).searchParams.get("code")!;
  const { status, body } = await tokens({ ...exchange, code, code_verifier: second.verifier });
  assert.equal(status, 200, JSON.stringify(body));
  const { iss, aud, email, email_verified, groups, name, nonce, iat, exp } = decodeJwt(body["id_token"]!);
  assert.deepEqual(
    { iss, aud, email, email_verified, groups, name, nonce, seconds: exp! - iat! },
    {
      iss: "https://portal.localhost:8443/keycloak/realms/acme",
      aud: clientId,
      email: "ann@example.com",
      email_verified: true,
      groups: ["devs"],
      name: "Ann",
      nonce: "n",
      seconds: 28_800,
    },
  );
  assert.equal(Number(body["expires_in"]), 28_800);
  const refresh = { grant_type: "refresh_token", client_id: clientId, refresh_token: body["refresh_token"]! };
  const renewed = await tokens(refresh);
  assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
  assert.equal(decodeJwt(renewed.body["id_token"]!)["email"], "ann@example.com");
  assert.equal((await tokens(refresh)).status, 400, "a refresh token counts once");
  assert.equal((await tokens({ ...exchange, code, code_verifier: second.verifier })).status, 400, "a code counts once");
  void verifier;
});

test("a wrong password says as much as an unknown person, and too many make wait", async () => {
  const who = browser();
  const { challenge } = pkce();
  const form = await who.get(authorizeUrl(challenge));
  const wrong = await who.post(form.url, { email: "ann@example.com", password: "x" });
  const nobody = await who.post(form.url, { email: "bob@example.com", password: "x" });
  assert.equal(wrong.status, 401);
  assert.equal(wrong.text.replaceAll("ann@", "bob@"), nobody.text);
  let last = nobody;
  for (let i = 0; i < 12 && last.status !== 429; i++) last = await who.post(form.url, { email: "carl@example.com", password: "x" });
  assert.equal(last.status, 429);
  assert.ok(Number(last.headers["retry-after"]) > 0);
});

test("an invited person chooses a password before anything is issued", async () => {
  const { driver } = identity;
  await assert.rejects(
    driver.inviteUser("acme", { email: "eve@example.com", clientId: "none", redirectUri: "" }),
    /^Error: client does not exist yet$/,
  );
  await driver.inviteUser("acme", { email: "eve@example.com", clientId, redirectUri: "https://acme.portal.localhost:8443/" });
  assert.equal(await driver.hasUser("acme", "Eve@example.com"), true);
  const who = browser();
  const { answer } = await signIn(who, "eve@example.com", "password");
  assert.equal(answer.status, 200);
  assert.match(answer.text, /Choose a password/);
  const place = `${answer.url}/password`;
  const twice = (password: string) => ({ "password-new": password, "password-confirm": password, firstName: "Eve" });
  assert.match((await who.post(place, twice("short"))).text, /at least 8/);
  assert.match((await who.post(place, twice("password"))).text, /another password/);
  assert.equal((await browser().post(place, twice("long enough"))).status, 400, "without the cookie of the sign-in");
  const done = await who.post(place, twice("long enough"));
  assert.ok(new URL(done.url).searchParams.get("code"), done.url);
  assert.equal((await signIn(browser(), "eve@example.com", "password")).answer.status, 401);
  assert.ok(new URL((await signIn(browser(), "eve@example.com", "long enough")).answer.url).searchParams.get("code"));
});

test("registration is there when the realm allows it", async () => {
  const { challenge } = pkce();
  const who = browser();
  const form = await who.get(authorizeUrl(challenge));
  assert.doesNotMatch(form.text, /Register/);
  assert.equal((await who.get(`${form.url}/registration`)).status, 404);
  await identity.driver.ensureRealm("acme", { registrationAllowed: true });
  assert.match((await who.get(form.url)).text, /Register/);
  const fields = { email: "new@example.com", password: "long enough", "password-confirm": "long enough", firstName: "N", lastName: "P" };
  assert.match((await who.post(`${form.url}/registration`, { ...fields, email: "system:admin" })).text, /valid email/);
  assert.match((await who.post(`${form.url}/registration`, { ...fields, email: "ANN@example.com" })).text, /registered already/);
  const done = await who.post(`${form.url}/registration`, fields);
  assert.ok(new URL(done.url).searchParams.get("code"), done.url);
  await identity.driver.ensureRealm("acme", { registrationAllowed: false });
});

test("devices: a code typed elsewhere, confirmed, then signed in", async () => {
  const begun = await browser().post(`${base}/protocol/openid-connect/auth/device`, { client_id: clientId, scope: "openid" });
  const { device_code, user_code, verification_uri } = JSON.parse(begun.text) as Record<string, string>;
  assert.equal(verification_uri, "https://portal.localhost:8443/keycloak/realms/acme/device");
  const poll = { grant_type: "urn:ietf:params:oauth:grant-type:device_code", client_id: clientId, device_code: device_code! };
  assert.equal((await tokens(poll)).body["error"], "authorization_pending");
  const who = browser();
  const page = await who.get(`${base}/device`);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)![1]!;
  const confirm = await who.post(`${base}/device`, { xsrf, user_code: user_code! });
  assert.match(confirm.text, /kubectl/);
  const login = await who.post(`${base}/device`, { xsrf, user_code: user_code!, confirm: "yes" });
  assert.match(login.text, /Sign in/);
  assert.match((await who.post(login.url, { email: "ann@example.com", password: "correct horse" })).text, /device is connected/);
  const { status, body } = await tokens(poll);
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(decodeJwt(body["id_token"]!)["email"], "ann@example.com");
});

test("answers go to registered places only, and public clients need PKCE", async () => {
  const { challenge } = pkce();
  for (const uri of [
    "http://localhost:8000/other",
    "http://localhost:8000@evil.example/",
    "https://evil.example/",
    "http://localhost:8001",
  ]) {
    const refused = await browser().get(authorizeUrl(challenge, { redirect_uri: uri }));
    assert.equal(refused.status, 400, uri);
    assert.match(refused.text, /redirect_uri/);
  }
  const plain = new URL((await browser().get(authorizeUrl("", { code_challenge: "", code_challenge_method: "" }))).url);
  assert.equal(plain.searchParams.get("error"), "invalid_request");
});

test("pages load nothing from elsewhere and cannot be framed", async () => {
  const form = await browser().get(authorizeUrl(pkce().challenge));
  const policy = String(form.headers["content-security-policy"]);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /form-action 'self' http:\/\/localhost:8000/);
  assert.doesNotMatch(form.text, /https?:\/\//);
});

test("a session of one realm is nobody in another", async () => {
  const { driver } = identity;
  await driver.ensureRealm("beta", { registrationAllowed: false });
  const beta = await driver.ensureClient("beta", { name: "kubectl", type: "public", redirectUris: [callback], postLogoutRedirectUris: [] });
  const who = browser();
  await signIn(who, "ann@example.com", "correct horse");
  const again = await who.get(authorizeUrl(pkce().challenge));
  assert.ok(new URL(again.url).searchParams.get("code"), "signed in already");
  const other = await who.get(authorizeUrl(pkce().challenge, { client_id: beta.clientId }).replace("/realms/acme/", "/realms/beta/"));
  assert.match(other.text, /Sign in/);
  await driver.deleteRealm("beta");
  assert.equal((await who.get(base.replace("acme", "beta"))).status, 404);
  assert.equal(await driver.realm("beta"), "none");
});

test("signing out ends the session and its refresh tokens", async () => {
  const who = browser();
  const { verifier, answer } = await signIn(who, "ann@example.com", "correct horse");
  const code = new URL(answer.url).searchParams.get("code")!;
  const { body } = await tokens({
    grant_type: "authorization_code",
    client_id: clientId,
    redirect_uri: callback,
    code,
    code_verifier: verifier,
  });
  const page = await who.get(`${base}/protocol/openid-connect/logout?id_token_hint=${body["id_token"]}`);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)![1]!;
  assert.match((await who.post(`${base}/protocol/openid-connect/logout/confirm`, { xsrf, logout: "yes" })).text, /Signed out/);
  assert.equal((await tokens({ grant_type: "refresh_token", client_id: clientId, refresh_token: body["refresh_token"]! })).status, 400);
});
