import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { StatusError } from "@meshplane/apimachinery";
import { allow, noOpinion, type Authorizer, type HttpRequest, type Target, type User } from "@meshplane/apiserver";
import { openMemoryStore, type Store } from "@meshplane/storage";
import { createImpersonation } from "./impersonation.ts";
import { openIdDocuments } from "./openid-documents.ts";
import { tokenReviewer } from "./reviews.ts";
import { parseServiceAccountUserName } from "./service-account.ts";
import { coreKey, serviceAccountTokens, type ServiceAccountTokens } from "./service-account-tokens.ts";
import { openSigningKey, signingKeyOf } from "./signing-key.ts";
import { staticTokens } from "./static-tokens.ts";
import { bearerTokenOf, bearerTokens } from "./token-authenticator.ts";
import { tokenRequestHandler } from "./token-request.ts";

const issuer = "https://issuer.example";

const http = (headers: Record<string, string | string[]>): HttpRequest => ({ headers, path: "/api" }) as unknown as HttpRequest;

const status = async (run: () => unknown): Promise<StatusError> => {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
};

test("the authorization header: any case, one blank, one token", () => {
  const tokenOf = (authorization: string) => bearerTokenOf(http({ authorization }));
  assert.equal(tokenOf("Bearer abc"), "abc");
  assert.equal(tokenOf("bEaReR abc"), "abc");
  assert.equal(tokenOf("Bearer  abc"), undefined);
  assert.equal(tokenOf("Bearer"), undefined);
  assert.equal(tokenOf("Basic abc"), undefined);
  assert.equal(tokenOf("Bearer a b"), undefined);
});

test("a token file in upstream's form", async () => {
  const authenticator = staticTokens('\na-token,alice,1,"blue,system:authenticated"\r\nb-token,"bob ""b""",\n\nc-token,carol,3,one\n');
  const userOf = async (token: string) => (await authenticator(token, [], ""))?.user;
  assert.deepEqual(await userOf("a-token"), { name: "alice", uid: "1", groups: ["blue", "system:authenticated"], extra: {} });
  assert.deepEqual((await userOf("b-token"))?.name, 'bob "b"');
  assert.deepEqual((await userOf("c-token"))?.groups, ["one", "system:authenticated"]);
  assert.equal(await userOf("other"), undefined);
});

