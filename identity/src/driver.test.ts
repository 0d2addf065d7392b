import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openIdentity } from "./index.ts";
import { browser, testCertificate } from "./testing.ts";

const directory = mkdtempSync(join(tmpdir(), "meshplane-identity-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const tls = await testCertificate();
const open = (name: string) =>
  openIdentity({
    file: join(directory, name),
    baseDomain: "portal.localhost:8443",
    listen: { host: "127.0.0.1", port: 0 },
    tls,
    log: (line) => assert.fail(line),
  });
const portal = {
  name: "acme",
  type: "confidential",
  redirectUris: ["https://acme.portal.localhost:8443/*"],
  postLogoutRedirectUris: [],
} as const;
const keysOf = async (url: string) => (await browser().get(`${url}/keycloak/realms/acme/protocol/openid-connect/certs`)).text;

test("a client is found by its id, else by its name; ids and secrets stay", async () => {
  const { driver, close } = await open("clients.db");
  await assert.rejects(driver.ensureClient("acme", portal), /realm "acme" does not exist/);
  await driver.ensureRealm("acme", { registrationAllowed: false });
  const made = await driver.ensureClient("acme", portal);
  assert.ok(made.clientSecret);
  assert.deepEqual(await driver.ensureClient("acme", portal), made);
  assert.deepEqual(await driver.ensureClient("acme", { ...portal, name: "renamed" }, made), made);
  const { clientId, clientSecret } = await driver.ensureClient("acme", { ...portal, name: "renamed", type: "public" }, made);
  assert.deepEqual({ clientId, clientSecret }, { clientId: made.clientId, clientSecret: undefined });
  await driver.deleteClient("acme", made);
  await driver.deleteClient("acme", made);
  assert.notEqual((await driver.ensureClient("acme", portal)).clientId, made.clientId);
  await close();
});

test("restored from an older copy: keys are as they were, clients come back under their ids", async () => {
  const first = await open("now.db");
  await first.driver.ensureRealm("acme", { registrationAllowed: false });
  const keys = await keysOf(first.url);
  await first.close();
  copyFileSync(join(directory, "now.db"), join(directory, "older.db"));
  const later = await open("now.db");
  const made = await later.driver.ensureClient("acme", portal);
  await later.close();
  const restored = await open("older.db");
  assert.equal(await keysOf(restored.url), keys);
  const again = await restored.driver.ensureClient("acme", portal, made);
  assert.equal(again.clientId, made.clientId);
  await restored.close();
});

test("many realms cost rows, not memory; one deleted and made anew knows nobody", async () => {
  const { driver, seedUser, url, close } = await open("many.db");
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 300; i++) await driver.ensureRealm(`realm-${i}`, { registrationAllowed: false });
  assert.ok(process.memoryUsage().heapUsed - before < 20_000_000);
  await driver.ensureRealm("acme", { registrationAllowed: false });
  await seedUser("acme", { email: "ann@example.com", password: "long enough" });
  const keys = await keysOf(url);
  await driver.deleteRealm("acme");
  assert.equal((await browser().get(`${url}/keycloak/realms/acme`)).status, 404);
  await driver.ensureRealm("acme", { registrationAllowed: false });
  assert.equal(await driver.hasUser("acme", "ann@example.com"), false);
  assert.notEqual(await keysOf(url), keys);
  await close();
});
