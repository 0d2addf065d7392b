/** The plugin as kubectl runs it, against the real issuer and its real pages. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Identity, openIdentity } from "@meshplane/identity";
import { browser, testCertificate } from "@meshplane/identity/testing";

const main = join(import.meta.dirname, "..", "main.ts");
const person = { email: "ann@example.com", password: "correct horse" };
let directory: string;
let identity: Identity;
let issuer: string;
let clientId: string;
let callback: string;
let common: string[];

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "meshplane-login-"));
  const tls = await testCertificate();
  writeFileSync(join(directory, "ca.crt"), tls.cert);
  const port = await freePort();
  callback = `http://localhost:${await freePort()}`;
  const baseDomain = `portal.localhost:${port}`;
  identity = await openIdentity({
    file: ":memory:",
    baseDomain,
    listen: { host: "127.0.0.1", port },
    tls,
    log: (line) => console.error(line),
  });
  issuer = identity.issuer("acme");
  await identity.driver.ensureRealm("acme", { registrationAllowed: false });
  const client = { name: "kubectl", type: "public", redirectUris: [callback], postLogoutRedirectUris: [] } as const;
  ({ clientId } = await identity.driver.ensureClient("acme", client));
  await identity.seedUser("acme", person);
  common = [
    "--issuer-url",
    issuer,
    "--client-id",
    clientId,
    "--certificate-authority",
    join(directory, "ca.crt"),
    "--listen",
    callback,
    "--skip-open-browser",
  ];
});
after(async () => {
  for (const child of running) child.kill("SIGKILL");
  await identity.close();
  rmSync(directory, { recursive: true });
});

const running = new Set<ChildProcess>();

interface Run {
  child: ChildProcess;
  /** resolves with the first match in what is told to the person */
  told(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<{ code: number; out: string; err: string }>;
}

function run(args: string[]): Run {
  const child = spawn(process.execPath, [
    "--disable-proto=delete",
    "--disable-warning=ExperimentalWarning",
    main,
    "login",
    "get-token",
    ...args,
  ]);
  running.add(child);
  child.on("close", () => running.delete(child));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk));
  const ended = new Promise<{ code: number; out: string; err: string }>((resolve) =>
    child.on("close", (code) => resolve({ code: code ?? -1, out, err })),
  );
  const told = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(err);
        if (found) resolve(found);
      };
      child.stderr.on("data", look);
      child.on("close", () => reject(new Error(`ended: ${err}`)));
      look();
    });
  return { child, told, ended };
}

const cacheOf = (name: string): string => join(directory, name);
const claims = (out: string) => {
  const credential = JSON.parse(out) as { kind: string; apiVersion: string; status: { token: string; expirationTimestamp: string } };
  assert.equal(credential.kind, "ExecCredential");
  assert.equal(credential.apiVersion, "client.authentication.k8s.io/v1");
  assert.ok(Date.parse(credential.status.expirationTimestamp) > Date.now());
  return JSON.parse(Buffer.from(credential.status.token.split(".")[1]!, "base64url").toString()) as Record<string, unknown>;
};

