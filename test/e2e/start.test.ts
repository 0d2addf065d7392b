/** `bin/meshplane start` as an operator meets it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeFileSync, writeSync, closeSync, readdirSync, copyFileSync, mkdirSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { haveKubectl, kubectl, shell } from "../support/kubectl.ts";
import { repository, startServer } from "../support/start-server.ts";

const root = mkdtempSync(join(tmpdir(), "meshplane-start-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** Runs it to its end. */
function attempt(...flags: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(join(repository, "bin/meshplane"), ["start", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
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
    const directory = join(root, "state");
    const first = await startServer({ binary: "meshplane", rootDirectory: directory });
    console.log(`# start: the first was ready after ${first.readyMs.toFixed(0)} ms`);
    try {
      const printed = first
        .output()
        .split("\n")
        .filter((line) => /^ {2}(export|kubectl) /.test(line))
        .map((line) => line.trim());
      assert.equal(printed.length, 3, `three commands are printed:\n${first.output()}`);
      const ran = await shell(first, printed.join(" && "));
      assert.equal(ran.code, 0, `${printed.join("\n")}\n${ran.stdout}${ran.stderr}`);
      assert.match(ran.stdout, /apibindings/);
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
  [["--oidc-issuer-url", "https://x"], /--oidc-issuer-url is not supported/],
  [["--token-auth-file", "/nowhere/tokens.csv", "--secure-port", "0"], /there is no file \/nowhere\/tokens.csv/],
];
for (const [flags, said] of wrongFlags)
  test(`start ${flags.join(" ")} ends with a sentence`, async () => {
    const { code, output } = await attempt("--root-directory", join(root, "flags"), ...flags);
    assert.equal(code, 1);
    assert.match(output, said);
    assert.doesNotMatch(output, /\n\s+at /);
  });