test("a broken token file says which line, and what to write", () => {
  assert.throws(() => staticTokens("a,b,c\nx,y\n", "tokens.csv"), /tokens\.csv, line 2: 2 columns instead of at least 3; write: /);
  assert.throws(() => staticTokens('a,"b\nc', "t"), /t, line 1: a quoted field is not closed/);
  assert.throws(() => staticTokens(",u,1", "t"), /line 1: the token is empty/);
  assert.throws(() => staticTokens('a,b"c,1', "t"), /line 1: a " stands inside/);
});

test("the signing key is made once, for its owner only", async () => {
  const directory = await mkdtemp(join(tmpdir(), "keys-"));
  try {
    const file = join(directory, "pki", "service-accounts.key");
    const [one, two] = await Promise.all([openSigningKey(file), openSigningKey(file)]);
    assert.equal(one.id, two.id);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.match(await readFile(file, "utf8"), /BEGIN PRIVATE KEY/);
    await writeFile(file, "nothing");
    await assert.rejects(openSigningKey(file), /holds no private key in PEM form/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

const pem = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;

interface Fixture {
  store: Store;
  tokens: ServiceAccountTokens;
  clock: { now: number };
}

function fixture(): Fixture {
  const store = openMemoryStore();
  const clock = { now: 1_700_000_000_000 };
  let count = 0;
  const tokens = serviceAccountTokens({
    store,
    signingKey: signingKeyOf(pem),
    issuer,
    clock: () => clock.now,
    uid: () => `uid-${++count}`,
    extraOf: (cluster) => ({ "example.com/cluster": [cluster] }),
  });
  return { store, tokens, clock };
}

async function put(store: Store, resource: string, name: string, uid: string, rest: object = {}): Promise<void> {
  const key = coreKey(resource, "one", "default", name);
  await store.commit({
    key,
    expect: (await store.get(key))?.revision ?? 0,
    write: {
      header: { definition: "h", uid, deleting: false, labels: undefined, fields: undefined },
      body: Buffer.from(JSON.stringify({ metadata: { name, namespace: "default", uid }, ...rest })),
    },
  });
}

async function remove(store: Store, resource: string, name: string): Promise<void> {
  const key = coreKey(resource, "one", "default", name);
  await store.commit({ key, expect: (await store.get(key))!.revision, write: "delete" });
}

const request = (spec: object) => ({
  verb: "create" as const,
  cluster: "one",
  namespace: "default",
  name: "robot",
  body: { spec } as never,
  dryRun: false,
  context: {} as never,
});

test("a requested token is its account's, until the account goes", async () => {
  const { store, tokens, clock } = fixture();
  await put(store, "serviceaccounts", "robot", "u1");
  const handle = tokenRequestHandler(tokens, { store, clock: () => clock.now, uid: () => "fresh" });
  const answer = await handle(request({}));
  assert.deepEqual(answer["spec"], { audiences: [issuer], expirationSeconds: 3600, boundObjectRef: null });
  const { token } = answer["status"] as { token: string };
  const claims = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
  assert.deepEqual(claims["kubernetes.io"], {
    clusterName: "one",
    namespace: "default",
    serviceaccount: { name: "robot", uid: "u1" },
  });
  assert.equal(claims.exp - claims.iat, 3600);

  const bearer = bearerTokens([staticTokens("s,t,u"), tokens.authenticate], [issuer]);
  const ask = () => bearer.authenticate(http({ authorization: `Bearer ${token}` }), "one");
  const expected: User = {
    name: "system:serviceaccount:default:robot",
    uid: "u1",
    groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
    extra: { "example.com/cluster": ["one"], "authentication.kubernetes.io/credential-id": [`JTI=${claims.jti}`] },
  };
  assert.deepEqual(await ask(), expected);
  assert.deepEqual(await ask(), expected);
  await remove(store, "serviceaccounts", "robot");
  assert.equal((await status(ask)).code, 401);
  assert.deepEqual(await tokenReviewer(bearer)(token, [], { cluster: "one" }), {
    user: {},
    error: '[invalid bearer token, serviceaccount "robot" not found]',
  });
  await put(store, "serviceaccounts", "robot", "u2");
  assert.equal((await status(ask)).code, 401);
});

test("a token ends, and a forged one never begins", async () => {
  const { store, tokens, clock } = fixture();
  await put(store, "serviceaccounts", "robot", "u1");
  const { token } = await tokens.issue(
    { cluster: "one", namespace: "default", serviceAccount: { name: "robot", uid: "u1" } },
    [issuer],
    600,
  );
  const bearer = bearerTokens([tokens.authenticate], [issuer]);
  const ask = (it: string) => bearer.authenticate(http({ authorization: `Bearer ${it}` }), "one");
  await ask(token);
  clock.now += 650_000;
  await ask(token);
  clock.now += 20_000;
  assert.equal((await status(() => ask(token))).code, 401);
  clock.now -= 600_000;
  const [header, , signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
  claims["kubernetes.io"].clusterName = "two";
  const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
  assert.equal((await status(() => ask(forged))).code, 401);
  const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${token.split(".")[1]}.`;
  assert.equal((await status(() => ask(none))).code, 401);
  assert.equal((await status(() => ask("no-token"))).code, 401);
});

test("audiences", async () => {
  const { store, tokens } = fixture();
  await put(store, "serviceaccounts", "robot", "u1");
  const { token } = await tokens.issue(
    { cluster: "one", namespace: "default", serviceAccount: { name: "robot", uid: "u1" } },
    ["vault"],
    600,
  );
  const bearer = bearerTokens([staticTokens("alice-token,alice,1"), tokens.authenticate], [issuer]);
  const reviewer = tokenReviewer(bearer);
  const review = (token: string, audiences: readonly string[]) => reviewer(token, audiences, { cluster: "one" });
  assert.deepEqual((await review(token, ["vault", "x"])).audiences, ["vault"]);
  assert.equal(
    (await review(token, ["bank"])).error,
    '[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["bank"]]',
  );
  assert.equal((await review("alice-token", ["other"])).error, "invalid bearer token");
  assert.deepEqual(await review("alice-token", []), {
    authenticated: true,
    user: { username: "alice", uid: "1", groups: ["system:authenticated"] },
    audiences: [issuer],
  });
});

test("what a token request refuses", async () => {
  const { store, tokens, clock } = fixture();
  const handle = tokenRequestHandler(tokens, { store, clock: () => clock.now, uid: () => "fresh" });
  assert.equal((await status(() => handle(request({})))).status.message, 'serviceaccounts "robot" not found');
  await put(store, "serviceaccounts", "robot", "u1");
  await put(store, "secrets", "s", "u2");
  const messageOf = async (spec: object) => (await status(() => handle(request(spec)))).status.message;
  assert.equal(
    await messageOf({ expirationSeconds: 60 }),
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
  );
  assert.match(
    (await messageOf({ expirationSeconds: 99999999999 }))!,
    /Invalid value: 99999999999: may not specify a duration larger than 2\^32 seconds/,
  );
  const bind = (kind: string, name: string, uid?: string) => ({
    boundObjectRef: { apiVersion: "v1", kind, name, ...(uid ? { uid } : {}) },
  });
  assert.equal(await messageOf(bind("Secret", "none")), 'secrets "none" not found');
  assert.equal(await messageOf(bind("ConfigMap", "s")), "cannot bind token to object of type /v1, Kind=ConfigMap");
  assert.equal((await status(() => handle(request(bind("Secret", "s", "other"))))).code, 409);

  const bound = (await handle(request(bind("Secret", "s"))))["status"] as { token: string };
  const bearer = bearerTokens([tokens.authenticate], [issuer]);
  const ask = () => bearer.authenticate(http({ authorization: `Bearer ${bound.token}` }), "one");
  await ask();
  await remove(store, "secrets", "s");
  assert.equal((await status(ask)).code, 401);
});

test("a legacy token holds while its secret shows it", async () => {
  const { store, tokens } = fixture();
  await put(store, "serviceaccounts", "robot", "u1");
  const subject = { cluster: "one", namespace: "default", serviceAccount: { name: "robot", uid: "u1" }, secret: { name: "s", uid: "u2" } };
  const token = await tokens.issueLegacy(subject);
  const bearer = bearerTokens([tokens.authenticate], [issuer]);
  const ask = () => bearer.authenticate(http({ authorization: `Bearer ${token}` }), "one");
  assert.equal((await status(ask)).code, 401);
  const data = { data: { token: Buffer.from(token).toString("base64") } };
  await put(store, "secrets", "s", "u2", data);
  assert.equal((await ask())?.name, "system:serviceaccount:default:robot");
  await put(store, "secrets", "s", "u2", { ...data, extra: 1 });
  await ask();
  await put(store, "secrets", "s", "u2", { data: { token: "" } });
  assert.equal((await status(ask)).code, 401);
});

test("where others find the key", async () => {
  const { tokens } = fixture();
  const answer = (path: string) =>
    openIdDocuments(tokens, "https://example.com")({ method: "GET" } as HttpRequest, {
      kind: "nonResource",
      verb: "get",
      cluster: "one",
      path,
    });
  const { keys } = JSON.parse(answer("/openid/v1/jwks")!.body as string) as { keys: { kty: string; alg: string; d?: string }[] };
  assert.deepEqual([keys.length, keys[0]!.kty, keys[0]!.alg, keys[0]!.d], [1, "RSA", "RS256", undefined]);
  const document = JSON.parse(answer("/.well-known/openid-configuration")!.body as string);
  assert.equal(document.issuer, issuer);
  assert.equal(document.jwks_uri, "https://example.com/openid/v1/jwks");
  assert.equal(answer("/other"), undefined);
});

test("names of service accounts", () => {
  assert.deepEqual(parseServiceAccountUserName("system:serviceaccount:a:b.c"), { namespace: "a", name: "b.c" });
  assert.equal(parseServiceAccountUserName("system:serviceaccount:a"), undefined);
  assert.equal(parseServiceAccountUserName("system:serviceaccount:A:b"), undefined);
  assert.equal(parseServiceAccountUserName("system:serviceaccount:a:b:c"), undefined);
});

const target: Target = {
  kind: "resource",
  verb: "list",
  cluster: "one",
  group: "",
  version: "v1",
  resource: "configmaps",
  identity: undefined,
  namespace: "default",
  name: "",
  subresource: "",
  path: "/api/v1/namespaces/default/configmaps",
};

const user = (name: string, groups: string[] = []): User => ({ name, uid: "", groups, extra: {} });

/** allows what is listed as `verb resource name` */
const allowing =
  (...rights: string[]): Authorizer =>
  ({ target: asked }) =>
    asked.kind === "resource" && rights.includes(`${asked.verb} ${asked.resource} ${asked.name}`) ? allow("") : noOpinion("access denied");

test("impersonation asks for the exact right first, and for the older one", async () => {
  const ask = (rights: string[], wanted: User, headers = {}) =>
    createImpersonation({ authorize: allowing(...rights), privilegedGroups: ["system:special"] })(
      user("alice"),
      wanted,
      "one",
      http(headers),
      target,
    );
  const zoe = user("zoe", ["system:authenticated"]);
  assert.equal(
    (await status(() => ask([], zoe))).status.message,
    'configmaps is forbidden: User "alice" cannot impersonate-on:user-info:list resource "configmaps" in API group "" in the namespace "default": access denied',
  );
  assert.equal(await ask(["impersonate users zoe"], zoe), zoe);
  assert.equal(await ask(["impersonate-on:user-info:list configmaps ", "impersonate:user-info users zoe"], zoe), zoe);
  assert.equal((await status(() => ask(["impersonate-on:user-info:list configmaps "], zoe))).code, 403);
  const group = user("zoe", ["team", "system:authenticated"]);
  assert.equal((await status(() => ask(["impersonate users zoe"], group, { "impersonate-group": "team" }))).code, 403);
  assert.equal((await status(() => ask(["impersonate users zoe"], group))).code, 403);
  assert.equal(await ask(["impersonate users zoe", "impersonate groups team"], group, { "impersonate-group": "team" }), group);
  assert.equal(
    (await status(() => ask(["impersonate groups system:special"], user("zoe", ["system:special"])))).status.message,
    "forbidden: impersonation is not allowed for the requestor",
  );
});

test("who succeeded with the older right hears of that one", async () => {
  const impersonate = createImpersonation({
    authorize: allowing("impersonate users zoe"),
    privilegedGroups: [],
    confine: (it, cluster) => ({ ...it, extra: { scopes: [`cluster:${cluster}`] } }),
  });
  const ask = (wanted: User, groups: string[] = []) => impersonate(user("alice", groups), wanted, "one", http({}), target);
  assert.deepEqual((await ask(user("zoe"))).extra, { scopes: ["cluster:one"] });
  assert.equal(
    (await status(() => ask(user("quinn")))).status.message,
    'users "quinn" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope: access denied',
  );
  assert.deepEqual((await ask(user("zoe"), ["system:masters"])).extra, {});
});
