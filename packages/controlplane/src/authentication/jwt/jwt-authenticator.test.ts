import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { JWTAuthenticator } from "@meshplane/apis";
import { CompactSign, exportSPKI, generateKeyPair, UnsecuredJWT } from "jose";
import { FakeIssuer } from "../../testing/fake-issuer.ts";
import { TokenError, type TokenAuthenticator } from "../token-authenticator.ts";
import { jwtAuthenticator, JwtConfigurationError } from "./jwt-authenticator.ts";

let issuer: FakeIssuer;
before(async () => {
  issuer = await FakeIssuer.start();
});
after(() => issuer.stop());
beforeEach(() => issuer.answers.clear());

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function authenticatorOf(config: Partial<JWTAuthenticator> = {}, clock: () => number = Date.now): TokenAuthenticator {
  return jwtAuthenticator(
    [
      {
        issuer: { url: issuer.url, audiences: ["kcp"], certificateAuthority: issuer.ca },
        claimMappings: { username: { claim: "sub", prefix: "oidc:" }, groups: { claim: "groups", prefix: "oidc:" } },
        ...config,
      },
    ],
    { clock, log: silent },
  );
}

async function refusal(authenticator: TokenAuthenticator, token: string): Promise<string> {
  try {
    const identity = await authenticator(token, [], "");
    return identity ? `let in: ${JSON.stringify(identity.user)}` : "not known";
  } catch (error) {
    assert.ok(error instanceof TokenError, String(error));
    return error.message;
  }
}

const userOf = async (authenticator: TokenAuthenticator, token: string) => (await authenticator(token, [], ""))?.user;

test("claims become a user", async () => {
  const token = await issuer.token({ groups: ["dev", "ops"], jti: "one" });
  const identity = await authenticatorOf()(token, [], "");
  assert.deepEqual(identity, {
    user: {
      name: "oidc:alice",
      uid: "",
      groups: ["oidc:dev", "oidc:ops", "system:authenticated"],
      extra: { "authentication.kubernetes.io/credential-id": ["JTI=one"] },
    },
    audiences: undefined,
  });
  assert.deepEqual((await userOf(authenticatorOf(), await issuer.token({ groups: "dev" })))?.groups, ["oidc:dev", "system:authenticated"]);
  assert.deepEqual((await userOf(authenticatorOf(), await issuer.token({ aud: ["other", "kcp"] })))?.name, "oidc:alice");
});

