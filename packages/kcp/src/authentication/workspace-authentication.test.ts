import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KubeObject } from "@meshplane/apimachinery";
import type { JWTAuthenticator, Workspace } from "@meshplane/apis";
import { TokenError } from "@meshplane/controlplane";
import { eventually, FakeIssuer } from "@meshplane/controlplane/testing";
import { workspaceResource, workspaceTypeResource } from "../reconcilers/parts.ts";
import { startTestKcp, type TestKcp } from "../testing/start-test-kcp.ts";

const configurationResource = { ...workspaceResource, resource: "workspaceauthenticationconfigurations" };
const apiVersion = "tenancy.kcp.io/v1alpha1";

let plane: TestKcp;
let issuer: FakeIssuer;
let team: string;
let plain: string;

before(async () => {
  [plane, issuer] = await Promise.all([startTestKcp(), FakeIssuer.start()]);
  await root(configurationResource, {
    kind: "WorkspaceAuthenticationConfiguration",
    metadata: { name: "acme" },
    spec: { jwt: [trusting("oidc:")] },
  });
  await root(workspaceTypeResource, {
    kind: "WorkspaceType",
    metadata: { name: "acme" },
    spec: { authenticationConfigurations: [{ name: "missing" }, { name: "acme" }] },
  });
  await root(workspaceTypeResource, {
    kind: "WorkspaceType",
    metadata: { name: "sub" },
    spec: { extend: { with: [{ name: "acme", path: "root" }] } },
  });
  team = await workspace("team", "acme");
  plain = await workspace("plain", "sub");
});
after(async () => {
  await plane.stop();
  await issuer.stop();
});

const root = (resource: typeof workspaceResource, object: object): Promise<KubeObject> =>
  plane.client
    .cluster("root")
    .resource(resource)
    .create({ apiVersion, ...object } as KubeObject);

async function workspace(name: string, type: string): Promise<string> {
  await root(workspaceResource, { kind: "Workspace", metadata: { name }, spec: { type: { name: type, path: "root" } } });
  return eventually("a workspace", async () => {
    const found = await plane.client.cluster("root").resource<Workspace>(workspaceResource).get(name);
    return found.status?.phase === "Ready" && found.spec.cluster;
  });
}

const trusting = (prefix: string): JWTAuthenticator => ({
  issuer: { url: issuer.url, audiences: ["kcp"], certificateAuthority: issuer.ca },
  claimMappings: {
    username: { claim: "sub", prefix },
    groups: { claim: "groups", prefix },
    extra: [
      { key: "authentication.kcp.io/scopes", valueExpression: "['cluster:other']" },
      { key: "acme.example/tenant", valueExpression: "'one'" },
    ],
  },
});

const identify = async (token: string, cluster: string) => (await plane.kcp.workspaceTokens(token, [], cluster))?.user;

async function trust(jwt: JWTAuthenticator): Promise<void> {
  const configurations = plane.client.cluster("root").resource(configurationResource);
  const current = await configurations.get("acme");
  await configurations.update({ ...current, spec: { jwt: [jwt] } } as KubeObject);
}

test("a workspace's users count in it and nowhere else", async () => {
  const token = await issuer.token({ groups: ["dev"] });
  assert.deepEqual(await identify(token, team), {
    name: "oidc:alice",
    uid: "",
    groups: ["oidc:dev", "system:authenticated"],
    extra: {
      "authentication.kcp.io/scopes": [`cluster:${team}`],
      "authentication.kcp.io/cluster-name": [team],
      "acme.example/tenant": ["one"],
    },
  });
  // a type that extends another does not trust for it
  for (const elsewhere of [plain, "root", "nowhere", "", "*"]) assert.equal(await identify(token, elsewhere), undefined, elsewhere);
});

test("a changed configuration counts for the next request, and makes nobody a part of the system", async () => {
  const token = await issuer.token({ groups: ["system:masters", "dev"] });
  await trust(trusting("acme:"));
  assert.equal((await identify(token, team))?.name, "acme:alice");
  await trust(trusting(""));
  assert.deepEqual((await identify(token, team))?.groups, ["dev", "system:authenticated"]);
  const system = await issuer.token({ sub: "system:admin" });
  await assert.rejects(
    identify(system, team),
    (error: Error) => error instanceof TokenError && error.message === "system usernames are not admitted",
  );
  const elsewhere = trusting("");
  await trust({ ...elsewhere, issuer: { ...elsewhere.issuer, audiences: ["other"] } });
  await assert.rejects(identify(token, team), /expected audience "other"/);
  await trust({ ...elsewhere, claimMappings: { username: { expression: "claims.(" } } });
  assert.equal(await identify(token, team), undefined);
  await trust(trusting("oidc:"));
  assert.equal((await identify(token, team))?.name, "oidc:alice");
  await plane.client.cluster("root").resource(configurationResource).delete("acme");
  assert.equal(await identify(token, team), undefined);
});