/** the browser's part: sign in, and go where it is sent */
async function signInAt(url: string): Promise<void> {
  const who = browser(identity.url);
  const form = await who.get(url);
  assert.match(form.text, /Sign in/);
  const back = await who.post(form.url, person);
  assert.ok(back.url.startsWith(callback), back.url);
  assert.match(await (await fetch(back.url.replace("localhost", "127.0.0.1"))).text(), /You are signed in/);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("the browser: a token for kubectl, kept for its owner alone, then renewed without a browser", async () => {
  const cache = cacheOf("browser");
  const first = run([...common, "--token-cache-dir", cache]);
  const [, url] = await first.told(/Sign in at (\S+)/);
  assert.equal(
    (await fetch(`${callback.replace("localhost", "127.0.0.1")}/?code=x&state=forged`)).status,
    404,
    "an answer to nobody's question",
  );
  await signInAt(url!);
  const { code, out, err } = await first.ended;
  assert.equal(code, 0, err);
  assert.equal(claims(out)["email"], "ann@example.com");
  assert.equal(claims(out)["aud"], clientId);
  const files = readdirSync(cache);
  assert.equal(files.length, 1);
  assert.equal(statSync(join(cache, files[0]!)).mode & 0o777, 0o600);
  const again = await run([...common, "--token-cache-dir", cache]).ended;
  assert.equal(again.out, out, "the token at hand");
  const renewed = await run([...common, "--token-cache-dir", cache, "--force-refresh"]).ended;
  assert.equal(renewed.code, 0, renewed.err);
  assert.notEqual(renewed.out, out);
  assert.equal(renewed.err, "");
});

test("a device", async () => {
  const going = run([...common, "--device", "--token-cache-dir", cacheOf("device")]);
  const [, url, userCode] = await going.told(/Sign in at (\S+) with the code (\S+)/);
  const who = browser(identity.url);
  const page = await who.get(url!);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)![1]!;
  const login = await who.post(page.url, { xsrf, user_code: userCode!, confirm: "yes" });
  assert.match((await who.post(login.url, person)).text, /device is connected/);
  const { code, out, err } = await going.ended;
  assert.equal(code, 0, err);
  assert.equal(claims(out)["email"], "ann@example.com");
});

test("of several at once one signs in, and the lock of one that died does not count", async () => {
  const cache = cacheOf("many");
  const lone = run([...common, "--token-cache-dir", cache]);
  await lone.told(/Sign in at/);
  lone.child.kill("SIGKILL");
  await lone.ended;
  assert.deepEqual(
    readdirSync(cache).map((file) => file.replace(/.*\./, "")),
    ["lock"],
  );
  const all = [1, 2, 3].map(() => run([...common, "--token-cache-dir", cache]));
  const [, url] = await Promise.any(all.map(({ told }) => told(/Sign in at (\S+)/)));
  await signInAt(url!);
  const ends = await Promise.all(all.map(({ ended }) => ended));
  assert.deepEqual(
    ends.map(({ code }) => code),
    [0, 0, 0],
    ends.map(({ err }) => err).join("\n"),
  );
  assert.equal(new Set(ends.map(({ out }) => out)).size, 1);
  assert.equal(ends.filter(({ err }) => err.includes("Sign in at")).length, 1);
});

test("kubelogin's spellings", async () => {
  const args = [
    "--oidc-issuer-url",
    issuer,
    "--oidc-client-id",
    clientId,
    "--certificate-authority",
    join(directory, "ca.crt"),
    "--token-cache-dir",
    cacheOf("browser"),
  ];
  const { code, out, err } = await run([...args, "--grant-type", "authcode", "--listen-address", callback.slice("http://".length)]).ended;
  assert.equal(code, 0, err);
  assert.equal(claims(out)["email"], "ann@example.com");
});

test("what goes wrong is said in a line", async () => {
  const cache = ["--token-cache-dir", cacheOf("none")];
  const cases: { args: string[]; says: RegExp }[] = [
    { args: ["--client-id", "x"], says: /^Error: --issuer-url is required\n$/ },
    { args: ["--issuer-url", "http://x.example", "--client-id", "x", ...cache], says: /is no https URL\n$/ },
    {
      args: ["--issuer-url", `${issuer}x`, "--client-id", "x", "--certificate-authority", join(directory, "ca.crt"), ...cache],
      says: /^Error: cannot read the configuration of .*acmex: .*\n$/,
    },
    { args: ["--issuer-url", issuer, "--client-id", "x", ...cache], says: /unknown authority; name it with --certificate-authority\n$/ },
    {
      args: ["--issuer-url", "https://portal.localhost:1/keycloak/realms/x", "--client-id", "x", ...cache],
      says: /connection refused; is the issuer running\?\n$/,
    },
  ];
  const ends = await Promise.all(cases.map(({ args }) => run(args).ended));
  ends.forEach(({ code, err }, i) => {
    assert.equal(code, 1);
    assert.match(err, cases[i]!.says);
  });
});
