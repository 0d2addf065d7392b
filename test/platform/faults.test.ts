/** The engine or the issuer is down, slow, or restored from an older copy: said so, nothing allowed that should not be, and well again without a restart. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createPrivateKey, sign, type webcrypto } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { repository } from "../support/start-server.ts";
import { type FaultyLink, faultyLink } from "./faulty-link.ts";
import { account, core, isReady, makeAccount, people, type PlatformWorld, platformWorld, until } from "./platform-world.ts";

const orgs = "root:orgs";
const acme = "root:orgs:acme";
const namespaces = `${acme}/api/v1/namespaces`;

interface Engine {
  stop(): Promise<void>;
  start(): Promise<void>;
  readonly file: string;
  readonly port: number;
}

/** `bin/openfga run`, which ends and comes back with its file */
async function engineOf(folder: string): Promise<Engine> {
  const port = await freePort();
  const file = join(folder, "engine.db");
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const flags = [
      "--http-addr",
      `127.0.0.1:${port}`,
      "--grpc-addr",
      "127.0.0.1:0",
      "--datastore-engine",
      "sqlite",
      "--datastore-uri",
      file,
    ];
    child = spawn(join(repository, "bin", "openfga"), ["run", ...flags], { stdio: "ignore" });
    await until(
      "the engine",
      async () =>
        fetch(`http://127.0.0.1:${port}/healthz`).then(
          (it) => it.ok,
          () => false,
        ),
      Boolean,
    );
  };
  await start();
  return {
    port,
    file,
    start,
    async stop() {
      const ended = new Promise((resolve) => child!.once("exit", resolve));
      child!.kill("SIGTERM");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** who may not, may not, whatever is down */
async function nobodyElse(world: PlatformWorld): Promise<void> {
  for (const who of ["outsider", "rita", "member"] as const)
    for (const path of [namespaces, `${acme}${core}/accountinfos/account`, `${orgs}${core}/stores`]) {
      const { code, text } = await world.as(who, "GET", path);
      assert.ok(code >= 400, `${who} ${path}: ${code} ${text}`);
    }
}

test("the engine is down, slow, silent, or restored from an older copy", { timeout: 300_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "meshplane-faults-"));
  const engine = await engineOf(folder);
  const link: FaultyLink = await faultyLink();
  link.leadTo(engine.port);
  const world = await platformWorld({ openfgaUrl: `http://127.0.0.1:${link.port}` });
  try {
    await makeAccount(world, "founder", orgs, "acme", "org");
    assert.equal((await world.as("founder", "GET", namespaces)).code, 200);
    await nobodyElse(world);

    await t.test("down: refused with the reason, for those who may too; the administrator goes on; back without a restart", async () => {
      link.cut();
      const answer = await world.as("founder", "GET", namespaces);
      assert.equal(answer.code, 500, answer.text);
      assert.match(answer.text, /relationships cannot be asked/);
      assert.ok(!answer.text.includes(String(link.port)), answer.text);
      await nobodyElse(world);
      assert.equal((await world.as("administrator", "GET", namespaces)).code, 200);
      // what is asked for meanwhile comes about when it can
      assert.equal((await world.as("administrator", "POST", `${orgs}${core}/accounts`, account("meanwhile", "org"))).code, 201);
      await sleep(1_000);
      assert.ok(!isReady(await world.as("administrator", "GET", `${orgs}${core}/accounts/meanwhile`)));
      link.mend();
      assert.equal((await world.as("founder", "GET", namespaces)).code, 200);
      await until(
        "the organization of meanwhile",
        () => world.as("administrator", "GET", `${orgs}${core}/accounts/meanwhile`),
        isReady,
        60_000,
      );
      await nobodyElse(world);
    });

    await t.test("stopped and started: the same", async () => {
      await engine.stop();
      assert.equal((await world.as("founder", "GET", namespaces)).code, 500);
      await nobodyElse(world);
      await engine.start();
      assert.equal((await world.as("founder", "GET", namespaces)).code, 200);
      await nobodyElse(world);
    });

    await t.test("slow: answers come late and are right; nobody else waits", async () => {
      link.slow(1_500);
      const at = performance.now();
      const asked = [world.as("founder", "GET", namespaces), world.as("outsider", "GET", namespaces)];
      await world.as("administrator", "GET", namespaces);
      assert.ok(performance.now() - at < 1_000);
      const [founder, outsider] = await Promise.all(asked);
      assert.equal(founder!.code, 200);
      assert.equal(outsider!.code, 403);
      link.mend();
    });

    await t.test("silent: refused in time, with the reason", async () => {
      link.cut();
      link.hang();
      const at = performance.now();
      const answers = await Promise.all([world.as("founder", "GET", namespaces), world.as("outsider", "GET", namespaces)]);
      for (const { code } of answers) assert.equal(code, 500);
      assert.ok(performance.now() - at < 20_000);
      link.mend();
      await until(
        "back",
        () => world.as("founder", "GET", namespaces),
        ({ code }) => code === 200,
        15_000,
      );
    });

    await t.test(
      "an older copy: whoever owned an organization of that name before gets nothing; who owns it now is let in again",
      async () => {
        await makeAccount(world, "outsider", orgs, "renewed", "org");
        await engine.stop();
        const copy = join(folder, "older.db");
        for (const end of ["", "-wal", "-shm"]) if (existsSync(engine.file + end)) copyFileSync(engine.file + end, copy + end);
        await engine.start();
        await until(
          "the connection",
          () => world.as("founder", "GET", namespaces),
          ({ code }) => code === 200,
        );
        assert.equal((await world.as("outsider", "GET", "root:orgs:renewed/api/v1/namespaces")).code, 200);
        assert.equal((await world.as("administrator", "DELETE", `${orgs}${core}/accounts/renewed`)).code, 200);
        await until(
          "it goes",
          () => world.as("administrator", "GET", `${orgs}${core}/accounts/renewed`),
          ({ code }) => code === 404,
          30_000,
        );
        await makeAccount(world, "founder", orgs, "renewed", "org");
        await makeAccount(world, "founder", acme, "late");
        const late = `${acme}:late/api/v1/namespaces`;
        assert.equal((await world.as("founder", "GET", late)).code, 200);

        await engine.stop();
        for (const end of ["", "-wal", "-shm"]) {
          rmSync(engine.file + end, { force: true });
          if (existsSync(copy + end)) copyFileSync(copy + end, engine.file + end);
        }
        await engine.start();
        const outside = async (): Promise<void> => {
          const { code, text } = await world.as("outsider", "GET", "root:orgs:renewed/api/v1/namespaces");
          assert.ok(code >= 400, `${code} ${text}`);
          await nobodyElse(world);
        };
        await outside();
        const back = async (path: string) => {
          await outside();
          return world.as("founder", "GET", path);
        };
        await until(
          "the renewed organization's owner",
          () => back("root:orgs:renewed/api/v1/namespaces"),
          ({ code }) => code === 200,
          120_000,
        );
        await until(
          "the later account's owner",
          () => back(late),
          ({ code }) => code === 200,
          120_000,
        );
        await outside();
      },
    );
  } finally {
    await world.close();
    await link.close();
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

type JsonWebKey = webcrypto.JsonWebKey & { kid: string };

test("the issuer is down, or slow", { timeout: 120_000 }, async () => {
  const link = await faultyLink();
  const port = await freePort();
  link.leadTo(port);
  const world = await platformWorld({ flags: ["--base-domain", `portal.localhost:${link.port}`, "--identity-port", String(port)] });
  try {
    await makeAccount(world, "founder", orgs, "acme", "org");
    const { body: info } = await world.as("administrator", "GET", `${acme}${core}/accountinfos/account`);
    const clientId = info.spec.oidc.clients.kubectl.clientId as string;
    // a realm has its key from its first caller on
    const jwks = request(
      {
        host: "127.0.0.1",
        port,
        servername: "portal.localhost",
        path: "/keycloak/realms/acme/protocol/openid-connect/certs",
        rejectUnauthorized: false,
        headers: { host: `portal.localhost:${link.port}` },
      },
      (answer) => answer.resume(),
    );
    await new Promise((resolve, reject) => jwks.on("close", resolve).on("error", reject).end());
    const file = new DatabaseSync(join(world.server.rootDirectory, "identity.db"), { readOnly: true });
    const row = file.prepare("SELECT jwks FROM realm_keys WHERE realm = 'acme'").get() as { jwks: string };
    file.close();
    const key = (JSON.parse(row.jwks) as { keys: JsonWebKey[] }).keys[0]!;
    /** as the realm would sign it */
    const token = (email: string, kid = key.kid): string => {
      const now = Math.floor(Date.now() / 1000);
      const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
      const claims = { iss: info.spec.oidc.issuerUrl, aud: clientId, sub: email, email, email_verified: true, iat: now, exp: now + 600 };
      const text = `${encode({ alg: "RS256", kid })}.${encode(claims)}`;
      return `${text}.${sign("sha256", Buffer.from(text), createPrivateKey({ key, format: "jwk" })).toString("base64url")}`;
    };
    const ask = (email: string, kid?: string) =>
      world.as("outsider", "GET", namespaces, undefined, { authorization: `Bearer ${token(email, kid)}` });

    // nothing of it has been read yet
    link.cut();
    for (const email of [people.founder, people.outsider]) assert.equal((await ask(email)).code, 401);
    assert.equal((await world.as("founder", "GET", namespaces)).code, 200);
    await nobodyElse(world);
    link.mend();
    await until(
      "the issuer is back",
      () => ask(people.founder),
      ({ code }) => code === 200,
      45_000,
    );
    assert.equal((await ask(people.outsider)).code, 403);

    // keys that are known go on; those that are not are nobody's
    link.cut();
    assert.equal((await ask(people.founder)).code, 200);
    assert.equal((await ask(people.outsider)).code, 403);
    assert.equal((await ask(people.founder, "unknown")).code, 401);
    link.mend();
    assert.equal((await ask(people.founder, "unknown")).code, 401);

    link.slow(2_000);
    const slow = ask(people.founder, "another");
    const at = performance.now();
    assert.equal((await world.as("founder", "GET", namespaces)).code, 200);
    assert.equal((await ask(people.founder)).code, 200);
    assert.ok(performance.now() - at < 1_500);
    assert.equal((await slow).code, 401);
    link.mend();
    await nobodyElse(world);
  } finally {
    await world.close();
    await link.close();
  }
});
