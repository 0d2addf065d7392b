/** The story of the README with the provider's controller in TypeScript, and in Go where Go is. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { haveKubectl } from "../support/kubectl.ts";
import { repository, startServer, type RunningServer } from "../support/start-server.ts";
import { kubeconfigOf, providerWorkspace, requireNothingElseIsSeen, shareApi, startProvider, useApi } from "./story.ts";

const scratch = mkdtempSync(join(tmpdir(), "meshplane-story-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const haveGo = spawnSync("go", ["version"], { stdio: "ignore" }).status === 0;
const goProvider = join(repository, "node_modules", ".cache", "httpbin-provider");

/** Built once and kept: the dependencies take a minute. Undefined when the modules cannot be had. */
function buildGoProvider(): string | undefined {
  mkdirSync(join(repository, "node_modules", ".cache"), { recursive: true });
  const built = spawnSync("go", ["build", "-o", goProvider, "."], {
    cwd: join(repository, "examples", "httpbin-provider"),
    encoding: "utf8",
  });
  if (/reading .*: (40[34]|410|5\d\d)|dial tcp|no such host|i\/o timeout/.test(built.stderr)) return undefined;
  assert.equal(built.status, 0, built.stderr);
  assert.ok(existsSync(goProvider));
  return goProvider;
}

async function play(command: (kubeconfig: string) => [program: string, args: string[]]): Promise<void> {
  const server: RunningServer = await startServer();
  let provider: ReturnType<typeof startProvider> | undefined;
  try {
    await shareApi(server);
    const kubeconfig = join(scratch, `provider-${process.hrtime.bigint()}.kubeconfig`);
    writeFileSync(kubeconfig, kubeconfigOf(server, providerWorkspace), { mode: 0o600 });
    provider = startProvider(...command(kubeconfig), {});
    await useApi(server);
    await requireNothingElseIsSeen(server);
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\n--- provider:\n${provider?.output().slice(-4000)}\n--- server:\n${server.output().slice(-2000)}`,
      { cause: error },
    );
  } finally {
    provider?.process.kill("SIGKILL");
    await server.stop("SIGKILL");
  }
}

test("the story, with a provider in TypeScript on our SDK", { skip: haveKubectl ? false : "no kubectl" }, () =>
  play((kubeconfig) => [process.execPath, [join(repository, "examples/httpbin-provider-ts/src/main.ts"), "--kubeconfig", kubeconfig]]),
);

test("the story, with a provider in Go on multicluster-provider", { skip: haveKubectl && haveGo ? false : "no kubectl or no Go" }, (t) => {
  const program = buildGoProvider();
  if (!program) return t.skip("the Go modules cannot be had here");
  return play((kubeconfig) => [program, ["--kubeconfig", kubeconfig, "--endpointslice", "orchestrate.platform-mesh.io"]]);
});
