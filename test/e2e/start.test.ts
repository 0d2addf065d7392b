/** `bin/meshplane start` as an operator meets it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
  closeSync,
  readdirSync,
  copyFileSync,
  mkdirSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { haveKubectl, kubectl, shell } from "../support/kubectl.ts";
import { isReady, repository, startServer } from "../support/start-server.ts";

const root = mkdtempSync(join(tmpdir(), "meshplane-start-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** Runs it to its end. */
function attempt(...flags: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(join(repository, "bin/meshplane"), ["start", "--identity-port", "0", ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

test(
  "a first start, the printed commands, Ctrl-C, and a second start with the data",
  { skip: haveKubectl ? false : "no kubectl" },
  async () => {
    const directory = join(root, "my state"); // the printed path is quoted
    const first = await startServer({ binary: "meshplane", rootDirectory: directory });
    console.log(`# start: the first was ready after ${first.readyMs.toFixed(0)} ms`);
    try {
      const printed = first
        .output()
        .split("\n")
        .filter((line) => /^ {2}(export|kubectl) /.test(line))
        .map((line) => line.trim());
      assert.equal(printed.length, 9, `nine commands are printed:\n${first.output()}`);
      const ran = await shell(first, printed.join(" && "));
      assert.equal(ran.code, 0, `${printed.join("\n")}\n${ran.stdout}${ran.stderr}`);
      assert.match(ran.stdout, /apibindings/);
      assert.match(ran.stdout, /account\/acme condition met|account\.core\.platform-mesh\.io\/acme condition met/);
      assert.match(ran.stdout, /\/dev condition met/);
      const made = await kubectl(first, ["create", "configmap", "kept", "--from-literal", "a=b"], { workspace: "root:demo" });
      assert.equal(made.code, 0, made.stderr);
    } finally {
      assert.equal(await first.stop("SIGINT"), 0, first.output());
    }
    const second = await startServer({ binary: "meshplane", rootDirectory: directory });
    console.log(`# start: the second was ready after ${second.readyMs.toFixed(0)} ms`);
    try {
      const kept = await kubectl(second, ["get", "configmap", "kept", "-o", "jsonpath={.data.a}"], { workspace: "root:demo" });
      assert.equal(kept.stdout, "b", kept.stderr);
      const third = await attempt("--root-directory", directory, "--secure-port", "0");
      assert.equal(third.code, 1);
      assert.match(third.output, /in use/);
      assert.match(third.output, /To mend it: /);
    } finally {
      assert.equal(await second.stop(), 0, second.output());
    }
  },
);

test("ready means that the kubeconfig can be read", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => free.once("listening", resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const directory = join(root, "ready");
  const kubeconfig = join(root, "made", "on the way", "admin.kubeconfig");
  const child = spawn(
    join(repository, "bin/meshplane"),
    ["start", "--root-directory", directory, "--secure-port", String(port), "--identity-port", "0", "--kubeconfig-path", kubeconfig],
    { stdio: "ignore" },
  );
  try {
    for (const end = Date.now() + 30_000; !(await isReady(`https://127.0.0.1:${port}`));) assert.ok(Date.now() < end, "ready in time");
    assert.ok(existsSync(kubeconfig), "it is there as soon as /readyz says ok");
  } finally {
    child.kill();
    await new Promise((resolve) => child.once("exit", resolve));
  }
});

test("a taken port is named, with what to do", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => blocker.once("listening", resolve));
  const { port } = blocker.address() as AddressInfo;
  try {
    const { code, output } = await attempt("--root-directory", join(root, "port"), "--secure-port", String(port));
    assert.equal(code, 1);
    assert.match(output, new RegExp(`port ${port} is taken`));
    assert.match(output, /--secure-port/);
  } finally {
    blocker.close();
  }
});

test("a taken port of the sign-in pages is named, with what to do", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => blocker.once("listening", resolve));
  const { port } = blocker.address() as AddressInfo;
  try {
    const { code, output } = await attempt("--root-directory", join(root, "port"), "--secure-port", "0", "--identity-port", String(port));
    assert.equal(code, 1);
    assert.match(output, new RegExp(`port ${port}, where people sign in, is taken`));
    assert.match(output, /--identity-port/);
    assert.match(output, /--platform-mesh=false/);
  } finally {
    blocker.close();
  }
});

