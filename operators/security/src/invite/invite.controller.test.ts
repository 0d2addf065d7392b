import assert from "node:assert/strict";
import { test } from "node:test";
import type { Invite } from "@meshplane/apis/platform-mesh";
import { fakeDriver } from "../identity-provider/fake-driver.ts";
import { memoryFleet } from "../identity-provider/memory-fleet.ts";
import { defaultSecuritySettings } from "../settings.ts";
import { inviteController } from "./invite.controller.ts";

test("an invitation waits for the organization's realm and client, is sent once, and outlives nothing", async () => {
  const fleet = memoryFleet({ c1: "root:orgs:acme" });
  const { driver, realms, calls } = fakeDriver();
  const { reconcile } = inviteController(fleet.manager, driver, defaultSecuritySettings);
  const settle = async (): Promise<string | undefined> => {
    for (let i = 0; i < 3; i++) {
      const run = reconcile({ cluster: "c1", namespace: "", name: "bob" });
      // what fails is tried again, and says so in its condition
      await Promise.resolve(run).catch(() => undefined);
    }
    const invite = fleet.get("c1", "invites", "bob") as Invite;
    const conditions = (invite["status"] as { conditions?: { type: string; status: string; message: string }[] } | undefined)?.conditions;
    const own = conditions?.find(({ type }) => type === "Invite");
    return own?.status === "True" ? "sent" : own?.message;
  };
  const apiVersion = "core.platform-mesh.io/v1alpha1";
  fleet.put("c1", "invites", { apiVersion, kind: "Invite", metadata: { name: "bob", uid: "u" }, spec: { email: "bob@example.com" } });
  assert.match((await settle()) ?? "", /AccountInfo not found yet/);
  const info = (clients: object) => ({
    apiVersion,
    kind: "AccountInfo",
    metadata: { name: "account", uid: "i" },
    spec: { organization: { name: "acme" }, oidc: { issuerUrl: "x", clients } },
  });
  fleet.put("c1", "accountinfos", info({}));
  assert.match((await settle()) ?? "", /realm acme does not exist yet/);
  await driver.ensureRealm("acme", { registrationAllowed: false });
  assert.match((await settle()) ?? "", /client does not exist yet/);
  const settings = { name: "acme", type: "confidential", redirectUris: [], postLogoutRedirectUris: [] } as const;
  const { clientId } = await driver.ensureClient("acme", settings);
  fleet.put("c1", "accountinfos", info({ acme: { clientId: "another" } }));
  assert.match((await settle()) ?? "", /client does not exist yet/);
  fleet.put("c1", "accountinfos", info({ acme: { clientId } }));
  assert.equal(await settle(), "sent");
  assert.equal(await settle(), "sent");
  assert.deepEqual(realms.get("acme")!.users, ["bob@example.com"]);
  assert.deepEqual(
    calls.filter((call) => call.startsWith("inviteUser")),
    ["inviteUser bob@example.com https://acme.portal.localhost:8443/"],
  );
});
