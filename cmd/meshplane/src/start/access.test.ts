import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { listen, type HttpRequest, type Listener, type User } from "@meshplane/apiserver";
import { testCert, testKey } from "@meshplane/apiserver/testing";
import { clientCertificates } from "@meshplane/controlplane";
import { FakeIssuer } from "@meshplane/controlplane/testing";
import * as x509 from "@peculiar/x509";
import { openAccess } from "./access.ts";
import { defaultFlags, FlagError, parseFlags } from "./flags.ts";
import { OperatorError } from "./operator-error.ts";

const crypto = webcrypto as unknown as Crypto;
x509.cryptoProvider.set(crypto);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const options = { issuer: "https://kcp.default.svc", clock: Date.now, log: silent };

interface Authority {
  cert: x509.X509Certificate;
  keys: { publicKey: CryptoKey; privateKey: CryptoKey };
}

const period = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
let serial = 1;

async function authority(name: string, above?: Authority): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: `0${serial++}`,
    subject: `CN=${name}`,
    issuer: above?.cert.subject ?? `CN=${name}`,
    ...period,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: above?.keys.privateKey ?? keys.privateKey,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return { cert, keys };
}

async function certificate(subject: string, ...chain: Authority[]): Promise<{ cert: string; key: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: `0${serial++}`,
    subject,
    issuer: chain[0]!.cert.subject,
    ...period,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: chain[0]!.keys.privateKey,
    extensions: [new x509.BasicConstraintsExtension(false), new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
  });
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { cert: [cert, ...chain.slice(0, -1).map((one) => one.cert)].map((one) => one.toString("pem")).join("\n"), key };
}

let folder: string;
let listener: Listener;
let credentials: Record<"client" | "proxy" | "proxyBelow" | "otherProxy" | "stranger", { cert: string; key: string }>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "access-"));
  const [clients, proxies, strangers] = await Promise.all(["clients", "proxies", "clients"].map((name) => authority(name)));
  const below = await authority("proxies below", proxies);
  credentials = {
    client: await certificate("CN=front-proxy, O=dev", clients!),
    proxy: await certificate("CN=front-proxy", proxies!),
    proxyBelow: await certificate("CN=front-proxy", below, proxies!),
    otherProxy: await certificate("CN=somebody", proxies!),
    stranger: await certificate("CN=front-proxy, O=system:masters", strangers!),
  };
  await writeFile(join(folder, "clients.crt"), clients!.cert.toString("pem"));
  await writeFile(join(folder, "proxies.crt"), proxies!.cert.toString("pem"));
  const access = await openAccess(flagsOf(...bundles(), "--requestheader-allowed-names=front-proxy", ...headerFlags), options);
  listener = await listen({
    handle: async (http) => ({ status: 200, headers: {}, body: JSON.stringify(await userOf(http, access.proxies)) }),
    port: 0,
    tls: { key: testKey, cert: testCert, ca: access.clientCa!, proxyCa: access.proxyCa! },
  });
});
after(async () => {
  await listener.close(0);
  await rm(folder, { recursive: true });
});

const bundles = (): string[] => [`--client-ca-file=${folder}/clients.crt`, `--requestheader-client-ca-file=${folder}/proxies.crt`];
const headerFlags = [
  "--requestheader-username-headers=X-Remote-User",
  "--requestheader-group-headers=X-Remote-Group",
  "--requestheader-extra-headers-prefix=X-Remote-Extra-",
];
const flagsOf = (...argv: string[]) => parseFlags(argv, defaultFlags("/nowhere")).flags;

async function userOf(http: HttpRequest, proxies: Awaited<ReturnType<typeof openAccess>>["proxies"]): Promise<User | null> {
  for (const authenticate of [...proxies, clientCertificates]) {
    const user = await authenticate(http, "");
    if (user) return user;
  }
  return null;
}

const headers = { "x-remote-USER": "alice", "X-Remote-Group": ["dev", "ops, system:masters"], "X-REMOTE-EXTRA-a%2Fb": "c" };
const alice = {
  name: "alice",
  uid: "",
  groups: ["dev", "ops, system:masters", "system:authenticated"],
  extra: { "a/b": ["c"] },
};

function overHttp1(identity: { cert: string; key: string } | undefined, sent: Record<string, string | string[]>): Promise<User | null> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "localhost", port: listener.port, ca: testCert, agent: false, headers: sent, ...identity }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve(JSON.parse(text) as User | null));
    });
    call.on("error", reject);
    call.end();
  });
}

function overHttp2(identity: { cert: string; key: string } | undefined, sent: Record<string, string | string[]>): Promise<User | null> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://localhost:${listener.port}`, { ca: testCert, ...identity });
    session.on("error", reject);
    const lower = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]));
    const stream = session.request({ ":path": "/", ...lower });
    let text = "";
    stream.on("data", (chunk) => (text += chunk));
    stream.on("end", () => {
      session.close();
      resolve(JSON.parse(text) as User | null);
    });
    stream.on("error", reject);
  });
}