test("a folder of a newer version is left alone", async () => {
  const directory = join(root, "newer");
  mkdirSync(directory);
  writeFileSync(join(directory, "format"), "999\n");
  const { code, output } = await attempt("--root-directory", directory, "--secure-port", "0");
  assert.equal(code, 1);
  assert.match(output, /newer version/);
});

test("a corrupt store is said to be corrupt, and kept", async () => {
  const directory = join(root, "corrupt");
  const server = await startServer({ binary: "meshplane", rootDirectory: directory });
  await server.stop();
  const store = join(directory, "store");
  const largest = readdirSync(store).filter((name) => /\.(db|sqlite\d?)$/.test(name) && !/lock/.test(name))[0];
  assert.ok(largest, `a database file in ${readdirSync(store).join(", ")}`);
  copyFileSync(join(store, largest), join(root, "copy"));
  const file = openSync(join(store, largest), "r+");
  writeSync(file, Buffer.alloc(8192, 0x5a), 0, 8192, 0);
  closeSync(file);
  const { code, output } = await attempt("--root-directory", directory, "--secure-port", "0");
  assert.equal(code, 1, output);
  assert.match(output, /corrupt/i);
  assert.match(output, /To mend it: /);
});

const wrongFlags: [flags: string[], said: RegExp][] = [
  [["--no-such-flag"], /unknown flag: --no-such-flag/],
  [["--secure-port", "x"], /invalid argument "x" for "--secure-port"/],
  [["--secure-port"], /flag needs an argument: --secure-port/],
  [["--root-directory", ""], /--root-directory is empty/],
  [["--root-directory", "/dev/null"], /\/dev\/null is not a directory/],
  [["--bind-address", "nonsense"], /invalid argument "nonsense" for "--bind-address"/],
  [["--batteries-included", "nonsense"], /unknown battery: nonsense/],
  [
    ["--kubeconfig-path", "/dev/null/x/admin.kubeconfig", "--secure-port", "0"],
    /kubeconfig \/dev\/null\/x\/admin.kubeconfig cannot be written/,
  ],
  [["--client-ca-file", "/etc/hostname", "--secure-port", "0"], /--client-ca-file: \/etc\/hostname holds no certificate/],
  [
    ["--tls-cert-file", "/etc/hostname", "--tls-private-key-file", "/etc/hostname"],
    /--tls-cert-file \/etc\/hostname and .* cannot be used/,
  ],
  [["--etcd-servers", "foo bar"], /invalid argument "foo bar" for "--etcd-servers"/],
  [["--etcd-servers", "https://127.0.0.1:1", "--etcd-certfile", "/nowhere/x.crt"], /--etcd-certfile and --etcd-keyfile go together/],
  [["--etcd-servers", "https://127.0.0.1:1", "--etcd-cafile", "/nowhere/ca.crt"], /--etcd-cafile: there is no file \/nowhere\/ca.crt/],
  [["--oidc-issuer-url", "https://x"], /oidc-issuer-url and oidc-client-id must be specified together/],
  [
    ["--authorization-webhook-config-file", "/nowhere/webhook.yaml"],
    /--authorization-webhook-config-file: there is no file \/nowhere\/webhook.yaml/,
  ],
  [["--service-account-issuer", "https://x"], /--service-account-issuer is not supported/],
  [["--token-auth-file", "/nowhere/tokens.csv", "--secure-port", "0"], /there is no file \/nowhere\/tokens.csv/],
];
for (const [flags, said] of wrongFlags)
  test(`start ${flags.join(" ")} ends with a sentence`, async () => {
    const { code, output } = await attempt("--root-directory", join(root, "flags"), ...flags);
    assert.equal(code, 1);
    assert.match(output, said);
    assert.doesNotMatch(output, /\n\s+at /);
  });
