import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadKubeconfig, parseKubeconfig } from "./load-kubeconfig.ts";
import { KubeconfigError } from "./kubeconfig.ts";

let directory = "";
before(async () => (directory = await mkdtemp(join(tmpdir(), "kubeconfig-"))));
after(() => rm(directory, { recursive: true }));

const base64 = (text: string) => Buffer.from(text).toString("base64");

const config = (user: string, cluster = "server: https://kcp.example:6443/clusters/root"): string => `
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c
  cluster:
    ${cluster}
contexts:
- name: one
  context: {cluster: c, user: u, namespace: team}
- name: other
  context: {cluster: c}
users:
- name: u
  user:
    ${user}
`;

test("tokens, basic, certificates, impersonation, CA", async () => {
  const token = await parseKubeconfig(config("token: abc"));
  assert.equal(token.config.server, "https://kcp.example:6443/clusters/root");
  assert.equal(token.namespace, "team");
  assert.deepEqual(await token.config.credentials?.get(), { authorization: "Bearer abc" });
  const basic = await parseKubeconfig(config("{username: a, password: b}"));
  assert.deepEqual(await basic.config.credentials?.get(), { authorization: `Basic ${base64("a:b")}` });
  const certificate = await parseKubeconfig(config(`{client-certificate-data: ${base64("CERT")}, client-key-data: ${base64("KEY")}}`));
  assert.deepEqual(await certificate.config.credentials?.get(), { certificate: { cert: "CERT", key: "KEY" } });
  const impersonated = await parseKubeconfig(config("{token: t, as: x, as-groups: [g]}"));
  assert.deepEqual(impersonated.config.impersonate, { user: "x", groups: ["g"] });
  const withCa = await parseKubeconfig(
    config("token: t", `{server: "kcp.example", certificate-authority-data: ${base64("CA")}, tls-server-name: kcp}`),
  );
  assert.deepEqual([withCa.config.server, withCa.config.ca, withCa.config.tlsServerName], ["https://kcp.example", "CA", "kcp"]);
  const other = await parseKubeconfig(config("token: t"), { context: "other" });
  assert.deepEqual([other.config.credentials, other.namespace], [undefined, "default"]);
});

test("files are found beside the kubeconfig; the first of several wins", async () => {
  await writeFile(join(directory, "token"), "from-file\n");
  await writeFile(join(directory, "one"), config("tokenFile: token"));
  await writeFile(join(directory, "two"), config("token: never").replaceAll("one", "three"));
  const one = await loadKubeconfig({ path: join(directory, "one") });
  assert.deepEqual(await one.config.credentials?.get(), { authorization: "Bearer from-file" });
  const old = process.env["KUBECONFIG"];
  process.env["KUBECONFIG"] = [join(directory, "missing"), join(directory, "one"), join(directory, "two")].join(":");
  try {
    assert.deepEqual(await (await loadKubeconfig({ context: "three" })).config.credentials?.get(), {
      authorization: "Bearer from-file",
    });
  } finally {
    if (old === undefined) delete process.env["KUBECONFIG"];
    else process.env["KUBECONFIG"] = old;
  }
});

test("a plugin is run once, again when refused or about to end, and its failures are told", async () => {
  const plugin = join(directory, "plugin.sh");
  const count = join(directory, "count");
  const status = '{\\"token\\":\\"t$(wc -l < count | tr -d " ")\\"$EXPIRY}';
  const answer = `{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":${status}}`;
  await writeFile(
    plugin,
    `#!/bin/sh\ncd ${directory}\necho run >> count\ncase "$KUBERNETES_EXEC_INFO" in *kcp.example*) ;; *) exit 3;; esac\necho "${answer}"\n`,
  );
  await chmod(plugin, 0o755);
  const user = (env: string) =>
    `exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, provideClusterInfo: true, env: [${env}]}`;
  const { config: lasting } = await parseKubeconfig(config(user("")), { directory });
  const source = lasting.credentials!;
  const [first, same] = await Promise.all([source.get(), source.get()]);
  assert.deepEqual([first, same], [{ authorization: "Bearer t1" }, { authorization: "Bearer t1" }]);
  assert.equal(source.rejected(), true);
  assert.deepEqual(await source.get(), { authorization: "Bearer t2" });

  await rm(count);
  const soon = new Date(Date.now() + 5000).toISOString();
  const expiry = `{name: EXPIRY, value: ',\\"expirationTimestamp\\":\\"${soon}\\"'}`.replaceAll("\\", "");
  const { config: ending } = await parseKubeconfig(config(user(expiry)), { directory });
  assert.deepEqual(await ending.credentials!.get(), { authorization: "Bearer t1" });
  assert.deepEqual(await ending.credentials!.get(), { authorization: "Bearer t2" });

  const missing = "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, installHint: get it there}";
  const { config: absent } = await parseKubeconfig(config(missing), { directory });
  await assert.rejects(absent.credentials!.get(), /no-such-plugin failed[^]*get it there/);
});

test("what cannot be used says why", async () => {
  const cases: [string, RegExp][] = [
    ["[]", /not a map/],
    ["{}", /no current-context/],
    ["current-context: x", /no context "x"/],
    [config("token: t", "{}"), /has no server/],
    [config("token: t", "{server: 'https://x', proxy-url: 'http://p'}"), /proxy-url/],
    [config("auth-provider: {name: oidc}"), /auth-provider/],
    [config(`client-certificate-data: ${base64("x")}`), /go together/],
    [config("client-certificate: nowhere"), /cannot read client-certificate/],
    [config("token: t").replace("user: u,", "user: v,"), /names user "v"/],
  ];
  for (const [text, expected] of cases) {
    await assert.rejects(
      async () => parseKubeconfig(text),
      (error) => error instanceof KubeconfigError && expected.test(error.message),
    );
  }
});