test("nobody gets in with a token that the issuer has not made for us", async () => {
  const stranger = await generateKeyPair("RS256");
  const elliptic = await generateKeyPair("ES256");
  const good = await issuer.token();
  const [head, body, signature] = good.split(".") as [string, string, string];
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const admin = encode({ iss: issuer.url, aud: "kcp", sub: "admin", exp: now + 60 });
  const spki = await exportSPKI(issuer.key.publicKey);
  const hmac = (secret: string, header: Record<string, unknown> = {}) =>
    new CompactSign(Buffer.from(admin, "base64url"))
      .setProtectedHeader({ alg: "HS256", kid: issuer.key.kid, ...header })
      .sign(Buffer.from(secret));
  const badSignature = "oidc: verify token: failed to verify signature: failed to verify id token signature";
  const malformed = /^oidc: verify token: oidc: malformed jwt/;
  const algorithm = /^oidc: verify token: oidc: malformed jwt: unexpected signature algorithm/;

  const cases: [string, string, string | RegExp][] = [
    ["alg none", new UnsecuredJWT({ iss: issuer.url, aud: "kcp", sub: "admin", exp: now + 60 }).encode(), algorithm],
    ["alg none with the good signature", `${encode({ alg: "none" })}.${admin}.${signature}`, algorithm],
    ["alg NONE", `${encode({ alg: "NONE", kid: "first" })}.${admin}.`, algorithm],
    ["the public key as an HMAC secret (PEM)", await hmac(spki), algorithm],
    ["the public key as an HMAC secret (modulus)", await hmac(issuer.key.jwk.n!), algorithm],
    ["another payload under a good signature", `${head}.${admin}.${signature}`, badSignature],
    ["another head under a good signature", `${encode({ alg: "RS256", kid: issuer.key.kid, x: 1 })}.${body}.${signature}`, badSignature],
    ["PS256 instead of RS256", `${encode({ alg: "PS256", kid: issuer.key.kid })}.${body}.${signature}`, badSignature],
    ["a stranger's key under the issuer's name for its own", await issuer.token({}, {}, stranger.privateKey), badSignature],
    ["a stranger's key that nobody knows", await issuer.token({}, { kid: "unheard-of" }, stranger.privateKey), badSignature],
    ["a stranger's key without a name", await issuer.token({}, { kid: undefined }, stranger.privateKey), badSignature],
    [
      "a stranger's key brought along",
      await issuer.token({}, { jwk: issuer.key.jwk, jku: `${issuer.url}/keys` }, stranger.privateKey),
      badSignature,
    ],
    ["an elliptic key under the same name", await issuer.token({}, { alg: "ES256" }, elliptic.privateKey), badSignature],
    [
      "an extension that must be understood",
      `${encode({ alg: "RS256", kid: "first", crit: ["x"], x: 1 })}.${body}.${signature}`,
      malformed,
    ],
    ["another audience", await issuer.token({ aud: "vault" }), 'oidc: verify token: oidc: expected audience "kcp" got ["vault"]'],
    ["no audience", await issuer.token({ aud: undefined }), 'oidc: verify token: oidc: expected audience "kcp" got []'],
    ["an audience that only begins alike", await issuer.token({ aud: "kcp-2" }), /expected audience/],
    ["expired", await issuer.token({ exp: now - 1 }), /^oidc: verify token: oidc: token is expired \(Token Expiry: /],
    ["without an end", await issuer.token({ exp: undefined }), /token is expired/],
    ["not yet", await issuer.token({ nbf: now + 600 }), /^oidc: verify token: oidc: current time .* before the nbf \(not before\) time: /],
    ["another issuer", await issuer.token({ iss: "https://elsewhere.example" }), "not known"],
    ["an issuer that only begins alike", await issuer.token({ iss: `${issuer.url}/` }), "not known"],
    ["no issuer", await issuer.token({ iss: undefined }), "not known"],
    ["an issuer that is no text", await issuer.token({ iss: [issuer.url] as never }), "not known"],
    ["no token at all", "abc", "not known"],
    ["two parts", `${head}.${body}`, "not known"],
    ["four parts", `${good}.x`, "not known"],
    ["a payload that is no JSON", `${head}.${Buffer.from("{").toString("base64url")}.${signature}`, "not known"],
    ["no user name", await issuer.token({ sub: undefined }), 'oidc: parse username claims "sub": claim not present'],
    [
      "a user name that is no text",
      await issuer.token({ sub: 7 as never }),
      'oidc: parse username claims "sub": it is a number, not a string',
    ],
    ["groups that are no texts", await issuer.token({ groups: [1] }), /^oidc: parse groups claim "groups": /],
  ];
  for (const [name, token, wanted] of cases) {
    // a fresh authenticator: one that has looked for unknown keys too often would say so for another reason
    const said = await refusal(authenticatorOf(), token);
    if (typeof wanted === "string") assert.equal(said, wanted, name);
    else assert.match(said, wanted, name);
  }
  assert.equal((await userOf(authenticatorOf(), good))?.name, "oidc:alice");
});

test("a key that is a secret is not taken from the issuer either", async () => {
  const secret = Buffer.from("secret-secret-secret-secret-secret").toString("base64url");
  issuer.answers.set("/keys", { body: JSON.stringify({ keys: [{ kty: "oct", k: secret, kid: "sym", alg: "HS256" }] }) });
  const now = Math.floor(Date.now() / 1000);
  const token = await new CompactSign(Buffer.from(JSON.stringify({ iss: issuer.url, aud: "kcp", sub: "x", exp: now + 60 })))
    .setProtectedHeader({ alg: "HS256", kid: "sym" })
    .sign(Buffer.from(secret, "base64url"));
  assert.match(await refusal(authenticatorOf(), token), /unexpected signature algorithm/);
});

test("keys are fetched once, and again for one that is new; not for every stranger", async () => {
  let now = Date.now();
  const authenticator = authenticatorOf({}, () => now);
  const fetches = (): number => issuer.asked.filter((path) => path === "/keys").length;
  const start = fetches();
  await Promise.all(Array.from({ length: 20 }, async (_, i) => authenticator(await issuer.token({ sub: `user-${i}` }), [], "")));
  assert.equal(fetches() - start, 1);

  await issuer.rotate("second");
  assert.equal((await userOf(authenticator, await issuer.token()))?.name, "oidc:alice");
  assert.equal(fetches() - start, 2);

  const stranger = await generateKeyPair("RS256");
  for (let i = 0; i < 30; i++) await refusal(authenticator, await issuer.token({}, { kid: `unknown-${i}` }, stranger.privateKey));
  assert.ok(fetches() - start <= 5, `${fetches() - start} fetches`);

  await issuer.rotate("third");
  const token = await issuer.token();
  assert.match(await refusal(authenticator, token), /failed to verify signature/);
  now += 10_000;
  assert.equal((await userOf(authenticator, token))?.name, "oidc:alice");
});

test("a withdrawn key is forgotten after a while, with nobody waiting for it", async () => {
  let now = Date.now();
  const authenticator = authenticatorOf({}, () => now);
  const token = await issuer.token();
  await authenticator(token, [], "");
  await issuer.rotate("after-withdrawal");
  now += 11 * 60_000;
  assert.equal((await userOf(authenticator, token))?.name, "oidc:alice");
  await new Promise((resolve) => setTimeout(resolve, 100));
  now += 60_000;
  assert.match(await refusal(authenticator, token), /failed to verify signature/);
});

test("an issuer that is away costs no time, and is found again", async () => {
  let now = Date.now();
  const authenticator = authenticatorOf({}, () => now);
  const token = await issuer.token();
  await issuer.stop();
  const began = performance.now();
  for (let i = 0; i < 5; i++) assert.equal(await refusal(authenticator, token), "oidc: authenticator not initialized");
  assert.ok(performance.now() - began < 500);
  await issuer.restart();
  now += 1_000;
  assert.equal((await userOf(authenticator, token))?.name, "oidc:alice");

  await issuer.stop();
  now += 11 * 60_000;
  assert.equal((await userOf(authenticator, await issuer.token({ sub: "bob" })))?.name, "oidc:bob");
  await issuer.restart();
});

test("documents that lead astray are not followed", async () => {
  const token = await issuer.token();
  const discovery = "/.well-known/openid-configuration";
  const told = (document: object) => issuer.answers.set(discovery, { body: JSON.stringify(document) });
  const failures: string[] = [];
  const log = { ...silent, error: (_: string, fields?: Record<string, unknown>) => void failures.push(String(fields?.["err"])) };
  const config = {
    issuer: { url: issuer.url, audiences: ["kcp"], certificateAuthority: issuer.ca },
    claimMappings: { username: { claim: "sub", prefix: "" } },
  };
  const attempt = async (name: string, wanted: RegExp) => {
    failures.length = 0;
    assert.equal(await refusal(jwtAuthenticator([config], { clock: Date.now, log }), token), "oidc: authenticator not initialized", name);
    assert.match(failures[0] ?? "", wanted, name);
  };
  told({ issuer: "https://elsewhere.example", jwks_uri: `${issuer.url}/keys` });
  await attempt("another issuer's document", /did not match the issuer URL/);
  told({ issuer: issuer.url, jwks_uri: "http://localhost:1/keys" });
  await attempt("keys over http", /only https is allowed/);
  told({ issuer: issuer.url, jwks_uri: "file:///etc/passwd" });
  await attempt("keys of a file", /only https is allowed/);
  told({ issuer: issuer.url });
  await attempt("no keys", /did not return JWKS URL/);
  issuer.answers.set(discovery, { status: 302, headers: { location: "http://169.254.169.254/latest/meta-data" } });
  await attempt("a redirection out of https", /only https is allowed/);
  issuer.answers.set(discovery, { status: 302, headers: { location: discovery } });
  await attempt("a circle", /stopped after 3 redirects/);
  issuer.answers.set(discovery, { body: `{"issuer":"${"x".repeat(2 << 20)}"}` });
  await attempt("a document without end", /the answer is too long/);
  issuer.answers.set(discovery, { status: 500, body: "secret of an inner server" });
  await attempt("a failure", /: 500 Internal Server Error$/);
  issuer.answers.set(discovery, { body: "secret of an inner server" });
  await attempt("no JSON", /the answer is no JSON$/);
});

test("discovery may be elsewhere", async () => {
  issuer.answers.set("/inner", { body: JSON.stringify({ issuer: "https://public.example", jwks_uri: `${issuer.url}/keys` }) });
  const authenticator = authenticatorOf({
    issuer: { url: "https://public.example", discoveryURL: `${issuer.url}/inner`, audiences: ["kcp"], certificateAuthority: issuer.ca },
  });
  assert.equal((await userOf(authenticator, await issuer.token({ iss: "https://public.example" })))?.name, "oidc:alice");
});

test("expressions map claims, rules refuse them", async () => {
  const authenticator = authenticatorOf({
    issuer: { url: issuer.url, audiences: ["kcp", "more"], audienceMatchPolicy: "MatchAny", certificateAuthority: issuer.ca },
    claimMappings: {
      username: { expression: "'acme:' + claims.email" },
      groups: { expression: "claims.roles.filter(r, r != 'hidden').map(r, 'role:' + r)" },
      uid: { expression: "claims.sub" },
      extra: [
        { key: "acme.example/tenant", valueExpression: "claims.tenant" },
        { key: "acme.example/none", valueExpression: "''" },
      ],
    },
    claimValidationRules: [
      { claim: "hd", requiredValue: "acme.example" },
      { expression: "claims.?email_verified.orValue(true) == true", message: "the address is not verified" },
      { expression: "claims.exp - claims.iat <= 86400", message: "too long a life" },
    ],
    userValidationRules: [{ expression: "!user.username.endsWith('@evil.example')", message: "not from there" }],
  });
  const claims = { aud: "more", hd: "acme.example", email: "a@acme.example", roles: ["dev", "hidden", ""], tenant: ["one", "two"] };
  assert.deepEqual(await userOf(authenticator, await issuer.token(claims)), {
    name: "acme:a@acme.example",
    uid: "alice",
    groups: ["role:dev", "role:", "system:authenticated"],
    extra: { "acme.example/tenant": ["one", "two"] },
  });
  const said = async (changes: Record<string, unknown>) => refusal(authenticator, await issuer.token({ ...claims, ...changes }));
  assert.equal(await said({ hd: undefined }), "oidc: required claim hd not present in ID token");
  assert.equal(await said({ hd: "x" }), "oidc: required claim hd value does not match. Got = x, want = acme.example");
  assert.match(
    await said({ email_verified: false }),
    /validation expression 'claims\.\?email_verified.*' failed: the address is not verified$/,
  );
  assert.match(await said({ exp: Math.floor(Date.now() / 1000) + 90_000 }), /failed: too long a life$/);
  assert.match(
    await said({ email: "b@evil.example" }),
    /^oidc: error evaluating user info validation rule: validation expression .* failed: not from there$/,
  );
  assert.match(await said({ email: undefined }), /^oidc: error evaluating username claim expression: /);
  assert.match(await said({ email: 1 }), /^oidc: error evaluating username claim expression: /);
  assert.match(await said({ tenant: { a: 1 } }), /expression must return a string or a list of strings$/);
});

test("an address counts unless the issuer says that it is not verified", async () => {
  const authenticator = authenticatorOf({ claimMappings: { username: { claim: "email", prefix: "" } } });
  assert.equal((await userOf(authenticator, await issuer.token({ email: "a@b.c" })))?.name, "a@b.c");
  assert.equal((await userOf(authenticator, await issuer.token({ email: "a@b.c", email_verified: true })))?.name, "a@b.c");
  assert.equal(await refusal(authenticator, await issuer.token({ email: "a@b.c", email_verified: false })), "oidc: email not verified");
});

test("a configuration that cannot be meant is refused, field by field", () => {
  const base = { url: "https://i.example", audiences: ["kcp"] };
  const username = { claim: "sub", prefix: "" };
  const cases: [Partial<JWTAuthenticator>, RegExp][] = [
    [
      { issuer: { url: "http://i.example", audiences: ["kcp"] } },
      /jwt\[0\]\.issuer\.url: Invalid value: "http:\/\/i\.example": URL scheme must be https/,
    ],
    [{ issuer: { url: "https://u:p@i.example", audiences: ["kcp"] } }, /must not contain a username or password/],
    [{ issuer: { url: "https://i.example?x=1", audiences: ["kcp"] } }, /must not contain a query/],
    [{ issuer: { url: "https://kcp.default.svc", audiences: ["kcp"] } }, /must not overlap with disallowed issuers/],
    [{ issuer: { url: "", audiences: ["kcp"] } }, /issuer\.url: Required value/],
    [{ issuer: { url: base.url } }, /issuer\.audiences: Required value/],
    [{ issuer: { ...base, audiences: ["a", "b"] } }, /audienceMatchPolicy must be MatchAny for multiple audiences/],
    [{ issuer: { ...base, discoveryURL: "https://i.example/" } }, /discoveryURL must be different from URL/],
    [{ issuer: { ...base, certificateAuthority: "x" } }, /certificateAuthority: Invalid value: "<omitted>"/],
    [{ claimMappings: {} }, /claimMappings\.username: Required value: claim or expression is required/],
    [{ claimMappings: { username: { claim: "sub" } } }, /username\.prefix: Required value: prefix is required when claim is set/],
    [{ claimMappings: { username: { claim: "sub", expression: "claims.sub" } } }, /claim and expression can't both be set/],
    [{ claimMappings: { username: { expression: "claims.(" } } }, /username\.expression: Invalid value: .*compilation failed: /],
    [{ claimMappings: { username: { expression: "user.username" } } }, /compilation failed: .*undeclared reference to 'user'/s],
    [{ claimMappings: { username: { expression: "claims.email" } } }, /claims\.email_verified must be used in/],
    [{ claimMappings: { username, extra: [{ key: "tenant", valueExpression: "'x'" }] } }, /extra\[0\]\.key: Invalid value: "tenant"/],
    [{ claimMappings: { username, extra: [{ key: "a.k8s.io/x", valueExpression: "'x'" }] } }, /reserved for Kubernetes use/],
    [
      { claimValidationRules: [{ expression: "'x'", message: "m" }] },
      /claimValidationRules\[0\]\.expression: Invalid value: "'x'": must evaluate to bool/,
    ],
    [{ claimValidationRules: [{}] }, /claimValidationRules\[0\]: Required value: claim or expression is required/],
    [{ userValidationRules: [{ expression: "claims.sub == ''", message: "" }] }, /undeclared reference to 'claims'/],
  ];
  for (const [change, wanted] of cases) {
    const config = { issuer: base, claimMappings: { username }, ...change };
    assert.throws(
      () => jwtAuthenticator([config], { clock: Date.now, log: silent, disallowedIssuers: ["https://kcp.default.svc"] }),
      (error: unknown) => {
        assert.ok(error instanceof JwtConfigurationError, String(error));
        assert.match(error.message, wanted);
        return true;
      },
    );
  }
  const two = { issuer: base, claimMappings: { username } };
  assert.throws(() => jwtAuthenticator([two, two], { clock: Date.now, log: silent }), /jwt\[1\]\.issuer\.url: Duplicate value/);
});
