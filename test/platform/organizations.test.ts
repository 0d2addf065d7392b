/** `bin/meshplane start` with real files: an organization from its first second to its last, over a restart and a SIGKILL. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { haveKubectl, kubectl } from "../support/kubectl.ts";
import { type RunningServer, startServer } from "../support/start-server.ts";

const root = mkdtempSync(join(tmpdir(), "meshplane-platform-"));
after(() => rmSync(root, { recursive: true, force: true }));

const account = (name: string, type: string): string =>
  JSON.stringify({ apiVersion: "core.platform-mesh.io/v1alpha1", kind: "Account", metadata: { name }, spec: { type, displayName: name } });

async function done(server: RunningServer, args: string[], workspace: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(server, args, { workspace, ...(input === undefined ? {} : { input }) });
  assert.equal(code, 0, `kubectl ${args.join(" ")} in ${workspace}: ${stderr}\n${server.output()}`);
  return stdout;
}

/** @returns milliseconds from the creation until it is Ready, kubectl's own time included */
async function ready(server: RunningServer, name: string, type: string, workspace: string): Promise<number> {
  const started = performance.now();
  await done(server, ["create", "-f", "-"], workspace, account(name, type));
  await done(server, ["wait", `account/${name}`, "--for", "condition=Ready", "--timeout", "20s"], workspace);
  return performance.now() - started;
}

const orgs = "root:orgs";
const acme = `${orgs}:acme`;
const kinds = "accounts,stores,identityproviderconfigurations,workspaces,workspacetypes,workspaceauthenticationconfigurations,secrets";

/** names of what an organization leaves in `root:orgs`, as kubectl lists them */
const leftovers = (server: RunningServer): Promise<string> =>
  done(server, ["get", kinds, "-o", 'jsonpath={range .items[*]}{.kind}/{.metadata.name}{"\\n"}{end}'], orgs);

test(
  "an organization, accounts in it, restarts in between; deleted with content, nothing is left",
  { skip: !haveKubectl && "no kubectl" },
  async () => {
    const rootDirectory = join(root, "state");
    const start = () => startServer({ binary: "meshplane", rootDirectory });
    let server = await start();
    try {
      // its Secrets come a moment after the start
      const welcome = ["wait", "identityproviderconfiguration/welcome", "--for", "condition=Ready", "--timeout", "20s"];
      await done(server, welcome, "root:platform-mesh-system");
      const before = await leftovers(server);
      console.log(
        `# start: an organization was Ready after ${(await ready(server, "acme", "org", orgs)).toFixed(0)} ms, kubectl twice included`,
      );
      console.log(`# start: an account in it after ${(await ready(server, "dev", "account", acme)).toFixed(0)} ms`);
      assert.equal(await server.stop(), 0, server.output());

      server = await start();
      console.log(`# start: a second start with Platform Mesh was ready after ${server.readyMs.toFixed(0)} ms`);
      await ready(server, "team", "account", `${acme}:dev`);
      await done(server, ["create", "configmap", "content"], `${acme}:dev:team`);
      const info = JSON.parse(await done(server, ["get", "accountinfo", "account", "-o", "json"], `${acme}:dev:team`)) as {
        spec: {
          organization: { name: string };
          parentAccount: { name: string };
          fga: { store: { id: string } };
          oidc: { issuerUrl: string };
        };
      };
      assert.equal(info.spec.organization.name, "acme");
      assert.equal(info.spec.parentAccount.name, "dev");
      assert.match(info.spec.fga.store.id, /^[0-9A-Z]{26}$/);
      assert.match(info.spec.oidc.issuerUrl, /\/keycloak\/realms\/acme$/);
      await server.stop("SIGKILL");

      server = await start();
      console.log(`# start: after SIGKILL ready after ${server.readyMs.toFixed(0)} ms`);
      assert.match(await done(server, ["get", "account", "team"], `${acme}:dev`), /True/);
      await ready(server, "late", "account", acme);
      const started = performance.now();
      await done(server, ["delete", "account", "acme", "--timeout", "30s"], orgs);
      console.log(`# start: the organization with its three accounts was gone after ${(performance.now() - started).toFixed(0)} ms`);
      assert.equal(await leftovers(server), before);
    } finally {
      await server.stop();
    }
  },
);

test("a start that is killed at any point is completed by the next", async () => {
  const rootDirectory = join(root, "killed");
  for (const step of ["identity", "workspace types", "root:platform-mesh-system", "root:providers", "root:orgs", "operators"]) {
    const begun = await startServer({ binary: "meshplane", rootDirectory, until: new RegExp(` {2}${step}\n`) });
    await begun.stop("SIGKILL");
  }
  const server = await startServer({ binary: "meshplane", rootDirectory });
  try {
    if (haveKubectl) {
      assert.ok((await ready(server, "acme", "org", orgs)) < 20_000);
      await done(server, ["delete", "account", "acme", "--timeout", "20s"], orgs);
    }
  } finally {
    assert.equal(await server.stop(), 0, server.output());
  }
});

test("without the layer, it is a control plane and nothing else", { skip: !haveKubectl && "no kubectl" }, async () => {
  const server = await startServer({ binary: "meshplane", flags: ["--platform-mesh=false"] });
  try {
    assert.doesNotMatch(server.output(), /sign-in|root:orgs/);
    assert.equal(await done(server, ["get", "workspaces", "-o", "name"], "root"), "");
  } finally {
    assert.equal(await server.stop(), 0, server.output());
  }
});

test("kcp has no such layer", async () => {
  await assert.rejects(startServer({ binary: "kcp", flags: ["--platform-mesh"] }), /unknown flag: --platform-mesh/);
});
