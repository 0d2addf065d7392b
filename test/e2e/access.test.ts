/** A server with an issuer of users and a webhook for access, both of which come and go. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeIssuer } from "@meshplane/controlplane/testing";
import { startServer, type RunningServer } from "../support/start-server.ts";

function get({ url }: RunningServer, path: string, token: string): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const call = request(new URL(path, url), { rejectUnauthorized: false, agent: false, headers }, (answer) => {
      let body = "";
      answer.on("data", (chunk) => (body += chunk));
      answer.on("end", () => resolve({ code: answer.statusCode ?? 0, body }));
    });
    call.on("error", reject);
    call.end();
  });
}

/** What it says comes through a pipe: the answer may be here first. */
async function outputWith(server: RunningServer, wanted: RegExp): Promise<string> {
  for (let tries = 0; tries < 100 && !wanted.test(server.output()); tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match(server.output(), wanted);
  return server.output();
}

test("users of an issuer, allowed by a webhook", async () => {
  const folder = mkdtempSync(join(tmpdir(), "meshplane-access-"));
  const issuer = await FakeIssuer.start();
  const asked: { user: string; extra: Record<string, string[]> }[] = [];
  const webhook = createServer((question, answer) => {
    let text = "";
    question.on("data", (chunk) => (text += chunk));
    question.on("end", () => {
      const { spec } = JSON.parse(text) as {
        spec: { user: string; extra: Record<string, string[]>; resourceAttributes?: { verb: string } };
      };
      asked.push(spec);
      answer.end(
        JSON.stringify({
          status: { allowed: spec.user === "oidc:alice" && spec.resourceAttributes?.verb === "list", reason: "by the book" },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
  const port = (webhook.address() as AddressInfo).port;
  writeFileSync(join(folder, "issuer.crt"), issuer.ca);
  writeFileSync(
    join(folder, "webhook.yaml"),
    JSON.stringify({
      "current-context": "it",
      clusters: [{ name: "it", cluster: { server: `http://127.0.0.1:${port}/authz` } }],
      contexts: [{ name: "it", context: { cluster: "it" } }],
    }),
  );
  const server = await startServer({
    flags: [
      ...["--oidc-issuer-url", issuer.url, "--oidc-client-id", "kcp", "--oidc-ca-file", join(folder, "issuer.crt")],
      ...["--oidc-username-prefix", "oidc:"],
      ...["--authorization-webhook-config-file", join(folder, "webhook.yaml"), "--authorization-webhook-cache-unauthorized-ttl", "0"],
    ],
  });
  try {
    const configMaps = "/clusters/root/api/v1/namespaces/default/configmaps";
    const [alice, bob, late] = await Promise.all([issuer.token(), issuer.token({ sub: "bob" }), issuer.token({ exp: 1 })]);
    await issuer.stop();
    assert.equal((await get(server, configMaps, alice)).code, 401);
    await issuer.restart();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    assert.equal((await get(server, configMaps, alice)).code, 200);
    assert.deepEqual(asked[0]?.extra["authorization.kubernetes.io/cluster-name"], ["root"]);
    assert.deepEqual(asked[0]?.extra["authorization.kcp.io/cluster-name"], ["root"]);
    const refused = await get(server, configMaps, bob);
    assert.equal(refused.code, 403);
    assert.match(refused.body, /User \\"oidc:bob\\" cannot list .*: access denied\\nby the book"/);
    assert.equal((await get(server, configMaps, late)).code, 401);
    assert.match(await outputWith(server, /oidc: token is expired/), /Unable to authenticate the request/);
    for (const secret of [alice, bob, late]) assert.ok(!server.output().includes(secret));

    webhook.closeAllConnections();
    await new Promise((resolve) => webhook.close(resolve));
    const away = await get(server, configMaps, bob);
    assert.equal(away.code, 500);
    assert.match(
      away.body,
      /^Internal Server Error: "\/clusters\/root\/api\/v1\/namespaces\/default\/configmaps": Post "http:.*connection refused\n$/,
    );
    // what was allowed is remembered for a while
    assert.equal((await get(server, configMaps, alice)).code, 200);
  } finally {
    webhook.closeAllConnections();
    webhook.close();
    await server.stop();
    await issuer.stop();
    rmSync(folder, { recursive: true });
  }
});