for (const [protocol, send] of [
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
] as const)
  test(`whose word counts over ${protocol} is a matter of certificates`, async () => {
    assert.deepEqual(await send(credentials.proxy, headers), alice);
    assert.deepEqual(await send(credentials.proxyBelow, headers), alice);
    const client = { name: "front-proxy", uid: "", groups: ["dev", "system:authenticated"], extra: {} };
    assert.deepEqual(await send(credentials.client, headers), client);
    assert.deepEqual(await send(credentials.client, {}), client);
    for (const nobody of [undefined, credentials.stranger, credentials.otherProxy]) assert.equal(await send(nobody, headers), null);
    assert.equal(await send(credentials.proxy, {}), null);
  });

test("flags that contradict each other, or that nobody could follow", async () => {
  const refused = async (argv: string[], wanted: RegExp, kind: new (...args: never[]) => Error = FlagError) => {
    await assert.rejects(
      async () => {
        await openAccess(flagsOf(...argv), options);
      },
      (error: Error) => {
        assert.ok(error instanceof kind, String(error));
        assert.match(error.message, wanted);
        return true;
      },
      argv.join(" "),
    );
  };
  const oidc = ["--oidc-issuer-url=https://i.example", "--oidc-client-id=kcp"];
  await refused(oidc.slice(0, 1), /oidc-issuer-url and oidc-client-id must be specified together/);
  await refused(["--oidc-username-claim=email"], /must be specified together/);
  await refused([...oidc, "--authentication-config=x"], /mutually exclusive/);
  await refused(["--oidc-issuer-url=http://i.example", "--oidc-client-id=kcp"], /URL scheme must be https/);
  await refused(["--oidc-issuer-url=https://kcp.default.svc", "--oidc-client-id=kcp"], /must not overlap with disallowed issuers/);
  await refused([...oidc, "--oidc-signing-algs=RS256,HS256"], /unsupported signing alg: "HS256"/);
  await refused([...oidc, "--oidc-ca-file=/no/such"], /no file/, OperatorError);
  await refused([...oidc, "--oidc-required-claim=x"], /malformed pair/);
  await refused(["--authorization-order=RBAC,Node"], /invalid authorizer: "Node"/);
  await refused(["--authorization-webhook-version=v2"], /unsupported version "v2"/);
  await refused(["--authentication-token-webhook-cache-ttl=soon"], /invalid duration "soon"/);
  await refused(["--authorization-webhook-config-file=/no/such"], /no file/, OperatorError);
  await refused(["--requestheader-username-headers=X-Remote-User"], /needs --requestheader-client-ca-file/);
  await refused(
    [`--client-ca-file=${folder}/clients.crt`, `--requestheader-client-ca-file=${folder}/clients.crt`],
    /overlapping certificates; --requestheader-allowed-names must be specified/,
  );
});

test("one issuer by flags: prefixes as upstream's", async () => {
  const issuer = await FakeIssuer.start();
  await writeFile(join(folder, "issuer.crt"), issuer.ca);
  const base = [`--oidc-issuer-url=${issuer.url}`, "--oidc-client-id=kcp", `--oidc-ca-file=${folder}/issuer.crt`];
  const identify = async (argv: string[], claims: Record<string, unknown> = {}) => {
    const { tokens } = await openAccess(flagsOf(...base, ...argv), options);
    return (await tokens[0]!(await issuer.token(claims), [], ""))?.user;
  };
  try {
    assert.equal((await identify([]))?.name, `${issuer.url}#alice`);
    assert.equal((await identify(["--oidc-username-prefix=-"]))?.name, "alice");
    assert.equal((await identify(["--oidc-username-prefix=o:"]))?.name, "o:alice");
    assert.equal((await identify(["--oidc-username-claim=email"], { email: "a@b.c" }))?.name, "a@b.c");
    const groups = ["--oidc-groups-claim", "roles", "--oidc-groups-prefix", "g:"];
    assert.deepEqual((await identify(groups, { roles: ["x"] }))?.groups, ["g:x", "system:authenticated"]);
    const required = ["--oidc-required-claim=hd=acme", "--oidc-required-claim=tier=gold"];
    assert.ok(await identify(required, { hd: "acme", tier: "gold" }));
    await assert.rejects(identify(required, { hd: "acme" }), /required claim tier not present/);
    await assert.rejects(identify(["--oidc-signing-algs=ES256"]), /unexpected signature algorithm "RS256"; expected \["ES256"\]/);
  } finally {
    await issuer.stop();
  }
});

test("a configuration file says who may be anonymous, unless the flag does", async () => {
  const file = join(folder, "authentication.yaml");
  const head = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\n";
  await writeFile(file, `${head}anonymous: {enabled: true, conditions: [{path: /livez}]}`);
  const access = await openAccess(flagsOf(`--authentication-config=${file}`), options);
  access.close();
  assert.ok(typeof access.anonymous === "function");
  assert.equal(access.anonymous("/livez"), true);
  assert.equal(access.anonymous("/api"), false);
  await assert.rejects(openAccess(flagsOf(`--authentication-config=${file}`, "--anonymous-auth=false"), options), /anonymous: Forbidden/);
  await writeFile(file, `${head}jwt: [{issuer: {url: "http://i"}}]`);
  await assert.rejects(
    openAccess(flagsOf(`--authentication-config=${file}`), options),
    /failed to load authentication configuration .*jwt\[0\]/,
  );
});
