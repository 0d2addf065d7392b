import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@meshplane/apimachinery";
import type { IdentityProviderConfiguration } from "@meshplane/apis/platform-mesh";
import { defaultSecuritySettings } from "../settings.ts";
import { fakeDriver } from "./fake-driver.ts";
import { identityProviderAdmission } from "./identity-provider-admission.ts";
import { identityProviderController } from "./identity-provider.controller.ts";
import { memoryFleet } from "./memory-fleet.ts";

const plural = "identityproviderconfigurations";
const client = (clientName: string, clientType: "confidential" | "public") => ({
  clientName,
  clientType,
  redirectUris: [`https://${clientName}.example/*`],
  secretRef: { name: `portal-client-secret-acme-${clientName}`, namespace: "default" },
});
const configuration = (spec: object = {}): KubeObject => ({
  apiVersion: "core.platform-mesh.io/v1alpha1",
  kind: "IdentityProviderConfiguration",
  metadata: { name: "acme", uid: "u" },
  spec: { clients: [client("acme", "confidential"), client("kubectl", "public")], ...spec },
});

function world(cluster = "orgs") {
  const fleet = memoryFleet({ orgs: "root:orgs", system: "root:platform-mesh-system", evil: "root:orgs:rival" });
  const { driver, realms, calls } = fakeDriver();
  const { reconcile } = identityProviderController(fleet.manager, driver, defaultSecuritySettings);
  fleet.put(cluster, plural, configuration());
  const key = { cluster, namespace: "", name: "acme" };
  const now = () => fleet.get(cluster, plural, "acme") as IdentityProviderConfiguration | undefined;
  const settle = async () => {
    for (let i = 0; i < 4; i++) await reconcile(key);
  };
  const ready = () => now()?.status?.conditions?.find(({ type }) => type === "Ready")?.status;
  const secret = (name: string) =>
    fleet.get("orgs", "secrets", `portal-client-secret-acme-${name}`) as (KubeObject & { data: Record<string, string> }) | undefined;
  return { fleet, realms, calls, settle, now, ready, secret, cluster };
}

const text = (encoded: string | undefined) => Buffer.from(encoded ?? "", "base64").toString();

test("a realm with its clients, a Secret for each, and ids in the status", async () => {
  const { realms, settle, now, ready, secret, calls } = world();
  await settle();
  assert.equal(ready(), "True");
  assert.deepEqual(
    [...realms.get("acme")!.clients.values()].map(({ name }) => name),
    ["acme", "kubectl"],
  );
  assert.deepEqual(now()!.metadata.finalizers, ["core.platform-mesh.io/idp-finalizer"]);
  const managed = now()!.status!.managedClients!;
  assert.equal(text(secret("acme")!.data["client_secret"]), `secret-of-${managed["acme"]!.clientId}`);
  assert.equal(text(secret("kubectl")!.data["client_secret"]), "");
  assert.match(text(secret("acme")!.data["registration_access_token"]), /^rat-/);
  assert.deepEqual(secret("acme")!.metadata.labels, {
    "core.platform-mesh.io/idp-name": "acme",
    "core.platform-mesh.io/client-name": "acme",
  });
  const before = managed["acme"]!.clientId;
  await settle();
  assert.equal(now()!.status!.managedClients!["acme"]!.clientId, before);
  assert.match(calls.at(-1)!, /rat-/, "with the token of the Secret");
});

test("a client that is no longer wanted goes, with its Secret", async () => {
  const { fleet, realms, settle, now, secret } = world();
  await settle();
  fleet.put("orgs", plural, { ...now()!, spec: { clients: [client("acme", "confidential")] } } as unknown as KubeObject);
  await settle();
  assert.deepEqual(
    [...realms.get("acme")!.clients.values()].map(({ name }) => name),
    ["acme"],
  );
  assert.deepEqual(Object.keys(now()!.status!.managedClients!), ["acme"]);
  assert.equal(secret("kubectl"), undefined);
});

test("deleted: Secrets and realm go, then the object", async () => {
  const { fleet, realms, settle, now, secret } = world();
  await settle();
  fleet.remove("orgs", plural, "acme");
  await settle();
  assert.equal(now(), undefined);
  assert.equal(realms.size, 0);
  assert.equal(secret("acme"), undefined);
});

test("a member's own configuration of that name touches nobody's realm, coming or going", async () => {
  const { fleet, realms, settle, ready, now, calls } = world("evil");
  realms.set("acme", { registrationAllowed: false, clients: new Map(), users: ["ann@example.com"] });
  await settle();
  assert.notEqual(ready(), "True");
  fleet.remove("evil", plural, "acme");
  await settle();
  assert.equal(now(), undefined);
  assert.deepEqual(realms.get("acme")!.users, ["ann@example.com"]);
  assert.deepEqual(calls, []);
});

test("somebody else's realm is left as it is", async () => {
  const { fleet, realms, settle, ready, now } = world();
  realms.set("acme", { registrationAllowed: false, foreign: true, clients: new Map(), users: [] });
  await settle();
  assert.notEqual(ready(), "True");
  fleet.remove("orgs", plural, "acme");
  await settle();
  assert.equal(now(), undefined);
  assert.ok(realms.has("acme"));
});

test("admission refuses realms that nobody may have, in upstream's words", async () => {
  const { driver, realms } = fakeDriver();
  realms.set("theirs", { registrationAllowed: false, foreign: true, clients: new Map(), users: [] });
  realms.set("ours", { registrationAllowed: false, clients: new Map(), users: [] });
  const [review] = Object.values(identityProviderAdmission(driver, ["denied"]));
  const asked = async (name: string, operation = "CREATE") => {
    const answer = await review!({ uid: "1", operation, object: { metadata: { name } } });
    return answer.allowed ? "allowed" : answer.status!.message;
  };
  assert.equal(await asked(""), "realm name must not be empty");
  assert.equal(await asked("master"), "creation of IdentityProviderConfiguration for realm 'master' is not allowed");
  assert.equal(await asked("denied"), 'creation of IdentityProviderConfiguration for realm "denied" is not allowed');
  assert.equal(await asked("theirs"), 'keycloak realm "theirs" already exists');
  assert.equal(await asked("ours"), "allowed");
  assert.equal(await asked("new"), "allowed");
  assert.equal(await asked("master", "UPDATE"), "allowed");
});
